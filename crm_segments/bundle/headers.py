"""Column names of native exports, and which known column each one fills.

Salesforce's Data Loader writes API names (`NumberOfEmployees`), its reports write labels (`Employees`);
HubSpot writes labels (`Number of Employees`, `Record ID`). Names and labels as of November 2026.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from crm_segments.bundle.columns import COLUMNS, SEGMENT_COLUMNS, derived_numbers

__all__ = ["ALIASES", "Dialect", "Target", "find_dialect", "map_header", "normal_form"]

_COMPANY_IDS = (
    "Associated Company IDs (Primary)",
    "Associated Company IDs",
    "Primary Associated Company ID",
    "Associated Company ID",
    "Company ID",
)
_CREATED = ("Created Date", "Create Date", "Created At")
_SOURCE = ("Lead Source", "Original Source", "Original Traffic Source", "Original Source Type")
_ENGAGEMENT = {
    "email_opt_out": ("HasOptedOutOfEmail", "Email Opt Out", "Unsubscribed from all email"),
    "last_activity_date": ("LastActivityDate", "Last Activity Date", "Last Activity"),
    "created_at": _CREATED,
}
_SIZE = {
    "employees": ("NumberOfEmployees", "Number of Employees", "Employees", "No. of Employees"),
    "annual_revenue": ("AnnualRevenue", "Annual Revenue"),
}
_COUNTRY = ("BillingCountry", "Billing Country", "Country/Region", "Country")

ALIASES: Mapping[str, Mapping[str, Sequence[str]]] = {
    "account": {
        "account_id": ("Record ID", "Id", "Account ID", "Company ID", "Record ID - Company"),
        "name": ("Account Name", "Company name", "Company"),
        "website": ("Website URL", "Company Domain Name"),
        "country": _COUNTRY,
        "state": ("BillingState", "Billing State/Province", "State/Region", "State/Province"),
        "city": ("BillingCity", "Billing City"),
        **_SIZE,
        "currency": ("CurrencyIsoCode", "Account Currency", "Annual Revenue Currency"),
        "founded_year": ("Year Founded", "YearStarted", "Year Started"),
        "source": ("AccountSource", "Account Source", *_SOURCE),
        "owner": ("Account Owner", "Company owner", "Owner ID"),
        "parent_id": ("ParentId", "Parent Account ID", "Parent Company ID", "Parent Company IDs"),
        "created_at": _CREATED,
    },
    "contact": {
        "contact_id": ("Record ID", "Id", "Contact ID", "Record ID - Contact"),
        "account_id": (*_COMPANY_IDS, "Account ID"),
        "title": ("Title", "Job Title", "Role"),
        **_ENGAGEMENT,
    },
    "deal": {
        "deal_id": ("Record ID", "Id", "Opportunity ID", "Deal ID", "Record ID - Deal"),
        "account_id": (*_COMPANY_IDS, "Account ID"),
        "stage": ("StageName", "Deal Stage"),
        "is_closed": ("Is Deal Closed?", "Closed"),
        "is_won": ("Is Closed Won", "Won"),
        "amount": ("Deal Amount",),
        "currency": ("CurrencyIsoCode", "Opportunity Currency", "Deal Currency", "Amount Currency"),
        "type": ("Opportunity Type", "Deal Type"),
        "product": ("Product Name",),
        "close_date": ("Closed Date",),
        "created_at": _CREATED,
    },
    "activity": {
        "activity_id": ("Record ID", "Id", "Activity ID", "Task ID", "Event ID"),
        "account_id": (*_COMPANY_IDS, "Account ID"),
        "contact_id": ("Associated Contact IDs", "Associated Contact ID", "Contact ID", "WhoId"),
        "type": ("Activity Type", "Task Type", "TaskSubtype"),
        "occurred_on": ("ActivityDate", "Activity date", "Due Date", "Date", "Start Date"),
        "created_at": _CREATED,
    },
    "lead": {
        "lead_id": ("Record ID", "Id", "Lead ID"),
        "company": ("Company / Account", "Company name"),
        "title": ("Job Title", "Role"),
        "country": ("Country/Region",),
        **_SIZE,
        "currency": ("CurrencyIsoCode", "Lead Currency", "Annual Revenue Currency"),
        "status": ("Lead Status",),
        "source": _SOURCE,
        "owner": ("Lead Owner", "Owner ID"),
        **_ENGAGEMENT,
    },
    "product": {
        "product_id": ("Record ID", "Id", "Product ID"),
        "name": ("Product Name", "Product"),
        "family": ("Product Family", "Series"),
        "price": ("Unit price", "Sales Price", "List Price"),
        "currency": ("CurrencyIsoCode", "Product Currency"),
        "created_at": _CREATED,
    },
    "line_item": {
        "line_item_id": ("Record ID", "Id", "Line Item ID", "Opportunity Product ID"),
        "deal_id": ("Opportunity ID", "Deal ID", "Associated Deal IDs"),
        "product_id": ("Product2Id", "Product ID"),
        "amount": ("TotalPrice", "Total Price", "Net price"),
        "currency": ("CurrencyIsoCode",),
        "created_at": _CREATED,
    },
}
"""Other names of known columns, the preferred ones first; case, blanks and punctuation do not matter."""

_MODIFIED = {
    "modifiedat",
    "lastmodifieddate",
    "systemmodstamp",
    "objectlastmodifieddatetime",
}
_SALESFORCE_NAMES = {
    *("AccountId", "AccountSource", "ActivityDate", "AnnualRevenue", "BillingCity", "BillingCountry"),
    *(
        "BillingState",
        "CloseDate",
        "CreatedDate",
        "CurrencyIsoCode",
        "HasOptedOutOfEmail",
        "IsClosed",
        "IsWon",
    ),
    *("LastActivityDate", "LastModifiedDate", "LeadSource", "NumberOfEmployees", "OwnerId", "ParentId"),
    *("Product2Id", "StageName", "SystemModstamp", "WhoId", "WhatId", "OpportunityId", "IsDeleted"),
}
_SALESFORCE_LABELS = {
    *("Account ID", "Account Name", "Account Owner", "Annual Revenue", "Billing Country", "Billing City"),
    *(
        "Billing State/Province",
        "Contact ID",
        "Opportunity ID",
        "Opportunity Name",
        "Opportunity Owner",
        "Stage",
    ),
    *(
        "Employees",
        "Lead ID",
        "Lead Owner",
        "Lead Source",
        "Parent Account ID",
        "Created Date",
        "Email Opt Out",
    ),
    *("Last Activity", "Close Date", "Company / Account", "Last Modified Date"),
}
_HUBSPOT_LABELS = {
    *("Record ID", "Company name", "Company Domain Name", "Company owner", "Associated Company IDs"),
    *("Associated Company IDs (Primary)", "Associated Company", "Associated Company (Primary)"),
    *("Associated Contact IDs", "Associated Contact", "Associated Deal IDs", "Deal Name", "Deal Stage"),
    *("Deal owner", "Contact owner", "Create Date", "Country/Region", "State/Region", "Number of Employees"),
    *("Annual Revenue", "Close Date", "Lead Status", "Lifecycle Stage", "Last Activity Date", "Job Title"),
    *(
        "Unsubscribed from all email",
        "Pipeline",
        "Year Founded",
        "Website URL",
        "Is Deal Closed?",
        "Is Closed Won",
    ),
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """Whose export a file is."""

    name: str
    """`salesforce`, `hubspot` or `plain`."""
    said: str
    """The same for people."""


_PLAIN = Dialect("plain", "a plain CSV file")
_HUBSPOT = Dialect("hubspot", "a HubSpot export")
_DIALECTS = (
    (Dialect("salesforce", "a Salesforce export"), _SALESFORCE_NAMES),
    (Dialect("salesforce", "a Salesforce report"), _SALESFORCE_LABELS),
    (_HUBSPOT, _HUBSPOT_LABELS),
)


@dataclass(frozen=True, slots=True)
class Target:
    """Where one column of a file goes."""

    position: int
    column: str
    field: str | None
    is_known: bool
    note: str = ""


def normal_form(name: str) -> str:
    """What is left of a column's name when case, blanks and punctuation do not count."""
    return re.sub(r"[^a-z0-9]+", "", name.casefold())


def find_dialect(header: Sequence[str]) -> Dialect:
    """Whose export this header comes from, by the names that only one product writes."""
    # Data Loader repeats names as they were typed into it, often in capitals.
    seen = {name.casefold() for name in header}
    if "record id" in seen:
        return _HUBSPOT
    hits = [(sum(name.casefold() in seen for name in names), dialect) for dialect, names in _DIALECTS]
    best = max(hits, key=lambda hit: hit[0])
    return best[1] if best[0] >= 2 else _PLAIN


def map_header(kind: str, header: Sequence[str], own_fields: Collection[str] = ()) -> list[Target]:
    """Decide for every column of a file where it goes: known columns in their order, others, ignored ones.

    Args:
        kind: What the records are.
        header: The names as they stand in the file.
        own_fields: Further names of our own segment fields, which are never read.
    """
    ignored = _find_ignored(kind, header, own_fields)
    free = {position: name for position, name in enumerate(header) if position not in ignored}
    targets = []
    for field in COLUMNS[kind]:
        position = _find_position(kind, field, free)
        if position is not None:
            targets.append(Target(position, free.pop(position), field, is_known=True))
    _add_product_id(kind, targets)
    taken = {*COLUMNS[kind], *derived_numbers(kind), *SEGMENT_COLUMNS, "modified_at"}
    for position, name in free.items():
        safe = _free_name(_safe_name(name, position), taken)
        taken.add(safe)
        targets.append(Target(position, name, safe, is_known=False, note="kept as text"))
    targets.extend(
        Target(position, header[position], None, is_known=False, note=f"ignored: {reason}")
        for position, reason in ignored.items()
    )
    return targets


def _find_position(kind: str, field: str, free: Mapping[int, str]) -> int | None:
    exact = next((position for position, name in free.items() if name == field), None)
    if exact is not None:
        return exact
    by_form: dict[str, int] = {}
    for position, name in free.items():
        by_form.setdefault(normal_form(name), position)
    forms = (normal_form(alias) for alias in (*ALIASES[kind].get(field, ()), field))
    return next((by_form[form] for form in forms if form in by_form), None)


def _find_ignored(kind: str, header: Sequence[str], own_fields: Collection[str]) -> dict[int, str]:
    own = {normal_form(name) for name in own_fields}
    numbers = derived_numbers(kind)
    ignored = {}
    for position, name in enumerate(header):
        form = normal_form(name)
        if name.lower() in SEGMENT_COLUMNS or form in own or _is_default_field(form):
            ignored[position] = "our own segment column"
        elif form in _MODIFIED:
            ignored[position] = "times of change are kept by the CRM itself"
        elif name in numbers:
            ignored[position] = f"this number is read from {numbers[name]}"
    return ignored


def _is_default_field(form: str) -> bool:
    # Salesforce's names end in __c.
    return bool(re.fullmatch(r"crmsegment(confidence|reason|since|play)?c?", form))


def _add_product_id(kind: str, targets: list[Target]) -> None:
    """Let a product's name serve as its id where a price list has none."""
    names = [target for target in targets if target.field == "name"]
    if kind == "product" and names and targets[0].field != "product_id":
        name = names[0]
        note = "the name serves as the id"
        targets.insert(0, Target(name.position, name.column, "product_id", is_known=True, note=note))


def _safe_name(name: str, position: int) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    safe = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:60].strip("_")
    if not safe:
        return f"column_{position + 1}"
    return safe if safe[0].isalpha() else f"x_{safe}"


def _free_name(name: str, taken: Collection[str]) -> str:
    number, candidate = 2, name
    while candidate in taken:
        candidate = f"{name}_{number}"
        number += 1
    return candidate
