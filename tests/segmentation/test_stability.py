"""New segments matched to old ones."""

from dataclasses import replace

import pyarrow as pa
import pytest

from connectors.model import ObjectKind
from segmentation import (
    ModelMismatchError,
    SegmentationSettings,
    assign_segments,
    fit_segments,
    match_segments,
)
from tests.segmentation.worlds import fit_of, world


def current() -> pa.Table:
    features, fit = fit_of("five")
    return assign_segments(fit.model, features).select(["record_id", "segment_key"])


def refitted(seed: int = 5, **changes: object):  # type: ignore[no-untyped-def]
    features, fit = fit_of("five")
    chosen = SegmentationSettings.model_validate(changes)
    taken = frozenset(fit.model.keys)
    return fit_segments(features, chosen, fingerprint="y", taken_keys=taken, seed=seed).model


def test_same_segments_keep_their_keys_and_titles() -> None:
    features, fit = fit_of("five")
    found = match_segments(fit.model, refitted(), features, current=current())
    assert set(found.kept) == {segment.key for segment in fit.model.segments}
    assert (found.new, found.retired) == ((), ())
    for segment in found.model.segments:
        assert segment.title == fit.model.title(segment.key)
    assert found.model.groups is not None
    assert list(found.model.groups.keys) == [segment.key for segment in found.model.segments]


def test_renamed_segment_keeps_the_name_that_people_gave() -> None:
    features, fit = fit_of("five")
    first, *rest = fit.model.segments
    renamed = replace(fit.model, segments=(replace(first, title="Our lighthouses"), *rest))
    found = match_segments(renamed, refitted(), features, current=current())
    assert found.model.title(first.key) == "Our lighthouses"


def test_migration_adds_up_to_all_records_and_agrees_with_the_new_model() -> None:
    features, fit = fit_of("five")
    found = match_segments(fit.model, refitted(), features, current=current())
    assert sum(count for _, _, count in found.migration) == len(features)
    after = assign_segments(found.model, features).column("segment_key").to_pylist()
    for segment in found.model.segments:
        arriving = sum(count for _, key, count in found.migration if key == segment.key)
        assert arriving == after.count(segment.key)


def test_segments_that_vanish_are_retired_and_never_reused() -> None:
    features, fit = fit_of("five")
    found = match_segments(fit.model, refitted(max_segments=4), features, current=current())
    old = {segment.key for segment in fit.model.segments}
    assert len(found.model.segments) == 4
    assert len(found.retired) == 5 - len(found.kept)
    assert not set(found.new) & old
    assert all(any(fit.model.title(key) in text for text in found.sentences) for key in found.retired)


def test_refit_weeks_later_keeps_all_names() -> None:
    weeks = world("five", weeks=2)
    first, second = weeks.features(0), weeks.features(1)
    old = fit_segments(first, SegmentationSettings(), fingerprint="x").model
    new = fit_segments(
        second, SegmentationSettings(), fingerprint="x", taken_keys=frozenset(old.keys), seed=9
    ).model
    held = assign_segments(old, first).select(["record_id", "segment_key"])
    found = match_segments(old, new, second, current=held)
    assert set(found.kept) == {segment.key for segment in old.segments}


def test_models_of_different_objects_are_not_matched() -> None:
    features, fit = fit_of("five")
    other = replace(fit.model, object=ObjectKind.LEAD)
    with pytest.raises(ModelMismatchError):
        match_segments(other, fit.model, features, current=current())


def test_a_refit_begins_where_records_are_today() -> None:
    """The present segments are one of the starts, so that what still holds does not wander."""
    features, fit = fit_of("five")
    again = fit_segments(
        features,
        SegmentationSettings(),
        fingerprint="y",
        taken_keys=frozenset(fit.model.keys),
        current=current(),
        seed=23,
    ).model
    found = match_segments(fit.model, again, features, current=current())
    moved = sum(count for old, new, count in found.migration if old != new)
    assert moved <= 0.005 * len(features)


def test_splits_and_mergers_are_said_with_where_records_come_from_and_go() -> None:
    features, fit = fit_of("five")
    coarse = refitted(max_segments=4)
    few = assign_segments(coarse, features).select(["record_id", "segment_key"])
    split = match_segments(coarse, fit.model, features, current=few)
    merged = match_segments(fit.model, coarse, features, current=current())
    assert any(sentence.startswith("Split: ") and "comes out of" in sentence for sentence in split.sentences)
    assert any(sentence.startswith("Merged: ") and "goes into" in sentence for sentence in merged.sentences)
