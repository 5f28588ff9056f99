"""Makes our properties as wanted. Every step may be repeated."""

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from connectors.errors import ProtocolError, SchemaError, UsageError
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.errors import RefusedError
from connectors.hubspot.limits import LIMITS
from connectors.hubspot.names import GROUP, GROUP_LABEL
from connectors.hubspot.objects import SourceObject
from connectors.hubspot.schema import Properties, Schema
from connectors.marks import mark, marked
from connectors.model import FieldAction, FieldChange, FieldSpec, FieldType, Option

__all__ = ["FieldMaker"]

_log = logging.getLogger(__name__)

_TYPES: Mapping[FieldType, tuple[str, str]] = {
    FieldType.PICKLIST: ("enumeration", "select"),
    FieldType.TEXT: ("string", "text"),
    FieldType.DATE: ("date", "date"),
}
"""Types that our properties have, with their editors."""

_FREE_NAME = "set `field` under [[segmentation]] to a name that is free"
_WHERE = "Settings > Properties"


class FieldMaker:
    """Our properties of one object."""

    def __init__(self, client: HubSpotClient, schema: Schema, source: SourceObject) -> None:
        self._client = client
        self._schema = schema
        self._source = source
        self._path = f"/crm/v3/properties/{source.name}"

    def ensure(self, specs: Sequence[FieldSpec], *, dry_run: bool) -> list[FieldChange]:
        """Make the properties as wanted, one change per wanted one; the second call changes nothing.

        All refusals come before the first change.

        Raises:
            SchemaError: A property is in the way.
            AccessError: The key may not set properties up; names the scope.
        """
        for wanted in specs:
            self._check_wanted(wanted)
        known = self._schema.properties(self._source.name, fresh=True)
        changes = [self._change(known, wanted) for wanted in specs]
        if dry_run or all(change.action is FieldAction.NONE for change in changes):
            return changes
        if any(change.action is FieldAction.CREATE for change in changes):
            self._make_group()
        for wanted, change in zip(specs, changes, strict=True):
            if change.action is FieldAction.CREATE:
                self._create(wanted)
            elif change.action is FieldAction.ADD_OPTIONS:
                self._set_options(known.raw[wanted.name], wanted)
        self._prove(specs)
        return changes

    def adopt(self, names: Sequence[str], installation_id: str) -> list[str]:
        """Put our mark on properties of another installation; gives the names of those that had another one.

        Raises:
            SchemaError: One of them was not made by an installation of this product; none was changed.
        """
        known = self._schema.properties(self._source.name, fresh=True)
        found = {name: spec for name in names if (spec := known.spec(name)) is not None}
        for name, spec in found.items():
            if spec.installation_id is None:
                raise self._foreign(name)
        adopted = [name for name, spec in found.items() if spec.installation_id != installation_id]
        for name in adopted:
            text, _ = marked(known.raw[name].get("description"))
            self._patch(name, {"description": mark(text, installation_id).strip()})
        self._schema.properties(self._source.name, fresh=True)
        return adopted

    def _check_wanted(self, wanted: FieldSpec) -> None:
        if wanted.installation_id is None:
            raise UsageError(
                f"The wanted property {wanted.name} does not say which installation it is for.",
                hint="Give it an installation_id.",
                code="schema.field.unowned",
            )
        too_long = wanted.max_length is None or not 1 <= wanted.max_length <= LIMITS.max_text_length
        if wanted.type not in _TYPES or (wanted.type is FieldType.TEXT and too_long):
            raise SchemaError(
                f"Property {wanted.name} of {self._source.name} cannot be a {wanted.type} of "
                f"{wanted.max_length} characters.",
                hint=f"Our properties are drop-downs, dates, and texts of up to {LIMITS.max_text_length} "
                "characters.",
                code="schema.field.length",
                details=self._details(wanted.name),
            )

    def _change(self, known: Properties, wanted: FieldSpec) -> FieldChange:
        """What is to be done for one property.

        Raises:
            SchemaError: It is not ours to change.
        """
        kind, found = self._source.kind, known.spec(wanted.name)
        if found is None:
            return FieldChange(kind, wanted.name, FieldAction.CREATE, wanted.options)
        if found.installation_id is None:
            raise self._foreign(wanted.name)
        if found.installation_id != wanted.installation_id:
            raise self._other_installation(wanted.name)
        if found.type is not wanted.type:
            raise self._other_type(wanted, found.type)
        _, changed = _merged(known.raw[wanted.name].get("options") or [], wanted.options)
        action = FieldAction.ADD_OPTIONS if changed else FieldAction.NONE
        return FieldChange(kind, wanted.name, action, tuple(changed))

    def _make_group(self) -> None:
        purpose = "make the group of our properties"
        try:
            self._client.send(
                "POST",
                f"{self._path}/groups",
                purpose=purpose,
                content={"name": GROUP, "label": GROUP_LABEL, "displayOrder": -1},
            )
        except RefusedError as error:
            if error.status != 409:
                raise

    def _create(self, wanted: FieldSpec) -> None:
        kind, editor = _TYPES[wanted.type]
        content: dict[str, Any] = {
            "name": wanted.name,
            "label": wanted.label,
            "type": kind,
            "fieldType": editor,
            "groupName": GROUP,
            "description": mark(wanted.description, wanted.installation_id or "").strip(),
            "formField": False,
        }
        if wanted.type is FieldType.PICKLIST:
            content["options"] = _merged([], wanted.options)[0]
        try:
            self._client.send("POST", self._path, purpose=f"make the property {wanted.name}", content=content)
        except RefusedError as error:
            raise SchemaError(
                f"HubSpot refuses to make the property {wanted.name} of {self._source.name} "
                f"({error.api_error.category or error.status}).",
                hint=f"Is the limit of custom properties reached? {_WHERE} shows how many there are. "
                f"Otherwise {_FREE_NAME}.",
                code="hubspot.field.refused",
                details=self._details(wanted.name),
            ) from error
        _log.info("hubspot.field.made", extra=self._details(wanted.name))

    def _set_options(self, raw: Mapping[str, Any], wanted: FieldSpec) -> None:
        # A change of options replaces them all, so those of colleagues are sent along.
        fresh = self._client.get(
            f"{self._path}/{wanted.name}", purpose=f"read the options of {wanted.name}"
        ).json()
        options, _ = _merged(fresh.get("options") or raw.get("options") or [], wanted.options)
        self._patch(wanted.name, {"options": options})
        _log.info("hubspot.field.options", extra=self._details(wanted.name))

    def _patch(self, name: str, content: Mapping[str, Any]) -> None:
        self._client.send(
            "PATCH", f"{self._path}/{name}", purpose=f"change the property {name}", content=content
        )

    def _prove(self, specs: Sequence[FieldSpec]) -> None:
        known = self._schema.properties(self._source.name, fresh=True)
        for wanted in specs:
            found = known.spec(wanted.name)
            there = {option.value for option in found.options} if found else set()
            if found is None or any(option.value not in there for option in wanted.options):
                raise ProtocolError(
                    f"HubSpot took the property {wanted.name} of {self._source.name} and shows it in part.",
                    hint="A change can take some seconds to show: run again. Report this if it stays.",
                    code="hubspot.field.lost",
                    details=self._details(wanted.name),
                )

    def _foreign(self, name: str) -> SchemaError:
        return SchemaError(
            f"{self._source.name.capitalize()} already have a property {name}, and crm-segments did not make "
            "it.",
            hint=f"It was not touched. Either {_FREE_NAME}, or archive that property: {_WHERE}.",
            code="schema.field.foreign",
            details=self._details(name),
        )

    def _other_installation(self, name: str) -> SchemaError:
        return SchemaError(
            f"The property {name} of {self._source.name} belongs to another installation of crm-segments.",
            hint=f"Two installations would overwrite each other's labels. Either {_FREE_NAME}, or, if the "
            "other one is given up, take its properties over: crm-segments fields adopt, then crm-segments "
            "refit.",
            code="schema.field.other_installation",
            details=self._details(name),
            next_command="crm-segments fields adopt",
        )

    def _other_type(self, wanted: FieldSpec, found: FieldType) -> SchemaError:
        return SchemaError(
            f"The property {wanted.name} of {self._source.name} is a {found}; a {wanted.type} is wanted.",
            hint=f"It was not touched. Either {_FREE_NAME}, or change its type back: {_WHERE} > it.",
            code="schema.field.type",
            details=self._details(wanted.name),
        )

    def _details(self, name: str) -> dict[str, object]:
        return {"object": self._source.kind.value, "field": name}


def _merged(
    present: Sequence[Mapping[str, Any]], wanted: Sequence[Option]
) -> tuple[list[dict[str, Any]], list[Option]]:
    """All options with ours added, relabelled or shown again, and which of ours that concerns.

    Nothing is left out: a label that another option has already gets a number, `Enterprise (2)`.
    """
    own = {option.value: option for option in wanted}
    taken = {str(one["label"]) for one in present if one["value"] not in own}
    labelled: dict[str, Option] = {}
    for option in wanted:
        label = _free_label(option.label.strip(), taken)
        taken.add(label)
        labelled[option.value] = Option(option.value, label)
    changed: list[Option] = []
    values: list[dict[str, Any]] = []
    for one in present:
        ours = labelled.pop(str(one["value"]), None)
        if ours is None or (one["label"] == ours.label and not one.get("hidden")):
            values.append(dict(one))
            continue
        changed.append(ours)
        values.append({**one, "label": ours.label, "hidden": False})
    last = max((int(one.get("displayOrder") or 0) for one in present), default=-1)
    for number, option in enumerate(labelled.values(), start=last + 1):
        changed.append(option)
        values.append({"value": option.value, "label": option.label, "displayOrder": number, "hidden": False})
    return values, changed


def _free_label(label: str, taken: Collection[str]) -> str:
    number, found = 2, label
    while found in taken:
        found = f"{label} ({number})"
        number += 1
    return found
