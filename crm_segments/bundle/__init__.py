"""Bundles: the CSV files that go in, and the ones that come out.

A bundle is a folder with accounts.csv, contacts.csv, opportunities.csv and so on, or with the exports of a
CRM as they are. This package knows files only: no CRM, no segments beyond their columns, no terminal.
"""

from crm_segments.bundle.errors import BundleError
from crm_segments.bundle.model import Bundle, ColumnMapping, Reject
from crm_segments.bundle.read import read_bundle

__all__ = ["Bundle", "BundleError", "ColumnMapping", "Reject", "read_bundle"]
