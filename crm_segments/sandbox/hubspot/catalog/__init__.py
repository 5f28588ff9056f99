"""The properties and groups that every portal has from the start."""

from collections.abc import Callable, Mapping

from crm_segments.sandbox.hubspot.catalog import activities, people, sales
from crm_segments.sandbox.hubspot.catalog.making import common
from crm_segments.sandbox.hubspot.kinds import Kind
from crm_segments.sandbox.hubspot.properties import Property, PropertyGroup

__all__ = ["standard_groups", "standard_properties"]

_PROPERTIES: Mapping[str, Callable[[], list[Property]]] = {
    "contacts": people.contact_properties,
    "companies": people.company_properties,
    "deals": sales.deal_properties,
    "products": sales.product_properties,
    "line_items": sales.line_item_properties,
    "tasks": activities.task_properties,
    "notes": activities.note_properties,
    "meetings": activities.meeting_properties,
    "calls": activities.call_properties,
    "emails": activities.email_properties,
}
_GROUPS: Mapping[str, str] = {
    "contacts": "contactinformation emailinformation sales_properties contact_activity",
    "companies": (
        "companyinformation company_activity companylcs socialmediainformation"
        " analyticsinformation conversioninformation facebook_ads_properties targetaccountsinformation"
    ),
    "deals": "dealinformation deal_activity deal_revenue",
    "products": "productinformation",
    "line_items": "lineiteminformation",
}


def standard_properties(kind: Kind) -> dict[str, Property]:
    """The properties of a kind by name, those that all kinds have first."""
    make = _PROPERTIES.get(kind.name)
    group = next(iter(standard_groups(kind)))
    properties = [*common(kind, group), *(make() if make else [])]
    return {one.name: one for one in properties}


def standard_groups(kind: Kind) -> dict[str, PropertyGroup]:
    """The groups of a kind by name."""
    names = _GROUPS.get(kind.name, f"{kind.singular}_information").split()
    return {
        name: PropertyGroup(name, name.replace("_", " ").capitalize(), order)
        for order, name in enumerate(names)
    }
