"""Searches: filters, order, pages, the end at 10,000, and an index that lags behind."""

from typing import Any

import pytest

from crm_segments.sandbox.hubspot import Property
from tests.product.sandbox.hubspot.conftest import Http, Portal

SEARCH = "/crm/v3/objects/companies/search"


@pytest.fixture
def companies(world: Portal) -> dict[str, str]:
    """Three companies by name: large, small, and one without values."""
    return {
        "Large Retail": world.company(
            name="Large Retail", industry="RETAIL", numberofemployees="3000", city="Bern"
        ),
        "Small Net": world.company(name="Small Net", industry="INTERNET", numberofemployees="9", city="bern"),
        "Blank": world.company(name="Blank"),
    }


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"propertyName": "numberofemployees", "operator": "EQ", "value": "9.0"}, ["Small Net"]),
        ({"propertyName": "numberofemployees", "operator": "GT", "value": "9"}, ["Large Retail"]),
        ({"propertyName": "numberofemployees", "operator": "LTE", "value": "9"}, ["Small Net"]),
        ({"propertyName": "numberofemployees", "operator": "LT", "value": "10"}, ["Small Net"]),
        (
            {"propertyName": "numberofemployees", "operator": "BETWEEN", "value": "9", "highValue": "10"},
            ["Small Net"],
        ),
        ({"propertyName": "numberofemployees", "operator": "NEQ", "value": "9"}, ["Large Retail"]),
        ({"propertyName": "industry", "operator": "IN", "values": ["RETAIL", "x"]}, ["Large Retail"]),
        ({"propertyName": "industry", "operator": "NOT_IN", "values": ["RETAIL"]}, ["Small Net"]),
        ({"propertyName": "industry", "operator": "HAS_PROPERTY"}, ["Large Retail", "Small Net"]),
        ({"propertyName": "industry", "operator": "NOT_HAS_PROPERTY"}, ["Blank"]),
        ({"propertyName": "city", "operator": "EQ", "value": "BERN"}, ["Large Retail", "Small Net"]),
        ({"propertyName": "name", "operator": "CONTAINS_TOKEN", "value": "ret*"}, ["Large Retail"]),
        ({"propertyName": "name", "operator": "CONTAINS_TOKEN", "value": "Ret"}, []),
        (
            {"propertyName": "name", "operator": "NOT_CONTAINS_TOKEN", "value": "net"},
            ["Large Retail", "Blank"],
        ),
        ({"propertyName": "createdate", "operator": "GTE", "value": "1793610000001"}, []),
        (
            {"propertyName": "createdate", "operator": "LTE", "value": "2026-11-02T09:00:00Z"},
            ["Large Retail", "Small Net", "Blank"],
        ),
    ],
)
def test_filters(http: Http, companies: dict[str, str], filters: dict[str, Any], expected: list[str]) -> None:
    assert set(http.found(**filters)) == {companies[name] for name in expected}


@pytest.mark.parametrize("lowers", [True, False])
def test_lists_of_texts_may_find_lower_case_only(
    world: Portal, http: Http, companies: dict[str, str], lowers: bool
) -> None:
    world.portal.settings.beliefs.search_lowers_in_values = lowers
    found = http.found(propertyName="city", operator="IN", values=["Bern"])
    assert len(found) == (0 if lowers else 2)
    assert len(http.found(propertyName="city", operator="IN", values=["bern"])) == 2
    assert companies


def test_groups_are_alternatives_and_filters_of_one_group_are_not(
    http: Http, companies: dict[str, str]
) -> None:
    retail = {"propertyName": "industry", "operator": "EQ", "value": "RETAIL"}
    small = {"propertyName": "numberofemployees", "operator": "LT", "value": "10"}
    both = http.search(filterGroups=[{"filters": [retail, small]}])
    either = http.search(filterGroups=[{"filters": [retail]}, {"filters": [small]}])
    assert (both["total"], either["total"]) == (0, 2)
    assert http.search(query="small")["results"][0]["id"] == companies["Small Net"]


def test_results_come_by_creation_or_by_one_property(world: Portal, http: Http) -> None:
    made = []
    for size in ("5", "40", ""):
        world.clock.advance(1)
        made.append(world.company(**({"numberofemployees": size} if size else {})))
    assert [one["id"] for one in http.search()["results"]] == made
    for sort in (["-numberofemployees"], [{"propertyName": "numberofemployees", "direction": "DESCENDING"}]):
        found = [one["id"] for one in http.search(sorts=sort)["results"]]
        assert found == [made[1], made[0], made[2]]
    up = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
    assert [one["id"] for one in http.search(sorts=up)["results"]] == sorted(made, key=int)


def test_pages_say_where_the_next_one_begins(world: Portal, http: Http) -> None:
    for _ in range(25):
        world.company()
    first = http.search(limit=20)
    assert (first["total"], len(first["results"]), first["paging"]) == (25, 20, {"next": {"after": "20"}})
    second = http.search(limit=20, after=first["paging"]["next"]["after"])
    assert (len(second["results"]), "paging" in second) == (5, False)


def test_nothing_is_found_beyond_ten_thousand(world: Portal, http: Http) -> None:
    for _ in range(10_050):
        world.portal.store.insert(world.portal.kind("companies"), {}, world.portal.store.origin("IMPORT:1"))
    last = http.search(limit=200, after="9800")
    assert (last["total"], len(last["results"])) == (10_050, 200)
    assert last["paging"]["next"]["after"] == "10000"
    assert http.error("POST", SEARCH, json={"limit": 200, "after": "10000"})[:2] == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"limit": 0},
        {"sorts": ["name", "city"]},
        {"sorts": ["nope"]},
        {"filterGroups": [{"filters": [{"propertyName": "nope", "operator": "EQ", "value": "x"}]}]},
        {"filterGroups": [{"filters": [{"propertyName": "name", "operator": "LIKE", "value": "x"}]}]},
        {"filterGroups": [{"filters": [{"propertyName": "name", "operator": "EQ"}]}]},
        {"filterGroups": [{"filters": [{"propertyName": "name", "operator": "IN", "values": []}]}]},
        {
            "filterGroups": [
                {"filters": [{"propertyName": "numberofemployees", "operator": "EQ", "value": "x"}]}
            ]
        },
        {"filterGroups": [{"filters": [{"propertyName": "name", "operator": "EQ", "valeu": "x"}]}]},
        {"filterGroups": [{"filters": []}]},
        {"filterGroups": [{"filters": [{"propertyName": "name", "operator": "HAS_PROPERTY"}]}] * 6},
        {"filterGroups": [{"filters": [{"propertyName": "name", "operator": "HAS_PROPERTY"}] * 7}]},
        {"filterGroups": [{"filters": [{"propertyName": "name", "operator": "HAS_PROPERTY"}] * 5}] * 4},
        {"query": "x" * 3001},
    ],
    ids=lambda body: str(body)[:60],
)
def test_searches_that_make_no_sense_are_refused(http: Http, body: dict[str, Any]) -> None:
    assert http.error("POST", SEARCH, json=body)[:2] == (400, "VALIDATION_ERROR")


def test_archived_records_are_not_found(world: Portal, http: Http, companies: dict[str, str]) -> None:
    world.portal.archive("companies", companies["Blank"])
    assert companies["Blank"] not in [one["id"] for one in http.search()["results"]]


def test_a_search_after_a_write_may_not_see_it_yet(world: Portal, http: Http) -> None:
    company = world.company(city="Bern")
    world.portal.settings.index_lag_seconds = 30
    world.portal.edit("companies", company, {"city": "Basel"})
    fresh = world.company(city="Basel")
    world.clock.advance(29)
    assert http.found(propertyName="city", operator="EQ", value="Basel") == []
    assert http.found(propertyName="city", operator="EQ", value="Bern") == [company]
    assert (
        http.ok("GET", f"/crm/v3/objects/companies/{company}?properties=city")["properties"]["city"]
        == "Basel"
    )
    world.clock.advance(1)
    assert set(http.found(propertyName="city", operator="EQ", value="Basel")) == {company, fresh}


def test_pages_of_one_search_are_consistent_until_something_changes(world: Portal, http: Http) -> None:
    companies = [world.company() for _ in range(5)]
    first = http.search(limit=2)["results"]
    world.portal.archive("companies", companies[0])
    again = http.search(limit=2, after="2")["results"]
    # One moved up meanwhile: paging by position loses it.
    assert {one["id"] for one in [*first, *again]} != set(companies[:4])


def test_other_kinds_are_searched_by_their_own_properties(world: Portal, http: Http) -> None:
    world.portal.add_property(
        "contacts", Property(name="score", label="Score", type="number", field_type="number")
    )
    contact = world.portal.add("contacts", {"email": "a@example.com", "score": "7"})
    assert http.found("contacts", propertyName="score", operator="EQ", value="7") == [contact]
    wanted = {"propertyName": "lastmodifieddate", "operator": "GTE", "value": "2026-11-02T09:00:00.000Z"}
    assert http.found("contacts", **wanted) == [contact]
