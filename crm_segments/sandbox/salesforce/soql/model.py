"""What a SOQL query says, as values."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "And",
    "Comparison",
    "Condition",
    "FieldsFunction",
    "FunctionItem",
    "InQuery",
    "Literal",
    "LiteralKind",
    "Name",
    "Not",
    "Or",
    "OrderItem",
    "Query",
    "SelectItem",
    "SubQueryItem",
]


class LiteralKind(StrEnum):
    """How a value is written."""

    TEXT = "string"
    NUMBER = "number"
    DATE = "date"
    MOMENT = "dateTime"
    FLAG = "boolean"
    NULL = "null"
    PERIOD = "period"
    """A date literal such as `LAST_N_DAYS:30`."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A value in a condition."""

    kind: LiteralKind
    text: str
    position: int
    number: int = 0
    """The n of `LAST_N_DAYS:n`."""


@dataclass(frozen=True, slots=True)
class Name:
    """A field, perhaps reached through relationships: `Account.Owner.Name`."""

    text: str
    position: int


@dataclass(frozen=True, slots=True)
class FunctionItem:
    """`COUNT()`, `MAX(Amount) latest`, `toLabel(Industry)`."""

    function: str
    argument: Name | None
    alias: str | None
    position: int


@dataclass(frozen=True, slots=True)
class FieldsFunction:
    """`FIELDS(ALL)`."""

    group: str
    position: int


@dataclass(frozen=True, slots=True)
class SubQueryItem:
    """`(SELECT Id FROM Contacts)`."""

    query: "Query"


SelectItem = Name | FunctionItem | FieldsFunction | SubQueryItem


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field held against one value, or against several with `IN`."""

    name: Name
    operator: str
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class InQuery:
    """A field held against the results of another query."""

    name: Name
    is_negated: bool
    query: "Query"


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Not this one."""

    part: "Condition"


Condition = And | Or | Not | Comparison | InQuery


@dataclass(frozen=True, slots=True)
class OrderItem:
    """One key of the order."""

    name: Name
    is_descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query."""

    text: str
    select: tuple[SelectItem, ...]
    source: Name
    alias: str | None
    where: Condition | None
    group_by: tuple[Name, ...]
    order_by: tuple[OrderItem, ...]
    limit: int | None
    offset: int
    all_rows: bool
