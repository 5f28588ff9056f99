"""Fixed, printed rules: exhaustive, disjoint, true to what they print."""

from dataclasses import replace
from datetime import date

import pytest

from connectors.model import ObjectKind
from segmentation import (
    FeatureTable,
    SegmentationSettings,
    SegmentModel,
    TooFewRecordsError,
    assign_segments,
    explain_record,
    tier_segments,
)
from tests.segmentation.data import features_of, maven, records, table

SETTINGS = SegmentationSettings(fallback="tiers")


def tiers(features: FeatureTable) -> SegmentModel:
    return tier_segments(features, SETTINGS, fingerprint="x").model


def test_every_account_has_one_tier_and_counts_add_up() -> None:
    model = tiers(maven())
    assigned = assign_segments(model, maven())
    keys = assigned.column("segment_key").to_pylist()
    assert set(keys) <= {segment.key for segment in model.segments}
    assert {segment.key: keys.count(segment.key) for segment in model.segments} == {
        segment.key: segment.record_count for segment in model.segments
    }
    assert set(assigned.column("band").to_pylist()) == {"clear"}
    assert set(assigned.column("score").to_pylist()) == {1.0}


def test_printed_thresholds_are_those_that_are_applied() -> None:
    model = tiers(maven())
    top = next(segment for segment in model.segments if segment.title == "Top customers")
    assert "$150k or more" in top.sentence
    keys = assign_segments(model, maven()).column("segment_key").to_pylist()
    for key, amount in zip(keys, maven().numbers("won_amount"), strict=True):
        assert (key == top.key) == (amount >= 150_000)


def test_thresholds_stay_when_the_data_move() -> None:
    model = tiers(maven())
    poorer = maven().values.copy()
    poorer["won_amount"] /= 10
    keys = set(assign_segments(model, replace(maven(), values=poorer)).column("segment_key").to_pylist())
    assert keys == {"smaller_customers"}


def test_who_never_bought_and_who_went_quiet_come_first() -> None:
    accounts = table(ObjectKind.ACCOUNT, account_id=["new", "quiet", "big", "bigger", "small"])
    deals = table(
        ObjectKind.DEAL,
        deal_id=["1", "2", "3", "4"],
        account_id=["quiet", "big", "bigger", "small"],
        is_won=[True] * 4,
        is_closed=[True] * 4,
        amount=["1000000", "50000", "90000", "5"],
        close_date=[date(2024, 1, 1), date(2026, 9, 1), date(2026, 9, 1), date(2026, 9, 1)],
    )
    features = features_of(records(account=accounts, deal=deals))
    model = tiers(features)
    found = {
        row["record_id"]: model.title(row["segment_key"])
        for row in assign_segments(model, features).to_pylist()
    }
    assert (found["new"], found["quiet"]) == ("Never bought", "Customers gone quiet")
    assert found["small"] == "Smaller customers"


def test_without_purchases_size_decides() -> None:
    accounts = table(
        ObjectKind.ACCOUNT,
        account_id=[str(n) for n in range(10)],
        employees=[None, *map(str, range(10, 100, 10))],
    )
    model = tiers(features_of(records(account=accounts)))
    assert [segment.title for segment in model.segments] == ["Size not known", "Large", "Mid-size", "Small"]
    assert model.segments[0].record_count == 1


def test_people_without_size_are_told_apart_by_activity() -> None:
    contacts = table(
        ObjectKind.CONTACT,
        contact_id=["1", "2", "3"],
        last_activity_date=[None, date(2026, 10, 30), date(2020, 1, 1)],
    )
    features = features_of(records(ObjectKind.CONTACT, contact=contacts))
    model = tiers(features)
    found = {
        row["record_id"]: model.title(row["segment_key"])
        for row in assign_segments(model, features).to_pylist()
    }
    assert found == {"1": "No activity on record", "2": "In touch", "3": "Out of touch"}


def test_nothing_known_is_refused() -> None:
    nothing = table(ObjectKind.ACCOUNT, account_id=["a", "b"])
    with pytest.raises(TooFewRecordsError):
        tiers(features_of(records(account=nothing)))


def test_tiers_survive_storage_and_can_be_explained() -> None:
    model = SegmentModel.from_json(tiers(maven()).to_json())
    row = assign_segments(model, maven()).to_pylist()[0]
    found = explain_record(model, maven(), row["record_id"], row["segment_key"])
    assert found.runner_up_title is None
    assert "fixed rule" in found.closeness


def test_tiers_are_called_rules() -> None:
    model = tiers(maven())
    assert model.kind == "tiers"
    assert model.evidence.startswith("Fixed rules, tried in this order")
