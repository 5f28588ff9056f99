"""What a property filter of a list asks about one property."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from crm_segments.sandbox.hubspot.errors import ApiError, validation_error
from crm_segments.sandbox.hubspot.kinds import Kind
from crm_segments.sandbox.hubspot.properties import Property
from crm_segments.sandbox.hubspot.store import Record, record_key

if TYPE_CHECKING:
    from crm_segments.sandbox.hubspot.portal import HubSpotPortal

__all__ = ["Operation", "compile_operation"]

ValueTest = Callable[[str], bool]
Test = TypeVar("Test")

_TYPES: Mapping[str, frozenset[str]] = {
    "ENUMERATION": frozenset({"enumeration"}),
    "MULTISTRING": frozenset({"string", "phone_number"}),
    "STRING": frozenset({"string", "phone_number"}),
    "NUMBER": frozenset({"number"}),
    "BOOL": frozenset({"bool"}),
}
"""Which operations fit which types of property; ALL_PROPERTY fits all."""
_NEGATIVE = ("IS_NOT", "IS_NONE", "DOES_NOT", "HAS_NEVER")


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation that was found in order."""

    stored: dict[str, object]
    fits: Callable[[Record], bool]


def compile_operation(
    portal: "HubSpotPortal", kind: Kind, one: Property, raw: dict[str, object]
) -> Operation:
    """One operation as a function.

    Raises:
        ApiError: It does not fit the type of the property, or its values are not of the right shape.
    """
    operation_type, operator = str(raw.get("operationType")), str(raw.get("operator"))
    stored = dict(raw)
    # The server fills in what is left out: negative operators take records without a value.
    default = operator.startswith(_NEGATIVE)
    includes_empty = bool(stored.setdefault("includeObjectsWithNoValueSet", default))
    name = one.name
    if operation_type == "ALL_PROPERTY":
        if operator not in {"IS_KNOWN", "IS_UNKNOWN"}:
            raise _unknown(operation_type, operator)
        is_known = operator == "IS_KNOWN"
        return Operation(stored, lambda record: (name in record.properties) is is_known)
    if one.type not in _TYPES.get(operation_type, frozenset()):
        raise validation_error(
            f"Operation {operation_type} cannot be used with property {name} of type {one.type}"
        )
    if operator.startswith(("HAS_EVER_BEEN", "HAS_NEVER_BEEN")):
        return Operation(stored, _ever(portal, kind, one, operator, _texts(raw)))
    test = _MAKERS[operation_type](operator, raw)

    def fits(record: Record) -> bool:
        value = record.properties.get(name)
        return includes_empty if value is None else test(value)

    return Operation(stored, fits)


def _ever(
    portal: "HubSpotPortal", kind: Kind, one: Property, operator: str, wanted: set[str]
) -> Callable[[Record], bool]:
    if operator not in {"HAS_EVER_BEEN_ANY_OF", "HAS_NEVER_BEEN_ANY_OF"}:
        raise _unknown("ENUMERATION", operator)
    is_ever = operator == "HAS_EVER_BEEN_ANY_OF"

    def fits(record: Record) -> bool:
        changes = portal.store.history.changes(record_key(kind, record.id), one.name)
        seen = {change.old for change in changes} | {record.properties.get(one.name)}
        parts = {part for value in seen if isinstance(value, str) for part in value.split(";")}
        return parts.isdisjoint(wanted) is not is_ever

    return fits


def _enumeration(operator: str, raw: Mapping[str, object]) -> ValueTest:
    wanted = _texts(raw)
    tests: Mapping[str, Callable[[set[str]], bool]] = {
        "IS_ANY_OF": lambda chosen: not chosen.isdisjoint(wanted),
        "IS_NONE_OF": lambda chosen: chosen.isdisjoint(wanted),
        "IS_EXACTLY": lambda chosen: chosen == wanted,
        "IS_NOT_EXACTLY": lambda chosen: chosen != wanted,
        "CONTAINS_ALL": lambda chosen: chosen >= wanted,
        "DOES_NOT_CONTAIN_ALL": lambda chosen: not chosen >= wanted,
    }
    test = _known(tests, "ENUMERATION", operator)
    return lambda value: test(set(value.split(";")))


def _multi_string(operator: str, raw: Mapping[str, object]) -> ValueTest:
    return _text_test("MULTISTRING", operator, {one.lower() for one in _texts(raw)})


def _string(operator: str, raw: Mapping[str, object]) -> ValueTest:
    return _text_test("STRING", operator, {str(raw.get("value", "")).lower()})


def _text_test(kind: str, operator: str, wanted: set[str]) -> ValueTest:
    tests: Mapping[str, ValueTest] = {
        "IS_EQUAL_TO": lambda value: value.lower() in wanted,
        "IS_NOT_EQUAL_TO": lambda value: value.lower() not in wanted,
        "CONTAINS": lambda value: any(one in value.lower() for one in wanted),
        "DOES_NOT_CONTAIN": lambda value: not any(one in value.lower() for one in wanted),
        "STARTS_WITH": lambda value: value.lower().startswith(tuple(wanted)),
        "ENDS_WITH": lambda value: value.lower().endswith(tuple(wanted)),
    }
    return _known(tests, kind, operator)


def _number(operator: str, raw: Mapping[str, object]) -> ValueTest:
    names = ("lowerBound", "upperBound") if operator.endswith("BETWEEN") else ("value", "value")
    given = [raw.get(name) for name in names]
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in given):
        raise validation_error(f"{' and '.join(dict.fromkeys(names))} must be numbers for {operator}")
    low, high = (float(str(one)) for one in given)
    tests: Mapping[str, Callable[[float], bool]] = {
        "IS_EQUAL_TO": lambda value: value == low,
        "IS_NOT_EQUAL_TO": lambda value: value != low,
        "IS_GREATER_THAN": lambda value: value > low,
        "IS_GREATER_THAN_OR_EQUAL_TO": lambda value: value >= low,
        "IS_LESS_THAN": lambda value: value < low,
        "IS_LESS_THAN_OR_EQUAL_TO": lambda value: value <= low,
        "IS_BETWEEN": lambda value: low <= value <= high,
        "IS_NOT_BETWEEN": lambda value: not low <= value <= high,
    }
    test = _known(tests, "NUMBER", operator)
    return lambda value: test(float(value))


def _flag(operator: str, raw: Mapping[str, object]) -> ValueTest:
    wanted = raw.get("value")
    if not isinstance(wanted, bool):
        raise validation_error(f"value must be true or false for {operator}")
    text = "true" if wanted else "false"
    tests: Mapping[str, ValueTest] = {
        "IS_EQUAL_TO": lambda value: value == text,
        "IS_NOT_EQUAL_TO": lambda value: value != text,
    }
    return _known(tests, "BOOL", operator)


_MAKERS: Mapping[str, Callable[[str, Mapping[str, object]], ValueTest]] = {
    "ENUMERATION": _enumeration,
    "MULTISTRING": _multi_string,
    "STRING": _string,
    "NUMBER": _number,
    "BOOL": _flag,
}


def _known(tests: Mapping[str, Test], kind: str, operator: str) -> Test:
    found = tests.get(operator)
    if found is None:
        raise _unknown(kind, operator)
    return found


def _unknown(kind: str, operator: str) -> ApiError:
    return validation_error(f"Operator {operator} does not exist for operation {kind}")


def _texts(raw: Mapping[str, object]) -> set[str]:
    found = raw.get("values")
    if not isinstance(found, list) or not found:
        raise validation_error("Some required fields were not set: [values]")
    return {str(one) for one in found}
