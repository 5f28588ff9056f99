"""Groups around centers: scikit-learn's KMeans, read as a mixture of equally wide groups."""

from typing import Self

import numpy as np
from sklearn.cluster import KMeans

from segmentation.estimators.density import log_joint
from segmentation.features.columns import Floats, Indexes
from segmentation.prepare import Matrix

__all__ = ["Centers"]


class Centers:
    """KMeans with a spherical Gaussian on every center, so that rows get a likelihood.

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

    def fit(self, matrix: Matrix) -> Self:
        """Learn the centers; equal shares and one width keep the nearest center the likeliest."""
        found = KMeans(self.count, n_init=self.starts, random_state=self.seed, tol=1e-3).fit(matrix)
        width = matrix.shape[1]
        within = max(float(found.inertia_) / matrix.size, 1e-6)
        self.weights_: Floats = np.full(self.count, 1.0 / self.count)
        self.means_: Floats = found.cluster_centers_.astype(np.float64)
        self.variances_: Floats = np.full((self.count, width), within)
        return self

    def predict(self, matrix: Matrix) -> Indexes:
        """The nearest center of each row."""
        joint = log_joint(matrix, self.weights_, self.means_, self.variances_)
        nearest: Indexes = joint.argmax(axis=1).astype(np.int64)
        return nearest
