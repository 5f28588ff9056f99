"""Lists: making, finding, renaming, changing their filters, ending them."""

from typing import cast

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import documented
from crm_segments.sandbox.hubspot.asks import Ask, Routes, strings, whole_number
from crm_segments.sandbox.hubspot.errors import validation_error
from crm_segments.sandbox.hubspot.filters import Branch
from crm_segments.sandbox.hubspot.lists import Processing, RecordList

__all__ = ["ROUTES"]

ROUTES = Routes()
_READ = ("crm.lists.read",)
_WRITE = ("crm.lists.write",)
_SEARCH = ("query", "offset", "count", "processingTypes", "listIds", "additionalProperties", "sort")
_CREATE = (
    *("name", "objectTypeId", "processingType", "filterBranch"),
    *("customProperties", "listFolderId", "membershipSettings"),
)


@ROUTES.add("POST", "/crm/v3/lists", documented("CRM lists: Create a list"))
def create_list(ask: Ask) -> Reply:
    """A new list."""
    ask.require(_WRITE)
    ask.check_query()
    body = ask.json_object(*_CREATE)
    missing = [name for name in ("name", "objectTypeId", "processingType") if not body.get(name)]
    if missing:
        raise validation_error(f"Some required fields were not set: {missing}")
    try:
        processing = Processing(str(body["processingType"]))
    except ValueError:
        raise validation_error(f"Invalid processingType: {body['processingType']}") from None
    kind = ask.portal.kind(str(body["objectTypeId"]))
    ask.require(kind.read_scopes)
    branch = cast("Branch | None", body.get("filterBranch"))
    made = ask.portal.lists.create(str(body["name"]), kind, processing, branch, str(ask.caller.user_id))
    return json_reply(200, {"list": made.as_json(with_filters=True)})


@ROUTES.add("GET", "/crm/v3/lists", documented("CRM lists: Retrieve lists by id"))
def read_lists(ask: Ask) -> Reply:
    """Lists by their ids; ids that are not there are passed over."""
    ask.require(_READ)
    ask.check_query("listIds", "includeFilters")
    wanted = ask.values("listIds")
    known = {one.id for one in ask.portal.lists}
    found = [ask.portal.lists.get(list_id) for list_id in wanted if list_id in known]
    shown = [one.as_json(with_filters=ask.flag("includeFilters")) for one in found]
    return json_reply(200, {"lists": shown})


@ROUTES.add("POST", "/crm/v3/lists/search", documented("CRM lists: Search for lists"))
def search_lists(ask: Ask) -> Reply:
    """Lists whose names hold a text."""
    ask.require(_READ)
    ask.check_query()
    body = ask.json_object(*_SEARCH)
    text = str(body.get("query") or "").lower()
    types, ids = strings(body, "processingTypes"), strings(body, "listIds")
    offset = whole_number("offset", body.get("offset", 0), least=0, most=10**9)
    count = whole_number("count", body.get("count", 20), least=0, most=500)
    found = [
        one
        for one in ask.portal.lists
        if text in one.name.lower() and (not types or one.processing in types) and (not ids or one.id in ids)
    ]
    page = found[offset : offset + count]
    content = {
        "lists": [_search_entry(ask.portal.lists.get(one.id)) for one in page],
        "hasMore": offset + count < len(found),
        "offset": offset + len(page),
        "total": len(found),
    }
    return json_reply(200, content)


@ROUTES.add(
    "GET",
    "/crm/v3/lists/object-type-id/{kind}/name/{name}",
    documented("CRM lists: Retrieve a list by name"),
)
def read_by_name(ask: Ask) -> Reply:
    """One list by its name, which no other list has."""
    ask.require(_READ)
    ask.check_query("includeFilters")
    found = ask.portal.lists.by_name(ask.kind(), ask.param("name"))
    return json_reply(200, {"list": found.as_json(with_filters=ask.flag("includeFilters"))})


@ROUTES.add("GET", "/crm/v3/lists/{list_id}", documented("CRM lists: Retrieve a list by id"))
def read_list(ask: Ask) -> Reply:
    """One list."""
    ask.require(_READ)
    ask.check_query("includeFilters")
    found = ask.portal.lists.get(ask.param("list_id"))
    return json_reply(200, {"list": found.as_json(with_filters=ask.flag("includeFilters"))})


@ROUTES.add("DELETE", "/crm/v3/lists/{list_id}", documented("CRM lists: Delete a list"))
def delete_list(ask: Ask) -> Reply:
    """The list goes into the recycle bin."""
    ask.require(_WRITE)
    ask.check_query()
    ask.portal.lists.delete(ask.portal.lists.get(ask.param("list_id")))
    return Reply(204)


@ROUTES.add("PUT", "/crm/v3/lists/{list_id}/restore", documented("CRM lists: Restore a list"))
def restore_list(ask: Ask) -> Reply:
    """The list comes out of the recycle bin."""
    ask.require(_WRITE)
    ask.check_query()
    ask.portal.lists.restore(ask.param("list_id"))
    return Reply(204)


@ROUTES.add(
    "PUT", "/crm/v3/lists/{list_id}/update-list-filters", documented("CRM lists: Update list filters")
)
def update_filters(ask: Ask) -> Reply:
    """Other filters for a dynamic list."""
    ask.require(_WRITE)
    ask.check_query("enrollObjectsInWorkflows")
    one = ask.portal.lists.get(ask.param("list_id"))
    branch = ask.json_object("filterBranch").get("filterBranch")
    if not isinstance(branch, dict):
        raise validation_error("Some required fields were not set: [filterBranch]")
    ask.portal.lists.set_filters(one, branch, enrolls=ask.flag("enrollObjectsInWorkflows"))
    return json_reply(200, {"updatedList": one.as_json(with_filters=True)})


@ROUTES.add("PUT", "/crm/v3/lists/{list_id}/update-list-name", documented("CRM lists: Update list name"))
def update_name(ask: Ask) -> Reply:
    """Another name for a list."""
    ask.require(_WRITE)
    ask.check_query("listName", "includeFilters")
    one = ask.portal.lists.get(ask.param("list_id"))
    ask.portal.lists.rename(one, ask.call.query.get("listName", ""))
    return json_reply(200, {"updatedList": one.as_json(with_filters=ask.flag("includeFilters"))})


def _search_entry(one: RecordList) -> dict[str, object]:
    entry = one.as_json(with_filters=False)
    size = entry.pop("size")
    return {**entry, "additionalProperties": {"hs_list_size": str(size)}}
