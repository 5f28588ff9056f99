"""Rules and pins: what people decide comes before what was computed, from settings to the CRM and back."""

from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import ConfigError, UsageError
from connectors.model import ObjectKind
from segmentation.config import RuleSettings, SegmentationSettings
from sync import PinRequest, add_pin, explain, get_pins, list_segments, refit, remove_pin
from sync.plan import Action
from sync.session import open_session
from tests.sync.world import DAY, World, code_of, make_world, tier_model

MIDDLE_ONES = ["a001", "a004", "a007"]
"""Accounts of 300 employees; a000, a003, ... have 20, a002, a005, ... have 5,000."""


def ruled(world: World, *rules: tuple[str, str], **others: object) -> None:
    made = tuple(RuleSettings(when=when, segment=segment) for when, segment in rules)
    world.segmentations = (SegmentationSettings(rules=made, **others),)  # type: ignore[arg-type]
    # Guards are not what is tested here.
    world.settings = world.settings.model_copy(update={"min_changed_records": 1000})


def pin(world: World, record: str, segment: str, until: date | None = None) -> None:
    add_pin(world.workspace(), PinRequest(record, segment, "strategic partner", until))


def reason(world: World, record: str) -> str:
    return world.values()[record][2] or ""


def test_a_rule_makes_a_segment_of_its_own_that_is_written_and_explained(world: World) -> None:
    ruled(world, ("employees >= 5000", "Enterprise"))
    result = world.run()
    assert {key for record, key in world.keys().items() if int(record[1:]) % 3 == 2} == {"enterprise"}
    counts = {each.key: (each.name, each.count) for each in result.segments}
    assert counts["enterprise"] == ("Enterprise", 8)
    assert reason(world, "a002").startswith("Rule: employees >= 5000; 5,000 employees")
    found = explain(world.workspace(), "a002")
    assert found.segment_title == "Enterprise"
    assert found.how_close == "Rule: employees >= 5000. Without it: Large."
    assert "By rule: employees >= 5000." in {each.reason for each in list_segments(world.workspace())}
    assert world.run().changes.planned == 0


def test_the_first_rule_that_holds_wins_and_a_pin_comes_before_every_rule(world: World) -> None:
    ruled(world, ("employees >= 5000", "Enterprise"), ("employees >= 300", "Upper half"))
    world.plan()
    pin(world, "a002", "Small", until=DAY + timedelta(days=30))
    world.run()
    assert world.keys()["a005"] == "enterprise"
    assert world.keys()["a001"] == "upper_half"
    assert world.keys()["a002"] == "small"
    assert reason(world, "a002").startswith("Pinned until 2 Dec 2026: strategic partner; 5,000 employees")


def test_a_rule_that_names_a_segment_that_was_found_fills_that_one(world: World) -> None:
    ruled(world, ("employees = 20", "LARGE"))
    result = world.run()
    assert [each.key for each in result.segments] == ["large", "middle", "small"]
    assert world.keys()["a000"] == "large"


def test_a_changed_rule_needs_no_new_segments_and_sets_its_records_free(world: World) -> None:
    ruled(world, ("employees >= 5000", "Enterprise"))
    world.run()
    model = world.plan().plan.head.model_id
    ruled(world)
    assert explain(world.workspace(), "a002").how_close.startswith(
        "The rule or the pin that put it here is gone"
    )
    result = world.run()
    assert result.exit_code == 0
    assert world.keys()["a002"] == "large"
    assert world.plan().plan.head.model_id == model


def test_the_key_of_a_rule_stays_its_own_when_the_rule_comes_back(world: World) -> None:
    world.use_model(tier_model(world.segmentations[0]))
    ruled(world, ("employees >= 5000", "Key accounts"))
    world.run()
    ruled(world)
    world.run()
    ruled(world, ("employees >= 300", "Key accounts"))
    world.run()
    assert world.keys()["a001"] == world.keys()["a002"] == "key_accounts"


def test_a_plan_made_under_other_rules_is_stale(world: World) -> None:
    stored = world.plan()
    ruled(world, ("employees >= 5000", "Enterprise"))
    assert code_of(world.apply(stored)) == "plan.stale.settings"


def test_a_plan_made_without_a_pin_is_put_aside(world: World) -> None:
    stored = world.plan()
    pin(world, "a002", "Small")
    assert code_of(world.apply(stored)) == "plan.superseded"
    world.run()
    assert world.keys()["a002"] == "small"
    remove_pin(world.workspace(), "a002")
    world.run()
    assert world.keys()["a002"] == "large"


def test_a_pin_ends_after_its_last_day_and_says_so(world: World) -> None:
    world.run()
    pin(world, "a002", "Small", until=DAY)
    world.run()
    assert world.keys()["a002"] == "small"
    later = world.plan(as_of=DAY + timedelta(days=1))
    assert later.plan.rows(Action.SET)["key"].to_pylist() == ["large"]
    assert "1 account whose pin has ended; rules and segments decide again (a002)." in later.plan.head.notes


def test_pins_are_listed_with_who_set_them_and_why(world: World) -> None:
    world.plan()
    pin(world, "Company a002", "small")
    (found,) = get_pins(world.workspace())
    assert (found.record_id, found.name, found.segment_title) == ("a002", "Company a002", "Small")
    assert (found.reason, found.actor, found.until, found.has_ended) == (
        "strategic partner",
        "tester",
        None,
        False,
    )
    pin(world, "a002", "Middle", until=DAY)
    (again,) = get_pins(world.workspace())
    assert (again.segment_title, again.until) == ("Middle", "2026-11-02")


def test_pins_can_be_listed_while_a_run_is_at_work(world: World) -> None:
    world.plan()
    pin(world, "a002", "small")
    with open_session(world.workspace()):
        assert [each.record_id for each in get_pins(world.workspace())] == ["a002"]


def test_pins_survive_the_process(world: World) -> None:
    world.run()
    pin(world, "a002", "Small")
    again = world.reopen()
    assert [each.record_id for each in get_pins(again.workspace())] == ["a002"]
    again.close()


def test_a_pin_outside_the_scope_does_nothing_and_says_so(world: World) -> None:
    world.plan()
    pin(world, "a002", "Small")
    narrow = SegmentationSettings(exclude='account_id = "a002"')
    world.segmentations = (narrow,)
    world.use_model(tier_model(narrow), narrow)
    stored = world.plan()
    assert "a002" not in stored.plan.changes["record_id"].to_pylist()
    assert any(
        note.startswith("1 account pinned, but not among the records") for note in stored.plan.head.notes
    )


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (PinRequest("nobody", "Small", "why"), "record.unknown"),
        (PinRequest("a002", "Smal", "why"), "pin.segment"),
        (PinRequest("a002", "Small", "  "), "pin.reason"),
        (PinRequest("a002", "Small", "why" * 50), "pin.reason"),
        (PinRequest("a002", "Small", "why", DAY - timedelta(days=1)), "pin.until"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_pin_that_makes_no_sense_is_refused(world: World, request_: PinRequest, code: str) -> None:
    world.plan()
    with pytest.raises(UsageError) as caught:
        add_pin(world.workspace(), request_)
    assert caught.value.code == code
    assert get_pins(world.workspace()) == []


def test_taking_away_a_pin_that_is_not_there_is_refused(world: World) -> None:
    world.plan()
    with pytest.raises(UsageError, match="a002 is not pinned"):
        remove_pin(world.workspace(), "a002")


def test_excluded_records_keep_what_they_have_and_are_counted(world: World) -> None:
    world.run()
    narrow = SegmentationSettings(exclude="employees = 300", where='country = "US"')
    world.segmentations = (narrow,)
    world.use_model(tier_model(narrow), narrow)
    stored = world.plan()
    assert stored.plan.head.in_scope_count == 16
    notes = " ".join(stored.plan.head.notes)
    assert "8 accounts are outside `where` or left out by `exclude`; left alone." in notes
    assert "8 records outside the scope still carry a segment; it is left as it is." in notes


def test_a_rule_about_an_unknown_field_names_the_place_where_it_is_written(world: World) -> None:
    ruled(world, ("x_tier = 1", "Gold"))
    workspace = world.workspace()
    object.__setattr__(workspace, "places", {"x_tier = 1": "config.toml, line 9"})
    with pytest.raises(
        ConfigError, match=r"^config\.toml, line 9: The condition is wrong at position 1"
    ) as caught:
        refit(workspace)
    assert caught.value.code == "config.condition"


def test_segments_are_found_among_the_records_that_no_rule_takes(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    made = make_world(tmp_path_factory.mktemp("world"), count=60, has_model=False)
    ruled(made, ("employees >= 5000", "Enterprise"), fallback="tiers", min_segment_records=2, max_segments=2)
    head = made.plan().plan.head
    counts = {each.key: each.count for each in head.segments}
    assert counts.pop("enterprise") == 20
    assert sum(counts.values()) == 40
    # The tiers' limits are taken from the rest: nobody of the 5,000 is left to be called large.
    assert not any("5,000" in each.reason for each in head.segments if each.key != "enterprise")
    made.close()


def test_a_refit_moves_nobody_whom_a_rule_or_a_pin_holds(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = make_world(tmp_path_factory.mktemp("world"), count=60, has_model=False)
    ruled(made, ("employees >= 5000", "Enterprise"), fallback="tiers", min_segment_records=2, max_segments=2)
    made.run()
    proposal = refit(made.workspace())
    assert "enterprise" not in {old for old, _new, _count in proposal.migration}
    assert {each.key: each.count for each in proposal.segments}["enterprise"] == 20
    made.close()


@settings(max_examples=12)
@given(st.lists(st.sampled_from(["pin", "unpin", "rule", "none", "run"]), max_size=6))
def test_whatever_is_decided_in_which_order_the_crm_ends_as_the_decisions_say(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    made = make_world(tmp_path_factory.mktemp("world"), count=6)
    made.plan()
    is_pinned, has_rule = False, False
    for step in steps:
        if step == "pin":
            pin(made, "a001", "Small")
            is_pinned = True
        elif step == "unpin" and is_pinned:
            remove_pin(made.workspace(), "a001")
            is_pinned = False
        elif step in {"rule", "none"}:
            has_rule = step == "rule"
            ruled(made, *[("employees = 300", "Enterprise")] * has_rule)
        elif step == "run":
            made.run()
    made.run()
    assert made.keys()["a001"] == ("small" if is_pinned else "enterprise" if has_rule else "middle")
    assert made.keys()["a004"] == ("enterprise" if has_rule else "middle")
    assert made.run().changes.planned == 0
    made.close()


def test_records_that_lack_what_is_required_are_unclassified_unless_a_pin_says_where(world: World) -> None:
    needy = SegmentationSettings.model_validate({"features": {"required": ["employees"]}})
    world.segmentations = (needy,)
    world.use_model(tier_model(needy), needy)
    rows = [{"account_id": "b1", "name": "Nobody knows"}, {"account_id": "b2", "name": "But we do"}]
    world.crm.load({ObjectKind.ACCOUNT: pa.Table.from_pylist(rows)}, as_of=DAY)
    world.plan()
    pin(world, "b2", "Large")
    world.run()
    assert (world.keys()["b1"], world.keys()["b2"]) == ("unclassified", "large")
    assert reason(world, "b1").startswith("Employees not known, which is required; ")
    assert explain(world.workspace(), "b1").how_close.startswith("Employees not known, which is required.")


def test_deals_are_chosen_by_fields_of_the_crm_s_own(world: World) -> None:
    chosen = SegmentationSettings.model_validate(
        {"deals": {"where": 'x_kind = "New"', "amount": "x_arr"}, "exclude": "won_amount = 70"}
    )
    world.segmentations = (chosen,)
    world.use_model(tier_model(chosen), chosen)
    rows = [
        {
            "deal_id": "1",
            "account_id": "a000",
            "is_won": True,
            "is_closed": True,
            "amount": "9",
            "x_kind": "New",
            "x_arr": "70",
        },
        {
            "deal_id": "2",
            "account_id": "a001",
            "is_won": True,
            "is_closed": True,
            "amount": "9",
            "x_kind": "Old",
            "x_arr": "70",
        },
    ]
    world.crm.load({ObjectKind.DEAL: pa.Table.from_pylist(rows)}, as_of=DAY)
    world.run()
    assert (world.keys()["a000"], world.keys()["a001"]) == (None, "middle")
