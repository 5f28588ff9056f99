"""Looking at what was done touches nothing and tells the truth."""

from datetime import timedelta

import pytest

from connectors.errors import DataError, UsageError
from connectors.model import ObjectKind
from sync import explain, get_history, get_status, list_segments
from tests.sync.faulty import Fault, FaultyConnector
from tests.sync.world import DAY, World

WEEK = timedelta(days=7)


def test_before_the_first_run_there_is_nothing_to_tell(world: World) -> None:
    status = get_status(world.workspace())
    assert (status.last_run, status.unfinished_run, status.open_plans) == (None, None, ())
    with pytest.raises(UsageError, match="Nothing was segmented yet"):
        explain(world.workspace(), "a000")


def test_status_tells_of_open_plans_and_of_what_is_held(world: World) -> None:
    world.run()
    world.edit("a000", crm_segment="large")
    world.run()
    stored = world.plan()
    status = get_status(world.workspace())
    assert [each.plan.plan_id for each in status.open_plans] == [stored.plan.plan_id]
    assert (status.held_count, status.rejected_count) == (1, 0)
    assert {each.key: each.count for each in status.segments} == dict.fromkeys(
        ("large", "middle", "small"), 8
    )


def test_status_tells_of_a_run_that_was_cut_off(world: World) -> None:
    world.connector = FaultyConnector(world.crm, faults={2: Fault.QUOTA})
    paused = world.run()
    status = get_status(world.workspace())
    assert status.unfinished_run is not None
    assert (status.unfinished_run.run_id, status.unfinished_run.exit_code) == (paused.run_id, 75)
    assert status.last_good_run is None


def test_history_is_newest_first_and_names_what_stopped_a_run(world: World) -> None:
    world.run()
    world.clock.advance(minutes=1)
    world.run(says=False)
    world.resize(["a000"], 400)
    world.clock.advance(minutes=1)
    declined = world.run(says=False)
    rows = get_history(world.workspace(), 2)
    assert rows[0].run_id == declined.run_id
    assert (rows[0].status, rows[0].exit_code, rows[0].error_code) == ("stopped", 6, "run.declined")
    assert len(rows) == 2


def test_a_record_is_explained_by_id_name_or_domain(world: World) -> None:
    world.edit("a001", website="https://www.example.com/about")
    world.run()
    for query in ("a001", "A001", " company A001 ", "example.com", "www.example.com"):
        found = explain(world.workspace(), query)
        assert (found.record_id, found.segment_title, found.since) == ("a001", "Middle", "2026-11-02")
        assert found.name == "Company a001"


def test_an_unknown_or_ambiguous_name_is_said(world: World) -> None:
    world.edit("a001", name="Twin")
    world.edit("a002", name="Twin")
    world.run()
    with pytest.raises(UsageError, match='"nobody"'):
        explain(world.workspace(), "nobody")
    with pytest.raises(UsageError, match="a001, a002"):
        explain(world.workspace(), "twin")


def test_a_record_that_is_newer_than_the_last_run_is_said(world: World) -> None:
    world.run()
    world.resize(["b900"], 20)
    world.plan()
    with pytest.raises(UsageError, match="has no segment"):
        explain(world.workspace(), "b900")


def test_a_lost_pull_is_said(world: World) -> None:
    world.run()
    for path in (world.folder / "snapshots").rglob("*.parquet"):
        path.unlink()
    with pytest.raises(DataError, match="last pull"):
        explain(world.workspace(), "a000")


def test_looking_touches_nothing(world: World) -> None:
    world.run()
    touched, history = world.touched(), world.crm.history(ObjectKind.ACCOUNT)
    runs = get_history(world.workspace(), 99)
    get_status(world.workspace())
    list_segments(world.workspace())
    explain(world.workspace(), "a000")
    assert (world.touched(), world.crm.history(ObjectKind.ACCOUNT)) == (touched, history)
    assert get_history(world.workspace(), 99) == runs


def test_segments_count_as_assigned_now(world: World) -> None:
    world.run()
    world.resize(["a000"], 400)
    world.run(as_of=DAY + WEEK)
    assert {each.key: each.count for each in list_segments(world.workspace())} == {
        "large": 8,
        "middle": 9,
        "small": 7,
    }
