"""Owners: the people to whom records belong."""

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import documented, recorded
from crm_segments.sandbox.hubspot.asks import Ask, Routes, whole_number
from crm_segments.sandbox.hubspot.errors import object_not_found

__all__ = ["ROUTES"]

ROUTES = Routes()
_READ = ("crm.objects.owners.read",)


@ROUTES.add("GET", "/crm/v3/owners", documented("CRM owners: Retrieve a list of owners"))
def list_owners(ask: Ask) -> Reply:
    """A page of owners."""
    ask.require(_READ)
    ask.check_query("email", "after", "limit", "archived")
    limit = ask.limit(default=100, most=500)
    start = whole_number("after", ask.call.query.get("after") or 0, least=0, most=10**9)
    email, archived = ask.call.query.get("email", "").lower(), ask.flag("archived")
    found = [
        one
        for one in ask.portal.owners.values()
        if one.is_archived is archived and email in {"", one.email.lower()}
    ]
    content: dict[str, object] = {"results": [one.as_json() for one in found[start : start + limit]]}
    if start + limit < len(found):
        content["paging"] = {"next": {"after": str(start + limit)}}
    return json_reply(200, content)


@ROUTES.add("GET", "/crm/v3/owners/{owner_id}", recorded("errors.json: 403_missing_scopes"))
def read_owner(ask: Ask) -> Reply:
    """One owner, by id or by the id of the user."""
    ask.require(_READ)
    ask.check_query("idProperty", "archived")
    wanted, archived = ask.param("owner_id"), ask.flag("archived")
    by_user = ask.call.query.get("idProperty") == "userId"
    for one in ask.portal.owners.values():
        key = str(one.user_id) if by_user else one.id
        if key == wanted and one.is_archived is archived:
            return json_reply(200, one.as_json())
    raise object_not_found(f"No owner with ID {wanted} could be found")
