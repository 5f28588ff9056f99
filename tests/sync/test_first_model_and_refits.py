"""Segments are made once, with the first plan; later only a refit that a person approved replaces them."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.errors import DataError, UsageError
from connectors.model import ObjectKind
from segmentation.config import SegmentationSettings
from sync import decide_refit, explain, get_status, list_segments, refit
from sync.results import ChangeCounts
from sync.state import models, schema
from tests.sync.faulty import FaultyConnector
from tests.sync.world import DAY, World, code_of, make_world, open_state, tier_model

WEEK = timedelta(days=7)
TIERS = SegmentationSettings(fallback="tiers", max_segments=2, min_segment_records=2)


@pytest.fixture
def new_world(tmp_path: Path) -> World:
    """A CRM that has no segments yet."""
    return make_world(tmp_path, count=40, has_model=False, segmentations=(TIERS,))


def model_rows(world: World) -> list[tuple[str, str]]:
    table = schema.model
    with world.store.begin() as tx:
        rows = tx.execute(sa.select(table.c.model_id, table.c.status).order_by(table.c.created_at)).all()
    return [(row.model_id, row.status) for row in rows]


def taken_keys(world: World) -> dict[str, str]:
    with world.store.begin() as tx:
        return models.taken_keys(tx, 1)


def test_the_first_model_is_proposed_with_the_plan_and_current_with_its_run(new_world: World) -> None:
    stored = new_world.plan()
    assert model_rows(new_world) == [(stored.plan.head.model_id, "proposed")]
    assert stored.plan.head.base_model_id is None
    assert list_segments(new_world.workspace()) == []
    assert new_world.apply(stored).exit_code == 0
    assert model_rows(new_world) == [(stored.plan.head.model_id, "current")]
    assert {each.key for each in list_segments(new_world.workspace())} == set(taken_keys(new_world))


def test_a_first_run_that_was_declined_leaves_the_model_proposed(new_world: World) -> None:
    assert new_world.run(says=False).exit_code == 6
    assert [status for _id, status in model_rows(new_world)] == ["proposed"]


def test_a_later_plan_uses_the_proposed_model_again_while_nothing_moved(new_world: World) -> None:
    first, second = new_world.plan(), new_world.plan()
    assert first.plan.head.model_id == second.plan.head.model_id
    new_world.resize(["a000"], 31)
    third = new_world.plan()
    assert third.plan.head.model_id != first.plan.head.model_id


def test_the_model_becomes_current_before_the_first_write(new_world: World) -> None:
    faulty = FaultyConnector(new_world.crm)
    seen: list[list[str]] = []
    faulty.before_write = lambda _ordinal: seen.append([status for _id, status in model_rows(new_world)])
    new_world.connector = faulty
    new_world.run()
    assert set(map(tuple, seen)) == {("current",)}


def test_a_first_run_that_was_stopped_goes_on_with_its_model(new_world: World) -> None:
    faulty = FaultyConnector(new_world.crm)
    new_world.connector = faulty
    new_world.should_stop = lambda: len(faulty.requests) >= 2
    assert new_world.run().exit_code == 75
    (before,) = model_rows(new_world)
    new_world.should_stop = lambda: False
    assert new_world.run().exit_code == 0
    assert model_rows(new_world) == [before]
    assert None not in new_world.keys().values()


def test_changed_settings_stop_and_name_the_refit(world: World) -> None:
    world.run()
    world.segmentations = (SegmentationSettings(max_segments=5),)
    result = world.run()
    assert (result.exit_code, code_of(result)) == (6, "model.settings_changed")
    assert getattr(result.error, "next_command", "") == "crm-segments refit"


def test_a_lost_state_with_values_in_the_crm_stops_and_names_the_refit(world: World) -> None:
    world.run()
    lost = lose_state(world)
    touched = lost.touched()
    result = lost.run()
    assert (result.exit_code, code_of(result)) == (6, "model.missing")
    assert lost.touched() == touched
    lost.close()


def lose_state(world: World) -> World:
    """The same CRM with an empty state store that calls itself the same installation."""
    owner = world.store.installation_id()
    world.store.close()
    for path in (world.folder / "state").iterdir():
        path.unlink()
    store = open_state(world.folder, world.clock)
    with store.begin() as tx:
        tx.execute(schema.meta.update().filter_by(name="installation_id").values(value=owner))
    return World(world.folder, world.crm, store, world.clock, (TIERS,))


def test_after_a_lost_state_a_refit_adopts_what_the_crm_carries(world: World) -> None:
    world.run()
    before, writes = world.values(), len(world.writes())
    lost = lose_state(world)
    proposal = refit(lost.workspace())
    assert proposal.status == "refit"
    decide_refit(lost.workspace(), approve=True)
    lost.settings = lost.settings.model_copy(update={"max_changed_share": 1.0})
    result = lost.run()
    assert (result.exit_code, result.changes.held) == (0, 0)
    kept = {record for record, values in lost.values().items() if values == before[record]}
    assert len(lost.writes()) - writes <= 4 * (24 - len(kept))
    assert lost.run().changes == ChangeCounts()
    lost.edit("a000", crm_segment_reason="Ours")
    assert lost.run().changes == ChangeCounts(planned=1, held=1)
    lost.close()


def test_after_a_lost_state_what_the_crm_rejects_is_ours_all_the_same(world: World) -> None:
    world.run()
    world.resize(["a000", "a003", "a006"], 5_000)
    lost = lose_state(world)
    refit(lost.workspace())
    decide_refit(lost.workspace(), approve=True)
    lost.settings = lost.settings.model_copy(update={"max_changed_share": 1.0})
    to_write = [row["record_id"] for row in lost.plan().plan.changes.to_pylist() if row["action"] == "set"]
    assert to_write, "the refit must move somebody for this test to mean anything"
    lost.connector = FaultyConnector(lost.crm, rejects={to_write[0]: "No."})
    assert lost.run().changes.rejected == 1
    lost.connector = None
    lost.clock.advance(days=8)
    result = lost.run()
    assert (result.changes.held, result.changes.written) == (0, 1)
    lost.close()


def test_a_refit_changes_nothing_until_it_is_approved_and_run(world: World) -> None:
    world.run()
    world.segmentations = (TIERS,)
    touched = world.touched()
    proposal = refit(world.workspace())
    assert sum(count for _old, _new, count in proposal.migration) == 24
    assert get_status(world.workspace()).waiting_refit is not None
    assert world.run().exit_code == 6, "the settings still belong to the refit that nobody approved"
    assert world.touched() == touched
    decide_refit(world.workspace(), approve=True)
    assert world.touched() == touched


def test_an_approved_refit_is_carried_by_the_next_run_within_what_was_approved(world: World) -> None:
    world.run()
    world.segmentations = (TIERS,)
    world.resize(["a000", "a003", "a006"], 5_000)
    world.settings = world.settings.model_copy(update={"min_changed_records": 1, "max_changed_share": 0.01})
    proposal = refit(world.workspace())
    assert proposal.moved_count > 0
    decide_refit(world.workspace(), approve=True)
    result = world.run()
    assert (result.exit_code, result.changes.pending) == (0, 0)
    assert [status for _id, status in model_rows(world)] == ["retired", "current"]
    assert get_status(world.workspace()).waiting_refit is None
    assert world.run().changes == ChangeCounts()


def test_more_moves_than_were_approved_trip_the_guard(world: World) -> None:
    world.run()
    world.segmentations = (TIERS,)
    world.settings = world.settings.model_copy(update={"min_changed_records": 1, "max_changed_share": 0.1})
    proposal = refit(world.workspace())
    decide_refit(world.workspace(), approve=True)
    small = [key for key, value in world.keys().items() if value == "small"]
    world.resize(small, 9_000)
    result = world.run()
    assert proposal.moved_count < 24
    assert (result.exit_code, code_of(result)) == (6, "guard.changed_share")


def test_a_rejected_refit_leaves_everything_as_it_was(world: World) -> None:
    world.run()
    refit_settings, old = TIERS, world.segmentations
    world.segmentations = (refit_settings,)
    refit(world.workspace())
    decide_refit(world.workspace(), approve=False)
    assert get_status(world.workspace()).waiting_refit is None
    with pytest.raises(UsageError, match="No new segments wait"):
        decide_refit(world.workspace(), approve=True)
    world.segmentations = old
    assert world.run().changes == ChangeCounts()


def test_keys_are_never_used_again(world: World) -> None:
    world.run()
    keys = {"large", "middle", "small"}
    world.segmentations = (TIERS,)
    refit(world.workspace())
    decide_refit(world.workspace(), approve=True)
    world.settings = world.settings.model_copy(update={"max_changed_share": 1.0})
    world.run()
    before = taken_keys(world)
    assert keys <= set(before)
    proposal = refit(world.workspace())
    assert not set(proposal.new) & set(before)


def test_texts_of_records_that_stay_are_written_anew_once_with_an_approved_refit(world: World) -> None:
    world.run()
    world.resize(["a001"], 350)
    world.run()
    assert world.values()["a001"][2] == "300 employees"
    world.segmentations = (TIERS,)
    refit(world.workspace())
    decide_refit(world.workspace(), approve=True)
    world.run()
    key, _band, reason, since = world.values()["a001"]
    assert (key, since) == ("middle", "2026-11-02")
    assert "350 employees" in str(reason)


def test_another_model_moves_only_the_records_that_it_sees_elsewhere(world: World) -> None:
    world.run()
    before = world.values()
    world.use_model(tier_model(world.segmentations[0], large=300))
    result = world.run(as_of=DAY + WEEK)
    assert result.changes == ChangeCounts(planned=8, written=8)
    moved = {record for record, values in world.values().items() if values != before[record]}
    assert moved == {record for record, values in before.items() if values[0] == "middle"}


def test_a_refit_that_finds_nothing_stable_proposes_nothing(world: World) -> None:
    world.run()
    world.resize(sorted(world.keys()), 100)
    world.segmentations = (SegmentationSettings(fallback="tiers", min_segment_records=2),)
    with pytest.raises(DataError):
        refit(world.workspace())
    assert get_status(world.workspace()).waiting_refit is None


def test_an_empty_crm_is_said(world: World) -> None:
    world.crm.delete(ObjectKind.ACCOUNT, sorted(world.keys()))
    result = world.run()
    assert (result.exit_code, code_of(result)) == (6, "data.empty")


def test_a_segmentation_keeps_the_object_that_it_began_with(world: World) -> None:
    world.run()
    world.segmentations = (SegmentationSettings(object="contact"),)
    result = world.run()
    assert (result.exit_code, code_of(result)) == (2, "config.segmentation.object")


def test_an_unknown_segmentation_is_said(world: World) -> None:
    with pytest.raises(UsageError, match="no segmentation called"):
        refit(world.workspace(), "nobody")


def test_segments_of_an_earlier_format_stop_the_run_and_a_refit_keeps_their_names(new_world: World) -> None:
    new_world.run()
    before = new_world.keys()
    with new_world.store.begin() as tx:
        old = '{"format_version": 1, "kind": "groups"}'
        tx.execute(schema.model.update().values(body=old))
    stopped = new_world.run()
    assert (stopped.exit_code, code_of(stopped)) == (6, "data.model_version")
    proposal = refit(new_world.workspace())
    assert set(proposal.kept) == set(before.values())
    decide_refit(new_world.workspace(), approve=True)
    assert new_world.run().exit_code == 0
    assert new_world.keys() == before


@pytest.mark.parametrize(("within", "status"), [(0.0, "refit"), (0.02, "approved")])
def test_a_stated_rule_approves_a_refit_that_keeps_all_segments(
    tmp_path: Path, within: float, status: str
) -> None:
    settings = SegmentationSettings(max_segments=3, approve_refit_within=within)
    world = make_world(tmp_path, count=120, has_model=False, segmentations=(settings,))
    world.run()
    proposal = refit(world.workspace())
    assert proposal.status == status
    assert any("approve_refit_within" in sentence for sentence in proposal.sentences) == (within > 0)


def test_no_rule_approves_a_refit_that_moves_more_than_it_allows(tmp_path: Path) -> None:
    settings = TIERS.model_copy(update={"approve_refit_within": 0.02})
    world = make_world(tmp_path, count=40, has_model=False, segmentations=(settings,))
    world.run()
    world.resize([f"a{number:03}" for number in range(0, 40, 3)], 9_000)
    assert refit(world.workspace()).status == "refit"


def test_where_a_record_was_is_told_with_why(new_world: World) -> None:
    new_world.run()
    (first,) = explain(new_world.workspace(), "a000").history
    assert first == ("2026-11-02", explain(new_world.workspace(), "a000").segment_title, "the first one")
    new_world.resize(["a000"], 9_000)
    new_world.run(as_of=DAY + WEEK)
    moves = explain(new_world.workspace(), "a000").history
    assert [(since, why) for since, _title, why in moves] == [
        ("2026-11-02", "the first one"),
        ("2026-11-09", "its own facts changed"),
    ]
