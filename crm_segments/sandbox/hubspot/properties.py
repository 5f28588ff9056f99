"""Properties and the groups that they stand in: definitions, as the API shows and takes them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from crm_segments.sandbox.hubspot.errors import validation_error

__all__ = [
    "FIELD_TYPES",
    "Option",
    "Property",
    "PropertyGroup",
    "check_definition",
    "parse_options",
    "whole_number_or",
]

FIELD_TYPES: Mapping[str, frozenset[str]] = {
    "string": frozenset({"text", "textarea", "html", "file", "phonenumber", "calculation_equation"}),
    "number": frozenset({"number", "calculation_equation"}),
    "date": frozenset({"date"}),
    "datetime": frozenset({"date", "calculation_equation"}),
    "bool": frozenset({"booleancheckbox", "calculation_equation"}),
    "enumeration": frozenset({"select", "radio", "checkbox", "booleancheckbox", "calculation_equation"}),
    "phone_number": frozenset({"phonenumber"}),
}
"""Which editors a type may have when a client makes a property."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_BOOL_OPTIONS = ("true", "false")


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of an enumeration."""

    value: str
    label: str
    display_order: int = 0
    hidden: bool = False
    description: str | None = None

    def as_json(self) -> dict[str, object]:
        """As the API shows it."""
        entry: dict[str, object] = {"label": self.label, "value": self.value}
        if self.description is not None:
            entry["description"] = self.description
        return {**entry, "displayOrder": self.display_order, "hidden": self.hidden}


@dataclass(slots=True, kw_only=True)
class Property:
    """One property of one kind of record."""

    name: str
    label: str
    type: str = "string"
    field_type: str = "text"
    group: str = ""
    description: str = ""
    options: tuple[Option, ...] = ()
    display_order: int = -1
    calculated: bool = False
    external_options: bool = False
    has_unique_value: bool = False
    hidden: bool = False
    hubspot_defined: bool = False
    form_field: bool = False
    read_only_value: bool = False
    read_only_definition: bool = False
    read_only_options: bool = False
    archivable: bool = True
    formula: str | None = None
    created_at: str = "2019-08-06T02:41:08.029Z"
    updated_at: str = "2019-08-06T02:41:08.029Z"
    created_by: str | None = None
    updated_by: str | None = None
    archived_at: str | None = None
    values: frozenset[str] = field(init=False)
    """The values of the options."""

    def __post_init__(self) -> None:
        if self.type == "bool" and not self.options:
            self.options = tuple(
                Option(value, value.capitalize(), order) for order, value in enumerate(_BOOL_OPTIONS)
            )
        self.values = frozenset(one.value for one in self.options)

    def set_options(self, options: Sequence[Option]) -> None:
        """Replaces all options."""
        self.options = tuple(options)
        self.values = frozenset(one.value for one in options)

    def as_json(self) -> dict[str, object]:
        """As the API shows it."""
        people = {"createdUserId": self.created_by, "updatedUserId": self.updated_by}
        entry: dict[str, object] = {
            "updatedAt": self.updated_at,
            "createdAt": self.created_at,
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": [one.as_json() for one in self.options],
            **{name: user for name, user in people.items() if user is not None},
            "displayOrder": self.display_order,
            "calculated": self.calculated,
            "externalOptions": self.external_options,
            "archived": self.archived_at is not None,
            "hasUniqueValue": self.has_unique_value,
            "hidden": self.hidden,
        }
        if self.hubspot_defined:
            entry["hubspotDefined"] = True
        if self.archived_at is not None:
            entry["archivedAt"] = self.archived_at
        metadata = {"archivable": self.archivable, "readOnlyDefinition": self.read_only_definition}
        if self.read_only_options:
            metadata["readOnlyOptions"] = True
        entry["modificationMetadata"] = {**metadata, "readOnlyValue": self.read_only_value}
        entry["formField"] = self.form_field
        if self.formula is not None:
            entry["calculationFormula"] = self.formula
        return {**entry, "dataSensitivity": "non_sensitive"}


@dataclass(slots=True)
class PropertyGroup:
    """A heading under which properties stand."""

    name: str
    label: str
    display_order: int = -1
    archived: bool = False

    def as_json(self) -> dict[str, object]:
        """As the API shows it."""
        return {
            "name": self.name,
            "label": self.label,
            "displayOrder": self.display_order,
            "archived": self.archived,
        }


def check_definition(name: str, kind: str, field_type: str, options: Sequence[Option]) -> None:
    """Whether a property may be defined so.

    Raises:
        ApiError: The name, the type, its editor or the options are not allowed.
    """
    if not _NAME.fullmatch(name):
        raise validation_error(
            f"Property name '{name}' is invalid: it must begin with a lower-case letter and hold only"
            " lower-case letters, digits and underscores."
        )
    if kind not in FIELD_TYPES:
        raise validation_error(f"Invalid property type: {kind}")
    if field_type not in FIELD_TYPES[kind]:
        raise validation_error(f"Invalid field type {field_type} for property type {kind}")
    if options and kind not in {"enumeration", "bool"}:
        raise validation_error(f"Options are not allowed for property type {kind}")
    for what, given in (("value", [one.value for one in options]), ("label", [one.label for one in options])):
        twice = sorted({one for one in given if given.count(one) > 1})
        if twice:
            raise validation_error(f"Property option {what}s must be unique: {', '.join(twice)}")


def parse_options(raw: object) -> tuple[Option, ...]:
    """The options of a body.

    Raises:
        ApiError: One lacks a required member, or has one that means nothing.
    """
    if raw is None:
        return ()
    if not isinstance(raw, list):
        raise validation_error("options must be an array")
    return tuple(_option(entry, position) for position, entry in enumerate(raw))


def whole_number_or(default: int, raw: object, what: str) -> int:
    """A member of a body that is a whole number, or absent.

    Raises:
        ApiError: It is something else.
    """
    if raw is None:
        return default
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise validation_error(f"{what} must be a whole number")
    return raw


def _option(entry: object, position: int) -> Option:
    if not isinstance(entry, dict):
        raise validation_error(f"options[{position}] must be an object")
    # The client's model class demands these three.
    missing = [name for name in ("hidden", "label", "value") if entry.get(name) is None]
    if missing:
        raise validation_error(f"Some required fields were not set: options[{position}] {missing}")
    if not str(entry["value"]) or not str(entry["label"]):
        raise validation_error(f"options[{position}]: value and label must not be empty")
    order = whole_number_or(position, entry.get("displayOrder"), f"options[{position}].displayOrder")
    description = entry.get("description")
    return Option(
        value=str(entry["value"]),
        label=str(entry["label"]),
        display_order=order,
        hidden=entry["hidden"] is True,
        description=None if description is None else str(description),
    )
