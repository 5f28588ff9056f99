"""Which records a file holds: by its name, else by its columns."""

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from crm_segments.bundle.columns import COLUMNS, NOUNS, id_column
from crm_segments.bundle.errors import BundleError
from crm_segments.bundle.headers import ALIASES, Target, normal_form
from crm_segments.bundle.wording import shown

__all__ = ["check_id_column", "kind_by_header", "kind_by_name"]

_WORDS: Mapping[str, str] = {
    "account": "account",
    "accounts": "account",
    "company": "account",
    "companies": "account",
    "contact": "contact",
    "contacts": "contact",
    "opportunity": "deal",
    "opportunities": "deal",
    "deal": "deal",
    "deals": "deal",
    "activity": "activity",
    "activities": "activity",
    "task": "activity",
    "tasks": "activity",
    "event": "activity",
    "events": "activity",
    "lead": "lead",
    "leads": "lead",
    "product": "product",
    "products": "product",
    "product2": "product",
}
_LINE_ITEMS = re.compile(r"line_?items?(?![a-z])")

_SIGNATURES: Mapping[str, Sequence[str]] = {
    "line_item": (
        "OpportunityLineItemId",
        "Product2Id",
        "UnitPrice",
        "TotalPrice",
        "Quantity",
        "Line Item ID",
    ),
    "deal": (
        "Opportunity ID",
        "Opportunity Name",
        "StageName",
        "Deal Name",
        "Deal Stage",
        "Deal ID",
        "Close Date",
    ),
    "lead": ("Lead ID", "Lead Status", "Company / Account", "IsConverted", "Converted", "Lead Owner"),
    "activity": (
        "Activity ID",
        "ActivityDate",
        "Activity Type",
        "Task ID",
        "WhoId",
        "Occurred on",
        "Subject",
    ),
    "contact": (
        "Contact ID",
        "First Name",
        "Last Name",
        "Job Title",
        "HasOptedOutOfEmail",
        "Email",
        "Contact owner",
    ),
    "product": ("Product ID", "ProductCode", "Product Code", "Family", "Product Family", "Product SKU"),
    "account": (
        *("Account Name", "Company Domain Name", "NumberOfEmployees", "Number of Employees", "ParentId"),
        *("BillingCountry", "Billing Country", "Industry", "AnnualRevenue", "Company owner", "Year Founded"),
    ),
}
"""Columns that speak for one kind of record, looked at in this order when counts are equal."""


def kind_by_name(name: str) -> str | None:
    """The kind of record that a file's name speaks of, if it speaks of exactly one."""
    stem = PurePath(name).stem
    stem = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", stem).lower()
    stem = re.sub(r"[^a-z0-9]+", "_", stem)
    if _LINE_ITEMS.search(stem) or "opportunity_product" in stem:
        return "line_item"
    kinds = {_WORDS[word] for word in stem.split("_") if word in _WORDS}
    return kinds.pop() if len(kinds) == 1 else None


def kind_by_header(header: tuple[str, ...]) -> str | None:
    """The kind of record that the columns speak of, or None when they do not say."""
    forms = {normal_form(name) for name in header}
    # A plain file leads with its own id; the ids of other records follow.
    leading = next((kind for kind in COLUMNS if header[:1] == (id_column(kind),)), None)
    if leading:
        return leading
    scores = {kind: sum(normal_form(sign) in forms for sign in signs) for kind, signs in _SIGNATURES.items()}
    best = max(scores, key=lambda kind: scores[kind])
    has_id = any(normal_form(alias) in forms for alias in ALIASES[best][id_column(best)])
    return best if scores[best] >= 2 and has_id else None


def check_id_column(kind: str, targets: Sequence[Target], header: Sequence[str], file: str) -> None:
    """Make sure that the records of a file can be told apart.

    Raises:
        BundleError: No column holds the id; says which are there and which was probably meant.
    """
    wanted = id_column(kind)
    if any(target.field == wanted for target in targets):
        return
    names = {normal_form(name): name for name in header if name}
    candidates = [normal_form(alias) for alias in (wanted, *ALIASES[kind][wanted])]
    meant = next(
        (
            names[close[0]]
            for form in candidates
            if (close := difflib.get_close_matches(form, names, 1, 0.75))
        ),
        None,
    )
    columns = ", ".join(shown(name) for name in header[:12] if name) + (", …" if len(header) > 12 else "")
    guess = f" Was {shown(meant)} meant? Then rename it to {wanted}." if meant else ""
    raise BundleError(
        f"{shown(file)} has no column with the id of its {NOUNS[kind]} ({wanted}). "
        f"Its columns are: {columns}.",
        hint=f"Export it with the record id: 'Record ID' in HubSpot, 'Id' in Data Loader, "
        f"'{wanted.replace('_id', '').replace('deal', 'opportunity').replace('_', ' ').title()} ID' in a "
        f"Salesforce report.{guess}",
    )
