"""What Salesforce makes of a value that it is given, by the type of the field.

Errors of two sorts: a value that cannot be of the type at all refuses the whole request, because Salesforce
finds it while it reads the body; a value that may not stand in the field refuses its row.
"""

import re
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from crm_segments.sandbox.salesforce.errors import ApiError, RowError, malformed_json
from crm_segments.sandbox.salesforce.fields import ID_TYPES, NUMBER_TYPES, TEXT_TYPES, Field, Value
from crm_segments.sandbox.salesforce.ids import is_id, long_id

__all__ = ["bad_option", "from_csv", "from_json", "from_text", "moment_text", "parse_moment"]

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>.]+(\.[^@\s,;<>.]+)+")
_YEARS = range(1700, 4001)


def moment_text(moment: datetime) -> str:
    """A moment as records show it: to the second, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def parse_moment(text: str) -> datetime:
    """A moment written in ISO form with a zone.

    Raises:
        ValueError: It is none.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or "T" not in text.upper():
        raise ValueError("a moment needs a time and a zone")
    return moment


def from_json(field: Field, raw: object) -> Value:
    """The value to store for one member of a JSON record.

    Raises:
        ApiError: It cannot be of the field's type: the whole request is refused.
        RowError: It may not stand in this field.
    """
    if raw is None:
        return None
    if isinstance(raw, dict | list):
        raise _unreadable(field, "START_OBJECT" if isinstance(raw, dict) else "START_ARRAY", "")
    if field.type == "boolean":
        return _flag(field, raw)
    if field.type == "int" or field.type in NUMBER_TYPES:
        return _number(field, raw)
    text = str(raw).lower() if isinstance(raw, bool) else str(raw)
    return from_text(field, text)


def from_csv(field: Field, cell: str) -> Value:
    """The value to store for one cell of a bulk job's file; the cell is neither empty nor `#N/A`.

    Raises:
        RowError: It is not of the field's type, or may not stand in the field.
    """
    try:
        return from_json(field, cell)
    except ApiError as error:
        text = f"{field.label}: value not of required type: {cell}"
        raise RowError("INVALID_TYPE_ON_FIELD_IN_RECORD", text, [field.name]) from error


def from_text(field: Field, text: str) -> Value:
    """The value to store for a text."""
    if not text.strip():
        return None
    if field.type in {"date", "datetime"}:
        return _time(field, text)
    if field.type in ID_TYPES:
        if not is_id(text):
            raise RowError("MALFORMED_ID", f"{field.label}: id value of incorrect type: {text}", [field.name])
        return long_id(text)
    if field.type in TEXT_TYPES or field.type == "string":
        return _text(field, text.strip())
    raise _unreadable(field, "VALUE_STRING", text)


def _text(field: Field, text: str) -> str:
    if field.type == "email" and not _EMAIL.fullmatch(text):
        message = f"{field.label}: invalid email address: {text}"
        raise RowError("INVALID_EMAIL_ADDRESS", message, [field.name])
    if field.restricted and field.type in {"picklist", "multipicklist"}:
        chosen = text.split(";") if field.type == "multipicklist" else [text]
        for one in chosen:
            if field.option(one) is None:
                raise bad_option(field, one)
    # Lengths count as Java counts them: two for characters outside the basic plane.
    limit = field.length or 255
    if len(text.encode("utf-16-le")) // 2 > limit:
        message = f"{field.label}: data value too large: {text} (max length={limit})"
        raise RowError("STRING_TOO_LONG", message, [field.name])
    return text


def bad_option(field: Field, value: str) -> RowError:
    """The picklist does not offer this."""
    message = f"{field.label}: bad value for restricted picklist field: {value}"
    return RowError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, [field.name])


def _flag(field: Field, raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().lower()
    if word in {"true", "1"}:
        return True
    if word in {"false", "0"}:
        return False
    raise _unreadable(field, _token(raw), str(raw))


def _number(field: Field, raw: object) -> int | float:
    if isinstance(raw, bool):
        raise _unreadable(field, _token(raw), str(raw).lower())
    try:
        exact = Decimal(str(raw).strip())
    except InvalidOperation:
        raise _unreadable(field, _token(raw), str(raw)) from None
    if not exact.is_finite():
        raise _unreadable(field, _token(raw), str(raw))
    digits = field.digits if field.type == "int" else field.precision - field.scale
    if abs(exact) >= Decimal(10) ** (digits or 18):
        message = f"{field.label}: value outside of valid range on numeric field: {raw}"
        raise RowError("NUMBER_OUTSIDE_VALID_RANGE", message, [field.name])
    if field.type == "int":
        if exact != exact.to_integral_value():
            raise _unreadable(field, _token(raw), str(raw))
        return int(exact)
    return float(exact.quantize(Decimal(1).scaleb(-field.scale), ROUND_HALF_UP))


def _time(field: Field, text: str) -> str:
    try:
        if field.type == "datetime":
            moment = parse_moment(text)
            year, result = moment.year, moment_text(moment)
        else:
            day = date.fromisoformat(text[:10])
            if len(text) > 10:
                parse_moment(text)
            year, result = day.year, day.isoformat()
    except ValueError:
        raise _unreadable(field, "VALUE_STRING", text) from None
    if year not in _YEARS:
        raise RowError("NUMBER_OUTSIDE_VALID_RANGE", f"{field.label}: invalid date: {text}", [field.name])
    return result


def _token(raw: object) -> str:
    if isinstance(raw, bool):
        return "VALUE_TRUE" if raw else "VALUE_FALSE"
    return "VALUE_STRING" if isinstance(raw, str) else "VALUE_NUMBER"


def _unreadable(field: Field, token: str, text: str) -> ApiError:
    kind = {"boolean": "boolean", "int": "int", "date": "date", "datetime": "datetime"}.get(
        field.type, "double"
    )
    kind = "string" if field.type in TEXT_TYPES else kind
    value = f" value {text}" if text else ""
    return malformed_json(
        f"Cannot deserialize instance of {kind} from {token}{value} or request may be missing a required"
        " field at [line:1, column:1]"
    )
