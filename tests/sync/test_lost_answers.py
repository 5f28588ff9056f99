"""Refused requests are repeated; a lost answer is read back, never sent again blindly."""

from collections import Counter
from datetime import timedelta

import pytest

from connectors.errors import AuthError, LockedError, ProtocolError, QuotaExhaustedError, UnavailableError
from connectors.model import ObjectKind, Page
from sync import get_history, get_status
from sync.results import ChangeCounts, RunStatus
from tests.sync.faulty import Fault, FaultyConnector
from tests.sync.test_stale_plans import edit_file
from tests.sync.world import DAY, World, code_of

WEEK = timedelta(days=7)


def line(world: World, *faults: Fault | None, batch_records: int = 5) -> FaultyConnector:
    """Spoil the first requests in this order."""
    spoiled = {ordinal: fault for ordinal, fault in enumerate(faults) if fault}
    faulty = FaultyConnector(world.crm, batch_records, faults=spoiled)
    world.connector = faulty
    return faulty


def times_asked(faulty: FaultyConnector) -> Counter[str]:
    return Counter(record_id for _name, ids in faulty.requests for record_id in ids)


def assert_settled(world: World) -> None:
    """Every record holds its value by one write, and another run has nothing to do."""
    assert Counter(record for record, _field, _new in world.writes()) == dict.fromkeys(world.keys(), 4)
    world.connector = None
    touched = world.touched()
    result = world.run()
    assert (result.exit_code, result.changes, result.write_requests) == (0, ChangeCounts(), 0)
    assert world.touched() == touched


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.RATE_LIMITED])
def test_a_refused_request_is_repeated_within_the_run(world: World, fault: Fault) -> None:
    faulty = line(world, None, fault, fault)
    result = world.run()
    assert (result.exit_code, result.changes.written) == (0, 24)
    assert [name.split("/")[1] for name, _ids in faulty.requests] == ["0", "1", "1", "1", "2", "3", "4"]
    if fault is Fault.RATE_LIMITED:
        assert world.slept[:2] == [7, 7]
    assert_settled(world)


def test_a_crm_that_stays_away_pauses_the_run_and_the_next_one_goes_on(world: World) -> None:
    faulty = line(world, None, *[Fault.REFUSED] * 3)
    paused = world.run()
    assert (paused.exit_code, paused.status) == (75, RunStatus.PAUSED)
    assert isinstance(paused.error, UnavailableError)
    assert paused.changes == ChangeCounts(planned=24, written=5, pending=19)
    assert get_status(world.workspace()).unfinished_run is not None
    resumed = world.run()
    assert [each.run_id for each in resumed.finished_first] == [paused.run_id]
    assert resumed.finished_first[0].changes == ChangeCounts(planned=24, written=24)
    assert get_status(world.workspace()).unfinished_run is None
    assert set(times_asked(faulty).values()) == {1, 4}
    assert_settled(world)


def test_what_arrived_although_the_answer_was_lost_is_not_sent_again(world: World) -> None:
    faulty = line(world, None, Fault.LOST_AFTER)
    result = world.run()
    assert (result.exit_code, result.changes) == (0, ChangeCounts(planned=24, written=24))
    assert set(times_asked(faulty).values()) == {1}
    assert result.write_requests == len(faulty.requests)
    assert_settled(world)


def test_what_did_not_arrive_is_sent_once_more(world: World) -> None:
    faulty = line(world, None, Fault.LOST_BEFORE)
    result = world.run()
    assert (result.exit_code, result.changes.written) == (0, 24)
    assert Counter(times_asked(faulty).values()) == {1: 19, 2: 5}
    assert result.write_requests == len(faulty.requests)
    assert_settled(world)


def test_of_a_half_executed_request_only_the_rest_is_sent_again(world: World) -> None:
    faulty = line(world, Fault.LOST_HALF)
    world.run()
    assert Counter(times_asked(faulty).values()) == {1: 21, 2: 3}
    assert_settled(world)


def test_the_crm_gets_time_to_finish_before_it_is_read_back(world: World) -> None:
    line(world, Fault.LOST_AFTER)
    world.run()
    assert world.slept == [11]


@pytest.mark.parametrize("second", [Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.LOST_HALF])
def test_a_second_lost_answer_in_a_row_ends_the_run_for_now(world: World, second: Fault) -> None:
    line(world, Fault.LOST_BEFORE, second)
    assert world.run().exit_code == 75
    world.connector = None
    assert world.run().exit_code == 0
    assert_settled(world)


@pytest.mark.parametrize("fault", [Fault.GARBLED, Fault.SWAPPED, Fault.SHORT])
def test_an_answer_against_the_documentation_is_read_back_and_reported(world: World, fault: Fault) -> None:
    faulty = line(world, None, fault)
    result = world.run()
    assert (result.exit_code, result.status) == (1, RunStatus.FAILED)
    assert isinstance(result.error, ProtocolError)
    assert result.changes == ChangeCounts(planned=24, written=10, pending=14)
    faulty.faults = {}
    assert world.run().exit_code == 0
    assert set(times_asked(faulty).values()) == {1}
    assert_settled(world)


@pytest.mark.parametrize("fault", [Fault.GARBLED, Fault.SWAPPED, Fault.SHORT])
def test_such_an_answer_to_the_second_attempt_is_read_back_too(world: World, fault: Fault) -> None:
    faulty = line(world, Fault.LOST_BEFORE, fault)
    result = world.run()
    assert (result.exit_code, result.changes.written) == (1, 5)
    faulty.faults = {}
    world.run()
    assert Counter(times_asked(faulty).values()) == {1: 19, 2: 5}
    assert_settled(world)


@pytest.mark.parametrize(
    ("fault", "error", "code"), [(Fault.AUTH, AuthError, 4), (Fault.QUOTA, QuotaExhaustedError, 75)]
)
def test_refused_credentials_and_used_up_quota_are_not_asked_twice(
    world: World, fault: Fault, error: type[Exception], code: int
) -> None:
    faulty = line(world, None, fault)
    result = world.run()
    assert isinstance(result.error, error)
    assert (result.exit_code, len(faulty.requests)) == (code, 2)
    assert result.changes == ChangeCounts(planned=24, written=5, pending=19)
    assert world.run().exit_code == 0
    assert_settled(world)


def test_a_stop_is_obeyed_between_batches_and_resumed_under_the_same_id(world: World) -> None:
    faulty = line(world)
    world.should_stop = lambda: len(faulty.requests) >= 2
    paused = world.run()
    assert (paused.exit_code, code_of(paused)) == (75, "stopped.by_request")
    assert paused.changes == ChangeCounts(planned=24, written=10, pending=14)
    world.should_stop = lambda: False
    resumed = world.run()
    assert [each.run_id for each in resumed.finished_first] == [paused.run_id]
    assert {name.split("/")[0] for name, _ids in faulty.requests} == {paused.run_id}
    (row,) = [each for each in get_history(world.workspace(), 9) if each.run_id == paused.run_id]
    assert (row.status, row.exit_code, row.changes.written, row.write_requests) == ("complete", 0, 24, 5)
    assert_settled(world)


def test_apply_goes_on_with_an_unfinished_plan_as_well(world: World) -> None:
    faulty = line(world)
    stored = world.plan()
    world.should_stop = lambda: len(faulty.requests) >= 2
    assert world.apply(stored).exit_code == 75
    world.should_stop = lambda: False
    result = world.apply(stored)
    assert (result.exit_code, result.changes) == (0, ChangeCounts(planned=24, written=24))
    assert_settled(world)


def test_a_stop_while_reading_leaves_everything_as_it_was(world: World) -> None:
    world.should_stop = lambda: True
    result = world.run()
    assert (result.exit_code, result.status, world.writes()) == (75, RunStatus.PAUSED, [])
    world.should_stop = lambda: False
    assert world.run().changes.written == 24


def test_a_plan_made_between_two_attempts_knows_what_was_written(world: World) -> None:
    faulty = line(world)
    world.should_stop = lambda: len(faulty.requests) >= 2
    world.run()
    world.should_stop = lambda: False
    assert world.plan().plan.head.counts == {"set": 14, "adopt": 0, "hold": 0, "wait": 0}
    assert world.run().exit_code == 0
    assert_settled(world)


def test_a_run_that_was_overtaken_commits_nothing(world: World) -> None:
    faulty = line(world)

    def overtake(ordinal: int) -> None:
        if ordinal == 1:
            with world.store.begin() as tx:
                tx.exec_driver_sql('UPDATE "lock" SET fencing = fencing + 1')

    faulty.before_write = overtake
    with pytest.raises(LockedError) as caught:
        world.run()
    assert caught.value.exit_code == 75
    assert len(faulty.requests) == 2, "no further request was sent"
    faulty.before_write = lambda _ordinal: None
    assert world.run().exit_code == 0
    assert_settled(world)


def test_records_edited_by_others_during_the_run_are_not_lost(world: World) -> None:
    faulty = line(world, None, Fault.LOST_BEFORE)
    faulty.before_write = lambda ordinal: world.edit("a005", name="Renamed") if ordinal == 1 else None
    world.run()
    table = world.crm.table(ObjectKind.ACCOUNT).select(["account_id", "name"]).to_pylist()
    assert {row["account_id"]: row["name"] for row in table}["a005"] == "Renamed"
    assert_settled(world)


def test_a_field_that_vanishes_in_the_middle_stops_the_run_after_one_batch(world: World) -> None:
    world.run()
    world.resize(sorted(world.keys()), 400)
    world.settings = world.settings.model_copy(update={"max_changed_share": 1.0})
    faulty = line(world)
    drop = "DELETE FROM custom_fields WHERE name = 'crm_segment_reason'"
    faulty.before_write = lambda ordinal: edit_file(world, drop) if ordinal == 1 else None
    result = world.run(as_of=DAY + WEEK)
    assert (result.exit_code, len(faulty.requests)) == (6, 2)


class KilledError(BaseException):
    """Stands for the end of the process in the middle of a request."""


def test_a_field_that_vanished_while_answers_were_in_doubt_is_made_again(world: World) -> None:
    world.run()
    world.resize(["a000", "a003"], 400)
    faulty = line(world)

    def kill(_ordinal: int) -> None:
        raise KilledError

    faulty.before_write = kill
    with pytest.raises(KilledError):
        world.run(as_of=DAY + WEEK)
    edit_file(world, "DELETE FROM custom_fields WHERE name = 'crm_segment_reason'")
    edit_file(world, "ALTER TABLE accounts DROP COLUMN crm_segment_reason")
    faulty.before_write = lambda _ordinal: None
    result = world.run(as_of=DAY + WEEK)
    assert (result.exit_code, result.changes.held) == (0, 0)
    assert {values[2] for values in world.values().values()} == {
        *("20 employees", "300 employees", "400 employees", "5,000 employees"),
    }
    assert world.run().changes == ChangeCounts()


def test_a_record_deleted_while_its_answer_was_in_doubt_is_gone(world: World) -> None:
    faulty = line(world, Fault.LOST_AFTER)

    def delete_first(ordinal: int) -> None:
        if ordinal == 0:
            world.crm.delete(ObjectKind.ACCOUNT, ["a001"])

    faulty.before_write = delete_first
    result = world.run()
    assert result.changes == ChangeCounts(planned=24, written=23, gone=1)


def test_a_stop_before_the_fields_are_made_makes_none(world: World) -> None:
    stored = world.plan()
    world.should_stop = lambda: True
    assert world.apply(stored).exit_code == 75
    assert world.crm.describe(ObjectKind.ACCOUNT).field("crm_segment") is None
    world.should_stop = lambda: False
    assert world.run().exit_code == 0


def test_a_pull_that_was_refused_goes_on_after_its_last_page(world: World) -> None:
    faulty = line(world)
    refused: list[int] = []

    def refuse_once(ordinal: int, page: Page) -> Page:
        if not refused:
            refused.append(ordinal)
            raise UnavailableError("The CRM is away.", hint="Try later.")
        return page

    faulty.spoil_page = refuse_once
    assert world.run().changes.written == 24
    kinds = [kind for kind, _since in faulty.pulls]
    assert kinds.count(ObjectKind.ACCOUNT) == 2


@pytest.mark.parametrize(
    "fault", [None, Fault.LOST_AFTER, Fault.LOST_HALF, Fault.REFUSED, Fault.AUTH, Fault.SWAPPED]
)
def test_requests_side_by_side_keep_every_promise(world: World, fault: Fault | None) -> None:
    faulty = line(world, None, fault, None, fault, batch_records=2)
    faulty.parallel_writes = 4
    codes = [world.run().exit_code]
    while codes[-1] in {1, 4, 75}:
        codes.append(world.run().exit_code)
    assert codes[-1] == 0
    assert set(faulty.carried_out.values()) == {1}
    assert_settled(world)
