"""How far records have moved away: since the segments were made, and since the last run.

A feature's profile is how many records lie in which stretch of its values. The shift between two profiles is
the total variation: the smallest share of records that must differ for one to become the other. It is 0 when
nothing moved and needs no assumption about the form of the values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from segmentation.features.columns import Floats, Indexes
from segmentation.features.quality import plural
from segmentation.features.table import FeatureTable
from segmentation.model import FeatureProfile, FeatureSpec, Segment, SegmentModel, Transform
from segmentation.prepare import level_places, scaled
from segmentation.words import feature_value, month, percent

__all__ = ["Shift", "describe_drift", "measure_shifts", "profile_features"]

STRETCHES = (-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5)
"""Where one stretch of a number ends and the next begins, in spreads from the middle."""
NOTABLE_SHIFT = 0.15
NOTABLE_GROWTH = 0.25
KNOWN_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Shift:
    """How far one feature has moved."""

    feature: str
    title: str
    share: float
    """Smallest share of records whose value must differ."""


def profile_features(transforms: Sequence[Transform], features: FeatureTable) -> tuple[FeatureProfile, ...]:
    """Where the values of each feature lie: shares of the stretches or levels, with "not known" last."""
    return tuple(_profile(transform, features) for transform in transforms)


def _profile(transform: Transform, features: FeatureTable) -> FeatureProfile:
    name = transform.spec.name
    if transform.levels:
        places = level_places(transform, features, slice(None))
        return FeatureProfile(name, _shares(places, transform.width))
    raw = features.numbers(name)
    places = np.digitize((scaled(transform.spec, raw) - transform.center) / transform.spread, STRETCHES)
    known = raw[np.isfinite(raw)]
    middle = round(float(np.median(known)), 4) if len(known) else None
    return FeatureProfile(name, _shares(np.where(np.isfinite(raw), places, -1), len(STRETCHES) + 1), middle)


def _shares(places: Indexes, count: int) -> tuple[float, ...]:
    counts = np.bincount(np.where(places < 0, count, places), minlength=count + 1)
    return tuple(round(float(share), 6) for share in counts / max(len(places), 1))


def measure_shifts(
    model: SegmentModel, before: Mapping[str, Sequence[float]], after: Mapping[str, Sequence[float]]
) -> tuple[Shift, ...]:
    """How far each feature moved between two profiles, the farthest first.

    Args:
        model: The model whose features they are.
        before: Shares by feature.
        after: The same of another day; features that either lacks are left out.
    """
    found = []
    for transform in model.transforms:
        name = transform.spec.name
        old, new = before.get(name, ()), after.get(name, ())
        if old and len(old) == len(new):
            moved = float(np.abs(np.subtract(old, new)).sum() / 2)
            found.append(Shift(name, transform.spec.title, round(moved, 6)))
    return tuple(sorted(found, key=lambda shift: (-shift.share, shift.feature)))


def describe_drift(model: SegmentModel, features: FeatureTable, assigned: pa.Table) -> tuple[str, ...]:
    """What moved since the segments were made, as far as it is worth a word: features, then segments.

    Args:
        model: The model in use.
        features: Features of the records today.
        assigned: Their segments, in the order of `features`.
    """
    if not len(features) or not model.profile:
        return ()
    now = {each.feature: each for each in profile_features(model.transforms, features)}
    then = {each.feature: each for each in model.profile}
    shifts = measure_shifts(
        model,
        {name: each.shares for name, each in then.items()},
        {name: each.shares for name, each in now.items()},
    )
    since = f"Since the segments were made ({month(model.as_of)}), "
    said = [
        f"{since}{_lower(shift.title)} moved for at least {percent(shift.share)} of the "
        f"{plural(features.kind)}{_middles(model, features.as_of, then, now, shift.feature)}."
        for shift in shifts
        if shift.share >= NOTABLE_SHIFT
    ]
    return (*said, *_segments(model, features, assigned, since))


def _middles(
    model: SegmentModel,
    as_of: date,
    then: Mapping[str, FeatureProfile],
    now: Mapping[str, FeatureProfile],
    name: str,
) -> str:
    spec = next(transform.spec for transform in model.transforms if transform.spec.name == name)
    old, new = then[name].middle, now[name].middle
    if old is None or new is None:
        return ""
    words = feature_value(spec, old, model.as_of), feature_value(spec, new, as_of)
    return f" (in the middle {words[1]} instead of {words[0]})" if words[0] != words[1] else ""


def _segments(model: SegmentModel, features: FeatureTable, assigned: pa.Table, since: str) -> tuple[str, ...]:
    keys = assigned.column("segment_key").to_numpy(zero_copy_only=False)
    said = []
    for segment in model.segments:
        members = keys == segment.key
        share = float(members.mean())
        if abs(share - segment.share) >= NOTABLE_GROWTH * segment.share:
            word = "grew" if share > segment.share else "shrank"
            said.append(
                f"{since}{segment.title} {word} from {percent(segment.share)} to {percent(share)} of the "
                f"{plural(features.kind)}."
            )
        said += [
            f"{since}{segment.title} moved: {text}."
            for text in _moved_middles(model, segment, features, np.flatnonzero(members))
        ]
    return tuple(said)


def _moved_middles(model: SegmentModel, segment: Segment, features: FeatureTable, rows: Indexes) -> list[str]:
    """Features whose middle in the segment left the range that was typical of it."""
    specs = {transform.spec.name: transform.spec for transform in model.transforms}
    said = []
    for typical in segment.typical:
        spec = specs.get(typical.feature)
        # Days since something grow by themselves and are told as months, which do not.
        if spec is None or spec.kind != "number" or spec.unit == "days":
            continue
        # What was known for few says nothing about the segment.
        if typical.known_share < KNOWN_SHARE:
            continue
        if typical.low is None or typical.high is None or typical.middle is None:
            continue
        middle = _middle(features.numbers(spec.name)[rows])
        if middle < typical.low or middle > typical.high:
            said.append(_instead(spec, middle, typical.middle, features.as_of))
    return said


def _instead(spec: FeatureSpec, new: float, old: float, as_of: date) -> str:
    return (
        f"{_lower(spec.title)} {feature_value(spec, new, as_of)} instead of {feature_value(spec, old, as_of)}"
    )


def _middle(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]
