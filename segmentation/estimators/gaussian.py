"""A challenger: scikit-learn's GaussianMixture with independent columns, read as a mixture of features."""

import warnings
from typing import Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from segmentation.estimators.likelihood import NARROWEST, Mixture, read_off
from segmentation.prepare import Matrix, Prepared

__all__ = ["Gaussian"]


class Gaussian:
    """GaussianMixture with diagonal covariances on plain columns.

    Args:
        count: Number of groups.
        starts: How many random starts; the best one is kept.
        seed: Seed of the starts.
    """

    name = "gaussian"

    def __init__(self, count: int, *, starts: int, seed: int) -> None:
        self.count = count
        self.starts = starts
        self.seed = seed

    def fit(self, prepared: Prepared) -> Self:
        """Learn shares, centers and widths."""
        filled = prepared.filled().astype(np.float64)
        # In units of each column's own spread, so that one floor suits all columns.
        filled /= np.maximum(filled.std(axis=0), 1e-3)
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
            parts: Matrix = found.fit(filled).predict_proba(filled).astype(np.float32)
        self.mixture_: Mixture = read_off(prepared, parts)
        return self
