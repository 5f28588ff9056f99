"""A challenger: scikit-learn's KMeans, read as a mixture of groups of one share and width."""

import warnings
from typing import Self

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from segmentation.estimators.likelihood import Mixture, read_off
from segmentation.prepare import Prepared

__all__ = ["Centers"]


class Centers:
    """KMeans on plain columns.

    Args:
        count: Number of groups.
        starts: How many random starts; the best one is kept.
        seed: Seed of the starts.
    """

    name = "centers"

    def __init__(self, count: int, *, starts: int, seed: int) -> None:
        self.count = count
        self.starts = starts
        self.seed = seed

    def fit(self, prepared: Prepared) -> Self:
        """Learn the centers."""
        filled = prepared.filled()
        found = KMeans(self.count, n_init=self.starts, random_state=self.seed, tol=1e-3)
        with warnings.catch_warnings():
            # Fewer different records than groups: the empty groups rule this number out later.
            warnings.simplefilter("ignore", ConvergenceWarning)
            labels = found.fit(filled).labels_
        parts = np.zeros((len(filled), self.count), dtype=np.float32)
        parts[np.arange(len(filled)), labels] = 1.0
        self.mixture_: Mixture = read_off(prepared, parts, share_widths=True)
        return self
