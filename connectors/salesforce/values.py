"""What a field takes: a value brought to the form that Salesforce stores, or the reason why it does not fit.

What is accepted is read back as it was written, to the character. Salesforce itself cuts white space, rounds
and drops fractions of a second without a word, so all that is refused here, before anything is sent.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connectors.model import FieldValue
from connectors.salesforce.schema import SObject

__all__ = ["CLEAR", "Fitted", "Fitter", "Misfit", "can_be_csv", "csv_cell"]

Fitted = str | int | float | bool | None
"""A value as it goes into JSON; None clears the field."""

CLEAR = "#N/A"
"""The cell that clears a field; an empty one leaves it alone ("Valid CSV Record Rows", read 2026-11)."""

_TEXTS = frozenset({"string", "textarea", "phone", "url", "email", "combobox"})
_NUMBERS = frozenset({"double", "currency", "percent"})
_WHOLE = frozenset({"int", "long"})

# Salesforce hands records out as XML too, which knows no other characters (XML 1.0, "Characters").
_FOREIGN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# White space by some definition only: trimmed by some programs, so not trusted at the ends of a text.
_INVISIBLE = "\ufeff\u180e\u200b"
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ISO_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_YEARS = range(1700, 4001)
"""Years that a date can have (SOQL and SOSL Reference, "Date Formats and Date Literals", read 2026-11)."""

_MAX_DIGITS = 18
"""Digits of a number in Salesforce (Help, "Custom Field Types", read 2026-11)."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a field does not take a value, and what to do; never the value itself."""

    code: str
    message: str


Rule = Callable[[FieldValue], Fitted | Misfit]


class Fitter:
    """Checks values against the description of one object; made anew whenever that changes."""

    def __init__(self, sobject: SObject) -> None:
        self._sobject = sobject
        self._rules: dict[str, Rule] = {}

    def fit(self, values: Mapping[str, FieldValue]) -> dict[str, Fitted] | tuple[str, Misfit]:
        """All values in the form to send, or the first field that does not take its value, and why."""
        fitted: dict[str, Fitted] = {}
        for name, value in values.items():
            rule = self._rules.get(name) or self._rule(name)
            found = rule(value)
            if isinstance(found, Misfit):
                return name, found
            fitted[name] = found
        return fitted

    def _rule(self, name: str) -> Rule:
        rule = _rule_of(self._sobject, name)
        self._rules[name] = rule
        return rule


def can_be_csv(value: Fitted) -> bool:
    """Whether a cell of a bulk job's file carries this value without doubt.

    The text that clears a field cannot be written as a text, and a carriage return may count as the end of a
    line. Both go through JSON.
    """
    return not isinstance(value, str) or (value.upper() != CLEAR and "\r" not in value)


def csv_cell(value: Fitted) -> str:
    """The cell for a value of which `can_be_csv` says yes; never an empty one."""
    if value is None:
        return CLEAR
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # Without an exponent, which not every reader of CSV takes for a number.
        return format(Decimal(repr(value)), "f")
    return str(value)


def _rule_of(sobject: SObject, name: str) -> Rule:
    raw = sobject.fields.get(name)
    if raw is None:
        text = (
            f"The user of the connection sees no field {name} on {sobject.label}. It was removed, "
            "or no permission set shows it: crm-segments doctor tells which."
        )
        return _always(Misfit("field.unknown", text))
    if not raw["updateable"]:
        text = (
            f"The user of the connection may see {name} of {sobject.label}, but not change it. Give edit "
            "access: Setup > Permission Sets > CRM Segments Integration > Object Settings."
        )
        return _always(Misfit("field.read_only", text))
    make = _maker(raw)
    if make is None:
        text = f"Field {name} is of a kind ({raw['type']}) that is not written. Use a text, picklist or date."
        return _always(Misfit("field.type", text))
    return _or_clear(raw, make(raw))


def _maker(raw: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], Rule] | None:
    kind = raw["type"]
    if kind in _TEXTS:
        # Rich text is cleaned when it is stored, and would come back changed.
        return None if raw.get("htmlFormatted") else _text_rule
    if kind in _WHOLE or kind in _NUMBERS:
        return _number_rule
    return {
        "picklist": _picklist_rule,
        "date": _date_rule,
        "datetime": _datetime_rule,
        "boolean": _boolean_rule,
    }.get(kind)


def _always(misfit: Misfit) -> Rule:
    return lambda _value: misfit


def _or_clear(raw: Mapping[str, Any], rule: Rule) -> Rule:
    """None and empty text clear: Salesforce itself makes no difference between them."""
    if raw["nillable"]:
        return lambda value: None if value is None or value == "" else rule(value)
    required = Misfit("value.required", f"Field {raw['name']} cannot be empty. Give it a value.")
    return lambda value: required if value is None or value == "" else rule(value)


def _misfit(raw: Mapping[str, Any], code: str, rule: str, fix: str) -> Misfit:
    return Misfit(code, f"Field {raw['name']} {rule}. {fix}")


def _text_rule(raw: Mapping[str, Any]) -> Rule:
    limit = int(raw["length"] or 0)
    kind = _misfit(raw, "value.type", "takes text", "Give the value as text.")
    foreign = _misfit(
        raw,
        "value.characters",
        "does not take control characters, NUL or half of a character pair",
        "Remove the broken character.",
    )
    spaced = _misfit(
        raw,
        "value.spaces",
        "loses white space at the beginning and the end of a text when Salesforce stores it",
        "Remove it.",
    )
    # Salesforce counts UTF-16 units: two for an emoji.
    long = _misfit(
        raw, "value.too_long", f"takes {limit} characters (most emoji count twice)", "Shorten the text."
    )

    def rule(value: FieldValue) -> Fitted | Misfit:
        if not isinstance(value, str):
            return kind
        if _FOREIGN.search(value):
            return foreign
        if value != value.strip() or value[0] in _INVISIBLE or value[-1] in _INVISIBLE:
            return spaced
        # Few texts come near the limit, and only those need counting.
        if limit and len(value) * 2 > limit and len(value.encode("utf-16-le")) // 2 > limit:
            return long
        return value

    return rule


def _picklist_rule(raw: Mapping[str, Any]) -> Rule:
    options = frozenset(option["value"] for option in raw["picklistValues"] if option["active"])
    misfit = _misfit(
        raw,
        "value.option",
        f"has {len(options)} active options, and the value is none of them",
        "Add or activate the option (crm-segments fields create does it), or choose one that is there.",
    )
    return lambda value: value if isinstance(value, str) and value in options else misfit


def _number_rule(raw: Mapping[str, Any]) -> Rule:
    kind = _misfit(raw, "value.type", "takes a number", "Give the value as a number.")
    finite = _misfit(
        raw, "value.number", "takes finite numbers only", "Clear the field where the number is not known."
    )
    rounded = _misfit(
        raw,
        "value.number",
        "cannot hold the number without rounding it or is too narrow for it",
        "Give fewer digits, or widen the field in Setup > Object Manager.",
    )
    scale = int(raw["scale"] or 0)
    if raw["type"] in _WHOLE:
        whole_digits = int(raw["digits"] or 0) or _MAX_DIGITS
    else:
        whole_digits = (int(raw["precision"] or 0) or _MAX_DIGITS) - scale

    def rule(value: FieldValue) -> Fitted | Misfit:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return kind
        if isinstance(value, float) and not math.isfinite(value):
            return finite
        return _exact(value, whole_digits, scale) if abs(value) < 10**whole_digits else rounded

    def _exact(value: float, whole_digits: int, scale: int) -> Fitted | Misfit:
        exponent = Decimal(repr(value)).normalize().as_tuple().exponent
        # Salesforce answers with a floating point number, which has to be this very one.
        if not isinstance(exponent, int) or -exponent > scale or float(value) != value:
            return rounded
        if abs(value) >= 10**whole_digits:
            return rounded
        # Minus zero would come back as zero and look like a change for ever.
        return int(value) if value == int(value) else value

    return rule


def _date_rule(raw: Mapping[str, Any]) -> Rule:
    kind = _misfit(raw, "value.type", "takes a day", "Give it as year-month-day, for instance 2026-11-02.")
    none = _misfit(
        raw,
        "value.date",
        "was given a day that no calendar of Salesforce has",
        "Give a day from 1700 to 4000.",
    )

    def rule(value: FieldValue) -> Fitted | Misfit:
        if isinstance(value, str) and _ISO_DAY.fullmatch(value):
            try:
                value = date.fromisoformat(value)
            except ValueError:
                return none
        if not isinstance(value, date) or isinstance(value, datetime):
            return kind
        return value.isoformat() if value.year in _YEARS else none

    return rule


def _datetime_rule(raw: Mapping[str, Any]) -> Rule:
    kind = _misfit(
        raw,
        "value.type",
        "takes a moment with its time zone",
        "Give it for instance as 2026-11-02T08:15:00Z.",
    )
    fraction = _misfit(
        raw, "value.datetime", "holds whole seconds of the years 1700 to 4000", "Round the moment to seconds."
    )

    def rule(value: FieldValue) -> Fitted | Misfit:
        try:
            moment = _moment(value)
        except (ValueError, OverflowError):
            return kind
        if moment is None:
            return kind
        if moment.microsecond or moment.year not in _YEARS:
            return fraction
        return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    return rule


def _moment(value: FieldValue) -> datetime | None:
    if isinstance(value, str) and _ISO_MOMENT.fullmatch(value):
        return datetime.fromisoformat(value).astimezone(UTC)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    return None


def _boolean_rule(raw: Mapping[str, Any]) -> Rule:
    kind = _misfit(raw, "value.type", "takes true or false", "Give true or false.")
    return lambda value: value if isinstance(value, bool) else kind
