"""Custom fields as the Tooling API takes and gives them.

A change sends the whole description back: options that are left out would become inactive (Metadata API
Developer Guide, "CustomValue", read 2026-11). So everything is read, merged and sent again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.errors import SchemaError
from connectors.marks import mark, marked
from connectors.model import FieldSpec, FieldType
from connectors.salesforce.client import SalesforceClient, soql
from connectors.salesforce.errors import BUSY_CODE, RefusedError, unavailable
from connectors.salesforce.options import merge_values
from connectors.salesforce.queries import Resource, read_rows

__all__ = ["CustomField", "CustomFields", "metadata_of", "with_mark", "with_options"]

TYPES: Mapping[FieldType, str] = {
    FieldType.PICKLIST: "Picklist",
    FieldType.TEXT: "Text",
    FieldType.DATE: "Date",
}
"""Types that our fields have, in the words of the Metadata API."""

_CUSTOM_OBJECT_PREFIX = "01I"
_PATH = "tooling/sobjects/CustomField"


@dataclass(frozen=True, slots=True)
class CustomField:
    """A field that is in the org, whether or not anybody sees it."""

    record_id: str
    name: str
    """API name as the org spells it, with `__c`."""
    metadata: Mapping[str, Any]

    @property
    def installation_id(self) -> str | None:
        """The installation that made it; None for a field of somebody else."""
        return marked(self.metadata.get("inlineHelpText"))[1]

    @property
    def type(self) -> FieldType | None:
        """Its type; None for one that our fields never have."""
        return next((ours for ours, name in TYPES.items() if name == self.metadata.get("type")), None)


class CustomFields:
    """The custom fields of one object. Needs the permission "View Setup and Configuration"."""

    def __init__(self, client: SalesforceClient, sobject: str) -> None:
        self._client = client
        self._sobject = sobject

    def find(self, names: Sequence[str]) -> dict[str, CustomField]:
        """The fields of these names that are in the org, by the name that was asked for.

        Raises:
            RefusedError, AccessError: The user may not look into the setup.
        """
        wanted = {name.removesuffix("__c").lower(): name for name in names}
        query = soql(
            "SELECT Id, DeveloperName, TableEnumOrId FROM CustomField"
            " WHERE DeveloperName IN {} AND NamespacePrefix = null",
            [name.removesuffix("__c") for name in names],
        )
        rows = read_rows(self._client, query, purpose="look for our fields", resource=Resource.SETUP)
        found = {}
        for row in rows:
            # Standard objects stand there by name, custom ones by an id.
            place = str(row["TableEnumOrId"])
            if place != self._sobject and not place.startswith(_CUSTOM_OBJECT_PREFIX):
                continue
            field = self.read(row["Id"])
            if field is not None:
                found[wanted[str(row["DeveloperName"]).lower()]] = field
        return found

    def read(self, record_id: str) -> CustomField | None:
        """One field with its whole description; None where it is of another object."""
        purpose = "read the description of a field"
        answer = self._client.get(f"{_PATH}/{record_id}", purpose=purpose).json()
        place, _, name = str(answer["FullName"]).partition(".")
        return CustomField(record_id, name, answer["Metadata"]) if place == self._sobject else None

    def create(self, spec: FieldSpec) -> None:
        """Make a field, which nobody sees yet.

        Raises:
            RefusedError: There is one of that name, say.
            AccessError: The user may not make fields.
        """
        content = {"FullName": f"{self._sobject}.{spec.name}", "Metadata": metadata_of(spec)}
        self._send("POST", _PATH, f"make the field {spec.name}", content)

    def change(self, field: CustomField, metadata: Mapping[str, Any]) -> None:
        """Replace the description of a field.

        Raises:
            AccessError: The user may not change fields.
        """
        path = f"{_PATH}/{field.record_id}"
        self._send("PATCH", path, f"change the field {field.name}", {"Metadata": metadata})

    def _send(self, method: str, path: str, purpose: str, content: Mapping[str, Any]) -> None:
        # Not a write whose outcome must be known: whoever comes back looks first what is there.
        try:
            self._client.send(method, path, purpose=purpose, content=content)
        except RefusedError as error:
            if error.api_code != BUSY_CODE:
                raise
            raise unavailable(purpose, "its setup is being changed by somebody else") from error


def metadata_of(spec: FieldSpec) -> dict[str, Any]:
    """The description of a field that is made; the mark stands in the help text and in the description."""
    text = mark(spec.description, spec.installation_id or "").strip()
    found: dict[str, Any] = {
        "type": TYPES[spec.type],
        "label": spec.label,
        "description": text,
        "inlineHelpText": text,
        "required": False,
    }
    if spec.type is FieldType.TEXT:
        found |= {"length": spec.max_length, "externalId": False, "unique": False}
    if spec.type is FieldType.PICKLIST:
        values, _changed = merge_values([], spec)
        definition = {"sorted": False, "value": values}
        found["valueSet"] = {"restricted": True, "valueSetDefinition": definition}
    return found


def with_options(field: CustomField, spec: FieldSpec) -> dict[str, Any]:
    """The description with the wanted options added or relabelled, and all others kept.

    Raises:
        SchemaError: The options come from a global value set, collide, or are too many.
    """
    value_set = field.metadata.get("valueSet") or {}
    definition = value_set.get("valueSetDefinition")
    if not definition:
        raise SchemaError(
            f"The options of {field.name} come from a global value set of the org, which crm-segments did "
            "not make and does not change.",
            hint="Give the field a list of its own again: Setup > Object Manager > the object > Fields & "
            "Relationships > the field; or add the missing options to the global value set.",
            code="salesforce.field.value_set",
            details={"field": field.name},
        )
    values, _changed = merge_values(definition["value"], spec)
    return {
        **field.metadata,
        "valueSet": {**value_set, "valueSetDefinition": {**definition, "value": values}},
    }


def with_mark(field: CustomField, installation_id: str) -> dict[str, Any]:
    """The description with the mark of another installation."""
    return {
        **field.metadata,
        **{
            name: mark(marked(field.metadata.get(name))[0], installation_id).strip()
            for name in ("description", "inlineHelpText")
        },
    }
