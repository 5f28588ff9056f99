"""Schemas: what an object is called, and all of its properties."""

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import recorded
from crm_segments.sandbox.hubspot.asks import Ask, Routes
from crm_segments.sandbox.hubspot.routes.properties import require_schema_read

__all__ = ["ROUTES"]

ROUTES = Routes()
_EPOCH = "1970-01-01T00:00:00Z"


@ROUTES.add("GET", "/crm/v3/schemas/{kind}", recorded("schemas.json: schema_contact_one_property_per_type"))
def read_schema(ask: Ask) -> Reply:
    """One object."""
    kind = ask.kind()
    require_schema_read(ask, kind)
    ask.check_query("archived")
    is_custom = kind.type_id.startswith("2-")
    names = [name for name in kind.shown if name not in kind.always]
    content = {
        "labels": {"singular": kind.label, "plural": kind.plural_label},
        "requiredProperties": [],
        "searchableProperties": names,
        "primaryDisplayProperty": names[0] if names else "hs_object_id",
        "secondaryDisplayProperties": names[1:],
        "archived": False,
        "restorable": True,
        "metaType": "PORTAL_SPECIFIC" if is_custom else "HUBSPOT",
        "id": kind.type_id if is_custom else kind.type_id.removeprefix("0-"),
        "fullyQualifiedName": kind.singular.upper(),
        "createdAt": _EPOCH,
        "updatedAt": _EPOCH,
        "objectTypeId": kind.type_id,
        "properties": [
            one.as_json() for one in ask.portal.definitions(kind).values() if one.archived_at is None
        ],
        "associations": [],
        "name": kind.singular.upper(),
    }
    return json_reply(200, content)
