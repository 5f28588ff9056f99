"""Making, changing and archiving properties and their groups, as clients with the rights may."""

import json
from collections.abc import Mapping

from crm_segments.sandbox.hubspot.errors import ApiError, object_not_found, validation_error
from crm_segments.sandbox.hubspot.kinds import Kind
from crm_segments.sandbox.hubspot.moments import moment_text
from crm_segments.sandbox.hubspot.portal import HubSpotPortal
from crm_segments.sandbox.hubspot.properties import (
    Property,
    PropertyGroup,
    check_definition,
    parse_options,
    whole_number_or,
)

__all__ = ["Definitions"]


class Definitions:
    """The properties and groups of one kind."""

    def __init__(self, portal: HubSpotPortal, kind: Kind, user_id: int) -> None:
        self._portal = portal
        self._kind = kind
        self._user = str(user_id)
        self._properties = portal.definitions(kind)
        self._groups = portal.groups[kind.type_id]

    def get(self, name: str, *, archived: bool = False) -> Property:
        """The property of this name.

        Raises:
            ApiError: There is none, or it is archived and only live ones are wanted, or the reverse.
        """
        found = self._properties.get(name)
        if found is None or (found.archived_at is not None) is not archived:
            raise object_not_found(f"Property '{name}' does not exist", subCategory=_NO_PROPERTY)
        return found

    def create(self, body: Mapping[str, object]) -> Property:
        """Adds a property; one that was archived under this name comes back with the new definition.

        Raises:
            ApiError: The name is taken, or the definition is not allowed.
        """
        _require(body, "name", "label", "type", "fieldType", "groupName")
        name = str(body["name"])
        options = parse_options(body.get("options"))
        check_definition(name, str(body["type"]), str(body["fieldType"]), options)
        if str(body["groupName"]) not in self._groups:
            raise validation_error(f"Property group '{body['groupName']}' does not exist")
        former = self._properties.get(name)
        if former is not None and former.archived_at is None:
            # Recorded (properties_2026_09.json: property_create_existing_409).
            raise ApiError(
                409,
                "OBJECT_ALREADY_EXISTS",
                f"A property named '{name}' already exists.",
                extra={"subCategory": "Properties.PROPERTY_WITH_NAME_EXISTS"},
            )
        self._check_count(former)
        now = moment_text(self._portal.now())
        made = Property(
            name=name,
            label=str(body["label"]),
            type=str(body["type"]),
            field_type=str(body["fieldType"]),
            group=str(body["groupName"]),
            options=options,
            has_unique_value=body.get("hasUniqueValue") is True,
            external_options=body.get("externalOptions") is True,
            # Recorded: a restored property keeps its time of creation.
            created_at=former.created_at if former else now,
            updated_at=now,
            created_by=self._user,
            updated_by=self._user,
        )
        self._apply(made, body)
        self._properties[name] = made
        if made.has_unique_value:
            self._portal.store.make_unique(self._kind, name)
        return made

    def update(self, name: str, body: Mapping[str, object]) -> Property:
        """Changes a property; options, where they are named, replace the whole list.

        Raises:
            ApiError: There is no such property, or it may not be changed so.
        """
        one = self.get(name)
        if one.read_only_definition:
            raise validation_error(f"Property '{name}' is read only and cannot be changed")
        kind = str(body.get("type") or one.type)
        field_type = str(body.get("fieldType") or one.field_type)
        options = parse_options(body["options"]) if body.get("options") is not None else one.options
        check_definition(one.name, kind, field_type, options if kind in {"enumeration", "bool"} else ())
        if one.read_only_options and options != one.options:
            raise validation_error(f"The options of property '{name}' are read only")
        group = str(body.get("groupName") or one.group)
        if group not in self._groups:
            raise validation_error(f"Property group '{group}' does not exist")
        one.type, one.field_type, one.group = kind, field_type, group
        one.set_options(options if kind in {"enumeration", "bool"} else ())
        self._apply(one, body)
        one.updated_at, one.updated_by = moment_text(self._portal.now()), self._user
        return one

    def archive(self, name: str) -> None:
        """Archives a property; its values are out of sight.

        Raises:
            ApiError: It is not there, belongs to HubSpot, or is in use.
        """
        one = self.get(name)
        if not one.archivable:
            raise validation_error(f"Property '{name}' is defined by HubSpot and cannot be deleted")
        places = self._portal.uses(self._kind, name)
        if places:
            # Recorded (properties_2026_09.json: property_delete_in_use_400).
            raise validation_error(
                f"Property: {name} of object type {self._kind.type_id} is currently used in {places} places"
                " and cannot be deleted",
                subCategory="PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE",
            )
        one.archived_at = moment_text(self._portal.now())

    def group(self, name: str) -> PropertyGroup:
        """The group of this name.

        Raises:
            ApiError: There is none.
        """
        found = self._groups.get(name)
        if found is None:
            raise object_not_found(f"Property group '{name}' does not exist")
        return found

    def create_group(self, body: Mapping[str, object]) -> PropertyGroup:
        """Adds a group.

        Raises:
            ApiError: The name is taken.
        """
        _require(body, "name", "label")
        name = str(body["name"])
        if name in self._groups:
            text = f"A property group named '{name}' already exists."
            raise ApiError(409, "OBJECT_ALREADY_EXISTS", text)
        last = max((one.display_order for one in self._groups.values()), default=-1)
        order = whole_number_or(last + 1, body.get("displayOrder"), "displayOrder")
        made = PropertyGroup(name, str(body["label"]), order)
        self._groups[name] = made
        return made

    def update_group(self, name: str, body: Mapping[str, object]) -> PropertyGroup:
        """Changes a group.

        Raises:
            ApiError: There is none of this name.
        """
        one = self.group(name)
        if body.get("label") is not None:
            one.label = str(body["label"])
        one.display_order = whole_number_or(one.display_order, body.get("displayOrder"), "displayOrder")
        return one

    def delete_group(self, name: str) -> None:
        """Ends a group that holds no live property.

        Raises:
            ApiError: There is none of this name, or it holds one.
        """
        self.group(name)
        if any(one.group == name and one.archived_at is None for one in self._properties.values()):
            # Recorded (properties_2026_09.json: group_delete_with_active_properties_400): the error
            # stands as JSON inside the text.
            inner = {
                "status": "error",
                "message": "Can't delete or purge a group with active properties",
                "category": "VALIDATION_ERROR",
                "subCategory": "PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES",
            }
            raise validation_error(json.dumps(inner, separators=(",", ":")))
        del self._groups[name]

    def _apply(self, one: Property, body: Mapping[str, object]) -> None:
        for member in ("label", "description"):
            if body.get(member) is not None:
                setattr(one, member, str(body[member]))
        one.display_order = whole_number_or(one.display_order, body.get("displayOrder"), "displayOrder")
        one.hidden = body.get("hidden", one.hidden) is True
        one.form_field = body.get("formField", one.form_field) is True

    def _check_count(self, former: Property | None) -> None:
        custom = sum(
            1 for one in self._properties.values() if not one.hubspot_defined and one.archived_at is None
        )
        if former is None and custom >= self._portal.settings.custom_property_limit:
            limit = self._portal.settings.custom_property_limit
            raise validation_error(f"The limit of {limit} custom properties is reached")


_NO_PROPERTY = "Properties.PROPERTY_NOT_FOUND"


def _require(body: Mapping[str, object], *names: str) -> None:
    missing = [name for name in names if not isinstance(body.get(name), str) or not body[name]]
    if missing:
        raise validation_error(f"Some required fields were not set: {missing}")
