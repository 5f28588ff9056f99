"""From features to the matrix that estimators see; every step is learned once and frozen in the model.

Amounts count by factors (logarithms), counts by square roots. Every feature is centered on its median and
scaled by its own spread, absurd values are cut off where they can no longer lead, and what is missing lies in
the middle, so that not knowing something never makes a segment.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from segmentation.features.columns import Floats, Texts
from segmentation.features.table import FeatureTable
from segmentation.model import FeatureSpec, Transform

__all__ = ["Matrix", "learn_transforms", "prepare", "scaled"]

Matrix = npt.NDArray[np.float32]

CUT = 3.0
"""Spreads beyond which a value counts as no farther out."""
FAMILY_WEIGHTS = {"size": 1.25, "purchase": 1.5, "engagement": 1.0, "firmographic": 0.3}
"""How much of the differences between records a family may make up, whatever its number of features."""
MIN_LEVEL_SHARE = 0.02
MAX_LEVELS = 12
MAX_DOMINANT_SHARE = 0.999


def scaled(spec: FeatureSpec, values: Floats) -> Floats:
    """Values on the scale on which differences count."""
    with np.errstate(invalid="ignore", divide="ignore"):
        if spec.scale == "log" and spec.unit == "days":
            # A week is the shortest time worth telling apart.
            return np.log(np.maximum(values, 0.0) + 7.0)
        if spec.scale == "log":
            return np.where(values > 0, np.log(values), np.nan)
        if spec.scale == "root":
            # The addition keeps the step from none to one from being the widest of all.
            return np.sqrt(np.maximum(values, 0.0) + 0.375)
        return values


def learn_transforms(features: FeatureTable) -> tuple[Transform, ...]:
    """How each used feature becomes columns; features that are alike for everybody are left out.

    A family shares its weight among its features; one that is known for few records takes little of it.
    """
    kept = [transform for spec in features.used if (transform := _learn(spec, features)) is not None]
    parts = {
        transform.spec.name: transform.spec.weight * _known_share(transform.spec, features)
        for transform in kept
    }
    totals: defaultdict[str, float] = defaultdict(float)
    for transform in kept:
        totals[transform.spec.family] += parts[transform.spec.name]
    # The 1 keeps a family of which only one weak feature is known from counting like a whole one.
    return tuple(
        replace(
            transform,
            weight=float(
                np.sqrt(
                    FAMILY_WEIGHTS[transform.spec.family]
                    * parts[transform.spec.name]
                    / (totals[transform.spec.family] + 1.0)
                )
            ),
        )
        for transform in kept
    )


def _known_share(spec: FeatureSpec, features: FeatureTable) -> float:
    return float(features.values[spec.name].notna().mean())


def _learn(spec: FeatureSpec, features: FeatureTable) -> Transform | None:
    if spec.kind == "category":
        return _learn_levels(spec, features.categories(spec.name))
    values = scaled(spec, features.numbers(spec.name))
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    if spec.kind == "flag":
        center = float(known.mean())
        spread = float(np.sqrt(center * (1 - center)))
        is_alike = not 1 - MAX_DOMINANT_SHARE <= center <= MAX_DOMINANT_SHARE
        return None if is_alike else Transform(spec, center, spread, 1.0)
    center = float(np.median(known))
    low, high = np.quantile(known, [0.1, 0.9])
    spread = float(high - low) / 2.563
    if spread <= 0:
        spread = float(known.std())
    if spread <= 1e-9 * max(1.0, abs(center)):
        return None
    # Where most values are equal, the rest would otherwise lie many spreads out and lead.
    spread *= max(1.0, float(np.clip((known - center) / spread, -CUT, CUT).std()))
    return Transform(spec, center, spread, 1.0)


def _learn_levels(spec: FeatureSpec, values: Texts) -> Transform | None:
    counts = Counter(value for value in values if value is not None)
    total = sum(counts.values())
    ranked = sorted(counts, key=lambda level: (-counts[level], level))[:MAX_LEVELS]
    levels = tuple(level for level in ranked if counts[level] >= max(2.0, MIN_LEVEL_SHARE * total))
    if not levels or counts[levels[0]] > MAX_DOMINANT_SHARE * total:
        return None
    shares = tuple(counts[level] / total for level in levels)
    spread = float(np.sqrt(sum(share * (1 - share) for share in shares)))
    return Transform(spec, 0.0, spread, 1.0, levels, shares)


def prepare(transforms: Sequence[Transform], features: FeatureTable) -> Matrix:
    """The matrix: one row per record in the order of `features`, finite everywhere."""
    width = sum(transform.width for transform in transforms)
    matrix = np.zeros((len(features), width), dtype=np.float32)
    at = 0
    for transform in transforms:
        spec = transform.spec
        if spec.kind == "category":
            values = features.categories(spec.name)
            known = np.array([value is not None for value in values], dtype=bool)
            for offset, (level, share) in enumerate(
                zip(transform.levels, transform.level_shares, strict=True)
            ):
                column = np.where(known, (values == level) - share, 0.0) / transform.spread
                matrix[:, at + offset] = column * transform.weight
        else:
            column = (scaled(spec, features.numbers(spec.name)) - transform.center) / transform.spread
            matrix[:, at] = np.nan_to_num(np.clip(column, -CUT, CUT), nan=0.0) * transform.weight
        at += transform.width
    return matrix
