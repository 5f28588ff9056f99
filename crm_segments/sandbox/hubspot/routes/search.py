"""Searching: filters, one sort, pages of up to 200, never more than 10,000 results."""

import json
from typing import cast

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import recorded
from crm_segments.sandbox.hubspot.asks import Ask, Routes, strings, whole_number
from crm_segments.sandbox.hubspot.errors import invalid_input, validation_error
from crm_segments.sandbox.hubspot.kinds import Kind
from crm_segments.sandbox.hubspot.reading import hit_json, read_names
from crm_segments.sandbox.hubspot.search import Condition, Query, compile_filter

__all__ = ["ROUTES"]

ROUTES = Routes()
_MOST_RESULTS = 10_000
_MOST_GROUPS = 5
_MOST_IN_GROUP = 6
_MOST_FILTERS = 18
_LONGEST_TEXT = 3000
_FILTER = frozenset({"propertyName", "operator", "value", "values", "highValue"})


@ROUTES.add(
    "POST",
    "/crm/v3/objects/{kind}/search",
    recorded("objects_v3.json: company_search_hit, contact_search_hit, company_search_429_secondly"),
)
def search_records(ask: Ask) -> Reply:
    """A page of the records that fit."""
    kind = ask.kind()
    ask.require(kind.read_scopes)
    ask.check_query()
    body = ask.json_object("filterGroups", "sorts", "query", "properties", "limit", "after")
    limit = whole_number("limit", body.get("limit", 10), least=1, most=200)
    after = whole_number("after", body.get("after") or 0, least=0, most=10**9)
    if after + limit > _MOST_RESULTS:
        raise validation_error(f"Search results are limited to {_MOST_RESULTS}: after and limit go beyond")
    query = _query(ask, kind, body)
    found = ask.portal.engine.find(kind, query, ask.portal.definitions(kind))
    names = read_names(ask.portal, kind, strings(body, "properties"))
    page = [
        hit_json(kind, hit.id, hit.properties, names)
        for hit in found[after : after + limit]
        # Recorded (objects_v3.json: contact_search_empty): counted, and gone when it is to be shown.
        if ask.portal.engine.is_live(kind, hit)
    ]
    content: dict[str, object] = {"total": len(found), "results": page}
    if after + limit < len(found):
        content["paging"] = {"next": {"after": str(after + limit)}}
    return json_reply(200, content)


def _query(ask: Ask, kind: Kind, body: dict[str, object]) -> Query:
    groups = body.get("filterGroups") or []
    if not isinstance(groups, list) or len(groups) > _MOST_GROUPS:
        raise validation_error(f"filterGroups must hold at most {_MOST_GROUPS} groups")
    compiled = tuple(_group(ask, kind, group) for group in groups)
    if sum(len(group) for group in compiled) > _MOST_FILTERS:
        raise validation_error(f"A search has at most {_MOST_FILTERS} filters")
    sort, descending = _sort(ask, kind, body.get("sorts"))
    text = str(body.get("query") or "")
    if len(text) > _LONGEST_TEXT:
        raise validation_error(f"query must be at most {_LONGEST_TEXT} characters long")
    key = json.dumps([groups, sort, descending, text], sort_keys=True)
    return Query(compiled, text, sort, descending, key, _least_id(groups))


def _least_id(groups: list[dict[str, object]]) -> int:
    """The lowest id that can fit: clients go through the records in windows that begin after an id."""
    if len(groups) != 1:
        return 0
    filters = cast("list[dict[str, object]]", groups[0]["filters"])
    lowest = (
        str(one["value"])
        for one in filters
        if one["propertyName"] == "hs_object_id" and one["operator"] in {"GT", "GTE"}
    )
    return max((int(text) for text in lowest if text.isdigit()), default=0)


def _group(ask: Ask, kind: Kind, group: object) -> tuple[Condition, ...]:
    filters = group.get("filters") if isinstance(group, dict) else None
    if not isinstance(filters, list) or not filters or not all(isinstance(one, dict) for one in filters):
        raise invalid_input("a filter group must hold filters")
    if len(filters) > _MOST_IN_GROUP:
        raise validation_error(f"A filter group has at most {_MOST_IN_GROUP} filters")
    definitions, beliefs = ask.portal.definitions(kind), ask.portal.settings.beliefs
    for one in filters:
        ask.check_members(one, _FILTER)
    return tuple(compile_filter(one, definitions, beliefs) for one in filters)


def _sort(ask: Ask, kind: Kind, raw: object) -> tuple[str | None, bool]:
    if not raw:
        return None, False
    if not isinstance(raw, list) or len(raw) > 1:
        raise validation_error("sorts must hold one sort")
    (one,) = raw
    if isinstance(one, dict):
        ask.check_members(one, {"propertyName", "direction"})
        name, descending = str(one.get("propertyName")), one.get("direction") == "DESCENDING"
    else:
        name, descending = str(one).removeprefix("-"), str(one).startswith("-")
    if ask.portal.property(kind, name) is None:
        raise validation_error(f'Property "{name}" does not exist')
    return name, descending
