"""Conditions of queries, made into functions of a record."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from crm_segments.sandbox.salesforce.errors import ApiError
from crm_segments.sandbox.salesforce.fields import ID_TYPES, NUMBER_TYPES, Field
from crm_segments.sandbox.salesforce.ids import is_id, long_id
from crm_segments.sandbox.salesforce.sobjects import SObject
from crm_segments.sandbox.salesforce.soql.model import (
    And,
    Comparison,
    Condition,
    InQuery,
    Literal,
    LiteralKind,
    Not,
    Or,
    Query,
)
from crm_segments.sandbox.salesforce.soql.names import Asker, resolve
from crm_segments.sandbox.salesforce.soql.periods import span
from crm_segments.sandbox.salesforce.soql.refusal import refuse, wrong_kind
from crm_segments.sandbox.salesforce.store import Row
from crm_segments.sandbox.salesforce.values import moment_text, parse_moment

__all__ = ["compile_condition"]

Test = Callable[[Row], bool]
RunSubQuery = Callable[[Query], set[object]]

_TIME_ZONE = ZoneInfo("America/Los_Angeles")
_NEGATED = {"!=", "NOT IN"}


class _Compiler:
    def __init__(self, asker: Asker, query: Query, sobject: SObject, run_sub_query: RunSubQuery) -> None:
        self._asker = asker
        self._query = query
        self._sobject = sobject
        self._run_sub_query = run_sub_query

    def compile(self, condition: Condition) -> Test:
        if isinstance(condition, And):
            tests = [self.compile(part) for part in condition.parts]
            return lambda row: all(test(row) for test in tests)
        if isinstance(condition, Or):
            tests = [self.compile(part) for part in condition.parts]
            return lambda row: any(test(row) for test in tests)
        if isinstance(condition, Not):
            inner = self.compile(condition.part)
            return lambda row: not inner(row)
        if isinstance(condition, InQuery):
            return self._in_query(condition)
        return self._comparison(condition)

    def _in_query(self, condition: InQuery) -> Test:
        found = resolve(self._asker, self._query, self._sobject, condition.name)
        wanted = self._run_sub_query(condition.query)
        if condition.is_negated:
            return lambda row: found.read(row) not in wanted
        return lambda row: found.read(row) in wanted

    def _comparison(self, condition: Comparison) -> Test:
        found = resolve(self._asker, self._query, self._sobject, condition.name)
        field, read = found.field, found.read
        if not field.is_filterable or field.type == "address":
            text = f"field '{field.name}' can not be filtered in a query call"
            raise refuse("INVALID_FIELD", self._query.text, condition.name.position, text)
        first = condition.values[0]
        if condition.operator == "LIKE":
            return _like(read, self._like_text(field, first))
        if condition.operator in {"INCLUDES", "EXCLUDES"}:
            return _includes(read, condition)
        if first.kind is LiteralKind.PERIOD and len(condition.values) == 1:
            return self._period(field, read, condition.operator, first)
        values = [self._value(field, literal) for literal in condition.values]
        fold = _fold if field.type not in ID_TYPES else _same
        return _compare(read, condition.operator, [fold(value) for value in values], fold)

    def _like_text(self, field: Field, literal: Literal) -> str:
        if literal.kind is not LiteralKind.TEXT:
            raise wrong_kind(self._query.text, literal.position, field.name, "string")
        return literal.text

    def _period(self, field: Field, read: Callable[[Row], object], operator: str, literal: Literal) -> Test:
        if field.type not in {"date", "datetime"}:
            raise self._unfit(field, literal)
        today = self._asker.org.now().astimezone(_TIME_ZONE).date()
        first, after = span(literal.text, literal.number, today)
        if field.type == "date":
            start, end = first.isoformat(), after.isoformat()
        else:
            start, end = (
                moment_text(datetime.combine(day, time(), _TIME_ZONE).astimezone(UTC))
                for day in (first, after)
            )
        tests: dict[str, Callable[[str], bool]] = {
            "=": lambda value: start <= value < end,
            "!=": lambda value: not start <= value < end,
            "<": lambda value: value < start,
            "<=": lambda value: value < end,
            ">": lambda value: value >= end,
            ">=": lambda value: value >= start,
        }
        test = tests[operator]
        when_null = operator == "!="
        return lambda row: when_null if (value := read(row)) is None else test(str(value))

    def _value(self, field: Field, literal: Literal) -> object:
        if literal.kind is LiteralKind.NULL:
            return None
        wanted = _wanted_kind(field)
        if literal.kind is not wanted:
            raise self._unfit(field, literal)
        if wanted is LiteralKind.NUMBER:
            return float(literal.text)
        if wanted is LiteralKind.FLAG:
            return literal.text == "TRUE"
        if wanted is LiteralKind.MOMENT:
            return moment_text(parse_moment(_with_colon(literal.text)))
        if field.type in ID_TYPES:
            return self._id(literal)
        return literal.text.replace("\\\\", "\\")

    def _id(self, literal: Literal) -> str | None:
        if literal.text and not is_id(literal.text):
            text = f"invalid ID field: {literal.text}"
            raise refuse("INVALID_QUERY_FILTER_OPERATOR", self._query.text, literal.position, text)
        return long_id(literal.text) if literal.text else None

    def _unfit(self, field: Field, literal: Literal) -> ApiError:
        kinds = {LiteralKind.NUMBER: "int" if field.type == "int" else field.type}
        wanted = _wanted_kind(field)
        shown = kinds.get(wanted, wanted.value)
        return wrong_kind(self._query.text, literal.position, field.name, shown)


def compile_condition(
    asker: Asker, query: Query, sobject: SObject, condition: Condition, run_sub_query: RunSubQuery
) -> Test:
    """A function that says of a record whether it meets the condition.

    Raises:
        ApiError: A field is unknown, or a value is not of its field's type.
    """
    return _Compiler(asker, query, sobject, run_sub_query).compile(condition)


def _wanted_kind(field: Field) -> LiteralKind:
    if field.type == "boolean":
        return LiteralKind.FLAG
    if field.type == "int" or field.type in NUMBER_TYPES:
        return LiteralKind.NUMBER
    return {"date": LiteralKind.DATE, "datetime": LiteralKind.MOMENT}.get(field.type, LiteralKind.TEXT)


def _with_colon(text: str) -> str:
    return re.sub(r"([+-]\d{2})(\d{2})$", r"\1:\2", text)


def _fold(value: object) -> object:
    """Texts compare without regard to case, and an empty text is null."""
    return (value.casefold() or None) if isinstance(value, str) else value


def _same(value: object) -> object:
    return value


def _compare(
    read: Callable[[Row], object], operator: str, values: list[object], fold: Callable[[object], object]
) -> Test:
    if operator in {"=", "IN"}:
        wanted = frozenset(values)
        return lambda row: fold(read(row)) in wanted
    if operator in _NEGATED:
        wanted = frozenset(values)
        return lambda row: fold(read(row)) not in wanted
    return _order_test(read, operator, values[0], fold)


def _order_test(
    read: Callable[[Row], object], operator: str, bound: object, fold: Callable[[object], object]
) -> Test:
    def key(value: object) -> tuple[int, float, str] | None:
        folded = fold(value)
        if folded is None:
            return None
        return (0, 0.0, folded) if isinstance(folded, str) else (1, float(str(folded)), "")

    limit = key(bound)
    tests: dict[str, Callable[[tuple[int, float, str], tuple[int, float, str]], bool]] = {
        "<": lambda left, right: left < right,
        "<=": lambda left, right: left <= right,
        ">": lambda left, right: left > right,
        ">=": lambda left, right: left >= right,
    }
    test = tests[operator]
    return lambda row: limit is not None and (left := key(read(row))) is not None and test(left, limit)


def _like(read: Callable[[Row], object], pattern: str) -> Test:
    pieces = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    expression = "".join(wild.get(piece, re.escape(piece[-1])) for piece in pieces)
    compiled = re.compile(expression, re.IGNORECASE | re.DOTALL)
    return lambda row: isinstance(value := read(row), str) and compiled.fullmatch(value) is not None


def _includes(read: Callable[[Row], object], condition: Comparison) -> Test:
    groups = [set(literal.text.split(";")) for literal in condition.values]
    wanted = condition.operator == "INCLUDES"

    def test(row: Row) -> bool:
        chosen = set(str(read(row) or "").split(";"))
        return any(group <= chosen for group in groups) is wanted

    return test
