"""Drift and shocks: silence while nothing happens, words for people when something does."""

from dataclasses import replace

import pytest

from segmentation import assign_segments, describe_drift, measure_shifts, profile_features
from segmentation.features.table import FeatureTable
from segmentation.model import SegmentModel
from tests.segmentation.worlds import fit_of, world


def shares(model: SegmentModel, features: FeatureTable) -> dict[str, tuple[float, ...]]:
    return {each.feature: each.shares for each in profile_features(model.transforms, features)}


def with_fewer_opens(features: FeatureTable) -> FeatureTable:
    changed = features.values.copy()
    changed["email_opens"] *= 0.5
    return replace(features, values=changed)


def test_profiles_add_up_and_the_same_records_do_not_shift() -> None:
    features, fit = fit_of("five")
    found = shares(fit.model, features)
    assert set(found) == {transform.spec.name for transform in fit.model.transforms}
    assert all(sum(each) == pytest.approx(1, abs=1e-4) for each in found.values())
    assert {shift.share for shift in measure_shifts(fit.model, found, found)} == {0.0}


def test_a_quiet_week_moves_no_feature_notably() -> None:
    weeks = world("five", weeks=2)
    _, fit = fit_of("five")
    before, after = (shares(fit.model, weeks.features(week)) for week in (0, 1))
    assert measure_shifts(fit.model, before, after)[0].share < 0.05


def test_halved_opens_are_the_farthest_shift_by_far() -> None:
    features, fit = fit_of("five")
    found = measure_shifts(
        fit.model, shares(fit.model, features), shares(fit.model, with_fewer_opens(features))
    )
    assert found[0].feature == "email_opens"
    assert found[0].share > 0.3
    assert all(shift.share == 0 for shift in found[1:])


def test_a_field_that_lost_its_values_is_a_shift() -> None:
    features, fit = fit_of("five")
    emptied = features.values.copy()
    emptied["industry"] = None
    found = measure_shifts(
        fit.model, shares(fit.model, features), shares(fit.model, replace(features, values=emptied))
    )
    assert found[0].feature == "industry"
    assert found[0].share > 0.8


def test_drift_is_told_per_feature_and_per_segment_with_its_numbers() -> None:
    features, fit = fit_of("five")
    moved = with_fewer_opens(features)
    said = describe_drift(fit.model, moved, assign_segments(fit.model, moved))
    assert said[0].startswith("Since the segments were made (Nov 2026), mails opened in 90 days")
    assert "instead of" in said[0]
    title = fit.model.segments[0].title
    assert any(f"{title} moved: mails opened" in sentence for sentence in said)


def test_nothing_is_said_where_nothing_moved() -> None:
    features, fit = fit_of("five")
    assert describe_drift(fit.model, features, assign_segments(fit.model, features)) == ()


def test_a_segment_that_shrinks_is_named_with_both_shares() -> None:
    features, fit = fit_of("five")
    key = fit.model.segments[0].key
    assigned = assign_segments(fit.model, features)
    kept = [at for at, found in enumerate(assigned.column("segment_key").to_pylist()) if found != key]
    fewer = replace(
        features,
        ids=features.ids.take(kept),
        values=features.values.iloc[kept].reset_index(drop=True),
    )
    said = describe_drift(fit.model, fewer, assigned.take(kept))
    assert any(f"{fit.model.segments[0].title} shrank from" in sentence for sentence in said)
