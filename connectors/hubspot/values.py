"""What a property takes: a value in the form that HubSpot stores, or the reason why it does not fit.

Everything is text to HubSpot. What is refused here never spoils a batch there.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from connectors.hubspot.schema import SEVERAL, Properties
from connectors.model import FieldSpec, FieldType, FieldValue

__all__ = ["Fitter", "Misfit", "is_same"]

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FOREIGN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a property does not take a value, and what to do; never the value itself."""

    code: str
    message: str


Rule = Callable[[FieldValue], str | Misfit]


class Fitter:
    """Checks values against the description of one object; made anew whenever that changes."""

    def __init__(self, known: Properties) -> None:
        self._known = known
        self._rules: dict[str, Rule] = {}

    def fit(self, values: Mapping[str, FieldValue]) -> dict[str, str] | tuple[str, Misfit]:
        """All values as HubSpot takes them, or the first property that refuses its value, and why.

        An empty text clears a property.
        """
        fitted: dict[str, str] = {}
        for name, value in values.items():
            if name not in self._rules:
                self._rules[name] = _rule_of(self._known, name)
            found = self._rules[name](value)
            if isinstance(found, Misfit):
                return name, found
            fitted[name] = found
        return fitted


def is_same(wanted: str, held: str | None, spec: FieldSpec | None) -> bool:
    """Whether a property holds the value already; numbers may be spelled otherwise."""
    if wanted == (held or "") or spec is None or spec.type is not FieldType.NUMBER:
        return wanted == (held or "")
    try:
        return bool(wanted and held) and Decimal(wanted) == Decimal(held or "")
    except InvalidOperation:
        return False


def _rule_of(known: Properties, name: str) -> Rule:
    spec = known.spec(name)
    if spec is None:
        text = (
            f"{known.name.capitalize()} have no property {name}. Was it archived? Settings > Properties > "
            "Archived, or crm-segments fields create."
        )
        return _always(Misfit("field.unknown", text))
    if known.is_read_only(name):
        return _always(Misfit("field.read_only", f"HubSpot fills the property {name} itself."))
    if known.raw[name].get("fieldType") == SEVERAL:
        text = f"The property {name} holds several options at once; a segment is one. Use a drop-down."
        return _always(Misfit("field.type", text))
    makers: Mapping[FieldType, Callable[[FieldSpec], Rule]] = {
        FieldType.TEXT: _text_rule,
        FieldType.PICKLIST: _option_rule,
        FieldType.NUMBER: lambda spec: _typed(spec, "a finite number", _number),
        FieldType.DATE: lambda spec: _typed(spec, "a day such as 2026-11-02", _day),
        FieldType.DATETIME: lambda spec: _typed(spec, "a moment with a time zone", _moment),
        FieldType.BOOLEAN: lambda spec: _typed(spec, "true or false", _flag),
    }
    rule = makers[spec.type](spec)
    return lambda value: "" if value is None else rule(value)


def _always(misfit: Misfit) -> Rule:
    return lambda _value: misfit


def _text_rule(spec: FieldSpec) -> Rule:
    longest = spec.max_length or 0
    not_text = Misfit("value.type", f"The property {spec.name} holds text.")
    too_long = Misfit("value.length", f"The property {spec.name} holds up to {longest:,} characters.")
    foreign = Misfit("value.characters", f"A text for {spec.name} has control characters in it.")

    def rule(value: FieldValue) -> str | Misfit:
        if not isinstance(value, str):
            return not_text
        if len(value) > longest:
            return too_long
        return foreign if _FOREIGN.search(value) else value

    return rule


def _option_rule(spec: FieldSpec) -> Rule:
    known = frozenset(option.value for option in spec.options)
    message = (
        f"The property {spec.name} has no option of this internal value. Was it removed or hidden? "
        "crm-segments fields create puts back what is missing."
    )
    misfit = Misfit("value.option", message)
    return lambda value: value if isinstance(value, str) and (value in known or not value) else misfit


def _typed(spec: FieldSpec, what: str, convert: Callable[[FieldValue], str | None]) -> Rule:
    misfit = Misfit("value.type", f"The property {spec.name} holds {what}.")

    def rule(value: FieldValue) -> str | Misfit:
        found = convert(value)
        return misfit if found is None else found

    return rule


def _number(value: FieldValue) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    # Without an exponent, which not every reader takes for a number.
    return format(Decimal(repr(value)), "f")


def _day(value: FieldValue) -> str | None:
    """A day as ISO text: HubSpot refuses moments other than midnight UTC, and text leaves no zone open."""
    if isinstance(value, datetime):
        return None
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str) or not _ISO_DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        return None


def _moment(value: FieldValue) -> str | None:
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _flag(value: FieldValue) -> str | None:
    return str(value).lower() if isinstance(value, bool) else None
