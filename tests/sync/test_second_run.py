"""A run writes the difference and nothing else; a second run writes nothing."""

from datetime import date, timedelta

import sqlalchemy as sa

from connectors.model import ObjectKind
from sync import get_history, get_status, list_segments
from sync.results import ChangeCounts, RunStatus
from sync.state import schema
from tests.sync.faulty import FaultyConnector
from tests.sync.world import DAY, FIELDS, World, tier_model

WEEK = timedelta(days=7)


def test_first_run_gives_every_record_its_values_in_one_effective_change(world: World) -> None:
    result = world.run()
    assert (result.status, result.exit_code) == (RunStatus.COMPLETE, 0)
    assert result.changes == ChangeCounts(planned=24, written=24)
    assert set(world.keys().values()) == {"small", "middle", "large"}
    assert world.values()["a001"] == ("middle", "clear", "300 employees", "2026-11-02")
    assert sorted(world.writes("a001")) == sorted(
        zip(["a001"] * 4, FIELDS, world.values()["a001"], strict=True)
    )
    assert len(world.writes()) == 24 * 4


def test_second_run_plans_nothing_and_touches_nothing(world: World) -> None:
    world.run()
    before, history = world.touched(), world.crm.history(ObjectKind.ACCOUNT)
    world.clock.advance(hours=1)
    result = world.run()
    assert (result.exit_code, result.changes, result.write_requests) == (0, ChangeCounts(), 0)
    assert world.touched() == before
    assert world.crm.history(ObjectKind.ACCOUNT) == history


def test_a_program_that_remembers_nothing_but_the_files_writes_nothing_either(world: World) -> None:
    world.run()
    before = world.touched()
    again = world.reopen()
    result = again.run()
    assert (result.changes, result.write_requests, again.touched()) == (ChangeCounts(), 0, before)
    again.close()


def test_a_week_later_only_records_whose_segment_changed_are_written(world: World) -> None:
    world.run()
    before = world.values()
    world.resize(["a000"], 400)
    touched = world.touched()
    world.clock.advance(days=7)
    result = world.run(as_of=DAY + WEEK)
    assert result.changes == ChangeCounts(planned=1, written=1)
    assert world.values()["a000"] == ("middle", "clear", "400 employees", "2026-11-09")
    assert {k: v for k, v in world.values().items() if k != "a000"} == {
        k: v for k, v in before.items() if k != "a000"
    }
    assert [k for k, v in world.touched().items() if v != touched[k]] == ["a000"]


def test_texts_do_not_age_while_the_segment_stands(world: World) -> None:
    world.run()
    before = world.values()
    world.resize(["a001"], 350)
    result = world.run(as_of=DAY + WEEK)
    assert result.changes == ChangeCounts()
    assert world.values() == before


def test_only_our_fields_change(world: World) -> None:
    before = world.everything_else()
    world.run()
    assert world.everything_else() == before


def test_since_is_the_day_of_the_last_move(world: World) -> None:
    world.run()
    world.resize(["a000"], 400)
    world.run(as_of=DAY + WEEK)
    world.resize(["a000"], 25)
    world.run(as_of=DAY + 2 * WEEK)
    world.run(as_of=DAY + 3 * WEEK)
    assert world.values()["a000"] == ("small", "clear", "25 employees", "2026-11-16")


def test_history_of_segments_has_one_row_for_each_move(world: World) -> None:
    world.run()
    world.resize(["a000"], 400)
    world.run(as_of=DAY + WEEK)
    world.run(as_of=DAY + 2 * WEEK)
    table = schema.segment_history
    with world.store.begin() as tx:
        rows = tx.execute(sa.select(table).filter_by(record_id="a000").order_by(table.c.history_id)).all()
        count = tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    assert [(row.old_key, row.new_key, row.since, row.cause) for row in rows] == [
        (None, "small", "2026-11-02", "first"),
        ("small", "middle", "2026-11-09", "moved"),
    ]
    assert count == 24 + 1


def test_assignments_become_current_only_when_a_plan_is_applied(world: World) -> None:
    world.run()
    world.resize(["a000"], 400)
    stored = world.plan(as_of=DAY + WEEK)
    assert {each.key: each.count for each in stored.plan.head.segments} == {
        "large": 8,
        "middle": 9,
        "small": 7,
    }
    assert {each.key: each.count for each in list_segments(world.workspace())} == dict.fromkeys(
        ("large", "middle", "small"), 8
    )
    world.apply(stored)
    assert {each.key: each.count for each in list_segments(world.workspace())}["middle"] == 9


def test_a_plan_writes_nothing_to_the_crm(world: World) -> None:
    before = world.touched()
    stored = world.plan()
    assert stored.plan.head.counts == {"set": 24, "adopt": 0, "hold": 0, "wait": 0}
    assert (world.touched(), world.writes()) == (before, [])
    assert world.crm.describe(ObjectKind.ACCOUNT).field("crm_segment") is None


def test_a_new_record_gets_its_segment_with_the_next_run(world: World) -> None:
    world.run()
    world.resize(["b900"], 7_000)
    result = world.run()
    assert result.changes == ChangeCounts(planned=1, written=1)
    assert world.keys()["b900"] == "large"


def test_a_record_that_leaves_the_scope_keeps_its_segment_and_is_said(world: World) -> None:
    settings = world.segmentations[0].model_copy(update={"where": "employees >= 10"})
    world.segmentations = (settings,)
    world.use_model(tier_model(settings))
    world.run()
    world.resize(["a000"], 5)
    result = world.run(as_of=DAY + WEEK)
    assert (result.changes, world.keys()["a000"]) == (ChangeCounts(), "small")
    assert any("1 records outside the scope" in note for note in result.notes)


def test_the_segment_field_offers_keys_under_their_titles(world: World) -> None:
    world.run()
    field = world.crm.describe(ObjectKind.ACCOUNT).field("crm_segment")
    assert field is not None
    assert [(option.value, option.label) for option in field.options] == [
        ("large", "Large"),
        ("middle", "Middle"),
        ("small", "Small"),
        ("unclassified", "Unclassified"),
    ]
    assert field.installation_id == world.store.installation_id()


def test_one_saved_list_is_kept_for_each_segment(world: World) -> None:
    world.run()
    world.run()
    assert [(view.title, view.value, view.record_count) for view in world.crm.views()] == [
        ("Large", "large", 8),
        ("Middle", "middle", 8),
        ("Small", "small", 8),
    ]


def test_lists_can_be_switched_off(world: World) -> None:
    world.settings = world.settings.model_copy(update={"build_lists": False})
    world.run()
    assert world.crm.views() == ()


def test_a_run_is_on_record_with_its_counts(world: World) -> None:
    result = world.run()
    newest = get_history(world.workspace(), 5)[0]
    assert (newest.run_id, newest.status, newest.exit_code) == (result.run_id, "complete", 0)
    assert (newest.changes, newest.write_requests) == (result.changes, result.write_requests)
    assert (newest.actor, newest.as_of, newest.segmentation) == ("tester", "2026-11-02", "customers")
    assert get_status(world.workspace()).last_good_run == newest


def test_requests_are_as_large_as_the_crm_allows_and_name_the_run(world: World) -> None:
    faulty = FaultyConnector(world.crm, batch_records=10)
    world.connector = faulty
    result = world.run()
    assert [len(ids) for _name, ids in faulty.requests] == [10, 10, 4]
    assert [name for name, _ids in faulty.requests] == [f"{result.run_id}/{number}" for number in range(3)]
    assert result.write_requests == 3


def test_a_day_that_was_not_asked_for_is_that_of_the_last_import(world: World) -> None:
    world.clock.advance(days=40)
    world.run()
    assert {values[3] for values in world.values().values()} == {"2026-11-02"}
    assert date.fromisoformat(world.crm.as_of()) == DAY
