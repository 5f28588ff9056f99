"""Searches: which records fit the filters, in which order, as far as the index knows them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crm_segments.sandbox.hubspot.errors import validation_error
from crm_segments.sandbox.hubspot.index import SearchIndex
from crm_segments.sandbox.hubspot.kinds import Kind
from crm_segments.sandbox.hubspot.moments import moment_text, parse_moment
from crm_segments.sandbox.hubspot.properties import Property
from crm_segments.sandbox.hubspot.settings import Beliefs
from crm_segments.sandbox.hubspot.store import Store

__all__ = ["Condition", "Hit", "Query", "SearchEngine", "compile_filter"]

Values = Mapping[str, str]
Condition = Callable[[Values], bool]
Comparable = str | float | datetime

_OPERATORS = frozenset(
    {
        *("EQ", "NEQ", "LT", "LTE", "GT", "GTE", "BETWEEN", "IN", "NOT_IN"),
        *("HAS_PROPERTY", "NOT_HAS_PROPERTY", "CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"),
    }
)
_WORDS = re.compile(r"[\w*]+")


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for."""

    groups: tuple[tuple[Condition, ...], ...]
    """One group must fit, with all of its conditions."""
    text: str
    sort: str | None
    descending: bool
    key: str
    """Equal for queries that find the same."""

    def fits(self, values: Values, searchable: Sequence[str]) -> bool:
        """Whether a record is found."""
        if self.groups and not any(all(one(values) for one in group) for group in self.groups):
            return False
        if not self.text:
            return True
        words = " ".join(values.get(name, "") for name in searchable).lower()
        return all(word in words for word in self.text.lower().split())


@dataclass(frozen=True, slots=True)
class Hit:
    """One record that the index found."""

    id: str
    properties: Values
    """As the index holds them."""


class SearchEngine:
    """Searches the records of one portal; remembers the last result, which clients page through."""

    def __init__(self, store: Store, index: SearchIndex) -> None:
        self._store = store
        self._index = index
        self._last: tuple[object, list[Hit]] = ((), [])

    def find(self, kind: Kind, query: Query, definitions: Mapping[str, Property]) -> list[Hit]:
        """All hits in their order; records that have gone since they were indexed are among them."""
        stale = dict(self._index.stale(kind))
        place = (kind.type_id, query.key, self._store.version)
        if not stale and self._last[0] == place:
            return self._last[1]
        hits = [one for one in self._indexed(kind, stale) if query.fits(one.properties, kind.shown)]
        by = query.sort or kind.created_name
        read = reader(definitions[by])
        with_value = [one for one in hits if by in one.properties]
        with_value.sort(key=lambda one: int(one.id))
        with_value.sort(key=lambda one: read(one.properties[by]), reverse=query.descending)
        ordered = [*with_value, *(one for one in hits if by not in one.properties)]
        self._last = ((), []) if stale else (place, ordered)
        return ordered

    def is_live(self, kind: Kind, hit: Hit) -> bool:
        """Whether the record is still there."""
        record = self._store.table(kind).rows.get(hit.id)
        return record is not None and record.archived_at is None

    def _indexed(self, kind: Kind, stale: Mapping[str, dict[str, str] | None]) -> list[Hit]:
        rows = self._store.table(kind).rows
        if not stale:
            return [Hit(one.id, one.properties) for one in rows.values() if one.archived_at is None]
        found = []
        for one in rows.values():
            properties = one.properties if one.archived_at is None else None
            shown = stale.get(one.id, properties)
            if shown is not None:
                found.append(Hit(one.id, shown))
        return found


def compile_filter(
    entry: Mapping[str, object], definitions: Mapping[str, Property], beliefs: Beliefs
) -> Condition:
    """One filter of a search as a function.

    Raises:
        ApiError: Its property or operator does not exist, or its values are not of the right shape.
    """
    name, operator = str(entry.get("propertyName")), str(entry.get("operator"))
    one = definitions.get(name)
    if one is None or one.archived_at is not None:
        raise validation_error(f'Property "{name}" does not exist')
    if operator not in _OPERATORS:
        raise validation_error(f"Invalid operator: {operator}")
    if operator == "HAS_PROPERTY":
        return lambda values: name in values
    if operator == "NOT_HAS_PROPERTY":
        return lambda values: name not in values
    if operator in {"IN", "NOT_IN"}:
        return _membership(one, entry, is_in=operator == "IN", beliefs=beliefs)
    if operator in {"CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"}:
        return _token(one, entry, contains=operator == "CONTAINS_TOKEN")
    return _comparison(one, operator, entry)


def reader(one: Property) -> Callable[[str], Comparable]:
    """How values of a property are compared: as numbers, as moments, or as texts in lower case."""
    if one.type == "number":
        return float
    if one.type in {"date", "datetime"}:
        return parse_moment if one.type == "date" else datetime.fromisoformat
    if one.type == "string":
        return str.lower
    return str


def _comparison(one: Property, operator: str, entry: Mapping[str, object]) -> Condition:
    name, read = one.name, reader(one)
    low = _wanted(one, entry, "value")
    if operator == "BETWEEN":
        high = _wanted(one, entry, "highValue")
        return lambda values: name in values and low <= read(values[name]) <= high  # type: ignore[operator]
    tests: Mapping[str, Callable[[Comparable], bool]] = {
        "EQ": lambda value: value == low,
        "NEQ": lambda value: value != low,
        "LT": lambda value: value < low,  # type: ignore[operator]
        "LTE": lambda value: value <= low,  # type: ignore[operator]
        "GT": lambda value: value > low,  # type: ignore[operator]
        "GTE": lambda value: value >= low,  # type: ignore[operator]
    }
    test = tests[operator]
    # Records without a value fit no comparison, not even NEQ.
    return lambda values: name in values and test(read(values[name]))


def _membership(one: Property, entry: Mapping[str, object], *, is_in: bool, beliefs: Beliefs) -> Condition:
    given = entry.get("values")
    if not isinstance(given, list) or not given:
        raise validation_error(f"values must not be empty for {entry.get('operator')} on {one.name}")
    name, read = one.name, reader(one)
    wanted = {str(value) for value in given}
    known: set[Comparable]
    if one.type != "string":
        known = {_read_wanted(one, value) for value in wanted}
    else:
        known = {value if beliefs.search_lowers_in_values else value.lower() for value in wanted}
    return lambda values: name in values and (read(values[name]) in known) is is_in


def _token(one: Property, entry: Mapping[str, object], *, contains: bool) -> Condition:
    text = str(entry.get("value", ""))
    patterns = [re.compile(word.lower().replace("*", ".*")) for word in _WORDS.findall(text)]
    if not patterns:
        raise validation_error(f"value must hold a word for {entry.get('operator')} on {one.name}")
    name = one.name

    def has_words(values: Values) -> bool:
        words = _WORDS.findall(values.get(name, "").lower())
        return all(any(pattern.fullmatch(word) for word in words) for pattern in patterns)

    return has_words if contains else lambda values: not has_words(values)


def _wanted(one: Property, entry: Mapping[str, object], member: str) -> Comparable:
    value = entry.get(member)
    if value is None:
        raise validation_error(f"{member} must be set for {entry.get('operator')} on {one.name}")
    return _read_wanted(one, str(value))


def _read_wanted(one: Property, value: str) -> Comparable:
    try:
        if one.type == "datetime":
            return datetime.fromisoformat(moment_text(parse_moment(value)))
        return reader(one)(value)
    except ValueError as error:
        raise validation_error(f"Invalid value for property {one.name}: {value}") from error
