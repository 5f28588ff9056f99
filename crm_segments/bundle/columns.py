"""The columns that a bundle knows: their names, order and types, and the files they stand in.

This repeats the canonical columns of the product on purpose: the reader of files stands alone. A test holds
both lists together.
"""

from collections.abc import Mapping

import pyarrow as pa

__all__ = [
    "COLUMNS",
    "FILE_NAMES",
    "NOUNS",
    "REFERENCES",
    "SEGMENT_COLUMNS",
    "derived_numbers",
    "id_column",
]

_TEXT = pa.string()
_DAY = pa.date32()
_MOMENT = pa.timestamp("us", tz="UTC")
_COUNT = pa.int64()
_FLAG = pa.bool_()

_SIZE = {"employees": _TEXT, "annual_revenue": _TEXT, "currency": _TEXT}
_ENGAGEMENT = {
    "email_opens_90d": _COUNT,
    "email_clicks_90d": _COUNT,
    "email_opt_out": _FLAG,
    "last_activity_date": _DAY,
}
_STAMPS = {"created_at": _MOMENT}


def _texts(*names: str) -> dict[str, pa.DataType]:
    return dict.fromkeys(names, _TEXT)


COLUMNS: Mapping[str, Mapping[str, pa.DataType]] = {
    "account": {
        **_texts("account_id", "name", "website", "industry", "country", "state", "region", "city"),
        **_SIZE,
        **_texts("founded_year", "source", "owner", "parent_id"),
        **_STAMPS,
    },
    "contact": {**_texts("contact_id", "account_id", "title"), **_ENGAGEMENT, **_STAMPS},
    "deal": {
        **_texts("deal_id", "account_id", "stage"),
        "is_closed": _FLAG,
        "is_won": _FLAG,
        **_texts("amount", "currency", "type", "pipeline", "product"),
        "close_date": _DAY,
        **_STAMPS,
    },
    "activity": {
        **_texts("activity_id", "account_id", "contact_id", "type"),
        "occurred_on": _DAY,
        **_STAMPS,
    },
    "lead": {
        **_texts("lead_id", "company", "title", "industry", "country"),
        **_SIZE,
        **_texts("status", "source", "owner"),
        **_ENGAGEMENT,
        **_STAMPS,
    },
    "product": {**_texts("product_id", "name", "family", "price", "currency"), **_STAMPS},
    "line_item": {
        **_texts("line_item_id", "deal_id", "product_id", "quantity", "amount", "currency"),
        **_STAMPS,
    },
}
"""Known columns by kind of record, in the order of the tables; the first one is the record's id."""

FILE_NAMES: Mapping[str, str] = {
    "account": "accounts.csv",
    "contact": "contacts.csv",
    "deal": "opportunities.csv",
    "activity": "activities.csv",
    "lead": "leads.csv",
    "product": "products.csv",
    "line_item": "line_items.csv",
}
"""What each file is called when we write it."""

NOUNS: Mapping[str, str] = {
    "account": "accounts",
    "contact": "contacts",
    "deal": "deals",
    "activity": "activities",
    "lead": "leads",
    "product": "products",
    "line_item": "line items",
}
"""The kinds of record in the words of messages."""

REFERENCES: Mapping[str, str] = {
    "account_id": "account",
    "parent_id": "account",
    "contact_id": "contact",
    "deal_id": "deal",
    "activity_id": "activity",
    "lead_id": "lead",
    "product_id": "product",
    "line_item_id": "line_item",
}
"""Columns that hold ids, and of what kind of record."""

SEGMENT_COLUMNS = (
    "segment_key",
    "segment_name",
    "segment_confidence",
    "segment_confidence_score",
    "segment_reason",
    "segment_since",
)
"""What an export appends; reading ignores them, because segments are never taken from a file."""


def id_column(kind: str) -> str:
    """The column that holds the id of this kind of record."""
    return next(iter(COLUMNS[kind]))


def derived_numbers(kind: str) -> Mapping[str, str]:
    """The `*_number` columns that tables of a CRM carry beside a text column of this kind, and which one."""
    return {
        f"{name}_number": name
        for name in ("employees", "annual_revenue", "amount", "price")
        if name in COLUMNS[kind]
    }
