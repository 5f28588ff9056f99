"""Which objects and properties of HubSpot stand for the canonical ones; settings may name others.

Names are checked against the account's own description before they are asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from connectors.config import ConnectionSettings
from connectors.errors import ConfigError, UsageError
from connectors.mapping import check_columns
from connectors.model import ObjectKind

__all__ = ["LABELS", "SourceObject", "source_of", "sources_of"]

LABELS: Mapping[ObjectKind, tuple[str, str]] = {
    ObjectKind.ACCOUNT: ("Company", "Companies"),
    ObjectKind.CONTACT: ("Contact", "Contacts"),
    ObjectKind.DEAL: ("Deal", "Deals"),
    ObjectKind.ACTIVITY: ("Activity", "Activities"),
    ObjectKind.LEAD: ("Lead", "Leads"),
    ObjectKind.PRODUCT: ("Product", "Products"),
    ObjectKind.LINE_ITEM: ("Line item", "Line items"),
}
"""What people call one and several of them in HubSpot."""

_LATER = {"created_at": "hs_createdate", "modified_at": "hs_lastmodifieddate"}
_OLDEST = {"created_at": "createdate", "modified_at": "hs_lastmodifieddate"}


@dataclass(frozen=True, slots=True)
class SourceObject:
    """One object of HubSpot that records of a kind are read from."""

    kind: ObjectKind
    name: str
    """As it stands in paths: `companies`."""
    singular: str
    type_id: str
    """E.g. `0-2`."""
    fields: Mapping[str, str]
    """Canonical column, or `x_...`, to the property that fills it."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Canonical column to the object whose associated record fills it."""
    home_amounts: bool = True
    """Whether amounts are in the account's own currency."""
    activity_type: str = ""
    """What `type` says of all records of this object."""
    mapped: frozenset[str] = frozenset()
    """Columns whose property the settings name."""

    @property
    def modified(self) -> str:
        """The property that says when a record was last changed."""
        return self.fields["modified_at"]


def _activity(type_id: str, name: str, singular: str) -> SourceObject:
    return SourceObject(
        ObjectKind.ACTIVITY,
        name,
        singular,
        type_id,
        {"occurred_on": "hs_timestamp", **_LATER},
        {"account_id": "companies", "contact_id": "contacts"},
        activity_type=singular.removesuffix("_event"),
    )


_STANDARD: Mapping[ObjectKind, tuple[SourceObject, ...]] = {
    ObjectKind.ACCOUNT: (
        SourceObject(
            ObjectKind.ACCOUNT,
            "companies",
            "company",
            "0-2",
            {
                "name": "name",
                "website": "website",
                "industry": "industry",
                "country": "country",
                "state": "state",
                "city": "city",
                "employees": "numberofemployees",
                "annual_revenue": "annualrevenue",
                "founded_year": "founded_year",
                "source": "hs_analytics_source",
                "owner": "hubspot_owner_id",
                "parent_id": "hs_parent_company_id",
                **_OLDEST,
            },
        ),
    ),
    ObjectKind.CONTACT: (
        SourceObject(
            ObjectKind.CONTACT,
            "contacts",
            "contact",
            "0-1",
            {
                "account_id": "associatedcompanyid",
                "title": "jobtitle",
                "email_opt_out": "hs_email_optout",
                "last_activity_date": "notes_last_updated",
                "created_at": "createdate",
                "modified_at": "lastmodifieddate",
            },
        ),
    ),
    ObjectKind.DEAL: (
        SourceObject(
            ObjectKind.DEAL,
            "deals",
            "deal",
            "0-3",
            {
                "stage": "dealstage",
                "is_closed": "hs_is_closed",
                "is_won": "hs_is_closed_won",
                # HubSpot converts it itself, so amounts of all deals can be added up.
                "amount": "amount_in_home_currency",
                "type": "dealtype",
                "pipeline": "pipeline",
                "close_date": "closedate",
                **_OLDEST,
            },
            {"account_id": "companies"},
        ),
    ),
    # What reaches a customer; tasks and notes stay inside.
    ObjectKind.ACTIVITY: (
        _activity("0-47", "meetings", "meeting_event"),
        _activity("0-48", "calls", "call"),
        _activity("0-49", "emails", "email"),
    ),
    # Persons who belong to no company yet are contacts in HubSpot.
    ObjectKind.LEAD: (),
    ObjectKind.PRODUCT: (
        SourceObject(
            ObjectKind.PRODUCT,
            "products",
            "product",
            "0-7",
            {"name": "name", "family": "hs_product_type", "price": "price", **_OLDEST},
        ),
    ),
    ObjectKind.LINE_ITEM: (
        SourceObject(
            ObjectKind.LINE_ITEM,
            "line_items",
            "line_item",
            "0-8",
            {"product_id": "hs_product_id", "quantity": "quantity", "amount": "amount", **_OLDEST},
            {"deal_id": "deals"},
            home_amounts=False,
        ),
    ),
}


def sources_of(kind: ObjectKind, settings: ConnectionSettings) -> tuple[SourceObject, ...]:
    """The objects that records of a kind are read from, with the settings' own names in place; perhaps none.

    Raises:
        ConfigError: A mapped column is not one that records of this kind have, or other objects are named.
    """
    mapped = settings.fields.get(kind.value, {})
    check_columns(kind, mapped)
    if kind.value in settings.objects:
        raise ConfigError(
            f"objects under [connection] names another object for {kind.value}; in HubSpot it is always "
            f"{LABELS[kind][1].lower()}.",
            hint="Remove it.",
            code="config.objects",
        )
    names = frozenset(mapped)
    return tuple(
        replace(
            source,
            fields={**source.fields, **mapped},
            links={column: target for column, target in source.links.items() if column not in names},
            home_amounts=source.home_amounts and names.isdisjoint({"amount", "currency"}),
            mapped=names,
        )
        for source in _STANDARD[kind]
    )


def source_of(kind: ObjectKind, settings: ConnectionSettings) -> SourceObject:
    """The object that carries our fields for this kind.

    Raises:
        UsageError: HubSpot has no one object for it.
    """
    sources = sources_of(kind, settings)
    if len(sources) != 1:
        raise UsageError(
            f"In HubSpot, {LABELS[kind][1].lower()} cannot carry segments.",
            hint='Use object = "account", "contact" or "deal".',
            code="hubspot.object.unfit",
        )
    return sources[0]
