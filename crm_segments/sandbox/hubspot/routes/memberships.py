"""Who is a member of a list."""

from bisect import bisect_left

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import documented
from crm_segments.sandbox.hubspot.asks import Ask, Routes, strings, whole_number
from crm_segments.sandbox.hubspot.errors import invalid_input
from crm_segments.sandbox.hubspot.lists import RecordList

__all__ = ["ROUTES"]

ROUTES = Routes()
_READ = ("crm.lists.read",)
_WRITE = ("crm.lists.write",)


@ROUTES.add("GET", "/crm/v3/lists/{list_id}/memberships", documented("CRM lists: Retrieve memberships"))
def list_members(ask: Ask) -> Reply:
    """Members by ascending record id."""
    ask.require(_READ)
    ask.check_query("limit", "after", "before")
    one = ask.portal.lists.get(ask.param("list_id"))
    limit = ask.limit(default=100, most=250)
    after = whole_number("after", ask.call.query.get("after") or 0, least=0, most=10**18)
    ids = sorted(int(record_id) for record_id in one.members)
    start = bisect_left(ids, after)
    page = [str(record_id) for record_id in ids[start : start + limit]]
    content: dict[str, object] = {
        "results": [{"recordId": one_id, "membershipTimestamp": one.members[one_id]} for one_id in page],
        "total": len(ids),
    }
    if start + limit < len(ids):
        after_id = str(ids[start + limit])
        link = f"https://api.hubapi.com/crm/v3/lists/{one.id}/memberships?after={after_id}&limit={limit}"
        content["paging"] = {"next": {"after": after_id, "link": link}}
    return json_reply(200, content)


@ROUTES.add("PUT", "/crm/v3/lists/{list_id}/memberships/add", documented("CRM lists: Add records"))
def add_members(ask: Ask) -> Reply:
    """Records become members."""
    return _change(ask, _ids(ask), [])


@ROUTES.add("PUT", "/crm/v3/lists/{list_id}/memberships/remove", documented("CRM lists: Remove records"))
def remove_members(ask: Ask) -> Reply:
    """Records are members no more."""
    return _change(ask, [], _ids(ask))


@ROUTES.add(
    "PUT",
    "/crm/v3/lists/{list_id}/memberships/add-and-remove",
    documented("CRM lists: Add and remove records"),
)
def change_members(ask: Ask) -> Reply:
    """Both at once."""
    body = ask.json_object("recordIdsToAdd", "recordIdsToRemove")
    return _change(ask, strings(body, "recordIdsToAdd"), strings(body, "recordIdsToRemove"))


@ROUTES.add("DELETE", "/crm/v3/lists/{list_id}/memberships", documented("CRM lists: Delete all records"))
def clear_members(ask: Ask) -> Reply:
    """All members go."""
    one = _writable(ask)
    ask.portal.lists.change_members(one, [], list(one.members))
    return Reply(204)


def _change(ask: Ask, add: list[str], remove: list[str]) -> Reply:
    return json_reply(200, ask.portal.lists.change_members(_writable(ask), add, remove))


def _writable(ask: Ask) -> RecordList:
    ask.require(_WRITE)
    ask.check_query()
    return ask.portal.lists.get(ask.param("list_id"))


def _ids(ask: Ask) -> list[str]:
    found = ask.body()
    if not isinstance(found, list):
        raise invalid_input("the body must be an array of record ids")
    return strings({"ids": found}, "ids")
