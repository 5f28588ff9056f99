"""Guards stop a plan that would change too much; a person may approve exactly that plan."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.errors import GuardError, LedgerError, StalePlanError
from connectors.model import ObjectKind
from sync import StoredPlan, SyncSettings, approve_plan, get_plan, get_status, run
from sync.guard import FeatureShift, PlanFacts, check_guards
from sync.plan import PlanStatus
from sync.results import ChangeCounts, RunStatus
from sync.state import schema
from tests.sync.world import DAY, World, code_of, make_world

WEEK = timedelta(days=7)


@pytest.fixture
def large_world(tmp_path: Path) -> World:
    """Big enough for the guard's smallest number of changed records."""
    made = make_world(tmp_path, count=100, sizes=(20,))
    made.run()
    return made


def ids(count: int) -> list[str]:
    return [f"a{number:03}" for number in range(count)]


def facts(**changes: object) -> PlanFacts:
    values: dict[str, object] = {
        "in_scope_count": 1_000,
        "carrying_count": 1_000,
        "replaced_count": 0,
        "last_in_scope_count": 1_000,
    }
    return PlanFacts(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(("share", "replaced", "stops"), [(0.15, 1, False), (0.16, 1, True), (0.9, 0, False)])
def test_the_shift_guard_stops_above_its_share_when_records_would_move(
    share: float, replaced: int, stops: bool
) -> None:
    shifts = (FeatureShift("Mails opened", share), FeatureShift("Employees", 0.01))
    found = check_guards(facts(replaced_count=replaced, shifts=shifts), SyncSettings(), "p1")
    assert [each.code for each in found] == (["guard.shifted_features"] if stops else [])
    assert all("Mails opened" in each.message and "Employees" not in each.message for each in found)


def test_a_shock_stops_the_whole_plan_once_and_asks(tmp_path: Path) -> None:
    """A fifth of the accounts change their size at once: too few for the share guard, too many to be true."""
    world = make_world(tmp_path, count=120, has_model=False)
    assert world.run().exit_code == 0
    before = world.keys()
    world.resize([f"a{number:03}" for number in range(0, 72, 3)], 5_000)
    stopped = world.run(as_of=DAY + WEEK)
    assert (stopped.exit_code, code_of(stopped)) == (6, "guard.shifted_features")
    assert world.keys() == before
    plan = world.plan(as_of=DAY + WEEK)
    approve_plan(world.workspace(), plan.plan.plan_id)
    assert world.apply(plan).exit_code == 0
    assert world.keys() != before
    world.resize(["a099"], 5_000)
    assert world.run(as_of=DAY + 2 * WEEK).exit_code == 0


@pytest.mark.parametrize(
    ("replaced", "carrying", "stops"),
    [
        (100, 1_000, False),
        (101, 1_000, True),
        (24, 30, False),
        (25, 30, True),
        (25, 250, False),
        (25, 249, True),
        (25, 0, False),
        (0, 1_000, False),
    ],
)
def test_the_share_guard_stops_above_its_share_and_from_its_count_on(
    replaced: int, carrying: int, stops: bool
) -> None:
    found = check_guards(facts(replaced_count=replaced, carrying_count=carrying), SyncSettings(), "p1")
    assert [each.code for each in found] == (["guard.changed_share"] if stops else [])


@pytest.mark.parametrize(
    ("now", "before", "stops"),
    [
        (800, 1_000, False),
        (799, 1_000, True),
        (1_200, 1_000, False),
        (0, 1_000, True),
        (0, None, False),
        (0, 0, False),
    ],
)
def test_the_pull_guard_stops_when_too_many_records_are_missing(
    now: int, before: int | None, stops: bool
) -> None:
    found = check_guards(facts(in_scope_count=now, last_in_scope_count=before), SyncSettings(), "p1")
    assert [each.code for each in found] == (["guard.shrunken_pull"] if stops else [])


def test_moves_that_were_approved_with_a_refit_do_not_count() -> None:
    assert check_guards(facts(replaced_count=400, approved_moves=380), SyncSettings(), "p1") == ()
    assert check_guards(facts(replaced_count=400, approved_moves=200), SyncSettings(), "p1")


def test_first_labels_do_not_trip_the_guard(large_world: World) -> None:
    assert set(large_world.keys().values()) == {"small"}


def test_a_tripped_guard_writes_nothing_and_names_the_command(large_world: World) -> None:
    large_world.resize(ids(30), 400)
    touched = large_world.touched()
    result = large_world.run(as_of=DAY + WEEK)
    assert (result.status, result.exit_code) == (RunStatus.STOPPED, 6)
    assert isinstance(result.error, GuardError)
    assert result.error.code == "guard.changed_share"
    assert result.error.next_command == f"crm-segments approve {result.plan_ids[0]} --apply"
    assert result.changes == ChangeCounts(planned=30, pending=30)
    assert large_world.touched() == touched


def test_saying_yes_does_not_override_a_guard(large_world: World) -> None:
    large_world.resize(ids(30), 400)
    asked: list[StoredPlan] = []

    def say_yes(plans: list[StoredPlan]) -> bool:
        asked.extend(plans)
        return True

    result = run(large_world.workspace(), as_of=DAY + WEEK, confirm=say_yes)
    assert (result.exit_code, asked) == (6, [])


def test_a_plan_shows_its_guard_and_ends_well(large_world: World) -> None:
    large_world.resize(ids(30), 400)
    stored = large_world.plan(as_of=DAY + WEEK)
    assert [each.code for each in stored.plan.head.guards] == ["guard.changed_share"]
    assert not stored.is_applyable
    assert large_world.apply(stored).exit_code == 6


def test_a_shrunken_pull_stops(large_world: World) -> None:
    large_world.crm.delete(ObjectKind.ACCOUNT, ids(21))
    result = large_world.run()
    assert (result.exit_code, code_of(result)) == (6, "guard.shrunken_pull")


def test_an_approved_plan_is_applied_by_apply(large_world: World) -> None:
    large_world.resize(ids(30), 400)
    stopped = large_world.run(as_of=DAY + WEEK)
    approved = approve_plan(large_world.workspace(), stopped.plan_ids[0])
    assert (approved.status, approved.approved_by) == (PlanStatus.APPROVED, "tester")
    result = large_world.apply(approved)
    assert (result.exit_code, result.changes) == (0, ChangeCounts(planned=30, written=30))


def test_an_approved_plan_is_applied_by_the_next_run_first(large_world: World) -> None:
    large_world.resize(ids(30), 400)
    stopped = large_world.run(as_of=DAY + WEEK)
    approve_plan(large_world.workspace(), stopped.plan_ids[0])
    result = large_world.run(as_of=DAY + WEEK)
    assert result.exit_code == 0
    assert [each.plan_id for each in result.finished_first] == [stopped.plan_ids[0]]
    assert result.changes == ChangeCounts(planned=30, written=30)
    assert list(large_world.keys().values()).count("middle") == 30


def test_looking_again_keeps_the_plan_that_waits(large_world: World) -> None:
    large_world.resize(ids(30), 400)
    first = large_world.run(as_of=DAY + WEEK).plan_ids[0]
    assert large_world.plan(as_of=DAY + WEEK).plan.plan_id == first
    assert large_world.run(as_of=DAY + WEEK).plan_ids == (first,)
    approve_plan(large_world.workspace(), first)
    assert large_world.plan(as_of=DAY + WEEK).status is PlanStatus.APPROVED
    assert large_world.apply(get_plan(large_world.workspace(), first)).changes.written == 30


def test_an_unapproved_plan_gives_way_to_another_one(large_world: World) -> None:
    large_world.resize(ids(30), 400)
    first = large_world.run(as_of=DAY + WEEK).plan_ids[0]
    large_world.resize(ids(31), 400)
    second = large_world.run(as_of=DAY + WEEK).plan_ids[0]
    assert get_plan(large_world.workspace(), first).status is PlanStatus.SUPERSEDED
    assert [each.plan.plan_id for each in get_status(large_world.workspace()).open_plans] == [second]
    with pytest.raises(StalePlanError):
        approve_plan(large_world.workspace(), first)


@pytest.mark.parametrize("column", ["head", "changes"])
def test_an_approval_holds_only_for_the_bytes_that_were_approved(large_world: World, column: str) -> None:
    large_world.resize(ids(30), 400)
    plan_id = large_world.run(as_of=DAY + WEEK).plan_ids[0]
    approve_plan(large_world.workspace(), plan_id)
    with large_world.store.begin() as tx:
        old = tx.execute(sa.select(schema.plan.c[column])).all()[-1][0]
        middle = len(old) // 2
        spoiled = b"\0\1" if isinstance(old, bytes) else "??"
        new = old[:middle] + spoiled + old[middle + 2 :]
        assert new != old
        tx.execute(schema.plan.update().filter_by(plan_id=plan_id).values({column: new}))
    touched = large_world.touched()
    with pytest.raises(LedgerError, match="damaged"):
        large_world.apply(get_plan(large_world.workspace(), plan_id))
    assert large_world.run(as_of=DAY + WEEK).exit_code == 1
    assert large_world.touched() == touched


def test_after_a_damaged_plan_a_new_one_can_be_made_as_the_message_says(large_world: World) -> None:
    large_world.resize(ids(3), 400)
    stored = large_world.plan(as_of=DAY + WEEK)
    with large_world.store.begin() as tx:
        tx.execute(schema.plan.update().filter_by(plan_id=stored.plan.plan_id).values(changes=b"damaged"))
    assert large_world.run(as_of=DAY + WEEK).exit_code == 1
    fresh = large_world.plan(as_of=DAY + WEEK)
    assert fresh.plan.plan_id != stored.plan.plan_id
    assert large_world.apply(fresh).changes.written == 3
    assert large_world.run(as_of=DAY + WEEK).exit_code == 0


def test_an_approval_does_not_carry_over_to_other_bytes_with_a_matching_hash(large_world: World) -> None:
    large_world.resize(ids(30), 400)
    plan_id = large_world.run(as_of=DAY + WEEK).plan_ids[0]
    approve_plan(large_world.workspace(), plan_id)
    with large_world.store.begin() as tx:
        tx.execute(schema.approval.update().filter_by(plan_id=plan_id).values(hash="0" * 64))
    with pytest.raises(LedgerError):
        get_plan(large_world.workspace(), plan_id)


def test_where_approval_is_required_every_plan_needs_it(world: World) -> None:
    world.settings = SyncSettings(require_approval=True)
    result = world.run()
    assert (result.exit_code, world.writes()) == (6, [])
    assert isinstance(result.error, GuardError)
    assert result.error.code == "approval.required"
    approve_plan(world.workspace(), None)
    assert world.run().changes == ChangeCounts(planned=24, written=24)


def test_a_no_at_the_prompt_writes_nothing_and_keeps_the_plan(world: World) -> None:
    result = world.run(says=False)
    assert (result.exit_code, world.writes()) == (6, [])
    assert get_plan(world.workspace()).plan.plan_id == result.plan_ids[0]
    assert world.apply(get_plan(world.workspace())).exit_code == 0
