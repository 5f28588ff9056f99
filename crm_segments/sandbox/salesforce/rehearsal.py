"""An emulated Salesforce for people: filled from files, with credentials that are told."""

from pathlib import Path

from crm_segments.sandbox.rehearsal import Rehearsal
from crm_segments.sandbox.salesforce.emulator import SalesforceEmulator
from crm_segments.sandbox.salesforce.load import load_folder
from crm_segments.sandbox.salesforce.org import SalesforceOrg
from crm_segments.sandbox.salesforce.sessions import ConnectedApp

__all__ = ["prepare_salesforce"]

CONSUMER_KEY = "sandbox-key"
CONSUMER_SECRET = "sandbox-secret"  # noqa: S105 (opens an emulated org on this machine only)
PASSWORD = "sandbox-password"  # noqa: S105 (the same)
SECURITY_TOKEN = "sandbox-token"  # noqa: S105 (the same)


def prepare_salesforce(data: Path | None, port: int = 0) -> Rehearsal:
    """An emulated Salesforce with the records of a folder, and known credentials.

    Raises:
        BundleError: The folder cannot be read.
        OSError: The port is taken.
    """
    org = SalesforceOrg()
    org.add_app(ConnectedApp(consumer_key=CONSUMER_KEY, consumer_secret=CONSUMER_SECRET, run_as=org.admin_id))
    org.sessions.passwords["admin@emulated.example"] = (PASSWORD, SECURITY_TOKEN)
    counts = load_folder(org, data).counts if data else {}
    environment = {"CLIENT_ID": CONSUMER_KEY, "CLIENT_SECRET": CONSUMER_SECRET}
    return Rehearsal("salesforce", "Salesforce", SalesforceEmulator(org).wire, port, counts, environment)
