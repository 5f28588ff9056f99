"""Groups: the headings under which properties stand."""

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import documented, recorded
from crm_segments.sandbox.hubspot.asks import Ask, Routes
from crm_segments.sandbox.hubspot.routes.properties import (
    definitions_of,
    require_schema_read,
    require_schema_write,
)

__all__ = ["ROUTES"]

ROUTES = Routes()


@ROUTES.add("GET", "/crm/v3/properties/{kind}/groups", documented("CRM properties: Retrieve groups"))
def list_groups(ask: Ask) -> Reply:
    """All groups of a kind."""
    kind = ask.kind()
    require_schema_read(ask, kind)
    ask.check_query()
    return json_reply(200, {"results": [one.as_json() for one in ask.portal.groups[kind.type_id].values()]})


@ROUTES.add("POST", "/crm/v3/properties/{kind}/groups", recorded("properties_2026_09.json: group_create_201"))
def create_group(ask: Ask) -> Reply:
    """A new group."""
    kind = ask.kind()
    require_schema_write(ask, kind)
    ask.check_query()
    made = definitions_of(ask, kind).create_group(ask.json_object("name", "label", "displayOrder"))
    return json_reply(201, made.as_json(), {"Location": f"{ask.call.path.rstrip('/')}/{made.name}"})


@ROUTES.add("GET", "/crm/v3/properties/{kind}/groups/{name}", documented("CRM properties: Retrieve a group"))
def read_group(ask: Ask) -> Reply:
    """One group."""
    kind = ask.kind()
    require_schema_read(ask, kind)
    ask.check_query()
    return json_reply(200, definitions_of(ask, kind).group(ask.param("name")).as_json())


@ROUTES.add(
    "PATCH",
    "/crm/v3/properties/{kind}/groups/{name}",
    recorded("properties_2026_09.json: group_label_update_200"),
)
def update_group(ask: Ask) -> Reply:
    """A change of a group."""
    kind = ask.kind()
    require_schema_write(ask, kind)
    ask.check_query()
    body = ask.json_object("label", "displayOrder")
    return json_reply(200, definitions_of(ask, kind).update_group(ask.param("name"), body).as_json())


@ROUTES.add(
    "DELETE",
    "/crm/v3/properties/{kind}/groups/{name}",
    recorded("properties_2026_09.json: group_delete_with_active_properties_400"),
)
def delete_group(ask: Ask) -> Reply:
    """The end of an empty group."""
    kind = ask.kind()
    require_schema_write(ask, kind)
    ask.check_query()
    definitions_of(ask, kind).delete_group(ask.param("name"))
    return Reply(204)
