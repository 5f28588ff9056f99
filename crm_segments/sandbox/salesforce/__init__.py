"""An emulated Salesforce: stateful, strict, and honest about what it knows.

It imports nothing of the connectors, so that both cannot share one misreading of Salesforce.
"""

from crm_segments.sandbox.salesforce.access import ADMINISTRATOR, ProfileRights
from crm_segments.sandbox.salesforce.emulator import SalesforceEmulator
from crm_segments.sandbox.salesforce.fields import Field, PicklistOption
from crm_segments.sandbox.salesforce.org import SalesforceOrg
from crm_segments.sandbox.salesforce.sessions import ConnectedApp
from crm_segments.sandbox.salesforce.settings import Beliefs, DuplicateRule, OrgSettings, ValidationRule

__all__ = [
    "ADMINISTRATOR",
    "Beliefs",
    "ConnectedApp",
    "DuplicateRule",
    "Field",
    "OrgSettings",
    "PicklistOption",
    "ProfileRights",
    "SalesforceEmulator",
    "SalesforceOrg",
    "ValidationRule",
]
