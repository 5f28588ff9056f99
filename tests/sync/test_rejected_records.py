"""Records that the CRM refuses are told apart, explained, and not asked again until something changes."""

from datetime import timedelta

import pytest

from connectors.model import ObjectKind
from sync import get_status
from sync.results import ChangeCounts, RejectedGroup, RunStatus
from tests.sync.faulty import FaultyConnector
from tests.sync.test_stale_plans import edit_file
from tests.sync.world import DAY, World

WEEK = timedelta(days=7)
RULE = "Field crm_segment: large accounts need an owner. Set the owner."


@pytest.fixture
def strict(world: World) -> FaultyConnector:
    """A CRM with a validation rule that refuses two of the accounts."""
    faulty = FaultyConnector(world.crm, rejects={"a002": RULE, "a005": RULE})
    world.connector = faulty
    return faulty


def asked(faulty: FaultyConnector, since: int = 0) -> list[str]:
    return [record_id for _name, ids in faulty.requests[since:] for record_id in ids]


def test_the_others_are_written_and_the_run_is_partial(world: World, strict: FaultyConnector) -> None:
    result = world.run()
    assert (result.status, result.exit_code) == (RunStatus.PARTIAL, 5)
    assert result.changes == ChangeCounts(planned=24, written=22, rejected=2)
    assert result.rejected == (RejectedGroup("rule.custom", "crm_segment", RULE, 2, ("a002", "a005")),)
    assert {world.keys()[each] for each in strict.rejects} == {None}
    assert get_status(world.workspace()).rejected_count == 2


def test_what_the_embedded_crm_itself_refuses_is_told_with_field_and_reason(world: World) -> None:
    world.run()
    edit_file(world, "UPDATE custom_fields SET max_length = 5 WHERE name = 'crm_segment_reason'")
    world.resize(["a000"], 400)
    result = world.run(as_of=DAY + WEEK)
    assert (result.exit_code, result.changes) == (5, ChangeCounts(planned=1, rejected=1))
    (group,) = result.rejected
    assert (group.code, group.field, group.example_ids) == ("value.too_long", "crm_segment_reason", ("a000",))
    assert "at most 5 characters" in group.message
    assert "400 employees" not in group.message


def test_they_are_not_tried_again_by_the_next_run(world: World, strict: FaultyConnector) -> None:
    world.run()
    sent = len(strict.requests)
    for _ in range(2):
        result = world.run()
        assert (result.exit_code, result.write_requests) == (0, 0)
        assert result.changes == ChangeCounts(planned=2, rejected=2)
    assert asked(strict, sent) == []


def test_they_are_tried_again_when_the_wanted_value_changes(world: World, strict: FaultyConnector) -> None:
    world.run()
    world.run()
    sent = len(strict.requests)
    strict.rejects = {"a005": RULE}
    world.resize(["a002"], 400)
    result = world.run(as_of=DAY + WEEK)
    assert asked(strict, sent) == ["a002"]
    assert result.changes == ChangeCounts(planned=2, written=1, rejected=1)
    assert result.exit_code == 0


def test_they_are_tried_again_after_a_week(world: World, strict: FaultyConnector) -> None:
    world.run()
    world.run()
    sent = len(strict.requests)
    world.clock.advance(days=6, hours=23)
    world.run()
    assert asked(strict, sent) == []
    world.clock.advance(hours=2)
    result = world.run()
    assert asked(strict, sent) == ["a002", "a005"]
    assert (result.exit_code, result.changes.rejected) == (5, 2)


def test_they_are_tried_again_when_our_fields_change_in_the_crm(world: World) -> None:
    world.run()
    edit_file(world, "UPDATE custom_fields SET max_length = 5 WHERE name = 'crm_segment_reason'")
    world.resize(["a000"], 400)
    world.run(as_of=DAY + WEEK)
    edit_file(world, "UPDATE custom_fields SET max_length = 255 WHERE name = 'crm_segment_reason'")
    world.clock.advance(days=8)
    assert world.run(as_of=DAY + WEEK).changes == ChangeCounts(planned=1, written=1)
    assert get_status(world.workspace()).rejected_count == 0


def test_some_rejections_can_be_lived_with(world: World, strict: FaultyConnector) -> None:
    world.settings = world.settings.model_copy(update={"max_rejected": 2})
    result = world.run()
    assert (result.exit_code, result.status, result.changes.rejected) == (0, RunStatus.COMPLETE, 2)
    assert strict.rejects


@pytest.mark.usefixtures("strict")
def test_a_record_that_a_person_put_right_counts_no_more(world: World) -> None:
    world.run()
    wanted = {"crm_segment": "large", "crm_segment_confidence": "clear"}
    world.edit("a002", **wanted, crm_segment_reason="5,000 employees", crm_segment_since="2026-11-02")
    result = world.run()
    assert result.changes == ChangeCounts(planned=1, rejected=1)
    assert [group.example_ids for group in result.rejected] == [("a005",)]
    assert get_status(world.workspace()).rejected_count == 1


def test_a_rejected_record_that_was_deleted_counts_no_more(world: World, strict: FaultyConnector) -> None:
    world.run()
    world.crm.delete(ObjectKind.ACCOUNT, sorted(strict.rejects))
    assert world.run().changes == ChangeCounts()
    assert get_status(world.workspace()).rejected_count == 0


def test_locked_records_wait_for_the_next_run_and_are_no_failure(world: World) -> None:
    faulty = FaultyConnector(world.crm, locked={"a001"})
    world.connector = faulty
    result = world.run()
    assert (result.exit_code, result.changes) == (0, ChangeCounts(planned=24, written=23, pending=1))
    faulty.locked = set()
    assert world.run().changes == ChangeCounts(planned=1, written=1)


def test_records_deleted_or_merged_after_the_plan_are_gone(world: World) -> None:
    stored = world.plan()
    world.crm.delete(ObjectKind.ACCOUNT, ["a001"])
    world.crm.merge(ObjectKind.ACCOUNT, "a002", "a005")
    result = world.apply(stored)
    assert (result.exit_code, result.changes) == (0, ChangeCounts(planned=24, written=22, gone=2))
    assert world.run().changes == ChangeCounts()


def test_the_survivor_of_a_merge_keeps_its_own_segment(world: World) -> None:
    world.run()
    world.crm.merge(ObjectKind.ACCOUNT, "a000", "a005")
    before = world.values()["a000"]
    assert world.run().changes == ChangeCounts()
    assert world.values()["a000"] == before


def test_rejections_before_a_pause_are_told_when_the_run_is_finished(
    world: World, strict: FaultyConnector
) -> None:
    stops = iter([False] * 8 + [True])
    world.should_stop = lambda: next(stops, True)
    assert world.run().exit_code == 75
    world.should_stop = lambda: False
    result = world.run()
    assert (result.exit_code, result.status) == (5, RunStatus.PARTIAL)
    assert strict.rejects
