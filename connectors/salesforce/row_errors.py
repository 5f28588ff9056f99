"""What Salesforce's verdict on one record means: an outcome, and words that an administrator can act on.

Texts of Salesforce quote ids and values, so our own take their place. They are the same for all records that
the same rule refuses, so that a report can say each rule once.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.model import WriteOutcome, WriteResult

__all__ = ["RowError", "from_csv", "from_json", "verdict"]

_CODE = re.compile(r"[A-Z][A-Z0-9_]{2,79}")
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
_PRIVATE = re.compile(r"\b(?=[A-Za-z]*[0-9])[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?\b|[^\s@,;<>\"]+@[^\s@,;<>\"]+")
_LONGEST_TEXT = 255


@dataclass(frozen=True, slots=True)
class RowError:
    """The first thing that Salesforce has against a record."""

    code: str
    text: str = ""
    """Salesforce's own words: with ids and values in them."""
    field: str = ""


def from_json(errors: object) -> RowError:
    """The error of one row of a collection, whose code is called `statusCode`."""
    first = errors[0] if isinstance(errors, list) and errors else {}
    if not isinstance(first, dict):
        first = {}
    fields = first.get("fields")
    names = [str(name) for name in fields] if isinstance(fields, list) else []
    return _checked(str(first.get("statusCode", "")), str(first.get("message", "")), names)


def from_csv(cell: str) -> RowError:
    """The error of one row of a bulk job: `CODE:text:field,field --`."""
    code, _, rest = cell.strip().removesuffix("--").rstrip().partition(":")
    text, _, fields = rest.rpartition(":")
    return _checked(code.strip(), text, [name.strip() for name in fields.split(",")])


def verdict(record_id: str, error: RowError, label: str) -> WriteResult:
    """What became of a record that Salesforce did not write.

    Args:
        record_id: As the caller named it.
        error: What Salesforce said.
        label: What people call the object.
    """
    outcome, words = _MEANINGS.get(error.code, _UNKNOWN)
    if outcome is WriteOutcome.GONE and error.field not in {"", "Id"}:
        # Not the record itself is missing, but one that a value of it names.
        outcome, words = _WRONG_VALUE
    field = error.field if outcome is WriteOutcome.REJECTED else ""
    message = words.format(
        object=label, field=field or "a field", code=error.code, rule=_own_text(error.text)
    )
    return WriteResult(record_id, outcome, error.code, field, message)


def _checked(code: str, text: str, fields: list[str]) -> RowError:
    name = next((name for name in fields if _FIELD.fullmatch(name)), "")
    return RowError(code if _CODE.fullmatch(code) else "NO_ERROR_CODE", text, name)


def _own_text(text: str) -> str:
    """The text that the administrator gave a rule, without ids and addresses that triggers put in."""
    short = " ".join(_PRIVATE.sub("…", text).split())
    return short if len(short) <= _LONGEST_TEXT else f"{short[: _LONGEST_TEXT - 1]}…"


_SETUP = "Setup > Object Manager > {object}"
_EDIT = "Give the integration user the right: Setup > Permission Sets > CRM Segments Integration"
_GONE = (WriteOutcome.GONE, "The {object} is not there any more: deleted, or merged into another.")
_BUSY = (WriteOutcome.BUSY, "Another user or process was at work on the {object}, or on what it belongs to.")
_NO_RIGHT = (
    WriteOutcome.REJECTED,
    "The user of the connection may not change this {object}: it lacks the right to edit such records, or "
    "sharing hides this one. "
    + _EDIT
    + " > Object Settings, or share the records in Setup > Sharing Settings.",
)
_AUTOMATION = (
    WriteOutcome.REJECTED,
    (
        "An automation of the org, a trigger or a flow on {object}, failed and refused the change ({code}). "
        "Its owner finds why in the debug logs, or in Setup > Paused and Failed Flow Interviews."
    ),
)
_NOT_WRITABLE = (
    WriteOutcome.REJECTED,
    "The user of the connection may not change {field} of {object}. " + _EDIT + " > Object Settings.",
)
_NO_OPTION = (
    WriteOutcome.REJECTED,
    "The option is not offered for {field} on this {object}: its record type hides it, or it is inactive. "
    + _SETUP
    + " > Record Types > (the type) > {field}: select the option.",
)
_RULE = (
    WriteOutcome.REJECTED,
    'A rule of the org refused the change: "{rule}". Whoever looks after '
    + _SETUP
    + " > Validation Rules can exempt the integration user, or correct the record.",
)
_DUPLICATE = (
    WriteOutcome.REJECTED,
    (
        "A duplicate rule that allows no exception refused the change. Setup > Duplicate Rules: let it "
        "report instead of block on edit, or exempt the integration user; or merge the duplicates."
    ),
)
_REQUIRED = (
    WriteOutcome.REJECTED,
    "The {object} lacks a value that the org requires ({field}), so nothing on it can be saved. Fill it in.",
)
_TOO_LONG = (
    WriteOutcome.REJECTED,
    "The text is too long for {field} of {object}. Widen the field to 255 characters: " + _SETUP + ".",
)
_WRONG_VALUE = (
    WriteOutcome.REJECTED,
    "The value does not suit {field} of {object} ({code}). Was the type of the field changed? "
    + _SETUP
    + ".",
)
_UNKNOWN = (
    WriteOutcome.REJECTED,
    (
        "Salesforce refused the change of this {object} with code {code}. Changing {field} of the record by "
        "hand shows an administrator the reason."
    ),
)

# Codes: SOAP API Developer Guide, "Core Data Types Used in API Calls", StatusCode, read 2026-11.
_MEANINGS: Mapping[str, tuple[WriteOutcome, str]] = {
    "UNABLE_TO_LOCK_ROW": _BUSY,
    "ENTITY_IS_LOCKED": (
        WriteOutcome.LOCKED,
        "The {object} is locked, for instance by an approval under way. It is written when it is free.",
    ),
    "ENTITY_IS_DELETED": _GONE,
    "INVALID_CROSS_REFERENCE_KEY": _GONE,
    "CANNOT_UPDATE_CONVERTED_LEAD": (
        WriteOutcome.GONE,
        "The {object} was converted: it lives on as an account and a contact.",
    ),
    "INSUFFICIENT_ACCESS_OR_READONLY": _NO_RIGHT,
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": _NO_RIGHT,
    "INSUFFICIENT_ACCESS": _NO_RIGHT,
    "INVALID_FIELD_FOR_INSERT_UPDATE": _NOT_WRITABLE,
    "INVALID_FIELD": (
        WriteOutcome.REJECTED,
        "The user of the connection sees {field} of {object} no longer. crm-segments doctor tells why.",
    ),
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": _RULE,
    "DUPLICATES_DETECTED": _DUPLICATE,
    "DUPLICATE_VALUE": _WRONG_VALUE,
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": _NO_OPTION,
    "REQUIRED_FIELD_MISSING": _REQUIRED,
    "STRING_TOO_LONG": _TOO_LONG,
    "NUMBER_OUTSIDE_VALID_RANGE": _WRONG_VALUE,
    "INVALID_TYPE_ON_FIELD_IN_RECORD": _WRONG_VALUE,
    "FIELD_INTEGRITY_EXCEPTION": _WRONG_VALUE,
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": _AUTOMATION,
    "CANNOT_EXECUTE_FLOW_TRIGGER": _AUTOMATION,
    "APEX_ERROR": _AUTOMATION,
}
