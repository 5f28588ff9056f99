"""Segments beside a tier, and the flat picture."""

from decimal import Decimal

import pyarrow as pa
import pytest

from connectors.errors import ConfigError
from connectors.model import ObjectKind
from segmentation import Comparison, assign_segments, compare_with_field, draw_landscape, profile_segments
from segmentation.features.columns import Texts
from tests.segmentation.data import table
from tests.segmentation.worlds import fit_of

ASSIGNED = pa.table(
    {"record_id": list("abcdefg"), "segment_key": ["big", "big", "big", "small", "small", "small", "big"]}
)
TIERS: list[object] = ["A", " A", "B", "C", "C", "A", "N/A", "A"]


def compared(tiers: list[object] = TIERS) -> Comparison:
    accounts = table(ObjectKind.ACCOUNT, account_id=[*"abcdefgh"], x_tier=tiers)
    worth = {"c": Decimal(5), "f": Decimal(70)}
    return compare_with_field(accounts, "x_tier", ASSIGNED, worth, ["big", "small", "empty"])


def test_segments_and_tiers_are_counted_beside_each_other() -> None:
    found = compared()
    assert found.tiers == ("A", "C", "B")
    assert found.counts == {"big": {"A": 2, "B": 1}, "small": {"C": 2, "A": 1}, "empty": {}}
    assert found.unknown == {"big": 1, "small": 0, "empty": 0}
    assert found.usual == {"big": "A", "small": "C"}
    assert found.compared_count == 6


def test_disagreements_come_with_the_most_valuable_first() -> None:
    assert [
        (each.record_id, each.tier, each.usual_tier, each.worth) for each in compared().disagreements
    ] == [
        ("f", "A", "C", Decimal(70)),
        ("c", "B", "A", Decimal(5)),
    ]


def test_a_field_with_a_value_for_everybody_is_no_tier() -> None:
    many = table(
        ObjectKind.ACCOUNT, account_id=[str(n) for n in range(40)], x_tier=[f"T{n}" for n in range(40)]
    )
    with pytest.raises(ConfigError, match="40 different values: that is no tier"):
        compare_with_field(many, "x_tier", ASSIGNED, {}, ["big"])


def test_a_field_that_was_not_read_is_named() -> None:
    with pytest.raises(ConfigError, match="There is no field tier to compare with") as caught:
        compare_with_field(table(ObjectKind.ACCOUNT, account_id=["a"]), "tier", ASSIGNED, {}, ["big"])
    assert caught.value.next_command == "crm-segments plan"


def test_the_picture_shows_who_is_alike_and_is_the_same_twice() -> None:
    features, fit = fit_of("five")
    first = draw_landscape(features, fit.model.transforms, at_most=300)
    assert first is not None
    assert len(first.record_ids) == len(first.x) == len(first.y) == 300
    assert 0.2 < first.shown_share <= 1
    assert "more employees" in (*first.x_facts, *first.y_facts)
    assert draw_landscape(features, fit.model.transforms, at_most=300) == first


def test_what_sets_a_segment_apart_is_said_beside_everybody_in_plain_units() -> None:
    features, fit = fit_of("five")
    assigned = assign_segments(fit.model, features)["segment_key"]
    labels: Texts = assigned.to_numpy(zero_copy_only=False)
    profiles = profile_segments(features, fit.model.transforms, labels, fit.model.keys)
    assert [each.record_count for each in profiles][:-1] == [
        int((labels == key).sum()) for key in fit.model.keys[:-1]
    ]
    told = [difference for each in profiles for difference in each.differences]
    assert all(each.own and each.everyone and each.own != each.everyone for each in told if each.phrase)
    assert not any("nan" in f"{each.own}{each.everyone}" for each in told)
