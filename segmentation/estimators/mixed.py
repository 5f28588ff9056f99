"""The main estimator: a mixture with a likelihood of its own for each kind of feature.

Fitted by expectation-maximization, each feature's part of the logarithm counted by its weight. A background
takes the part of records that belong nowhere, so that they pull no group towards them.
"""

from typing import Self

import numpy as np
from sklearn.cluster import KMeans

from segmentation.estimators.likelihood import Mixture, log_background, log_sum, read_off
from segmentation.prepare import Matrix, Prepared

__all__ = ["MixedMixture"]

START_ROWS = 4000
SHORT_ROUNDS = 15
"""Rounds after which starts are compared; the best are carried on to the end."""
FINALISTS = 2
CLOSE_ENOUGH = 1e-4


class MixedMixture:
    """A mixture of normal numbers and categories with gaps.

    Args:
        count: Number of groups.
        starts: How many random starts; the best one is kept.
        seed: Seed of the starts.
        begin: Groups to begin from, beside the random starts; must be `count` many.
        max_rounds: Most rounds that the best starts are carried on.
    """

    name = "mixed"

    def __init__(
        self, count: int, *, starts: int, seed: int, begin: Mixture | None = None, max_rounds: int = 100
    ) -> None:
        self.count = count
        self.starts = starts
        self.seed = seed
        self.begin = begin
        self.max_rounds = max_rounds

    def fit(self, prepared: Prepared) -> Self:
        """Learn shares, centers, widths and shares of categories."""
        rng = np.random.default_rng([self.seed, self.count])
        rows = np.sort(rng.permutation(len(prepared))[:START_ROWS])
        some = prepared.take(rows)
        background = log_background(some)
        begun = [read_off(some, parts) for parts in self._random_parts(some, rng)]
        if self.begin is not None:
            begun.append(self.begin)
        ranked = sorted(
            (_improve(some, background, mixture, SHORT_ROUNDS) for mixture in begun),
            key=lambda pair: -pair[1],
        )
        background = log_background(prepared)
        finals = [
            _improve(prepared, background, mixture, self.max_rounds) for mixture, _ in ranked[:FINALISTS]
        ]
        self.mixture_, self.fit_ = max(finals, key=lambda pair: pair[1])
        return self

    def _random_parts(self, prepared: Prepared, rng: np.random.Generator) -> list[Matrix]:
        filled = prepared.filled()
        found = []
        for _ in range(self.starts):
            centers = KMeans(self.count, n_init=1, max_iter=5, random_state=int(rng.integers(2**31)))
            parts = np.zeros((len(filled), self.count), dtype=np.float32)
            parts[np.arange(len(filled)), centers.fit(filled).labels_] = 1.0
            found.append(parts)
        return found


def _improve(prepared: Prepared, background: Matrix, mixture: Mixture, rounds: int) -> tuple[Mixture, float]:
    """The mixture after some rounds, and the mean logarithm of the likelihood of a record."""
    last = -np.inf
    fit = last
    for _ in range(rounds):
        joint = mixture.log_joint(prepared)
        total = np.logaddexp(log_sum(joint), background)
        fit = float(total.mean(dtype=np.float64))
        if fit - last < CLOSE_ENOUGH:
            break
        last = fit
        mixture = read_off(prepared, np.exp(joint - total[:, None]))
    return mixture, fit
