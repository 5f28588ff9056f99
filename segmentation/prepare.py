"""From features to what estimators count; every step is learned once and frozen in the model.

Amounts count by factors (logarithms), counts by square roots. Every number is centered on its median and
scaled by its own spread, and absurd values are cut off where they can no longer lead. What is missing stays
missing: it says nothing for or against any segment.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from segmentation.features.columns import Floats, Indexes, Texts
from segmentation.features.table import FeatureTable
from segmentation.model import FeatureSpec, Transform

__all__ = [
    "CUT",
    "Matrix",
    "Prepared",
    "learn_transforms",
    "level_places",
    "prepare",
    "prepare_blocks",
    "scaled",
]

Matrix = npt.NDArray[np.float32]

CUT = 3.0
"""Spreads beyond which a value counts as no farther out."""
FAMILY_WEIGHTS = {"size": 1.0, "purchase": 1.0, "engagement": 1.0, "firmographic": 0.5}
"""How much one feature of the family counts."""
MIN_LEVEL_SHARE = 0.02
MAX_LEVELS = 12
MAX_DOMINANT_SHARE = 0.999
BLOCK_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class Prepared:
    """Records as estimators see them: columns whose sums over a group are all that a group needs.

    For each of the numbers its value, its square and whether it is known (zeros where it is not), in this
    order; then for each category one column per level and one for all other levels.
    """

    transforms: tuple[Transform, ...]
    statistics: Matrix

    def __len__(self) -> int:
        return len(self.statistics)

    @property
    def numbers(self) -> tuple[Transform, ...]:
        """The transforms of numbers, in the order of the columns."""
        return tuple(transform for transform in self.transforms if not transform.levels)

    @property
    def categories(self) -> tuple[Transform, ...]:
        """The transforms of categories and flags, in the order of the columns."""
        return tuple(transform for transform in self.transforms if transform.levels)

    def take(self, rows: Indexes) -> "Prepared":
        """Some of the records."""
        return replace(self, statistics=self.statistics[rows])

    def is_known(self) -> npt.NDArray[np.bool_]:
        """For each record whether anything at all is known about it."""
        return np.asarray(self.statistics[:, 2 * len(self.numbers) :].max(axis=1, initial=0.0) > 0)

    def mean_facts(self) -> float:
        """How much is known about a record on average, each feature as often as it counts."""
        count = len(self.numbers)
        shares = self.statistics[:, 2 * count :].mean(axis=0, dtype=np.float64)
        weights = [transform.weight for transform in self.numbers]
        weights += [transform.weight for transform in self.categories for _ in range(transform.width)]
        return max(float(shares @ np.array(weights)), 1e-9)

    def filled(self) -> Matrix:
        """Plain columns for estimators that know no gaps: what is missing lies in the middle."""
        count = len(self.numbers)
        roots = np.sqrt([transform.weight for transform in self.numbers])
        columns = [self.statistics[:, :count] * roots.astype(np.float32)]
        at = 3 * count
        for transform in self.categories:
            levels = self.statistics[:, at : at + transform.width]
            shares = np.array(transform.all_shares, dtype=np.float32)
            known = levels.sum(axis=1, keepdims=True)
            columns.append(
                (levels - shares * known) * np.float32(np.sqrt(transform.weight) / transform.spread)
            )
            at += transform.width
        return np.concatenate(columns, axis=1)


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
    """How each used feature becomes columns; features that are alike for everybody are left out."""
    learned = (_learn(spec, features) for spec in features.used)
    return tuple(
        replace(transform, weight=FAMILY_WEIGHTS[transform.spec.family] * transform.spec.weight)
        for transform in learned
        if transform is not None
    )


def _learn(spec: FeatureSpec, features: FeatureTable) -> Transform | None:
    if spec.kind == "category":
        return _learn_levels(spec, features.categories(spec.name))
    values = scaled(spec, features.numbers(spec.name))
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    if spec.kind == "flag":
        return _learn_flag(spec, known)
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


def _learn_flag(spec: FeatureSpec, known: Floats) -> Transform | None:
    share = float(known.mean())
    if not 1 - MAX_DOMINANT_SHARE <= share <= MAX_DOMINANT_SHARE:
        return None
    return Transform(spec, 0.0, _level_spread([share, 1 - share]), 1.0, ("yes",), (share,))


def _learn_levels(spec: FeatureSpec, values: Texts) -> Transform | None:
    counts = Counter(value for value in values if value is not None)
    total = sum(counts.values())
    ranked = sorted(counts, key=lambda level: (-counts[level], level))[:MAX_LEVELS]
    levels = tuple(level for level in ranked if counts[level] >= max(2.0, MIN_LEVEL_SHARE * total))
    if not levels or counts[levels[0]] > MAX_DOMINANT_SHARE * total:
        return None
    shares = tuple(counts[level] / total for level in levels)
    return Transform(spec, 0.0, _level_spread(shares), 1.0, levels, shares)


def _level_spread(shares: Sequence[float]) -> float:
    return float(np.sqrt(sum(share * (1 - share) for share in shares)))


def prepare(
    transforms: Sequence[Transform], features: FeatureTable, rows: Indexes | slice | None = None
) -> Prepared:
    """The columns of some records, or of all, in the order of `features`; finite everywhere."""
    chosen = slice(None) if rows is None else rows
    numbers = [transform for transform in transforms if not transform.levels]
    categories = [transform for transform in transforms if transform.levels]
    size = len(np.arange(len(features))[chosen])
    width = 3 * len(numbers) + sum(transform.width for transform in categories)
    statistics = np.zeros((size, width), dtype=np.float32)
    count = len(numbers)
    for at, transform in enumerate(numbers):
        raw = scaled(transform.spec, features.numbers(transform.spec.name)[chosen])
        column = np.clip((raw - transform.center) / transform.spread, -CUT, CUT)
        is_known = np.isfinite(column)
        column = np.where(is_known, column, 0.0)
        statistics[:, at] = column
        statistics[:, count + at] = column**2
        statistics[:, 2 * count + at] = is_known
    at = 3 * count
    for transform in categories:
        place = level_places(transform, features, chosen)
        known = np.flatnonzero(place >= 0)
        statistics[known, at + place[known]] = 1.0
        at += transform.width
    return Prepared((*numbers, *categories), statistics)


def prepare_blocks(
    transforms: Sequence[Transform], features: FeatureTable
) -> Iterator[tuple[slice, Prepared]]:
    """All records, some at a time: a million of them would not fit beside their own columns."""
    for start in range(0, len(features), BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        yield rows, prepare(transforms, features, rows)


def level_places(transform: Transform, features: FeatureTable, rows: Indexes | slice) -> Indexes:
    """The column of each record's level, counted within its feature; -1 where it is not known."""
    if transform.spec.kind == "flag":
        values = features.numbers(transform.spec.name)[rows]
        return np.where(np.isnan(values), -1, np.where(values >= 0.5, 0, 1))
    texts = features.categories(transform.spec.name)[rows]
    place = pd.Index(transform.levels, dtype=object).get_indexer(pd.Index(texts, dtype=object))
    return np.where(pd.isna(texts), -1, np.where(place < 0, len(transform.levels), place))
