"""What a person wrote into our fields stays, is listed, and is never overwritten."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from connectors.model import FieldSpec, FieldType, ObjectKind, Option
from sync import get_status
from sync.results import ChangeCounts
from sync.state import schema
from tests.sync.faulty import Fault, FaultyConnector
from tests.sync.test_stale_plans import edit_file
from tests.sync.world import DAY, World

WEEK = timedelta(days=7)


def holds(world: World) -> dict[str, str]:
    with world.store.begin() as tx:
        return dict(tx.execute(sa.select(schema.hold.c.record_id, schema.hold.c.reason)).all())


def make_our_fields(world: World) -> None:
    """Make our fields ahead of the first run, so that a person can fill them."""
    kind, owner = ObjectKind.ACCOUNT, world.store.installation_id()
    options = (Option("large", "Large"), Option("middle", "Middle"), Option("small", "Small"))
    bands = (Option("clear", "Clear"), Option("likely", "Likely"), Option("close call", "Close call"))
    shapes = (
        ("crm_segment", FieldType.PICKLIST, None, options),
        ("crm_segment_confidence", FieldType.PICKLIST, None, bands),
        ("crm_segment_reason", FieldType.TEXT, 255, ()),
        ("crm_segment_since", FieldType.DATE, None, ()),
    )
    specs = [
        FieldSpec(name, name, type_, length, choices, installation_id=owner, is_custom=True)
        for name, type_, length, choices in shapes
    ]
    world.crm.ensure_fields(kind, specs)


def test_an_edited_segment_is_held_and_listed(world: World) -> None:
    world.run()
    world.edit("a000", crm_segment="large")
    result = world.run()
    assert result.changes == ChangeCounts(planned=1, held=1)
    assert (result.exit_code, result.write_requests) == (0, 0)
    assert (world.keys()["a000"], holds(world)) == ("large", {"a000": "edited"})
    assert get_status(world.workspace()).held_count == 1


def test_an_edited_reason_is_held_as_well(world: World) -> None:
    world.run()
    world.edit("a000", crm_segment_reason="Our oldest customer")
    world.run()
    assert (world.values()["a000"][2], list(holds(world))) == ("Our oldest customer", ["a000"])


def test_a_cleared_segment_stays_cleared(world: World) -> None:
    world.run()
    world.edit("a000", crm_segment=None)
    result = world.run()
    assert (result.changes.held, world.keys()["a000"]) == (1, None)


def test_an_edit_is_held_even_when_our_own_answer_moves_on(world: World) -> None:
    world.run()
    world.edit("a000", crm_segment="large")
    world.resize(["a000"], 400)
    result = world.run(as_of=DAY + WEEK)
    assert (result.changes.held, world.keys()["a000"]) == (1, "large")


def test_a_hold_stands_run_after_run_and_keeps_its_first_day(world: World) -> None:
    world.run()
    world.edit("a000", crm_segment="large")
    world.run()
    with world.store.begin() as tx:
        first = tx.execute(sa.select(schema.hold.c.since)).scalar_one()
    for week in range(3):
        world.clock.advance(days=7)
        assert world.run(as_of=DAY + week * WEEK).changes == ChangeCounts(planned=1, held=1)
    with world.store.begin() as tx:
        assert tx.execute(sa.select(schema.hold.c.since)).scalar_one() == first
    assert world.keys()["a000"] == "large"


def test_a_hold_ends_when_the_person_puts_our_value_back(world: World) -> None:
    world.run()
    world.edit("a000", crm_segment="large")
    world.run()
    world.edit("a000", crm_segment="small")
    assert world.run().changes == ChangeCounts()
    assert holds(world) == {}


def test_a_value_that_was_there_before_us_is_held(world: World) -> None:
    make_our_fields(world)
    world.edit("a000", crm_segment="large")
    world.edit("a003", crm_segment_reason="VIP")
    result = world.run()
    assert result.changes == ChangeCounts(planned=24, written=22, held=2)
    assert holds(world) == {"a000": "foreign", "a003": "foreign"}
    assert (world.keys()["a000"], world.values()["a003"]) == ("large", (None, None, "VIP", None))


def test_exactly_what_we_would_have_written_is_adopted_without_a_write(world: World) -> None:
    make_our_fields(world)
    values = ("small", "clear", "20 employees", "2026-11-02")
    names = ("crm_segment", "crm_segment_confidence", "crm_segment_reason", "crm_segment_since")
    world.edit("a000", **dict(zip(names, values, strict=True)))
    touched = world.touched()["a000"]
    result = world.run()
    assert result.changes == ChangeCounts(planned=23, written=23)
    assert (world.touched()["a000"], world.writes("a000"), holds(world)) == (touched, [], {})
    world.edit("a000", crm_segment="large")
    assert world.run().changes.held == 1, "it is ours now, so a later edit is noticed"


def test_a_person_who_chose_the_same_segment_first_is_not_in_the_way(world: World) -> None:
    make_our_fields(world)
    world.edit("a000", crm_segment="small")
    result = world.run()
    assert (result.changes.held, result.changes.planned, world.keys()["a000"]) == (0, 23, "small")
    assert world.writes("a000") == []


@pytest.mark.parametrize("minutes", [0, 11])
def test_an_edit_between_plan_and_apply_is_held(world: World, minutes: int) -> None:
    world.run()
    world.resize(["a000", "a003"], 400)
    stored = world.plan(as_of=DAY + WEEK)
    world.clock.advance(minutes=minutes)
    world.edit("a000", crm_segment="large")
    result = world.apply(stored)
    assert result.changes == ChangeCounts(planned=2, written=1, held=1)
    assert (world.keys()["a000"], world.keys()["a003"]) == ("large", "middle")
    assert holds(world) == {"a000": "edited"}
    assert world.run().changes == ChangeCounts(planned=1, held=1)


def test_an_edit_of_another_field_after_the_plan_holds_nothing(world: World) -> None:
    world.run()
    world.resize(["a000"], 400)
    stored = world.plan(as_of=DAY + WEEK)
    world.clock.advance(minutes=11)
    world.edit("a000", name="A new name")
    assert world.apply(stored).changes == ChangeCounts(planned=1, written=1)


def test_an_edit_seen_while_a_lost_answer_is_read_back_is_held(world: World) -> None:
    world.run()
    world.resize(["a000", "a003"], 400)
    faulty = FaultyConnector(world.crm, faults={0: Fault.LOST_BEFORE})
    faulty.before_write = lambda ordinal: world.edit("a000", crm_segment="large") if ordinal == 0 else None
    world.connector = faulty
    result = world.run(as_of=DAY + WEEK)
    assert result.changes == ChangeCounts(planned=2, written=1, held=1)
    assert world.keys()["a000"] == "large"
    assert holds(world) == {"a000": "edited"}
    assert get_status(world.workspace()).held_count == 1


def test_a_whole_field_that_was_removed_is_made_and_filled_again(world: World) -> None:
    world.run()
    before = world.values()
    world.edit("a000", crm_segment="large")
    edit_file(world, "DELETE FROM custom_fields WHERE name = 'crm_segment_reason'")
    edit_file(world, "ALTER TABLE accounts DROP COLUMN crm_segment_reason")
    result = world.run()
    assert result.changes == ChangeCounts(planned=24, written=23, held=1)
    assert {key: each for key, each in world.values().items() if key != "a000"} == {
        key: each for key, each in before.items() if key != "a000"
    }
    assert world.run().changes == ChangeCounts(planned=1, held=1)
