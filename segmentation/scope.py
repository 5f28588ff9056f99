"""Which records a condition holds for: `where`, `exclude` and rules, evaluated for all records at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pyarrow as pa
from rapidfuzz import process

from connectors.errors import ConfigError
from segmentation.conditions import (
    And,
    Compare,
    Empty,
    Expression,
    Member,
    Name,
    Not,
    Or,
    Value,
    parse,
    wrong,
)
from segmentation.features.categories import clean_categories, fold
from segmentation.features.columns import Flags, Floats, Texts, day_numbers, flag_values, numbers, texts
from segmentation.features.numbers import NumberKind, read_numbers
from segmentation.features.table import Feature
from segmentation.features.vocabulary import COUNTRIES, INDUSTRIES

__all__ = ["in_scope"]

_VOCABULARIES: Mapping[str, Mapping[str, tuple[str, ...]]] = {"country": COUNTRIES, "industry": INDUSTRIES}
_COMPARE: Mapping[str, Callable[[Floats, float], Flags]] = {
    "=": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


@dataclass(frozen=True, slots=True)
class _Field:
    """A column that a condition names, as numbers or as folded texts."""

    kind: Literal["number", "text", "date", "flag"]
    numbers: Floats
    texts: Texts


def in_scope(condition: str, table: pa.Table, features: list[Feature]) -> Flags:
    """For each record whether the condition holds.

    A comparison with an empty field does not hold, except `!=`, which is the opposite of `=`.

    Args:
        condition: The text of the condition.
        table: The pulled records, with their extra columns.
        features: All features of the same records.

    Raises:
        ConfigError: The condition cannot be read, names an unknown field, or compares things that differ
            in kind; says where.
    """
    return _Evaluation(condition, table, {feature.spec.name: feature for feature in features}).of(
        parse(condition)
    )


class _Evaluation:
    """Evaluates one condition on one table."""

    def __init__(self, condition: str, table: pa.Table, features: Mapping[str, Feature]) -> None:
        self._condition = condition
        self._table = table
        self._features = features

    def of(self, expression: Expression) -> Flags:
        match expression:
            case And(left, right):
                return self.of(left) & self.of(right)
            case Or(left, right):
                return self.of(left) | self.of(right)
            case Not(inner):
                return ~self.of(inner)
            case Empty(name):
                return self._is_empty(self._field(name))
            case Member(name, values):
                field = self._field(name)
                found = self._equal(field, name, values[0])
                for value in values[1:]:
                    found = found | self._equal(field, name, value)
                return found
            case Compare():
                return self._compared(expression)

    def _compared(self, expression: Compare) -> Flags:
        name, value = expression.name, expression.value
        field = self._field(name)
        if expression.operator == "=":
            return self._equal(field, name, value)
        if expression.operator == "!=":
            return ~self._equal(field, name, value)
        return self._ordered(field, name, expression.operator, value)

    def _is_empty(self, field: _Field) -> Flags:
        if field.kind == "text":
            return np.array([text is None or not fold(text) for text in field.texts], dtype=bool)
        return np.isnan(field.numbers)

    def _equal(self, field: _Field, name: Name, value: Value) -> Flags:
        if field.kind != "text":
            return np.equal(field.numbers, self._number(field, name, value))
        if isinstance(value.value, str):
            wanted = self._same(name.text, value.value)
            return np.array([text is not None and fold(text) in wanted for text in field.texts], dtype=bool)
        return np.equal(self._as_numbers(field), self._number(field, name, value))

    def _ordered(self, field: _Field, name: Name, operator: str, value: Value) -> Flags:
        if field.kind == "flag" or (field.kind == "text" and isinstance(value.value, str)):
            raise wrong(
                self._condition, value.at, f"{name.text} has no order", "Use =, != or in for this field."
            )
        values = self._as_numbers(field) if field.kind == "text" else field.numbers
        with np.errstate(invalid="ignore"):
            return _COMPARE[operator](values, self._number(field, name, value))

    def _number(self, field: _Field, name: Name, value: Value) -> float:
        """The value as the field's numbers are."""
        plain = value.value
        if isinstance(plain, str) and field.kind == "date":
            try:
                plain = date.fromisoformat(plain)
            except ValueError:
                plain = value.value
        wants = {"number": float, "text": float, "date": date, "flag": bool}[field.kind]
        if not isinstance(plain, wants):
            words = {
                "number": "a number",
                "text": "a text or a number",
                "date": "a date",
                "flag": "true or false",
            }
            raise wrong(
                self._condition,
                value.at,
                f"{name.text} is compared with {words[field.kind]}",
                "Write numbers without quotes, texts in quotes, dates as 2026-11-02.",
            )
        if isinstance(plain, date):
            return float(plain.toordinal() - date(1970, 1, 1).toordinal())
        return float(plain)

    def _same(self, name: str, text: str) -> set[str]:
        """All folded spellings that mean this text in this field."""
        vocabulary = _VOCABULARIES.get(name)
        if vocabulary is None:
            return {fold(text)}
        clean = clean_categories(np.array([text], dtype=object), vocabulary).values[0]
        return {fold(text), fold(clean or text)}

    def _as_numbers(self, field: _Field) -> Floats:
        nothing = np.full(len(field.texts), np.nan)
        return read_numbers(field.texts, nothing, NumberKind.PLAIN).values

    def _field(self, name: Name) -> _Field:
        none: Texts = np.full(0, None, dtype=object)
        feature = self._features.get(name.text)
        if feature is not None and feature.spec.kind == "category":
            return _Field("text", np.full(0, np.nan), feature.column.astype(object))
        if feature is not None:
            kind: Literal["flag", "number"] = "flag" if feature.spec.kind == "flag" else "number"
            return _Field(kind, feature.column.astype(np.float64), none)
        if name.text not in self._table.column_names:
            raise self._unknown(name)
        return self._column(name.text)

    def _column(self, name: str) -> _Field:
        none: Texts = np.full(0, None, dtype=object)
        kind = self._table.schema.field(name).type
        if pa.types.is_boolean(kind):
            return _Field("flag", flag_values(self._table, name), none)
        if pa.types.is_temporal(kind):
            return _Field("date", day_numbers(self._table, name), none)
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            return _Field("number", numbers(self._table, name), none)
        return _Field("text", np.full(0, np.nan), texts(self._table, name))

    def _unknown(self, name: Name) -> ConfigError:
        known = sorted({*self._table.column_names, *self._features})
        near = [found for found, score, _ in process.extract(name.text, known, limit=3) if score >= 70]
        hint = f"Did you mean {' or '.join(near)}?" if near else f"Known fields: {', '.join(known)}."
        return wrong(self._condition, name.at, f"there is no field {name.text}", hint)
