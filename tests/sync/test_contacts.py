"""Contacts: those that get the segment of their account, and those that are segmented themselves."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from connectors.errors import UsageError
from connectors.model import ObjectKind
from segmentation.config import RuleSettings, SegmentationSettings, with_followers
from sync import PinRequest, add_pin, explain, make_plans, refit, run
from sync.plan import Action
from sync.results import RunResult
from tests.sync.world import DAY, FIELDS, World, code_of, make_world, tier_model

INHERIT = SegmentationSettings(contacts="inherit")
FOLLOWERS = "customers_contacts"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Six accounts with two contacts each, and two contacts of nobody that is known."""
    made = make_world(tmp_path, count=6, segmentations=(INHERIT,))
    made.segmentations = with_followers((INHERIT,))
    rows: list[dict[str, str | None]] = [
        {"contact_id": f"c{n:03}", "account_id": f"a{n // 2:03}", "title": "Buyer"} for n in range(12)
    ]
    rows += [{"contact_id": "c900", "account_id": None, "title": "Buyer"}]
    rows += [{"contact_id": "c901", "account_id": "a999", "title": "Buyer"}]
    load(made, rows)
    return made


def load(world: World, rows: list[dict[str, str | None]]) -> None:
    world.crm.load(
        {ObjectKind.CONTACT: pa.Table.from_pylist(rows)}, as_of=date.fromisoformat(world.crm.as_of())
    )


def values(world: World) -> dict[str, tuple[str | None, ...]]:
    table = world.crm.table(ObjectKind.CONTACT)
    names = [name for name in FIELDS if name in table.column_names]
    columns = [table[name].to_pylist() for name in ("contact_id", *names)]
    return {row[0]: row[1:] for row in zip(*columns, strict=True)}


def keys(world: World) -> dict[str, str | None]:
    return {record: found[0] if found else None for record, found in values(world).items()}


def run_all(world: World) -> RunResult:
    return run(world.workspace(), confirm=lambda _plans: True)


def test_contacts_get_the_segment_of_their_account_in_the_same_fields(world: World) -> None:
    result = run_all(world)
    assert result.exit_code == 0
    accounts = world.keys()
    assert {record: key for record, key in keys(world).items() if record < "c900"} == {
        f"c{n:03}": accounts[f"a{n // 2:03}"] for n in range(12)
    }
    key, band, reason, since = values(world)["c004"]
    assert (key, band, since) == ("large", "clear", DAY.isoformat())
    assert reason == f"Its account: {world.values()['a002'][2]}"
    assert "2 contacts have no account with a segment; left alone." in result.notes
    assert run_all(world).changes.planned == 0


def test_a_contact_without_an_account_is_left_untouched(world: World) -> None:
    before = world.crm.table(ObjectKind.CONTACT).filter(
        pc.is_in(world.crm.table(ObjectKind.CONTACT)["contact_id"], pa.array(["c900", "c901"]))
    )
    run_all(world)
    after = world.crm.table(ObjectKind.CONTACT)
    assert [values(world)[each] for each in ("c900", "c901")] == [(None,) * 4] * 2
    kept = after.filter(pc.is_in(after["contact_id"], pa.array(["c900", "c901"])))
    assert kept["modified_at"].to_pylist() == before["modified_at"].to_pylist()


def test_contacts_move_with_their_account_and_with_a_change_of_account(world: World) -> None:
    run_all(world)
    world.resize(["a000"], 5000)
    load(world, [{"contact_id": "c002", "account_id": "a002"}, {"contact_id": "c011", "account_id": None}])
    run_all(world)
    found = keys(world)
    assert (found["c000"], found["c001"], found["c002"]) == ("large", "large", "large")
    # Whoever has left its account keeps what it has.
    assert found["c011"] == "large"
    assert any(
        "1 records outside the scope" in note for note in make_plans(world.workspace())[1].plan.head.notes
    )


def test_a_new_contact_has_the_reason_that_its_account_has_since_long(world: World) -> None:
    run_all(world)
    world.clock.advance(days=7)
    load(world, [{"contact_id": "c100", "account_id": "a001", "title": "Buyer"}])
    run_all(world)
    assert values(world)["c100"][2] == f"Its account: {world.values()['a001'][2]}"


def test_rules_and_pins_of_accounts_hold_for_their_contacts(world: World) -> None:
    ruled = SegmentationSettings(
        contacts="inherit", rules=(RuleSettings(when="employees >= 5000", segment="Enterprise"),)
    )
    world.segmentations = with_followers((ruled,))
    run_all(world)
    add_pin(world.workspace(), PinRequest("a000", "Enterprise", "partner"))
    run_all(world)
    assert (keys(world)["c004"], keys(world)["c000"]) == ("enterprise", "enterprise")
    assert (values(world)["c000"][2] or "").startswith("Its account: Pinned: partner; ")


def test_a_person_s_edit_of_a_contact_is_kept(world: World) -> None:
    run_all(world)
    world.crm.edit(ObjectKind.CONTACT, "c000", {"crm_segment": "middle"}, "Jo")
    world.resize(["a000"], 5000)
    result = run_all(world)
    assert result.changes.held == 1
    assert (keys(world)["c000"], keys(world)["c001"]) == ("middle", "large")


def test_contacts_wait_when_the_plan_of_their_accounts_is_stopped(world: World) -> None:
    run_all(world)
    world.settings = world.settings.model_copy(update={"min_changed_records": 1})
    world.resize(["a000", "a001", "a003"], 5000)
    before = keys(world)
    assert code_of(run_all(world)) == "guard.changed_share"
    assert keys(world) == before
    accounts, contacts = make_plans(world.workspace())
    assert contacts.plan.rows(Action.SET).num_rows == 6
    assert contacts.plan.head.guards == accounts.plan.head.guards


def test_a_pin_puts_the_plan_of_the_contacts_aside_too(world: World) -> None:
    accounts, contacts = make_plans(world.workspace())
    add_pin(world.workspace(), PinRequest("a000", "Large", "partner"))
    assert code_of(world.apply(contacts)) == "plan.superseded"
    assert code_of(world.apply(accounts)) == "plan.superseded"


def test_a_contact_is_explained_by_its_account(world: World) -> None:
    run_all(world)
    found = explain(world.workspace(), "c004", FOLLOWERS)
    assert (found.record_id, found.segment_title, found.since) == ("c004", "Large", DAY.isoformat())
    assert found.how_close.startswith("It follows its account, Company a002 (a002).")
    with pytest.raises(UsageError, match=r"^c900 \(c900\) has no segment"):
        explain(world.workspace(), "c900", FOLLOWERS)


def test_what_only_accounts_have_is_refused_for_their_contacts(world: World) -> None:
    run_all(world)
    with pytest.raises(UsageError, match="no segments of its own"):
        refit(world.workspace(), FOLLOWERS)
    with pytest.raises(UsageError, match="cannot be pinned"):
        add_pin(world.workspace(), PinRequest("c000", "Large", "why"), FOLLOWERS)


@pytest.mark.parametrize("kind", ["contact", "lead"])
def test_people_are_segmented_themselves_by_a_second_segmentation(tmp_path: Path, kind: str) -> None:
    own = SegmentationSettings(name="people", object=kind)  # type: ignore[arg-type]
    made = make_world(tmp_path, count=6, segmentations=(SegmentationSettings(),))
    made.segmentations = (SegmentationSettings(), own)
    made.use_model(tier_model(own), own)
    rows = [
        {f"{kind}_id": f"p{n}", "account_id": f"a00{n}", "employees": str([20, 300, 5000][n])}
        for n in range(3)
    ]
    if kind == "lead":
        rows = [{name: text for name, text in row.items() if name != "account_id"} for row in rows]
    else:
        rows = [{name: text for name, text in row.items() if name != "employees"} for row in rows]
    made.crm.load({ObjectKind(kind): pa.Table.from_pylist(rows)}, as_of=DAY)
    assert run_all(made).exit_code == 0
    table = made.crm.table(ObjectKind(kind))
    assert table["crm_segment"].to_pylist() == ["small", "middle", "large"]
    assert made.keys()["a000"] == "small"
    assert run_all(made).changes.planned == 0
    made.close()
