"""Whatever a client sends, the emulator answers: no request breaks it."""

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from crm_segments.sandbox.calls import Call
from crm_segments.sandbox.hubspot.asks import Ask
from crm_segments.sandbox.hubspot.lists import Processing
from crm_segments.sandbox.hubspot.routes.table import all_routes
from crm_segments.sandbox.routing import Route
from tests.product.sandbox.hubspot.conftest import Portal

ROW: dict[str, Any] = {"id": {}, "properties": [], "idProperty": 5, "after": "x", "associations": {}}
BODIES: list[Any] = [
    None,
    5,
    "text",
    [],
    [[]],
    [{}],
    {},
    {"inputs": None},
    {"inputs": {}},
    {"inputs": [None]},
    {"inputs": [[]]},
    {"inputs": [{}]},
    {"inputs": [{"id": True}]},
    {"inputs": [ROW]},
    {"inputs": [{"id": "1", "properties": {"name": {}}}]},
    {"inputs": [{"id": "1", "properties": {"name": None}, "associations": [{"to": 5, "types": 5}]}]},
    {"inputs": [{"id": "x", "properties": {"name": "y"}, "idProperty": []}]},
    {"inputs": [{"properties": {"name": "y"}, "associations": [5]}]},
    {"inputs": [{"name": {}}], "archived": "x"},
    {"properties": 5},
    {"properties": {"hs_object_id": [1]}},
    {"properties": "x", "associations": "x"},
    {"primaryObjectId": [], "objectIdToMerge": {}},
    {"primaryObjectId": "x", "objectIdToMerge": "y"},
    {"limit": {}, "after": []},
    {"limit": 1e9},
    {"after": "-1"},
    {"filterGroups": 5},
    {"filterGroups": [5]},
    {"filterGroups": [{"filters": [5]}]},
    {"filterGroups": [{"filters": [{"propertyName": [], "operator": {}}]}]},
    {"filterGroups": [{"filters": [{"operator": "GT", "value": "1"}]}]},
    {"filterGroups": [{"filters": [{"propertyName": "hs_object_id", "operator": "GT", "value": {}}]}]},
    {"filterGroups": [{"filters": [{"propertyName": "hs_object_id", "operator": "GT"}]}]},
    {"filterGroups": [{"filters": [{"propertyName": "hs_object_id", "operator": "IN", "values": [{}]}]}]},
    {"sorts": [5]},
    {"sorts": {}},
    {"sorts": [{"propertyName": []}]},
    {"name": [], "label": {}, "type": 5, "fieldType": [], "groupName": {}},
    {"name": "x", "label": "X", "type": "string", "fieldType": "text", "groupName": "x", "options": [5]},
    {"label": 5, "displayOrder": [], "options": [{"label": 5, "value": 5, "hidden": "x"}]},
    {"type": "number"},
    {"name": "x", "objectTypeId": [], "processingType": {}, "filterBranch": 5},
    {"name": "x", "objectTypeId": "0-2", "processingType": "DYNAMIC", "filterBranch": []},
    {"filterBranch": 5},
    {"filterBranch": {"filterBranchType": "OR", "filterBranches": [5]}},
    {
        "filterBranch": {
            "filterBranchType": "OR",
            "filterBranches": [{"filterBranchType": "AND", "filters": 5}],
        }
    },
    {"query": {}, "offset": "x", "count": []},
    {"recordIdsToAdd": 5, "recordIdsToRemove": [{}]},
    {"tokenKey": {}},
]
QUERIES: list[dict[str, str]] = [
    {},
    {"limit": "-1"},
    {"limit": "x", "after": "y"},
    {"after": "-5"},
    {"after": "9" * 40},
    {"archived": "perhaps"},
    {"associations": "wombats"},
    {"propertiesWithHistory": ",,"},
    {"idProperty": "nope"},
    {"listIds": "x", "includeFilters": "y"},
    {"listName": ""},
]


def call(world: Portal, route: Route[Ask], query: dict[str, str], body: bytes) -> int:
    """The status of one request to a route, with parts of its path that exist."""
    known = {
        "kind": "companies",
        "target": "contacts",
        "record_id": world.company(),
        "name": "industry",
        "list_id": "1",
        "owner_id": world.portal.admin.id,
        "pipeline_id": "default",
        "token": "x",
    }
    path = re.sub(r"\{(\w+)\}", lambda part: known[part[1]], route.path)
    headers = {"authorization": f"Bearer {world.key}", "content-type": "application/json"}
    target = f"{path}?{urlencode(query)}" if query else path
    asked = Call(route.method, path, query, headers, body, query_items=list(query.items()), target=target)
    return world.emulator.answer(asked).status


@pytest.mark.parametrize("route", list(all_routes()), ids=lambda route: f"{route.method} {route.path}")
def test_no_request_breaks_the_emulator(world: Portal, route: Route[Ask]) -> None:
    world.portal.settings.burst_calls = world.portal.settings.search_calls = 10**6
    world.portal.lists.create("L", world.portal.kind("companies"), Processing.MANUAL, None, "1")
    for refuses in (True, False):
        world.portal.settings.beliefs.unknown_parameters_are_refused = refuses
        for body in BODIES:
            assert call(world, route, {}, json.dumps(body).encode()) < 500
        for raw in (b"", b"\xff", b"{", b'{"inputs": [NaN]}'):
            assert call(world, route, {}, raw) < 500
        for query in QUERIES:
            assert call(world, route, query, b"{}") < 500
