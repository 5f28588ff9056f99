"""A saved plan is refused when something that it was made from has moved, and says what."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pyarrow as pa
import pytest

from connectors.errors import DataError, StalePlanError, UsageError
from connectors.local import open_connector
from connectors.model import ObjectKind
from segmentation.config import SegmentationSettings
from sync import StoredPlan, approve_plan, get_plan, make_plans
from sync.plan import PlanStatus
from sync.results import RunResult
from tests.sync.faulty import FaultyConnector
from tests.sync.world import DAY, World, make_world, tier_model

WEEK = timedelta(days=7)


@pytest.fixture
def planned(world: World) -> StoredPlan:
    world.run()
    world.resize(["a000"], 400)
    return world.plan(as_of=DAY + WEEK)


def stale_code(result: RunResult) -> str:
    assert isinstance(result.error, StalePlanError)
    assert result.exit_code == 6
    return result.error.code


def edit_file(world: World, *statements: str) -> None:
    """What an administrator does in the CRM, around the product."""
    with closing(sqlite3.connect(world.folder / "crm.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_a_fresh_plan_is_applied_as_it_is(world: World, planned: StoredPlan) -> None:
    world.clock.advance(days=7, hours=23)
    assert world.apply(planned).changes.written == 1
    assert get_plan(world.workspace(), planned.plan.plan_id).status is PlanStatus.APPLIED


def test_a_plan_that_was_applied_is_over(world: World, planned: StoredPlan) -> None:
    world.apply(planned)
    assert stale_code(world.apply(planned)) == "plan.applied"


def test_a_plan_is_superseded_by_the_next(world: World, planned: StoredPlan) -> None:
    world.plan(as_of=DAY + 2 * WEEK)
    assert stale_code(world.apply(planned)) == "plan.superseded"


def test_another_plan_applied_meanwhile_makes_it_stale(world: World, planned: StoredPlan) -> None:
    approved = approve_plan(world.workspace(), planned.plan.plan_id)
    other = world.plan(as_of=DAY + WEEK)
    world.apply(other)
    assert stale_code(world.apply(approved)).startswith("plan.")


def test_a_plan_older_than_eight_days_is_stale(world: World, planned: StoredPlan) -> None:
    world.clock.advance(days=8, seconds=1)
    assert stale_code(world.apply(planned)) == "plan.stale.age"


def test_changed_settings_make_it_stale(world: World, planned: StoredPlan) -> None:
    world.segmentations = (SegmentationSettings(max_segments=5),)
    assert stale_code(world.apply(planned)) == "plan.stale.settings"


def test_a_model_of_another_refit_makes_it_stale(world: World, planned: StoredPlan) -> None:
    world.use_model(tier_model(world.segmentations[0], large=300))
    assert stale_code(world.apply(planned)) == "plan.stale.model"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM custom_fields WHERE name = 'crm_segment_reason'",
        "UPDATE custom_fields SET type = 'number' WHERE name = 'crm_segment_since'",
    ],
)
def test_a_field_removed_or_retyped_in_the_crm_makes_it_stale(
    world: World, planned: StoredPlan, statement: str
) -> None:
    edit_file(world, statement)
    assert stale_code(world.apply(planned)) == "plan.stale.schema"


def test_a_relabelled_field_does_not_make_it_stale(world: World, planned: StoredPlan) -> None:
    edit_file(world, "UPDATE custom_fields SET label = 'Our segments' WHERE name = 'crm_segment'")
    assert world.apply(planned).changes.written == 1


def test_what_the_plan_itself_makes_does_not_make_it_stale(world: World) -> None:
    world.connector = FaultyConnector(world.crm)
    stored = world.plan()
    stops = iter([False, False, True])
    world.should_stop = lambda: next(stops, True)
    paused = world.apply(stored)
    assert (paused.exit_code, paused.changes.pending > 0) == (75, True)
    world.should_stop = lambda: False
    assert world.apply(stored).changes.pending == 0


def test_another_crm_behind_the_same_settings_is_refused(world: World, planned: StoredPlan) -> None:
    touched = world.touched()
    other = make_world(world.folder / "other")
    moved = World(world.folder, other.crm, world.store, world.clock)
    with pytest.raises(DataError, match="before; now they lead to") as caught:
        moved.run()
    assert (caught.value.exit_code, caught.value.code) == (6, "connection.moved")
    with pytest.raises((DataError, UsageError)):
        moved.apply(planned)
    assert (world.touched(), other.writes()) == (touched, [])
    other.close()


def test_a_renamed_file_is_still_the_same_crm(world: World) -> None:
    world.run()
    world.crm.__exit__(None, None, None)
    (world.folder / "crm.db").rename(world.folder / "moved.db")
    world.crm = open_connector(path=world.folder / "moved.db", clock=world.clock)
    assert world.run().changes.planned == 0


def test_a_field_that_someone_else_made_stops_the_plan(world: World) -> None:
    world.crm.load(
        {ObjectKind.ACCOUNT: pa.table({"account_id": ["a000"], "crm_segment": ["VIP"]})}, as_of=DAY
    )
    result = world.run()
    assert (result.exit_code, world.writes()) == (6, [])


def test_an_approved_plan_that_went_stale_is_put_aside_aloud(world: World, planned: StoredPlan) -> None:
    approve_plan(world.workspace(), planned.plan.plan_id)
    world.clock.advance(days=9)
    result = world.run(as_of=DAY + 2 * WEEK)
    assert (result.exit_code, result.changes.written) == (0, 1)
    assert any("put aside although it was approved" in note for note in result.notes)


def test_a_plan_is_found_by_the_beginning_of_its_id(world: World, planned: StoredPlan) -> None:
    plan_id = planned.plan.plan_id
    assert get_plan(world.workspace(), plan_id[:-2]).plan.plan_id == plan_id
    assert get_plan(world.workspace(), None).plan.plan_id == plan_id
    with pytest.raises(UsageError, match="no plan"):
        get_plan(world.workspace(), "nothing")
    with pytest.raises(UsageError, match="plans begin with"):
        get_plan(world.workspace(), plan_id[:2])


def test_unfinished_work_of_a_stale_plan_is_closed_and_planned_anew(world: World) -> None:
    world.connector = FaultyConnector(world.crm)
    stops = iter([False] * 8 + [True])
    world.should_stop = lambda: next(stops, True)
    paused = world.run()
    assert paused.exit_code == 75
    assert 0 < paused.changes.written < 24
    world.should_stop = lambda: False
    world.clock.advance(days=9)
    result = world.run()
    assert (result.exit_code, result.changes.written) == (0, 24 - paused.changes.written)
    assert result.run_id != paused.run_id
    assert len(world.writes()) == 24 * 4


def test_applying_an_unfinished_plan_that_went_stale_says_so(world: World) -> None:
    world.connector = FaultyConnector(world.crm)
    stored = world.plan()
    stops = iter([False, False, True])
    world.should_stop = lambda: next(stops, True)
    assert world.apply(stored).exit_code == 75
    world.should_stop = lambda: False
    world.clock.advance(days=9)
    assert stale_code(world.apply(stored)) == "plan.stale.age"


def test_a_second_segmentation_does_not_make_the_first_ones_plan_stale(world: World) -> None:
    first, second = SegmentationSettings(), SegmentationSettings(name="regions", field="region_segment")
    world.segmentations = (first, second)
    world.use_model(tier_model(second), second)
    world.run()
    world.settings = world.settings.model_copy(update={"min_changed_records": 1})
    world.resize(["a000", "a003", "a006"], 400)
    stopped = world.run(as_of=DAY + WEEK)
    assert stopped.exit_code == 6
    for plan_id in stopped.plan_ids:
        approve_plan(world.workspace(), plan_id)
        assert world.apply(get_plan(world.workspace(), plan_id)).exit_code == 0
    assert make_plans(world.workspace())[0].plan.head.counts["set"] == 0
