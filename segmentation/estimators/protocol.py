"""What an estimator of segments promises, in the manner of scikit-learn."""

from typing import Protocol, Self

from segmentation.features.columns import Floats, Indexes
from segmentation.prepare import Matrix

__all__ = ["Estimator"]


class Estimator(Protocol):
    """Finds groups in a matrix. Learned attributes end in an underscore and exist after `fit` only.

    Whatever the back end, what it learns is a mixture: a share, a center and a width for each group.
    """

    name: str
    weights_: Floats
    means_: Floats
    variances_: Floats

    def fit(self, matrix: Matrix) -> Self:
        """Learn the groups of these rows."""
        ...

    def predict(self, matrix: Matrix) -> Indexes:
        """The most likely group of each row."""
        ...
