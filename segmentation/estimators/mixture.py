"""Groups of different shares and widths: scikit-learn's GaussianMixture with independent columns."""

import warnings
from typing import Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from segmentation.estimators.density import log_joint
from segmentation.features.columns import Floats, Indexes
from segmentation.prepare import Matrix

__all__ = ["Mixture"]

NARROWEST = 0.1
"""Smallest width of a group along a column, as a share of the column's own: a spike is no segment."""


class Mixture:
    """GaussianMixture with diagonal covariances.

    Args:
        count: Number of groups.
        starts: How many random starts; the best one is kept.
        seed: Seed of the starts.
    """

    name = "mixture"

    def __init__(self, count: int, *, starts: int, seed: int) -> None:
        self.count = count
        self.starts = starts
        self.seed = seed

    def fit(self, matrix: Matrix) -> Self:
        """Learn shares, centers and widths."""
        # In units of each column's own spread, so that one floor suits all columns.
        unit = np.maximum(matrix.std(axis=0, dtype=np.float64), 1e-6)
        found = GaussianMixture(
            self.count,
            covariance_type="diag",
            reg_covar=NARROWEST,
            n_init=self.starts,
            max_iter=100,
            tol=1e-3,
            random_state=self.seed,
        )
        with warnings.catch_warnings():
            # A start that is not quite there after 100 rounds is still compared with the others.
            warnings.simplefilter("ignore", ConvergenceWarning)
            found.fit(matrix / unit)
        self.weights_: Floats = np.maximum(found.weights_, 1e-12)
        self.means_: Floats = found.means_ * unit
        self.variances_: Floats = found.covariances_ * unit**2
        return self

    def predict(self, matrix: Matrix) -> Indexes:
        """The likeliest group of each row."""
        joint = log_joint(matrix, self.weights_, self.means_, self.variances_)
        nearest: Indexes = joint.argmax(axis=1).astype(np.int64)
        return nearest
