"""Up to a hundred records at a time: what one bad input does to the others."""

from typing import Any

import pytest

from crm_segments.sandbox import answer_lost
from crm_segments.sandbox.hubspot import Property
from tests.product.sandbox.hubspot.conftest import Http, Portal

COMPANIES = "/crm/v3/objects/companies/batch"


@pytest.fixture
def companies(world: Portal) -> list[str]:
    """Ids of five companies."""
    return [world.company() for _ in range(5)]


def cities(world: Portal, companies: list[str]) -> list[str | None]:
    return [world.portal.values("companies", one).get("city") for one in companies]


def test_one_bad_input_refuses_the_whole_batch(world: Portal, http: Http, companies: list[str]) -> None:
    rows: dict[str, dict[str, Any]] = {one: {"city": "Bern"} for one in companies}
    rows[companies[3]] = {"city": "Bern", "industry": "NOPE"}
    answer = http.update(rows)
    assert answer.status_code == 400
    assert "INVALID_OPTION" in answer.json()["message"]
    # Nothing says which input it was.
    assert companies[3] not in answer.text
    assert cities(world, companies) == [None] * 5
    assert world.portal.store.history.touches() == 0


@pytest.mark.parametrize("isolates", [False, True])
def test_trace_ids_may_let_an_update_fail_alone(
    world: Portal, http: Http, companies: list[str], isolates: bool
) -> None:
    world.portal.settings.beliefs.trace_ids_isolate_updates = isolates
    rows: list[dict[str, Any]] = [
        {"id": one, "properties": {"city": "Bern"}, "objectWriteTraceId": f"t{index}"}
        for index, one in enumerate(companies)
    ]
    rows[1]["properties"] = {"nope": "x"}
    answer = http("POST", f"{COMPANIES}/update", json={"inputs": rows})
    assert answer.status_code == (207 if isolates else 400)
    if isolates:
        content = answer.json()
        assert (content["status"], content["numErrors"]) == ("COMPLETE", 1)
        assert content["errors"][0]["context"] == {"objectWriteTraceId": ["t1"]}
        traces = {one["objectWriteTraceId"] for one in content["results"]}
        assert traces == {"t0", "t2", "t3", "t4"}
    written = ["Bern", None, "Bern", "Bern", "Bern"]
    assert cities(world, companies) == (written if isolates else [None] * 5)


def test_new_records_with_trace_ids_fail_alone_and_without_them_together(http: Http) -> None:
    rows: list[dict[str, Any]] = [{"properties": {"name": "A"}}, {"properties": {"nope": "x"}}]
    assert http("POST", f"{COMPANIES}/create", json={"inputs": rows}).status_code == 400
    assert http.search()["total"] == 0
    for index, row in enumerate(rows):
        row["objectWriteTraceId"] = f"t{index}"
    answer = http("POST", f"{COMPANIES}/create", json={"inputs": rows})
    assert answer.status_code == 207
    assert answer.json()["errors"][0]["context"] == {"objectWriteTraceId": ["t1"]}
    assert http.search()["total"] == 1


@pytest.mark.parametrize("alone", [True, False])
def test_ids_that_are_not_there(world: Portal, http: Http, companies: list[str], alone: bool) -> None:
    world.portal.settings.beliefs.missing_ids_fail_alone = alone
    world.portal.archive("companies", companies[0])
    answer = http.update({one: {"city": "Bern"} for one in [*companies, "1"]})
    assert answer.status_code == (207 if alone else 404)
    if alone:
        (error,) = answer.json()["errors"]
        assert (error["category"], error["context"]) == ("OBJECT_NOT_FOUND", {"ids": [companies[0], "1"]})
        assert {one["id"] for one in answer.json()["results"]} == set(companies[1:])
    assert cities(world, companies[1:]) == (["Bern"] * 4 if alone else [None] * 4)


@pytest.mark.parametrize("is_sorted", [True, False])
def test_results_come_in_an_order_of_their_own(
    world: Portal, http: Http, companies: list[str], is_sorted: bool
) -> None:
    world.portal.settings.beliefs.results_are_sorted = is_sorted
    sent = [companies[index] for index in (3, 0, 4, 1, 2)]
    answer = http.update({one: {"city": "Bern"} for one in sent}).json()
    got = [one["id"] for one in answer["results"]]
    assert got == sorted(companies, key=int, reverse=not is_sorted)
    assert got != sent


def test_a_batch_has_between_one_and_a_hundred_inputs(world: Portal, http: Http) -> None:
    many = [world.company() for _ in range(101)]
    assert http.update({one: {"city": "x"} for one in many}).status_code == 400
    assert http.update({one: {"city": "x"} for one in many[:100]}).status_code == 200
    assert http.error("POST", f"{COMPANIES}/update", json={"inputs": []})[0] == 400
    assert http.error("POST", f"{COMPANIES}/update", json={})[0] == 400


def test_a_record_may_stand_in_a_batch_once(http: Http, companies: list[str]) -> None:
    rows = [{"id": companies[0], "properties": {"city": city}} for city in ("Bern", "Basel")]
    status, _, message = http.error("POST", f"{COMPANIES}/update", json={"inputs": rows})
    assert (status, companies[0] in message) == (400, True)


@pytest.mark.parametrize(
    "row",
    [
        {"properties": {"city": "x"}},
        {"id": "1", "properties": {"city": "x"}, "idProperty": "domain"},
        {"id": "1", "propertys": {"city": "x"}},
        "text",
    ],
)
def test_inputs_of_a_wrong_shape_are_refused(http: Http, row: Any) -> None:
    assert http.error("POST", f"{COMPANIES}/update", json={"inputs": [row]})[:2] == (400, "VALIDATION_ERROR")


def test_an_input_without_properties_refuses_the_batch(
    world: Portal, http: Http, companies: list[str]
) -> None:
    answer = http.update({companies[0]: {"city": "Bern"}, companies[1]: {}})
    assert (answer.status_code, "at least one" in answer.json()["message"]) == (400, True)
    assert cities(world, companies[:1]) == [None]


def test_records_are_written_by_a_unique_property(world: Portal, http: Http) -> None:
    world.portal.add_property("companies", Property(name="our_key", label="Key", has_unique_value=True))
    company = world.company(our_key="K1")
    row = {"id": "K1", "idProperty": "our_key", "properties": {"city": "Bern"}}
    (shown,) = http.ok("POST", f"{COMPANIES}/update", json={"inputs": [row]})["results"]
    assert (shown["id"], shown["properties"]["city"]) == (company, "Bern")
    read = {"inputs": [{"id": "k1"}, {"id": "K2"}], "idProperty": "our_key", "properties": ["our_key"]}
    answer = http("POST", f"{COMPANIES}/read", json=read)
    assert (answer.status_code, answer.json()["errors"][0]["context"]) == (207, {"ids": ["K2"]})
    upsert = [row, {"id": "K2", "idProperty": "our_key", "properties": {"name": "New"}}]
    answer = http("POST", f"{COMPANIES}/upsert", json={"inputs": upsert})
    assert [one["new"] for one in answer.json()["results"]] == [False, True]
    other, third = world.company(), world.company()
    assert http.update({other: {"our_key": "k1"}}).status_code == 409
    assert http.update({other: {"our_key": "k9"}, third: {"our_key": "K9"}}).status_code == 409


def test_a_batch_read_shows_history_and_archived_records(
    world: Portal, http: Http, companies: list[str]
) -> None:
    world.portal.edit("companies", companies[0], {"city": "Bern"})
    body = {"inputs": [{"id": companies[0]}], "properties": [], "propertiesWithHistory": ["city"]}
    (shown,) = http.ok("POST", f"{COMPANIES}/read", json=body)["results"]
    assert [one["value"] for one in shown["propertiesWithHistory"]["city"]] == ["Bern"]
    assert shown["properties"]["city"] == "Bern"
    world.portal.archive("companies", companies[0])
    assert http("POST", f"{COMPANIES}/read", json=body).status_code == 207
    assert len(http.ok("POST", f"{COMPANIES}/read?archived=true", json=body)["results"]) == 1


def test_nothing_is_written_twice_when_the_answer_is_lost(
    world: Portal, http: Http, companies: list[str]
) -> None:
    world.emulator.faults.at(1, answer_lost(), method="POST")
    with pytest.raises(OSError, match="Connection"):
        http.update({companies[0]: {"city": "Bern"}})
    assert cities(world, companies[:1]) == ["Bern"]
    (change,) = world.portal.store.history.changes(f"0-2/{companies[0]}")
    assert (change.field, change.old, change.new) == ("city", None, "Bern")
    assert change.origin.by.startswith("INTEGRATION:")
