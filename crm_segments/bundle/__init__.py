"""Bundles: the CSV files that go in, and the ones that come out.

A bundle is a folder with accounts.csv, contacts.csv, opportunities.csv and so on, or with the exports of a
CRM as they are. This package knows files only: no CRM, no segments beyond their columns, no terminal.
"""

from crm_segments.bundle.errors import BundleError
from crm_segments.bundle.model import Bundle, ColumnMapping, Reject
from crm_segments.bundle.read import read_bundle
from crm_segments.bundle.write import write_bundle, write_data_loader, write_hubspot_import, write_rejects

__all__ = [
    "Bundle",
    "BundleError",
    "ColumnMapping",
    "Reject",
    "read_bundle",
    "write_bundle",
    "write_data_loader",
    "write_hubspot_import",
    "write_rejects",
]
