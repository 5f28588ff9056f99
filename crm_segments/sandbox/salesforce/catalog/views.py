"""List views as records; they are made and changed through the UI API only."""

from crm_segments.sandbox.salesforce.catalog.kinds import audit, fixed, flag, key, moment, text
from crm_segments.sandbox.salesforce.catalog.making import make_object
from crm_segments.sandbox.salesforce.sobjects import SObject, Traits

__all__ = ["list_view"]


def list_view() -> SObject:
    """A named, filtered list of records."""
    fields = [
        key("List View"),
        fixed(text("Name", "View Name", 40)),
        fixed(text("DeveloperName", "API Name", 80)),
        fixed(text("NamespacePrefix", "Namespace Prefix", 15)),
        fixed(text("SobjectType", "Sobject Type", 40)),
        fixed(flag("IsSoqlCompatible", "Is SOQL Compatible"), nillable=False),
        *audit(),
        fixed(moment("LastViewedDate", "Last Viewed Date")),
        fixed(moment("LastReferencedDate", "Last Referenced Date")),
    ]
    traits = Traits(createable=False, updateable=False, deletable=False)
    return make_object(("ListView", "List View", "List Views"), "00B", fields, traits=traits)
