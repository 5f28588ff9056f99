"""What goes wrong between two weeks: merges, fields that vanish, money that changes its currency."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from connectors.errors import ConfigError, DataError
from connectors.model import ObjectKind
from segmentation.config import CurrencySettings, FeatureSettings, RuleSettings, SegmentationSettings
from sync import PinRequest, add_pin, explain, gather_report, make_plans
from sync.plan import Action
from tests.sync.world import World, code_of, make_world, tier_model


def deals(world: World, rows: list[dict[str, object]]) -> None:
    day = date.fromisoformat(world.crm.as_of())
    world.crm.load({ObjectKind.DEAL: pa.Table.from_pylist(rows)}, as_of=day)


def test_an_account_that_was_merged_away_is_gone_and_its_deals_count_for_the_other(world: World) -> None:
    won = {"is_won": True, "is_closed": True}
    deals(world, [{"deal_id": "d1", "account_id": "a000", "amount": "10", **won}])
    world.run()
    add_pin(world.workspace(), PinRequest("a000", "Large", "partner"))
    world.crm.merge(ObjectKind.ACCOUNT, "a001", "a000")
    stored = world.plan()
    assert stored.plan.head.in_scope_count == 23
    assert any(
        "pinned, but not among the records that are grouped" in note for note in stored.plan.head.notes
    )
    assert world.run().exit_code == 0
    found = gather_report(world.workspace())
    assert sum(segment.count for segment in found.segments) == 23
    assert found.money is not None
    assert {row.key: str(row.revenue) for row in found.money.rows if row.revenue} == {"middle": "10.00"}


def test_a_rule_whose_field_vanished_from_the_crm_stops_before_any_harm(tmp_path: Path) -> None:
    settings = SegmentationSettings(rules=(RuleSettings(when='x_kind = "key"', segment="Key accounts"),))
    made = make_world(tmp_path, segmentations=(settings,))
    before = made.values()
    result = made.run()
    assert code_of(result) == "config.condition"
    assert isinstance(result.error, ConfigError)
    assert made.values() == before
    made.close()


def test_another_home_currency_needs_new_segments_and_writes_nothing(world: World) -> None:
    world.run()
    workspace = world.workspace()
    object.__setattr__(workspace, "currency", CurrencySettings(home="EUR"))
    with pytest.raises(DataError) as caught:
        make_plans(workspace)
    assert (caught.value.code, caught.value.next_command) == ("model.settings_changed", "crm-segments refit")


def test_a_column_that_is_suddenly_empty_for_all_stops_the_run_and_blanks_nobody(tmp_path: Path) -> None:
    made = make_world(tmp_path)
    made.run()
    before = made.values()
    rows = [{"account_id": f"a{n:03}", "employees": None} for n in range(24)]
    table = pa.Table.from_pylist(
        rows, schema=pa.schema([("account_id", pa.string()), ("employees", pa.string())])
    )
    made.crm.load({ObjectKind.ACCOUNT: table}, as_of=date.fromisoformat(made.crm.as_of()))
    assert code_of(made.run()) == "data.model_mismatch"
    assert made.values() == before
    made.close()


def test_a_required_fact_that_many_lose_trips_the_guard_and_blanks_nobody(tmp_path: Path) -> None:
    settings = SegmentationSettings(features=FeatureSettings(required=("employees",)))
    made = make_world(tmp_path, count=240, segmentations=(settings,))
    made.use_model(tier_model(settings), settings)
    made.run()
    before = made.values()
    made.resize([f"a{n:03}" for n in range(100)], 0)
    assert code_of(made.run()) == "guard.changed_share"
    assert made.values() == before
    stored = made.plan()
    assert stored.plan.rows(Action.SET)["key"].to_pylist() == ["unclassified"] * 100
    made.close()


def test_a_record_whose_rule_field_was_blanked_is_set_free_and_explained(world: World) -> None:
    ruled = SegmentationSettings(rules=(RuleSettings(when='country = "US"', segment="Home market"),))
    world.segmentations = (ruled,)
    world.run()
    world.edit("a002", country=None)
    world.run()
    assert (world.keys()["a002"], world.keys()["a005"]) == ("large", "home_market")
    assert explain(world.workspace(), "a002").segment_title == "Large"
