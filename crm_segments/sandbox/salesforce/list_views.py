"""List views: what they are made of, and what may be in them."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["OPERATORS", "ListView", "ViewFilter"]

OPERATORS = frozenset(
    {
        *("Equals", "NotEqual", "LessThan", "GreaterThan", "LessOrEqual", "GreaterOrEqual", "Contains"),
        *("NotContain", "StartsWith", "Includes", "Excludes", "Within"),
    }
)
SCOPES: Mapping[str, str] = {"everything": "All", "mine": "My", "queue": "Queue", "team": "My team's"}


@dataclass(frozen=True, slots=True)
class ViewFilter:
    """One condition of a list view; options of picklists stand there by their labels."""

    field: str
    operator: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListView:
    """A named, filtered list of records."""

    record_id: str
    sobject: str
    api_name: str
    label: str
    columns: tuple[str, ...]
    filters: tuple[ViewFilter, ...]
    logic: str | None
    scope: str
    visibility: str
    """`Public`, `Private` or `Shared`."""
    owner: str
