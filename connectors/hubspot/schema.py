"""What the account's own descriptions say: properties of each object, and which of them are ours."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.limits import LIMITS, MAX_TEXT_LENGTH
from connectors.marks import marked
from connectors.model import FieldSpec, FieldType, Option

__all__ = ["SEVERAL", "Properties", "Schema", "field_type"]

_TYPES = {
    "string": FieldType.TEXT,
    "phone_number": FieldType.TEXT,
    "number": FieldType.NUMBER,
    "date": FieldType.DATE,
    "datetime": FieldType.DATETIME,
    "bool": FieldType.BOOLEAN,
}
SEVERAL = "checkbox"
"""The editor of properties that hold several options at once."""


@dataclass(frozen=True, slots=True)
class Properties:
    """The live properties of one object."""

    name: str
    """Of the object: `companies`."""
    raw: Mapping[str, Mapping[str, Any]]
    """Each property's description by its name."""

    def spec(self, name: str) -> FieldSpec | None:
        """One property in the product's own terms; None where there is none."""
        raw = self.raw.get(name)
        if raw is None:
            return None
        is_custom = not raw.get("hubspotDefined")
        description, installation_id = marked(raw.get("description"))
        kind = field_type(raw)
        options = raw.get("options") or [] if kind is FieldType.PICKLIST else []
        longest = LIMITS.max_text_length if is_custom and installation_id else MAX_TEXT_LENGTH
        return FieldSpec(
            name,
            label=raw.get("label") or name,
            type=kind,
            max_length=longest if kind is FieldType.TEXT else None,
            options=tuple(Option(one["value"], one["label"]) for one in options if not one.get("hidden")),
            description=description,
            installation_id=installation_id if is_custom else None,
            is_custom=is_custom,
        )

    def specs(self) -> tuple[FieldSpec, ...]:
        """All of them."""
        return tuple(spec for name in self.raw if (spec := self.spec(name)) is not None)

    def is_read_only(self, name: str) -> bool:
        """Whether HubSpot fills it itself."""
        metadata = self.raw[name].get("modificationMetadata") or {}
        return bool(metadata.get("readOnlyValue")) or bool(self.raw[name].get("calculated"))


def field_type(raw: Mapping[str, Any]) -> FieldType:
    """The type of a property; several options at once are text to us."""
    if raw.get("type") == "enumeration":
        return FieldType.TEXT if raw.get("fieldType") == SEVERAL else FieldType.PICKLIST
    return _TYPES.get(str(raw.get("type")), FieldType.TEXT)


class Schema:
    """Descriptions of one connection, remembered until they are forgotten."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._known: dict[str, Properties] = {}

    def properties(self, name: str, *, fresh: bool = False) -> Properties:
        """The properties of an object, from memory unless `fresh`."""
        with self._lock:
            known = self._known.get(name)
            if known is None or fresh:
                purpose = f"read the properties of {name}"
                answer = self._client.get(f"/crm/v3/properties/{name}", purpose=purpose)
                live = [one for one in answer.results(purpose) if not one.get("archived")]
                known = Properties(name, {str(one.get("name")): one for one in live})
                self._known[name] = known
            return known

    def with_fields(self, name: str, fields: set[str]) -> Properties:
        """The properties; asked for anew where one of the fields is not in what is remembered."""
        known = self.properties(name)
        return known if fields <= known.raw.keys() else self.properties(name, fresh=True)
