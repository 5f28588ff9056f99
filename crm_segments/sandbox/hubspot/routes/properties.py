"""Properties: what a kind of record may hold."""

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import documented, recorded
from crm_segments.sandbox.hubspot.asks import Ask, Routes
from crm_segments.sandbox.hubspot.definitions import Definitions
from crm_segments.sandbox.hubspot.kinds import Kind

__all__ = ["MEMBERS", "ROUTES", "definitions_of", "require_schema_read", "require_schema_write"]

ROUTES = Routes()
MEMBERS = (
    *("name", "label", "type", "fieldType", "groupName", "description", "options", "displayOrder"),
    *("hasUniqueValue", "hidden", "formField", "externalOptions", "calculationFormula"),
    *("referencedObjectType", "dataSensitivity"),
)
"""What a definition may say."""
_CHANGEABLE = tuple(name for name in MEMBERS if name not in {"name", "hasUniqueValue", "externalOptions"})


def definitions_of(ask: Ask, kind: Kind) -> Definitions:
    """The properties and groups of a kind."""
    return Definitions(ask.portal, kind, ask.caller.user_id)


def require_schema_read(ask: Ask, kind: Kind) -> None:
    """To see definitions, the scope of the definitions or of the records is enough."""
    ask.require([*kind.schema_read_scopes, *kind.schema_write_scopes, *kind.read_scopes])


def require_schema_write(ask: Ask, kind: Kind) -> None:
    """To change definitions."""
    ask.require(kind.schema_write_scopes)


@ROUTES.add("GET", "/crm/v3/properties/{kind}", documented("CRM properties: Retrieve all properties"))
def list_properties(ask: Ask) -> Reply:
    """All properties of a kind, archived or live ones."""
    kind = ask.kind()
    require_schema_read(ask, kind)
    ask.check_query("archived", "properties", "dataSensitivity")
    archived = ask.flag("archived")
    found = (
        one for one in ask.portal.definitions(kind).values() if (one.archived_at is not None) is archived
    )
    return json_reply(200, {"results": [one.as_json() for one in found]})


@ROUTES.add(
    "POST",
    "/crm/v3/properties/{kind}",
    recorded(
        "properties_2026_09.json: property_create_text_201, property_create_enumeration_201,"
        " property_create_existing_409, property_create_archived_name_restores_201"
    ),
)
def create_property(ask: Ask) -> Reply:
    """A new property."""
    kind = ask.kind()
    require_schema_write(ask, kind)
    ask.check_query()
    return json_reply(201, definitions_of(ask, kind).create(ask.json_object(*MEMBERS)).as_json())


@ROUTES.add(
    "GET",
    "/crm/v3/properties/{kind}/{name}",
    recorded("properties_2026_09.json: property_read_unknown_404, property_read_archived_true_200"),
)
def read_property(ask: Ask) -> Reply:
    """One property."""
    kind = ask.kind()
    require_schema_read(ask, kind)
    ask.check_query("archived", "properties", "dataSensitivity")
    found = definitions_of(ask, kind).get(ask.param("name"), archived=ask.flag("archived"))
    return json_reply(200, found.as_json())


@ROUTES.add(
    "PATCH",
    "/crm/v3/properties/{kind}/{name}",
    recorded(
        "properties_2026_09.json: property_patch_without_options_keeps_them_200,"
        " property_patch_option_left_out_is_removed_200"
    ),
)
def update_property(ask: Ask) -> Reply:
    """A change of a property."""
    kind = ask.kind()
    require_schema_write(ask, kind)
    ask.check_query()
    changed = definitions_of(ask, kind).update(ask.param("name"), ask.json_object(*_CHANGEABLE))
    return json_reply(200, changed.as_json())


@ROUTES.add(
    "DELETE",
    "/crm/v3/properties/{kind}/{name}",
    recorded("properties_2026_09.json: property_archive_204, property_delete_in_use_400"),
)
def archive_property(ask: Ask) -> Reply:
    """The property is archived."""
    kind = ask.kind()
    require_schema_write(ask, kind)
    ask.check_query()
    definitions_of(ask, kind).archive(ask.param("name"))
    return Reply(204)
