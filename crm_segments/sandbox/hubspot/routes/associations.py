"""Associations with their types, of many records or of one."""

from itertools import islice

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import documented
from crm_segments.sandbox.hubspot.asks import Ask, Routes
from crm_segments.sandbox.hubspot.errors import invalid_input, validation_error
from crm_segments.sandbox.hubspot.kinds import Kind
from crm_segments.sandbox.hubspot.moments import moment_text
from crm_segments.sandbox.hubspot.reading import live_links

__all__ = ["ROUTES"]

ROUTES = Routes()
_MOST = 1000


@ROUTES.add(
    "POST",
    "/crm/v4/associations/{kind}/{target}/batch/read",
    documented("CRM associations v4: Retrieve associations in batch"),
)
def read_batch(ask: Ask) -> Reply:
    """The associations of up to a thousand records; 207 where some have none."""
    kind, target = _kinds(ask)
    ask.check_query()
    inputs = ask.json_object("inputs").get("inputs")
    if not isinstance(inputs, list) or not 0 < len(inputs) <= _MOST:
        raise validation_error(f"inputs must hold between 1 and {_MOST} ids")
    results, without = [], []
    for one in inputs:
        if not isinstance(one, dict) or not isinstance(one.get("id"), str | int):
            raise invalid_input("inputs must hold objects with an id")
        ask.check_members(one, {"id", "after"})
        record_id = str(one["id"])
        page, after = _page(ask, kind, record_id, target, str(one.get("after") or "0"))
        if not page:
            without.append(record_id)
            continue
        entry: dict[str, object] = {"from": {"id": record_id}, "to": page}
        if after:
            entry["paging"] = {"next": {"after": after}}
        results.append(entry)
    now = moment_text(ask.portal.now())
    content: dict[str, object] = {"status": "COMPLETE", "results": results}
    if without:
        content["numErrors"] = len(without)
        content["errors"] = [_without(kind, record_id, target) for record_id in without]
    content.update(startedAt=now, completedAt=now)
    return json_reply(207 if without else 200, content)


@ROUTES.add(
    "GET",
    "/crm/v4/associations/{kind}/{target}/labels",
    documented("CRM associations v4: Retrieve association types"),
)
def list_labels(ask: Ask) -> Reply:
    """The types that lead from one kind to another."""
    kind, target = _kinds(ask)
    ask.check_query()
    found = ask.portal.associations.types(kind, target)
    return json_reply(200, {"results": [one.as_json() for one in found]})


@ROUTES.add(
    "GET",
    "/crm/v4/objects/{kind}/{record_id}/associations/{target}",
    documented("CRM associations v4: Retrieve associated records"),
)
def read_of_one(ask: Ask) -> Reply:
    """The associations of one record."""
    kind, target = _kinds(ask)
    ask.check_query("limit", "after")
    ask.limit(default=500, most=500)
    page, after = _page(ask, kind, ask.param("record_id"), target, ask.call.query.get("after") or "0")
    content: dict[str, object] = {"results": page}
    if after:
        content["paging"] = {"next": {"after": after}}
    return json_reply(200, content)


def _kinds(ask: Ask) -> tuple[Kind, Kind]:
    kind, target = ask.kind(), ask.kind("target")
    ask.require(kind.read_scopes)
    ask.require(target.read_scopes)
    return kind, target


def _page(
    ask: Ask, kind: Kind, record_id: str, target: Kind, after: str
) -> tuple[list[dict[str, object]], str | None]:
    if not after.isdigit():
        raise validation_error(f"after must be a number, was {after}")
    linked = (
        (other, types)
        for other, types in live_links(ask.portal, kind, record_id, target)
        if int(other) >= int(after)
    )
    most = ask.portal.settings.association_page
    found = list(islice(linked, most + 1))
    page: list[dict[str, object]] = [
        # Live answers carry a number here, although the client's model says text.
        {"toObjectId": int(other), "associationTypes": [one.as_json() for one in types]}
        for other, types in found[:most]
    ]
    return page, found[most][0] if len(found) > most else None


def _without(kind: Kind, record_id: str, target: Kind) -> dict[str, object]:
    # As several public repositories quote it.
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {target.singular} is associated with {kind.singular} {record_id}.",
        "context": {
            "fromObjectId": [record_id],
            "fromObjectType": [kind.singular],
            "toObjectType": [target.singular],
        },
    }
