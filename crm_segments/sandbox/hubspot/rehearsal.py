"""An emulated HubSpot for people: filled from files, with a service key that is told."""

from pathlib import Path

from crm_segments.sandbox.hubspot.emulator import HubSpotEmulator
from crm_segments.sandbox.hubspot.load import load_folder
from crm_segments.sandbox.hubspot.portal import ALL_SCOPES, HubSpotPortal
from crm_segments.sandbox.rehearsal import Rehearsal

__all__ = ["prepare_hubspot"]

SERVICE_KEY = "pat-na1-sandbox"


def prepare_hubspot(data: Path | None, port: int = 0) -> Rehearsal:
    """An emulated HubSpot with the records of a folder, and a known service key.

    Raises:
        BundleError: The folder cannot be read.
        OSError: The port is taken.
    """
    portal = HubSpotPortal()
    portal.keys.add_service_key("CRM Segments", ALL_SCOPES, user_id=portal.admin.user_id, key=SERVICE_KEY)
    counts = load_folder(portal, data).counts if data else {}
    environment = {"ACCESS_TOKEN": SERVICE_KEY}
    return Rehearsal("hubspot", "HubSpot", HubSpotEmulator(portal).wire, port, counts, environment)
