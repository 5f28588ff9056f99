"""Explains one record: its segment, why, what comes next and how close that is."""

from dataclasses import dataclass

import numpy as np

from connectors.errors import DataError
from segmentation.assign import check_fits, scores
from segmentation.features.table import FeatureTable
from segmentation.model import SegmentModel
from segmentation.profile import typical_range
from segmentation.reasons import record_reasons
from segmentation.what_if import what_would_move
from segmentation.words import feature_value, percent

__all__ = ["ExplainedFeature", "Explanation", "explain_record"]


@dataclass(frozen=True, slots=True)
class ExplainedFeature:
    """One feature of the record beside what is typical of its segment."""

    title: str
    value: str
    typical: str
    runner_up_typical: str
    source: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a record is where it is."""

    record_id: str
    segment_key: str
    segment_title: str
    reason: str
    runner_up_title: str | None
    closeness: str
    """How close the runner-up is, in words."""
    score: float
    """How sure the segment is, from 0 to 1."""
    features: tuple[ExplainedFeature, ...]
    would_move: tuple[str, ...] = ()
    """What single change would move the record, in sentences, the nearest first."""


def explain_record(model: SegmentModel, features: FeatureTable, record_id: str, key: str) -> Explanation:
    """Explain why a record has this segment.

    Args:
        model: The model that assigned it.
        features: The features it was assigned by.
        record_id: Which record.
        key: The segment that it has.

    Raises:
        DataError: The record is not among those that are grouped.
        ModelMismatchError: The model does not fit the features.
    """
    check_fits(model, features)
    ids = features.ids.to_pylist()
    if record_id not in ids:
        raise DataError(
            f"{record_id} is not among the {features.kind.value} records that are grouped.",
            hint="Check the id and the condition `where` of the segmentation.",
            code="data.record_unknown",
            details={"record_id": record_id},
        )
    at = ids.index(record_id)
    runner_up, score = _runner_up(model, features, at, key)
    return Explanation(
        record_id=record_id,
        segment_key=key,
        segment_title=model.title(key),
        reason=record_reasons(model, features, [record_id], [key])[0],
        runner_up_title=None if runner_up is None else model.title(runner_up),
        closeness=_closeness(model, key, runner_up, score),
        score=score,
        features=_features(model, features, at, key, runner_up),
        would_move=what_would_move(model, features, at, key),
    )


def _runner_up(model: SegmentModel, features: FeatureTable, at: int, key: str) -> tuple[str | None, float]:
    if model.groups is None:
        return None, 1.0
    joint = scores(model, features.single(at))[0][0]
    chances = np.exp(joint - joint.max())
    chances = chances / chances.sum()
    ranked = sorted(zip(model.groups.keys, chances, strict=True), key=lambda pair: -pair[1])
    runner_up = next((other for other, _ in ranked if other != key), None)
    return runner_up, round(float(dict(ranked).get(key, 0.0)), 6)


def _closeness(model: SegmentModel, key: str, runner_up: str | None, score: float) -> str:
    if model.groups is None:
        return "A fixed rule decides; there is no second choice."
    if model.segment(key) is None:
        return f"It is unlike every segment; the nearest is {model.title(runner_up or key)}."
    second = "" if runner_up is None else f"; next is {model.title(runner_up)}"
    if score >= 0.9:
        return f"Clear: {percent(score)} for this segment{second}."
    if score >= 0.6:
        return f"Likely: {percent(score)} for this segment{second}."
    return f"A close call: only {percent(score)} for this segment{second}."


def _features(
    model: SegmentModel, features: FeatureTable, at: int, key: str, runner_up: str | None
) -> tuple[ExplainedFeature, ...]:
    mine, other = (
        {value.feature: value for value in segment.typical} if segment else {}
        for segment in (model.segment(key), model.segment(runner_up or ""))
    )
    found = []
    for spec in features.specs:
        title = spec.title.replace("Days since the", "The") if spec.unit == "days" else spec.title
        found.append(
            ExplainedFeature(
                title=title,
                value=feature_value(spec, features.value(spec.name, at), features.as_of),
                typical=typical_range(spec, mine.get(spec.name), model.as_of),
                runner_up_typical=typical_range(spec, other.get(spec.name), model.as_of),
                source=spec.source,
            )
        )
    return tuple(found)
