"""What the report is made of: the segments that hold, their money, their moves, and no person's name."""

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from connectors.errors import ConfigError, DataError, UsageError
from connectors.model import ObjectKind
from segmentation.config import RuleSettings, SegmentationSettings, with_followers
from sync import PinRequest, add_pin, gather_report, run
from tests.sync.world import DAY, World, make_world, tier_model


def deals(world: World, amounts: dict[str, str]) -> None:
    rows = [
        {"deal_id": f"d{account}", "account_id": account, "amount": amount, "is_won": True, "is_closed": True}
        for account, amount in amounts.items()
    ]
    world.crm.load({ObjectKind.DEAL: pa.Table.from_pylist(rows)}, as_of=DAY)


def compare_with(world: World, field: str) -> None:
    settings = SegmentationSettings(compare=field)
    world.segmentations = (settings,)


def test_before_the_first_run_there_is_nothing_to_report(tmp_path: Path) -> None:
    made = make_world(tmp_path, has_model=False)
    with pytest.raises(UsageError) as caught:
        gather_report(made.workspace())
    assert caught.value.next_command == "crm-segments plan"
    made.close()


def test_a_first_plan_can_be_read_before_it_is_applied(tmp_path: Path) -> None:
    settings = SegmentationSettings(fallback="tiers", max_segments=2, min_segment_records=2)
    made = make_world(tmp_path, count=40, has_model=False, segmentations=(settings,))
    made.plan()
    found = gather_report(made.workspace())
    assert not found.is_applied
    assert sum(segment.count for segment in found.segments) == 40
    made.apply()
    assert gather_report(made.workspace()).is_applied
    made.close()


def test_the_report_counts_who_is_where_and_what_they_brought(world: World) -> None:
    deals(world, {"a000": "10.10", "a001": "20.20", "a002": "30.30", "a003": "0.01"})
    world.run()
    found = gather_report(world.workspace())
    assert {segment.key: segment.count for segment in found.segments} == {"large": 8, "middle": 8, "small": 8}
    assert found.money is not None
    assert {row.key: str(row.revenue) for row in found.money.rows if row.key != "unclassified"} == {
        "large": "30.30",
        "middle": "20.20",
        "small": "10.11",
    }
    assert {profile.key for profile in found.profiles if profile.record_count} == {"large", "middle", "small"}
    assert found.names["a000"] == "Company a000"


def test_moves_are_those_of_the_last_run_that_moved_anything(world: World) -> None:
    world.run()
    assert {move[0] for move in gather_report(world.workspace()).moves} == {None}
    world.clock.advance(days=7)
    world.crm.load({}, as_of=DAY + timedelta(days=7))
    world.resize(["a000"], 5000)
    world.run()
    world.run()
    found = gather_report(world.workspace())
    assert found.moves == (("small", "large", 1),)
    assert found.moved_on == (DAY + timedelta(days=7)).isoformat()


def test_rules_and_pins_are_part_of_the_report(world: World) -> None:
    ruled = SegmentationSettings(rules=(RuleSettings(when="employees >= 5000", segment="Enterprise"),))
    world.segmentations = (ruled,)
    world.plan()
    add_pin(world.workspace(), PinRequest("a000", "Middle", "partner"))
    world.run()
    counts = {segment.key: segment.count for segment in gather_report(world.workspace()).segments}
    assert (counts["enterprise"], counts["middle"], counts["small"]) == (8, 9, 7)


def test_the_tier_that_they_have_is_read_beside_ours_and_never_written(world: World) -> None:
    rows = [{"account_id": f"a{n:03}", "x_tier": "A" if n % 3 == 2 or n == 1 else "C"} for n in range(24)]
    world.crm.load({ObjectKind.ACCOUNT: pa.Table.from_pylist(rows)}, as_of=DAY)
    deals(world, {"a001": "5"})
    compare_with(world, "x_tier")
    world.run()
    found = gather_report(world.workspace()).comparison
    assert found is not None
    assert found.usual == {"large": "A", "middle": "C", "small": "C"}
    assert [(each.record_id, each.tier, str(each.worth)) for each in found.disagreements] == [
        ("a001", "A", "5.00")
    ]
    assert {field for _, field, _ in world.writes()} <= {
        *("crm_segment", "crm_segment_confidence", "crm_segment_reason", "crm_segment_since")
    }


def test_a_comparison_that_is_new_needs_no_new_segments_but_a_plan_that_reads_the_field(world: World) -> None:
    world.run()
    rows = [{"account_id": "a000", "x_tier": "A"}]
    world.crm.load({ObjectKind.ACCOUNT: pa.Table.from_pylist(rows)}, as_of=DAY)
    compare_with(world, "x_tier")
    with pytest.raises(ConfigError) as caught:
        gather_report(world.workspace())
    assert caught.value.next_command == "crm-segments plan"
    assert world.plan().plan.head.model_id
    assert gather_report(world.workspace()).comparison is not None


def test_people_are_never_named(tmp_path: Path) -> None:
    own = SegmentationSettings(name="people", object="lead")
    made = make_world(tmp_path, count=6, segmentations=(own,))
    made.use_model(tier_model(own), own)
    rows = [
        {"lead_id": f"p{n}", "company": "Secret Person Ltd", "title": "CEO", "employees": "20"}
        for n in range(3)
    ]
    made.crm.load({ObjectKind.LEAD: pa.Table.from_pylist(rows)}, as_of=DAY)
    made.run()
    found = gather_report(made.workspace())
    assert found.names == {}
    assert found.money is None
    made.close()


def test_contacts_that_inherit_have_no_report_of_their_own(world: World) -> None:
    world.segmentations = with_followers((SegmentationSettings(contacts="inherit"),))
    run(world.workspace(), confirm=lambda _plans: True)
    with pytest.raises(UsageError) as caught:
        gather_report(world.workspace(), "customers_contacts")
    assert caught.value.next_command == "crm-segments report --segmentation customers"


def test_a_lost_pull_is_named_with_the_way_out(world: World) -> None:
    world.run()
    for path in (world.folder / "snapshots").rglob("*.parquet"):
        path.unlink()
    with pytest.raises(DataError) as caught:
        gather_report(world.workspace())
    assert caught.value.next_command == "crm-segments plan"


def test_looking_changes_nothing(world: World) -> None:
    world.run()
    before = (world.values(), world.touched())
    gather_report(world.workspace())
    assert (world.values(), world.touched()) == before
    assert world.run().changes.planned == 0
