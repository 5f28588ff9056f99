"""How many segments: the largest number that both halves of the records agree on.

The records are split into two halves, segments are made from each half alone, and all records are put into
both sets of segments. Agreement is the adjusted Rand index: 1 when both say the same, 0 when by chance.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median

import numpy as np
from sklearn.metrics import adjusted_rand_score

from connectors.errors import StopRequested
from connectors.model import Observer, Progress
from segmentation.config import SegmentationSettings
from segmentation.estimators.centers import Centers
from segmentation.estimators.mixture import Mixture
from segmentation.estimators.protocol import Estimator
from segmentation.features.columns import Indexes
from segmentation.prepare import Matrix

__all__ = ["ESTIMATORS", "STABLE", "Evidence", "Trial", "smallest_allowed", "try_counts"]

STABLE = 0.90
HOPELESS = 0.5
"""A first pair that agrees no better ends the trial: the time is better spent on other numbers."""
PAIRS = 5
HALF_ROWS = 4000
ESTIMATORS: Mapping[str, Callable[..., Estimator]] = {"centers": Centers, "mixture": Mixture}
STARTS = {"centers": 8, "mixture": 1}
"""Random starts while numbers are compared; the final fit takes more."""


@dataclass(frozen=True, slots=True)
class Trial:
    """How well two halves agree for one number of segments."""

    estimator: str
    count: int
    agreement: float
    """Median over the pairs of halves."""
    smallest: int
    """How many records the smallest segment would have."""
    is_large_enough: bool

    @property
    def is_stable(self) -> bool:
        """Whether this number may be used."""
        return self.is_large_enough and self.agreement >= STABLE


@dataclass(frozen=True, slots=True)
class Evidence:
    """All trials, the one that was chosen, and what to tell people."""

    trials: tuple[Trial, ...]
    chosen: Trial | None
    sentence: str

    @property
    def agreement(self) -> dict[int, float]:
        """The best agreement for each number of segments."""
        best: dict[int, float] = {}
        for trial in self.trials:
            best[trial.count] = max(best.get(trial.count, -1.0), trial.agreement)
        return best


def smallest_allowed(settings: SegmentationSettings, record_count: int) -> int:
    """How many records a segment needs."""
    return max(settings.min_segment_records, int(np.ceil(settings.min_segment_share * record_count)))


def try_counts(
    matrix: Matrix,
    settings: SegmentationSettings,
    *,
    seed: int,
    observer: Observer | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[Trial, ...]:
    """Try every number of segments within the settings, with every estimator.

    Args:
        matrix: Prepared records in canonical order.
        settings: Bounds on the number and size of segments.
        seed: Seed of the halves and of the starts.
        observer: Is told after every number.
        should_stop: Asked before every number.

    Raises:
        StopRequested: `should_stop` said so.
    """
    pairs = tuple(_halves(len(matrix), seed))
    distinct = min(len(np.unique(matrix[half], axis=0)) for pair in pairs for half in pair)
    least = smallest_allowed(settings, len(matrix))
    most = min(settings.max_segments, distinct, len(matrix) // least)
    trials = []
    counts = range(settings.min_segments, most + 1)
    for done, count in enumerate(counts):
        if should_stop and should_stop():
            raise StopRequested(
                "Stopped while the number of segments was being chosen; nothing was changed.",
                hint="Start again when it suits.",
            )
        if observer:
            observer(Progress("segment", done, len(counts)))
        trials += [_trial(matrix, pairs, name, count, least) for name in ESTIMATORS]
    return tuple(trials)


def _halves(rows: int, seed: int) -> Iterator[tuple[Indexes, Indexes]]:
    half = min(rows // 2, HALF_ROWS)
    for pair in range(PAIRS):
        order = np.random.default_rng([seed, pair]).permutation(rows)
        yield order[:half], order[half : 2 * half]


def _trial(
    matrix: Matrix, pairs: tuple[tuple[Indexes, Indexes], ...], name: str, count: int, least: int
) -> Trial:
    agreements: list[float] = []
    smallest: list[float] = []
    for number, (left, right) in enumerate(pairs):
        both = matrix[np.concatenate((left, right))]
        first, second = (
            ESTIMATORS[name](count, starts=STARTS[name], seed=1000 * number + side)
            .fit(matrix[half])
            .predict(both)
            for side, half in enumerate((left, right))
        )
        agreements.append(float(adjusted_rand_score(first, second)))
        counts = [np.bincount(labels, minlength=count).min() for labels in (first, second)]
        smallest.append(float(np.mean(counts)) * len(matrix) / len(both))
        above = sum(agreement >= STABLE for agreement in agreements)
        # Once a majority lies on one side, further pairs cannot move the median to the other.
        if max(above, len(agreements) - above) > PAIRS // 2 or agreements[0] < HOPELESS:
            break
    size = int(median(smallest))
    return Trial(name, count, float(median(agreements)), size, size >= least)
