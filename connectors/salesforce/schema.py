"""What the org's own descriptions say: objects, their fields, which of them are ours."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.errors import AccessError
from connectors.marks import marked
from connectors.model import FieldSpec, FieldType, ObjectDescription, ObjectKind, Option
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.errors import RefusedError

__all__ = ["UNREADABLE", "SObject", "Schema"]

_TYPES = {
    "picklist": FieldType.PICKLIST,
    "boolean": FieldType.BOOLEAN,
    "int": FieldType.NUMBER,
    "long": FieldType.NUMBER,
    "double": FieldType.NUMBER,
    "currency": FieldType.NUMBER,
    "percent": FieldType.NUMBER,
    "date": FieldType.DATE,
    "datetime": FieldType.DATETIME,
}
UNREADABLE = frozenset({"address", "location", "base64", "complexvalue", "anyType"})
"""Compound types, which are read through their parts."""


@dataclass(frozen=True, slots=True)
class SObject:
    """An object as the user of this connection sees it."""

    name: str
    label: str
    label_plural: str
    fields: Mapping[str, Mapping[str, Any]]
    """Each visible field's description by its exact name."""
    record_types: tuple[Mapping[str, Any], ...] = ()
    is_updateable: bool = True

    def spec(self, name: str) -> FieldSpec | None:
        """One field in the product's own terms; None where it is not visible."""
        raw = self.fields.get(name)
        if raw is None or raw["type"] in UNREADABLE:
            return None
        # In the help text, because descriptions of fields can be read by administrators only, and the user of
        # the scheduled run shall need no right of theirs.
        help_text, installation_id = marked(raw.get("inlineHelpText"))
        kind = _TYPES.get(raw["type"], FieldType.TEXT)
        options = tuple(
            Option(option["value"], option["label"]) for option in raw["picklistValues"] if option["active"]
        )
        return FieldSpec(
            name,
            label=raw["label"],
            type=kind,
            max_length=(raw["length"] or None) if kind is FieldType.TEXT else None,
            options=options if kind is FieldType.PICKLIST else (),
            description=help_text,
            installation_id=installation_id if raw["custom"] else None,
            is_custom=raw["custom"],
        )

    def can_update(self, name: str) -> bool:
        """Whether the user may change this field."""
        raw = self.fields.get(name)
        return raw is not None and bool(raw["updateable"])

    def is_calculated(self, name: str) -> bool:
        """Whether the org computes this field: such values change without moving the time of change."""
        raw = self.fields.get(name)
        return raw is not None and bool(raw["calculated"])


class Schema:
    """Descriptions of one connection, asked for anew only where they have changed."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._known: dict[str, tuple[SObject, str]] = {}

    def sobject(self, name: str, *, fresh: bool = False) -> SObject:
        """The object, from memory unless `fresh`.

        Raises:
            AccessError: The user does not see this object.
        """
        with self._lock:
            known = self._known.get(name)
            if known is not None and not fresh:
                return known[0]
            found = self._ask(name, known)
            self._known[name] = found
            return found[0]

    def forget(self, name: str) -> None:
        """Ask for the whole description next time.

        After a change of permissions: times of descriptions are whole seconds, and who may see a field is no
        part of the object.
        """
        with self._lock:
            self._known.pop(name, None)

    def describe(self, kind: ObjectKind, name: str) -> ObjectDescription:
        """The object as the contract wants it, asked for anew."""
        found = self.sobject(name, fresh=True)
        specs = (found.spec(field) for field in found.fields)
        return ObjectDescription(
            kind, found.label, found.label_plural, tuple(spec for spec in specs if spec is not None)
        )

    def _ask(self, name: str, known: tuple[SObject, str] | None) -> tuple[SObject, str]:
        purpose = f"describe the object {name}"
        headers = {"If-Modified-Since": known[1]} if known and known[1] else {}
        try:
            answer = self._client.send("GET", f"sobjects/{name}/describe", purpose=purpose, headers=headers)
        except RefusedError as error:
            if error.status != 404:
                raise
            raise AccessError(
                f"The Salesforce user does not see the object {name}, or the org has none of that name.",
                hint="Give the integration user read access to it: Setup > Permission Sets > the set of "
                "the integration user > Object Settings.",
                code="salesforce.access.object",
                details={"object": name},
                next_command="crm-segments doctor",
            ) from error
        if answer.status == 304 and known is not None:
            return known
        raw = answer.json()
        return _sobject(raw), answer.headers.get("Last-Modified", "")


def _sobject(raw: Mapping[str, Any]) -> SObject:
    return SObject(
        name=raw["name"],
        label=raw["label"],
        label_plural=raw["labelPlural"],
        fields={field["name"]: field for field in raw["fields"]},
        record_types=tuple(raw.get("recordTypeInfos") or ()),
        is_updateable=bool(raw.get("updateable", True)),
    )
