"""An emulated HubSpot: stateful, strict, and honest about what it knows.

It imports nothing of the connectors, so that both cannot share one misreading of HubSpot.
"""

from crm_segments.sandbox.hubspot.emulator import HubSpotEmulator
from crm_segments.sandbox.hubspot.portal import ALL_SCOPES, HubSpotPortal
from crm_segments.sandbox.hubspot.properties import Option, Property
from crm_segments.sandbox.hubspot.settings import Beliefs, PortalSettings, Requirement, ValidationRule

__all__ = [
    "ALL_SCOPES",
    "Beliefs",
    "HubSpotEmulator",
    "HubSpotPortal",
    "Option",
    "PortalSettings",
    "Property",
    "Requirement",
    "ValidationRule",
]
