"""How many segments: the largest number that both halves of the records agree on and that tells something.

The records are split into two halves, segments are made from each half alone, and all records are put into
both sets of segments. Four things are asked of a number of segments:

- Agreement: the adjusted Rand index of the two sets; 1 when both say the same, 0 when by chance.
- Every segment is found again: the weakest one still has most of its records in common with its counterpart
  (Jaccard index). A large agreement can hide a small segment that is different every time.
- The segments tell something: they describe the half that they were not made from better than one single
  group does (mean logarithm of the likelihood, per known fact). Records that only scatter do not pass.
- So does the last one: a further segment must tell a fair part of what segments tell on average.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median

import numpy as np
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]
from sklearn.metrics import adjusted_rand_score

from connectors.errors import StopRequested
from connectors.model import Observer, Progress
from segmentation.config import SegmentationSettings
from segmentation.estimators.centers import Centers
from segmentation.estimators.gaussian import Gaussian
from segmentation.estimators.likelihood import Mixture, log_background, log_sum, read_off
from segmentation.estimators.mixed import MixedMixture
from segmentation.estimators.protocol import Estimator
from segmentation.features.columns import Indexes
from segmentation.prepare import Prepared

__all__ = [
    "ESTIMATORS",
    "STABLE",
    "Evidence",
    "Trial",
    "merit",
    "preferred",
    "smallest_allowed",
    "try_counts",
]

STABLE = 0.90
FOUND_AGAIN = 0.75
"""Part of its records that every segment must have in common with its counterpart; below, a group counts as
dissolved rather than found again (Hennig, Cluster-wise assessment of cluster stability, 2007)."""
WORTH = 0.03
"""Gain per known fact from which on segments tell something. Records without groups reach 0.02, see
docs/adr/0008-mixture-and-number.md."""
FAIR_PART = 0.2
"""Of what segments tell on average. A number in use is kept with half of it: customers change slowly, and a
segment must not go and come back with every new set."""
HANDICAP = 1.05
"""A challenger must tell a twentieth more than the main estimator: less is chance."""
HOPELESS = 0.5
"""A first pair that agrees no better ends the trial: the time is better spent on other numbers."""
PAIRS = 5
HALF_ROWS = 4000
ESTIMATORS: Mapping[str, Callable[..., Estimator]] = {
    "mixed": MixedMixture,
    "centers": Centers,
    "gaussian": Gaussian,
}
STARTS = {"mixed": 10, "centers": 8, "gaussian": 1}
"""Random starts while numbers are compared; the final fit takes more."""


@dataclass(frozen=True, slots=True)
class Trial:
    """How well two halves agree for one number of segments."""

    estimator: str
    count: int
    agreement: float
    """Median over the pairs of halves."""
    weakest: float
    """Part of its records that the weakest segment has in common with its counterpart; median too."""
    gain: float
    """How much better than one group the segments describe records they were not made from, per fact."""
    smallest: int
    """How many records the smallest segment would have."""
    is_large_enough: bool
    is_telling: bool = False
    """Whether the segments, and the last of them, tell enough."""

    @property
    def is_found_again(self) -> bool:
        """Whether both halves lead to the same segments."""
        return self.agreement >= STABLE and self.weakest >= FOUND_AGAIN

    @property
    def is_stable(self) -> bool:
        """Whether this number may be used."""
        return self.is_large_enough and self.is_found_again and self.is_telling


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


def merit(trial: Trial) -> float:
    """What estimators are compared by: how much the segments tell, a challenger at a small handicap."""
    return trial.gain if trial.estimator == MixedMixture.name else trial.gain / HANDICAP


def preferred(trials: Sequence[Trial]) -> Iterator[Trial]:
    """The usable trials, best first: of each estimator the largest number, of these what tells most."""
    left = [trial for trial in trials if trial.is_stable]
    while left:
        largest: dict[str, Trial] = {}
        for trial in sorted(left, key=lambda trial: trial.count):
            largest[trial.estimator] = trial
        best = max(largest.values(), key=merit)
        yield best
        left.remove(best)


def try_counts(  # noqa: PLR0913 - what is tried, within which bounds, and who is told
    prepared: Prepared,
    settings: SegmentationSettings,
    *,
    record_count: int,
    seed: int,
    present_count: int | None = None,
    observer: Observer | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[Trial, ...]:
    """Try every number of segments within the settings, with every estimator.

    Args:
        prepared: Records in canonical order, all of them or a fair sample.
        settings: Bounds on the number and size of segments.
        record_count: How many records there are in all.
        seed: Seed of the halves and of the starts.
        present_count: How many segments are in use; that many are kept with half of the fair part.
        observer: Is told after every number.
        should_stop: Asked before every number.

    Raises:
        StopRequested: `should_stop` said so.
    """
    pairs = tuple(_pairs(prepared, seed))
    distinct = min(len(np.unique(half.statistics, axis=0)) for pair in pairs for half in pair.halves)
    least = smallest_allowed(settings, record_count)
    most = min(settings.max_segments, distinct, record_count // least)
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
        for name in ESTIMATORS:
            trial = _trial(pairs, name, count, record_count)
            trials.append(replace(trial, is_large_enough=trial.smallest >= least))
    # The values of one single category are segments by themselves: nothing goes together with them.
    is_single = not prepared.numbers and len(prepared.categories) == 1
    return tuple(
        replace(
            trial,
            is_telling=is_single
            or _is_telling(trial, trials, FAIR_PART / 2 if trial.count == present_count else FAIR_PART),
        )
        for trial in trials
    )


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two halves of the records, with how well one single group made from one describes the other."""

    halves: tuple[Prepared, Prepared]
    both: Prepared
    one_group: float
    facts: float
    """Known facts of a record, each as often as it counts; on average."""


def _pairs(prepared: Prepared, seed: int) -> Iterator[_Pair]:
    half = min(len(prepared) // 2, HALF_ROWS)
    for pair in range(PAIRS):
        order = np.random.default_rng([seed, pair]).permutation(len(prepared))
        left, right = prepared.take(order[:half]), prepared.take(order[half : 2 * half])
        both = prepared.take(order[: 2 * half])
        fits = [
            _described(other, read_off(own, np.ones((len(own), 1), dtype=np.float32)))
            for own, other in ((left, right), (right, left))
        ]
        yield _Pair((left, right), both, fmean(fits), both.mean_facts())


def _described(prepared: Prepared, mixture: Mixture) -> float:
    """Mean logarithm of the likelihood of a record."""
    total = np.logaddexp(log_sum(mixture.log_joint(prepared)), log_background(prepared))
    return float(total.mean(dtype=np.float64))


def _trial(pairs: Sequence[_Pair], name: str, count: int, record_count: int) -> Trial:
    agreements: list[float] = []
    weakest: list[float] = []
    gains: list[float] = []
    smallest: list[float] = []
    for number, pair in enumerate(pairs):
        left, right = pair.halves
        found = [
            ESTIMATORS[name](count, starts=STARTS[name], seed=1000 * number + side).fit(half).mixture_
            for side, half in enumerate(pair.halves)
        ]
        first, second = (mixture.log_joint(pair.both).argmax(axis=1) for mixture in found)
        agreements.append(float(adjusted_rand_score(first, second)))
        table = _crossed(first, second, count)
        weakest.append(_weakest(table))
        fit = fmean((_described(right, found[0]), _described(left, found[1])))
        gains.append((fit - pair.one_group) / pair.facts)
        smallest.append(min(float(table.sum(axis=axis).min()) for axis in (0, 1)) / len(pair.both))
        above = sum(agreement >= STABLE for agreement in agreements)
        # Once a majority lies on one side, further pairs cannot move the median to the other.
        if max(above, len(agreements) - above) > PAIRS // 2 or agreements[0] < HOPELESS:
            break
    return Trial(
        estimator=name,
        count=count,
        agreement=float(median(agreements)),
        weakest=float(median(weakest)),
        gain=float(median(gains)),
        smallest=int(median(smallest) * record_count),
        is_large_enough=False,
    )


def _crossed(first: Indexes, second: Indexes, count: int) -> Indexes:
    table = np.zeros((count, count), dtype=np.int64)
    np.add.at(table, (first, second), 1)
    return table


def _weakest(table: Indexes) -> float:
    """Records in common divided by records in either, for the worst of the best-matched pairs."""
    either = table.sum(axis=1)[:, None] + table.sum(axis=0)[None, :] - table
    shares = table / np.maximum(either, 1)
    rows, columns = linear_sum_assignment(-shares)
    return float(shares[rows, columns].min())


def _is_telling(trial: Trial, trials: Sequence[Trial], fair_part: float) -> bool:
    if trial.gain < WORTH:
        return False
    fewer = [other for other in trials if other.estimator == trial.estimator and other.count < trial.count]
    if not fewer:
        return True
    step = trial.gain - max(0.0, *(other.gain for other in fewer))
    return step >= fair_part * trial.gain / (trial.count - 1)
