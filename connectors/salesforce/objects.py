"""Which objects and fields of Salesforce stand for the canonical ones; settings may name others.

Names are checked against the org's own description before they are used in a query.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from connectors.config import ConnectionSettings
from connectors.mapping import check_columns
from connectors.model import CANONICAL_SCHEMAS, ObjectKind

__all__ = ["SourceObject", "sources_of"]

_STAMPS = {"created_at": "CreatedDate", "modified_at": "SystemModstamp"}
_ENGAGEMENT = {"email_opt_out": "HasOptedOutOfEmail", "last_activity_date": "LastActivityDate"}


@dataclass(frozen=True, slots=True)
class SourceObject:
    """One object of Salesforce that records of a kind are read from."""

    kind: ObjectKind
    name: str
    """API name: `Account`."""
    fields: Mapping[str, str]
    """Canonical column, or `x_...`, to the field that fills it, perhaps through a relationship."""
    requires: Mapping[str, bool] = field(default_factory=dict)
    """Check boxes that records must show so to count; a record that stops to is as good as deleted."""
    mapped: frozenset[str] = frozenset()
    """Columns whose field the settings name."""


_STANDARD: Mapping[ObjectKind, tuple[SourceObject, ...]] = {
    ObjectKind.ACCOUNT: (
        SourceObject(
            ObjectKind.ACCOUNT,
            "Account",
            {
                "account_id": "Id",
                "name": "Name",
                "website": "Website",
                "industry": "Industry",
                "country": "BillingCountry",
                "state": "BillingState",
                "city": "BillingCity",
                "employees": "NumberOfEmployees",
                "annual_revenue": "AnnualRevenue",
                "currency": "CurrencyIsoCode",
                "founded_year": "YearStarted",
                "source": "AccountSource",
                "owner": "OwnerId",
                "parent_id": "ParentId",
                **_STAMPS,
            },
        ),
    ),
    ObjectKind.CONTACT: (
        SourceObject(
            ObjectKind.CONTACT,
            "Contact",
            {"contact_id": "Id", "account_id": "AccountId", "title": "Title", **_ENGAGEMENT, **_STAMPS},
        ),
    ),
    ObjectKind.DEAL: (
        SourceObject(
            ObjectKind.DEAL,
            "Opportunity",
            {
                "deal_id": "Id",
                "account_id": "AccountId",
                "stage": "StageName",
                "is_closed": "IsClosed",
                "is_won": "IsWon",
                "amount": "Amount",
                "currency": "CurrencyIsoCode",
                "type": "Type",
                "pipeline": "RecordType.DeveloperName",
                "close_date": "CloseDate",
                **_STAMPS,
            },
        ),
    ),
    ObjectKind.ACTIVITY: (
        SourceObject(
            ObjectKind.ACTIVITY,
            "Task",
            {
                "activity_id": "Id",
                "account_id": "AccountId",
                "contact_id": "WhoId",
                "type": "TaskSubtype",
                "occurred_on": "ActivityDate",
                **_STAMPS,
            },
            # Archived activities are old ones that ordinary queries leave out and queryAll does not.
            requires={"IsClosed": True, "IsArchived": False},
        ),
        SourceObject(
            ObjectKind.ACTIVITY,
            "Event",
            {
                "activity_id": "Id",
                "account_id": "AccountId",
                "contact_id": "WhoId",
                "occurred_on": "ActivityDate",
                **_STAMPS,
            },
            requires={"IsArchived": False},
        ),
    ),
    ObjectKind.LEAD: (
        SourceObject(
            ObjectKind.LEAD,
            "Lead",
            {
                "lead_id": "Id",
                "company": "Company",
                "title": "Title",
                "industry": "Industry",
                "country": "Country",
                "employees": "NumberOfEmployees",
                "annual_revenue": "AnnualRevenue",
                "currency": "CurrencyIsoCode",
                "status": "Status",
                "source": "LeadSource",
                "owner": "OwnerId",
                **_ENGAGEMENT,
                **_STAMPS,
            },
            # A converted lead has become an account and a contact.
            requires={"IsConverted": False},
        ),
    ),
    ObjectKind.PRODUCT: (
        SourceObject(
            ObjectKind.PRODUCT,
            "Product2",
            {
                "product_id": "Id",
                "name": "Name",
                "family": "Family",
                "currency": "CurrencyIsoCode",
                **_STAMPS,
            },
        ),
    ),
    ObjectKind.LINE_ITEM: (
        SourceObject(
            ObjectKind.LINE_ITEM,
            "OpportunityLineItem",
            {
                "line_item_id": "Id",
                "deal_id": "OpportunityId",
                "product_id": "Product2Id",
                "quantity": "Quantity",
                "amount": "TotalPrice",
                "currency": "CurrencyIsoCode",
                **_STAMPS,
            },
        ),
    ),
}


def sources_of(kind: ObjectKind, settings: ConnectionSettings) -> tuple[SourceObject, ...]:
    """The objects that records of a kind are read from, with the settings' own names in place.

    Raises:
        ConfigError: A mapped column is not one that records of this kind have.
    """
    mapped = settings.fields.get(kind.value, {})
    check_columns(kind, mapped)
    other = settings.objects.get(kind.value)
    if other is not None:
        known = {CANONICAL_SCHEMAS[kind].names[0]: "Id", **_STAMPS}
        if "currency" in CANONICAL_SCHEMAS[kind].names:
            # Without it amounts of several currencies would look like amounts of one.
            known["currency"] = "CurrencyIsoCode"
        return (SourceObject(kind, other, {**known, **mapped}, mapped=frozenset(mapped)),)
    return tuple(
        replace(source, fields={**source.fields, **mapped}, mapped=frozenset(mapped))
        for source in _STANDARD[kind]
    )
