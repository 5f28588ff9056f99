"""Writes: a bad record never sinks the others, every id is accounted for, nothing is sent twice."""

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from connectors.errors import UnavailableError, UnknownOutcomeError
from connectors.model import FieldWrite, ObjectKind, WriteOutcome, WriteResult
from connectors.testing.world import fields_of
from crm_segments.sandbox.calls import Reply
from crm_segments.sandbox.faults import Fault, answer_lost, html_page, mangled, meanwhile, truncated
from crm_segments.sandbox.hubspot.properties import Option
from crm_segments.sandbox.hubspot.refusals import busy, processing_limit
from crm_segments.sandbox.hubspot.settings import ValidationRule
from tests.hubspot import HubSpotWorld

COMPANIES = ObjectKind.ACCOUNT
UPDATE = "batch/update"


@pytest.fixture
def ids(hubspot: HubSpotWorld) -> list[str]:
    return hubspot.seed(COMPANIES, [{"name": f"Company {number}"} for number in range(100)])


def write(world: HubSpotWorld, values: dict[str, dict[str, Any]]) -> list[WriteResult]:
    batch = [FieldWrite(record_id, one) for record_id, one in values.items()]
    return world.connector.write(COMPANIES, batch, request_id="test")


def updates(world: HubSpotWorld) -> int:
    return len(world.calls(lambda one: one.path.endswith(UPDATE)))


def outcomes(results: list[WriteResult]) -> dict[str, WriteOutcome]:
    return {one.record_id: one.outcome for one in results}


def with_rule(world: HubSpotWorld) -> None:
    """An administrator's rule, which no description shows."""
    rule = ValidationRule(
        "companies", "city", "INVALID_ALPHA", "Enter only letters", lambda value: "7" in value
    )
    world.portal.settings.validation_rules.append(rule)


def test_one_bad_record_of_a_hundred_is_found_and_the_others_land(
    hubspot: HubSpotWorld, ids: list[str]
) -> None:
    with_rule(hubspot)
    results = write(hubspot, {one: {"city": "Area 7" if one == ids[63] else "Rome"} for one in ids})
    expected = dict.fromkeys(ids, WriteOutcome.WRITTEN) | {ids[63]: WriteOutcome.REJECTED}
    assert outcomes(results) == expected
    (bad,) = [one for one in results if one.outcome is WriteOutcome.REJECTED]
    assert (bad.code, bad.field) == ("INVALID_ALPHA", "city")
    assert "Area 7" not in bad.message
    assert updates(hubspot) <= 16, "halves, not one by one"
    touched = {one: hubspot.touch_mark(COMPANIES, one) for one in ids}
    assert touched == {one: 0 if one == ids[63] else 1 for one in ids}


def test_an_option_that_went_meanwhile_settles_its_records_with_one_more_request(
    hubspot: HubSpotWorld, ids: list[str]
) -> None:
    specs = list(fields_of(hubspot.connector).values())
    hubspot.connector.ensure_fields(COMPANIES, specs)
    name = specs[0].name
    known = hubspot.portal.property(hubspot.portal.kind("companies"), name)
    assert known is not None
    known.set_options([Option("big", "Big ones")])
    results = write(hubspot, {one: {name: "small" if one in ids[:40] else "big"} for one in ids})
    assert [one.outcome for one in results] == [WriteOutcome.REJECTED] * 40 + [WriteOutcome.WRITTEN] * 60
    assert updates(hubspot) == 2


@pytest.mark.parametrize("isolates", [False, True])
@pytest.mark.parametrize("ordered", [False, True])
def test_whatever_is_believed_of_batches_each_record_gets_its_own_verdict(
    hubspot: HubSpotWorld, ids: list[str], isolates: bool, ordered: bool
) -> None:
    beliefs = hubspot.portal.settings.beliefs
    beliefs.trace_ids_isolate_updates, beliefs.results_are_sorted = isolates, ordered
    with_rule(hubspot)
    results = write(hubspot, {one: {"city": "Area 7" if one == ids[3] else "Rome"} for one in ids[:9]})
    assert [one.outcome for one in results] == [
        WriteOutcome.REJECTED if one == ids[3] else WriteOutcome.WRITTEN for one in ids[:9]
    ]


@pytest.mark.parametrize("alone", [False, True])
def test_a_record_that_goes_between_look_and_write_is_gone_and_the_others_land(
    hubspot: HubSpotWorld, ids: list[str], alone: bool
) -> None:
    hubspot.portal.settings.beliefs.missing_ids_fail_alone = alone
    went = meanwhile(lambda: hubspot.delete(COMPANIES, ids[1]))
    hubspot.emulator.faults.at(1, went, path="batch/read")
    results = write(hubspot, {one: {"city": "Rome"} for one in ids[:3]})
    assert [one.outcome for one in results] == [
        WriteOutcome.WRITTEN,
        WriteOutcome.GONE,
        WriteOutcome.WRITTEN,
    ]


@pytest.mark.parametrize("makes_new", [False, True])
@pytest.mark.parametrize("resolves", [False, True])
def test_a_merged_record_never_writes_into_its_survivor(
    hubspot: HubSpotWorld, ids: list[str], makes_new: bool, resolves: bool
) -> None:
    beliefs = hubspot.portal.settings.beliefs
    beliefs.merge_makes_new_record, beliefs.merged_ids_resolve = makes_new, resolves
    survivor = hubspot.portal.merge("companies", ids[0], ids[1])
    before = hubspot.touch_mark(COMPANIES, survivor)
    (result,) = write(hubspot, {ids[1]: {"city": "Rome"}})
    assert result.outcome is WriteOutcome.GONE
    assert result.merged_into == (survivor if resolves else None)
    assert hubspot.touch_mark(COMPANIES, survivor) == before
    assert hubspot.portal.values("companies", survivor).get("city") is None


def test_what_is_right_already_is_not_written(hubspot: HubSpotWorld, ids: list[str]) -> None:
    write(hubspot, {one: {"city": "Rome"} for one in ids[:2]})
    results = write(hubspot, {ids[0]: {"city": "Rome"}, ids[1]: {"city": "Oslo"}})
    assert [one.outcome for one in results] == [WriteOutcome.UNCHANGED, WriteOutcome.WRITTEN]
    assert [hubspot.touch_mark(COMPANIES, one) for one in ids[:2]] == [1, 2]


def test_numbers_in_another_spelling_are_the_same_number_and_texts_are_not(
    hubspot: HubSpotWorld, ids: list[str]
) -> None:
    write(hubspot, {ids[0]: {"annualrevenue": 0.93, "city": "7"}})
    (result,) = write(hubspot, {ids[0]: {"annualrevenue": 0.930, "city": "7"}})
    assert result.outcome is WriteOutcome.UNCHANGED
    (result,) = write(hubspot, {ids[0]: {"city": "007"}})
    assert result.outcome is WriteOutcome.WRITTEN
    assert hubspot.portal.values("companies", ids[0])["city"] == "007"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, "12"])
def test_what_is_no_number_is_refused_before_anything_is_sent(
    hubspot: HubSpotWorld, ids: list[str], value: object
) -> None:
    (result,) = write(hubspot, {ids[0]: {"annualrevenue": value}})
    assert (result.outcome, result.field) == (WriteOutcome.REJECTED, "annualrevenue")
    assert updates(hubspot) == 0


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(answer_lost, id="reset-after"),
        pytest.param(truncated, id="half-an-answer"),
        pytest.param(lambda: html_page(applied=True), id="html-with-200"),
        pytest.param(processing_limit, id="502"),
    ],
)
def test_a_lost_answer_to_a_write_is_never_taken_for_a_refusal_or_a_success(
    hubspot: HubSpotWorld, ids: list[str], make: Callable[[], Fault]
) -> None:
    hubspot.emulator.faults.at(1, make(), path=UPDATE)
    with pytest.raises(UnknownOutcomeError):
        write(hubspot, {ids[0]: {"city": "Rome"}})
    assert updates(hubspot) == 1, "never sent again by itself"


def _without_last(reply: Reply) -> Reply:
    content = json.loads(reply.body)
    content["results"].pop()
    return replace(reply, body=json.dumps(content).encode())


def test_complete_with_a_record_missing_is_no_success(hubspot: HubSpotWorld, ids: list[str]) -> None:
    hubspot.emulator.faults.at(1, mangled(_without_last), path=UPDATE)
    with pytest.raises(UnknownOutcomeError, match="account for every record"):
        write(hubspot, {one: {"city": "Rome"} for one in ids[:3]})


def test_a_refusal_before_anything_was_written_promises_that_nothing_was(
    hubspot: HubSpotWorld, ids: list[str]
) -> None:
    hubspot.emulator.faults.at(1, busy(), path=UPDATE)
    with pytest.raises(UnavailableError):
        write(hubspot, {one: {"city": "Rome"} for one in ids})
    assert {hubspot.touch_mark(COMPANIES, one) for one in ids} == {0}


def test_what_is_turned_away_after_half_of_a_batch_landed_waits_for_its_turn(
    hubspot: HubSpotWorld, ids: list[str]
) -> None:
    with_rule(hubspot)
    # The whole, the first half, then the second half is turned away.
    hubspot.emulator.faults.at(3, busy(), path=UPDATE)
    results = write(hubspot, {one: {"city": "Area 7" if one == ids[99] else "Rome"} for one in ids})
    assert [one.outcome for one in results] == [WriteOutcome.WRITTEN] * 50 + [WriteOutcome.BUSY] * 50
    assert [hubspot.touch_mark(COMPANIES, one) for one in ids] == [1] * 50 + [0] * 50


def test_many_threads_never_run_into_the_window(hubspot: HubSpotWorld, ids: list[str]) -> None:
    hubspot.portal.settings.burst_calls = 20

    def one(number: int) -> WriteOutcome:
        return write(hubspot, {ids[number]: {"city": "Rome"}})[0].outcome

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(one, range(60))) == {WriteOutcome.WRITTEN}
    assert [each.status for each in hubspot.emulator.wire.exchanges if each.status == 429] == []


def test_no_key_and_no_value_reach_the_log_or_an_address(
    hubspot: HubSpotWorld, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (company,) = hubspot.seed(COMPANIES, [{"name": "Canary Ltd", "website": "canary.example"}])
    *_, last = hubspot.connector.pull(COMPANIES)
    list(hubspot.connector.pull(COMPANIES, since=last.watermark))
    write(hubspot, {company: {"city": "Canary Wharf"}})
    hubspot.emulator.faults.at(1, processing_limit(), path=UPDATE)
    with pytest.raises(UnknownOutcomeError) as caught:
        write(hubspot, {company: {"city": "Canary Wharf 2"}})
    error = caught.value
    seen = f"{caplog.text}{error!r}{error.hint}{error.details}{error.__cause__!r}{error.__context__!r}"
    seen += "".join(one.target for one in hubspot.calls())
    assert hubspot.key not in seen
    assert "canary" not in seen.lower()
