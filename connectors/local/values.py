"""What a field takes: one value for one field, brought to the one form in which it is stored, or refused.

Nothing is ever cut, rounded or guessed: a value is stored so that the same value is read back, or not at all.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from connectors.local.schema import Column
from connectors.model import FieldType, FieldValue

__all__ = ["Refusal", "Stored", "canonical_value", "stamp_text", "text_of"]

Stored = str | int | float | None
"""A value as SQLite keeps it."""

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ISO_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_MAX_WHOLE = 2**63


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a field does not take a value, and what to do; never the value itself."""

    code: str
    message: str


def canonical_value(column: Column, value: FieldValue) -> Stored | Refusal:
    """The value in the form in which the field stores it, or why the field does not take it.

    None and empty text clear the field, as they do in the large CRMs.
    """
    return None if value is None else _RULES[column.spec.type](column, value)


def text_of(type_: FieldType, stored: Stored) -> str | None:
    """A stored value as text: ISO days and moments, `true` and `false`, numbers without a useless `.0`."""
    if stored is None or isinstance(stored, str):
        return stored
    if type_ is FieldType.BOOLEAN:
        return "true" if stored else "false"
    if isinstance(stored, float) and stored.is_integer() and abs(stored) < 2**53:
        return str(int(stored))
    return repr(stored)


def stamp_text(moment: datetime) -> str:
    """A moment as UTC text of fixed width, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def _refuse(column: Column, code: str, rule: str, fix: str) -> Refusal:
    return Refusal(code, f"Field {column.name} {rule}. {fix}")


def _text(column: Column, value: FieldValue) -> Stored | Refusal:
    if not isinstance(value, str):
        return _refuse(column, "value.type", f"takes text, not {_kind_of(value)}", "Give the value as text.")
    if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
        return _refuse(
            column,
            "value.characters",
            "does not take the NUL character or half of a character pair",
            "Remove the broken character.",
        )
    limit = column.spec.max_length
    if limit is not None and len(value) > limit:
        return _refuse(
            column,
            "value.too_long",
            f"takes at most {limit} characters, and this value has {len(value)}",
            "Shorten the value.",
        )
    return value or None


def _picklist(column: Column, value: FieldValue) -> Stored | Refusal:
    if not isinstance(value, str):
        return _refuse(
            column, "value.type", f"takes one of its options, not {_kind_of(value)}", "Choose an option."
        )
    if value == "":
        return None
    if all(option.value != value for option in column.spec.options):
        return _refuse(
            column,
            "value.option",
            f"has {len(column.spec.options)} options, and this value is not one of them",
            "Add the option to the field, or choose one that it has.",
        )
    return value


def _number(column: Column, value: FieldValue) -> Stored | Refusal:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _refuse(
            column, "value.type", f"takes a number, not {_kind_of(value)}", "Give the value as a number."
        )
    if isinstance(value, float) and not math.isfinite(value):
        return _refuse(
            column,
            "value.number",
            "takes finite numbers only",
            "Clear the field where the number is not known.",
        )
    if column.is_whole:
        if value != int(value) or not -_MAX_WHOLE <= value < _MAX_WHOLE:
            return _refuse(
                column, "value.number", "takes whole numbers only", "Give a number without a fraction."
            )
        return int(value)
    return _exact_float(column, value)


def _exact_float(column: Column, value: float) -> Stored | Refusal:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if number != value:
        return _refuse(
            column,
            "value.number",
            "cannot hold this number without rounding it",
            "Use at most 15 digits.",
        )
    # Minus zero would come back as zero and look like a change for ever.
    return number + 0.0


def _date(column: Column, value: FieldValue) -> Stored | Refusal:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if value == "":
        return None
    if isinstance(value, str) and _ISO_DAY.fullmatch(value):
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            return _refuse(
                column, "value.date", "was given a day that no calendar has", "Give a day that exists."
            )
    return _refuse(
        column,
        "value.date",
        f"takes a day, not {_kind_of(value)}",
        "Give it as year-month-day, for instance 2026-11-02.",
    )


def _datetime(column: Column, value: FieldValue) -> Stored | Refusal:
    if value == "":
        return None
    try:
        moment = _moment(value)
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        return _refuse(
            column,
            "value.datetime",
            "takes a moment with its time zone",
            "Give it for instance as 2026-11-02T08:15:00Z.",
        )
    return stamp_text(moment)


def _moment(value: FieldValue) -> datetime | None:
    if isinstance(value, str) and _ISO_MOMENT.fullmatch(value):
        return datetime.fromisoformat(value).astimezone(UTC)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    return None


def _boolean(column: Column, value: FieldValue) -> Stored | Refusal:
    if not isinstance(value, bool):
        return _refuse(
            column, "value.type", f"takes true or false, not {_kind_of(value)}", "Give true or false."
        )
    return int(value)


def _kind_of(value: FieldValue) -> str:
    names: tuple[tuple[type, str], ...] = (
        (bool, "true or false"),
        (str, "other text"),
        (int, "a number"),
        (float, "a number"),
        (datetime, "a moment"),
        (date, "a day"),
    )
    return next((name for type_, name in names if isinstance(value, type_)), "a value of an unknown kind")


_RULES: Mapping[FieldType, Callable[[Column, FieldValue], Stored | Refusal]] = {
    FieldType.TEXT: _text,
    FieldType.PICKLIST: _picklist,
    FieldType.NUMBER: _number,
    FieldType.DATE: _date,
    FieldType.DATETIME: _datetime,
    FieldType.BOOLEAN: _boolean,
}
