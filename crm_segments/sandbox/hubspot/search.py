"""Searches: which records fit the filters, in which order, as far as the index knows them."""

import operator
import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple

from crm_segments.sandbox.hubspot.errors import validation_error
from crm_segments.sandbox.hubspot.index import SearchIndex
from crm_segments.sandbox.hubspot.kinds import Kind
from crm_segments.sandbox.hubspot.moments import moment_text, parse_moment
from crm_segments.sandbox.hubspot.properties import Property
from crm_segments.sandbox.hubspot.settings import Beliefs
from crm_segments.sandbox.hubspot.store import Record, Store

__all__ = ["Condition", "Query", "SearchEngine", "compile_filter"]

Values = Mapping[str, str]
Condition = Callable[[Values], bool]
Comparable = str | float | datetime
Reader = Callable[[str], Comparable]

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "EQ": operator.eq,
    "NEQ": operator.ne,
    "LT": operator.lt,
    "LTE": operator.le,
    "GT": operator.gt,
    "GTE": operator.ge,
}
_OPERATORS = frozenset(
    {
        *(*_COMPARISONS, "BETWEEN", "IN", "NOT_IN"),
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
    least_id: int = 0
    """No record with a lower id can fit."""

    def test(self, searchable: Sequence[str]) -> Condition:
        """Whether a record is found, as one function."""
        conditions = [_all_of(group) for group in self.groups]
        fits = conditions[0] if len(conditions) == 1 else _any_of(conditions)
        if not self.text:
            return fits
        wanted = self.text.lower().split()

        def has_words(values: Values) -> bool:
            words = " ".join(values.get(name, "") for name in searchable).lower()
            return all(word in words for word in wanted)

        return _all_of((fits, has_words))


class Hit(NamedTuple):
    """One record that the index shows as it was a while ago."""

    id: str
    properties: Values


Found = Record | Hit


class SearchEngine:
    """Searches the records of one portal; remembers the last result, which clients page through."""

    def __init__(self, store: Store, index: SearchIndex) -> None:
        self._store = store
        self._index = index
        self._last: tuple[object, list[Found]] = ((), [])

    def find(self, kind: Kind, query: Query, definitions: Mapping[str, Property]) -> list[Found]:
        """All hits in their order; records that have gone since they were indexed are among them."""
        stale = dict(self._index.stale(kind))
        place = (kind.type_id, query.key, self._store.version)
        if not stale and self._last[0] == place:
            return self._last[1]
        hits = self._hits(kind, query, stale)
        by = query.sort or kind.created_name
        # They come by id, and sorting leaves equal ones as they come.
        if by != "hs_object_id" or query.descending:
            hits = _sorted(hits, by, reader(definitions[by]), descending=query.descending)
        self._last = ((), []) if stale else (place, hits)
        return hits

    def is_live(self, kind: Kind, hit: Found) -> bool:
        """Whether the record is still there."""
        record = self._store.table(kind).rows.get(hit.id)
        return record is not None and record.archived_at is None

    def _hits(self, kind: Kind, query: Query, stale: Mapping[str, dict[str, str] | None]) -> list[Found]:
        """What fits, by ascending id."""
        table = self._store.table(kind)
        rows, fits = table.rows, query.test(kind.shown)
        start = bisect_left(table.order, query.least_id)
        records = (rows[str(record_id)] for record_id in islice(table.order, start, None))
        if not stale:
            return [one for one in records if one.archived_at is None and fits(one.properties)]
        found: list[Found] = []
        for one in records:
            shown = stale.get(one.id, one.properties if one.archived_at is None else None)
            if shown is not None and fits(shown):
                found.append(Hit(one.id, shown))
        return found


def _sorted(hits: list[Found], by: str, read: Reader, *, descending: bool) -> list[Found]:
    """By a property; records without a value come last."""
    keyed, without = [], []
    for hit in hits:
        value = _read_stored(read, hit.properties.get(by))
        if value is None:
            without.append(hit)
        else:
            keyed.append((value, hit))
    keyed.sort(key=itemgetter(0), reverse=descending)
    return [*(hit for _, hit in keyed), *without]


def _read_stored(read: Reader, text: str | None) -> Comparable | None:
    """A stored value; None where there is none, or one that a former type of the property left behind."""
    try:
        return None if text is None else read(text)
    except ValueError:
        return None


def _all_of(conditions: Sequence[Condition]) -> Condition:
    if len(conditions) == 1:
        return conditions[0]
    if len(conditions) == 2:
        first, second = conditions
        return lambda values: first(values) and second(values)
    return lambda values: all(one(values) for one in conditions)


def _any_of(conditions: Sequence[Condition]) -> Condition:
    if not conditions:
        return lambda _values: True
    return lambda values: any(one(values) for one in conditions)


def compile_filter(
    entry: Mapping[str, object], definitions: Mapping[str, Property], beliefs: Beliefs
) -> Condition:
    """One filter of a search as a function.

    Raises:
        ApiError: Its property or operator does not exist, or its values are not of the right shape.
    """
    name, wanted = str(entry.get("propertyName")), str(entry.get("operator"))
    one = definitions.get(name)
    if one is None or one.archived_at is not None:
        raise validation_error(f'Property "{name}" does not exist')
    if wanted not in _OPERATORS:
        raise validation_error(f"Invalid operator: {wanted}")
    if wanted == "HAS_PROPERTY":
        return lambda values: name in values
    if wanted == "NOT_HAS_PROPERTY":
        return lambda values: name not in values
    if wanted in {"IN", "NOT_IN"}:
        return _membership(one, entry, is_in=wanted == "IN", beliefs=beliefs)
    if wanted in {"CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"}:
        return _token(one, entry, contains=wanted == "CONTAINS_TOKEN")
    return _comparison(one, wanted, entry)


def reader(one: Property) -> Reader:
    """How values of a property are compared: as numbers, as moments, or as texts in lower case."""
    if one.type == "number":
        return float
    if one.type in {"date", "datetime"}:
        return parse_moment if one.type == "date" else datetime.fromisoformat
    if one.type == "string":
        return str.lower
    return str


def _comparison(one: Property, wanted: str, entry: Mapping[str, object]) -> Condition:
    read = reader(one)
    low = _wanted(one, entry, "value")
    if wanted == "BETWEEN":
        high = _wanted(one, entry, "highValue")
        return _stored_test(one.name, read, lambda value: low <= value <= high)
    compare = _COMPARISONS[wanted]
    return _stored_test(one.name, read, lambda value: compare(value, low))


def _stored_test(name: str, read: Reader, test: Callable[[Any], bool]) -> Condition:
    """Records without a value fit no comparison, not even NEQ."""

    def fits(values: Values) -> bool:
        text = values.get(name)
        try:
            return text is not None and test(read(text))
        except ValueError:
            # A former type of the property left it behind.
            return False

    return fits


def _membership(one: Property, entry: Mapping[str, object], *, is_in: bool, beliefs: Beliefs) -> Condition:
    given = entry.get("values")
    if not isinstance(given, list) or not given:
        raise validation_error(f"values must not be empty for {entry.get('operator')} on {one.name}")
    wanted = {str(value) for value in given}
    known: set[Comparable]
    if one.type != "string":
        known = {_read_wanted(one, value) for value in wanted}
    else:
        known = {value if beliefs.search_lowers_in_values else value.lower() for value in wanted}
    return _stored_test(one.name, reader(one), lambda value: (value in known) is is_in)


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
