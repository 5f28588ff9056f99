"""Prepares an emulated CRM for people who want to rehearse; `crm-segments sandbox` serves it."""

from collections.abc import Callable, Mapping
from pathlib import Path

from crm_segments.sandbox.hubspot.rehearsal import prepare_hubspot
from crm_segments.sandbox.rehearsal import Rehearsal
from crm_segments.sandbox.salesforce.rehearsal import prepare_salesforce

__all__ = ["prepare"]

_CRMS: Mapping[str, Callable[[Path | None, int], Rehearsal]] = {
    "hubspot": prepare_hubspot,
    "salesforce": prepare_salesforce,
}


def prepare(crm: str, data: Path | None, port: int = 0) -> Rehearsal:
    """An emulated CRM with the records of a folder, and known credentials.

    Args:
        crm: `hubspot` or `salesforce`.
        data: Folder of CSV files; without one it begins empty.
        port: On this machine; 0 takes a free one.

    Raises:
        BundleError: The folder cannot be read.
        OSError: The port is taken.
    """
    return _CRMS[crm](data, port)
