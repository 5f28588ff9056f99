"""What HubSpot makes of a value that it is given, by the declared type of the property.

Everything is text on the wire and in the portal; numbers and flags in a body are taken as their texts.
"""

import re
from collections.abc import Callable
from decimal import Decimal

from crm_segments.sandbox.hubspot.errors import PropertyError
from crm_segments.sandbox.hubspot.moments import moment_text, parse_moment, to_date
from crm_segments.sandbox.hubspot.properties import Property

__all__ = ["InvalidValueError", "stored_value", "text_of"]

_LONGEST_TEXT = 65_536
"""Characters of a text property (HubSpot's documentation of property types, read November 2026)."""
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>.]+(\.[^@\s,;<>.]+)+")


class InvalidValueError(Exception):
    """A property refuses a value."""

    def __init__(self, error: PropertyError) -> None:
        super().__init__(error.message)
        self.error = error


def text_of(raw: object) -> str | None:
    """A member of a body as text; None for null.

    Raises:
        TypeError: It is an object or an array.
    """
    if raw is None or isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, int | float):
        return str(raw)
    raise TypeError("a property is a text, a number or a flag")


def stored_value(one: Property, text: str, before: str | None, *, normalize: bool) -> str:
    """The value to store for a text that is not empty.

    Args:
        one: The property.
        text: What was sent.
        before: The value so far, to which a multiple choice may append.
        normalize: Whether numbers are brought into their shortest form.

    Raises:
        InvalidValueError: The property does not take it.
    """
    return _READERS[one.type](one, text, before, normalize)


def _refuse(one: Property, code: str, message: str) -> InvalidValueError:
    return InvalidValueError(PropertyError(one.name, code, message))


def _text(one: Property, text: str, _before: str | None, _normalize: bool) -> str:
    if len(text) > _LONGEST_TEXT:
        message = f"The value is {len(text)} characters long; the limit is {_LONGEST_TEXT}."
        raise _refuse(one, "VALUE_TOO_LONG", message)
    # Recorded (errors.json: legacy_v1_400_validation): the code and the words of a refused address.
    if one.name == "email" and one.hubspot_defined and not _EMAIL.fullmatch(text):
        raise _refuse(one, "INVALID_EMAIL", f"Email address {text} is invalid")
    return text


def _number(one: Property, text: str, _before: str | None, normalize: bool) -> str:
    trimmed = text.strip()
    if not _NUMBER.fullmatch(trimmed):
        raise _refuse(one, "INVALID_NUMBER", f"Enter a number. {text} was not a valid number.")
    if not normalize:
        return trimmed
    plain = format(Decimal(trimmed).normalize(), "f")
    return "0" if plain == "-0" else plain


def _flag(one: Property, text: str, _before: str | None, _normalize: bool) -> str:
    if text not in {"true", "false"}:
        raise _option_refused(one, text)
    return text


def _date(one: Property, text: str, _before: str | None, _normalize: bool) -> str:
    try:
        day, moment = to_date(text)
    except ValueError:
        raise _refuse(one, "INVALID_DATE", f"{text} was not a valid date.") from None
    if moment is not None:
        fraction = f"{moment.second}.{moment.microsecond // 1000}"
        message = f"{text} is at {moment.hour}:{moment.minute}:{fraction} UTC, not midnight!"
        raise _refuse(one, "INVALID_DATE", message)
    return day.isoformat()


def _datetime(one: Property, text: str, _before: str | None, _normalize: bool) -> str:
    try:
        return moment_text(parse_moment(text))
    except ValueError:
        # Recorded (errors.json: legacy_v1_400_validation): the code and the words.
        raise _refuse(one, "INVALID_LONG", f"{text} was not a valid long.") from None


def _choice(one: Property, text: str, before: str | None, _normalize: bool) -> str:
    if one.external_options and not one.options:
        return text
    if one.field_type != "checkbox":
        if text not in one.values:
            raise _option_refused(one, text)
        return text
    appended = text.startswith(";")
    chosen = [part for part in text.split(";") if part]
    for part in chosen:
        if part not in one.values:
            raise _option_refused(one, part)
    kept = before.split(";") if appended and before else []
    return ";".join(dict.fromkeys([*kept, *chosen]))


def _option_refused(one: Property, text: str) -> InvalidValueError:
    # Quoted (errors.json: 400_invalid_option): the words.
    allowed = ", ".join(option.value for option in one.options)
    message = f"{text} was not one of the allowed options: [{allowed}]"
    return _refuse(one, "INVALID_OPTION", message)


_READERS: dict[str, Callable[[Property, str, str | None, bool], str]] = {
    "string": _text,
    "phone_number": _text,
    "number": _number,
    "bool": _flag,
    "date": _date,
    "datetime": _datetime,
    "enumeration": _choice,
}
