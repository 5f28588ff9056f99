"""What an estimator of segments promises, in the manner of scikit-learn."""

from typing import Protocol, Self

from segmentation.estimators.likelihood import Mixture
from segmentation.prepare import Prepared

__all__ = ["Estimator"]


class Estimator(Protocol):
    """Finds groups of records. Learned attributes end in an underscore and exist after `fit` only.

    Whatever the back end, what it learns is read as a mixture, so that one piece of arithmetic assigns
    records for all of them and a stored model does not know who made it.
    """

    name: str
    mixture_: Mixture

    def fit(self, prepared: Prepared) -> Self:
        """Learn the groups of these records."""
        ...
