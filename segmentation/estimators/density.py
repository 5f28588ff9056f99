"""The arithmetic that all estimators share: how likely a row is in each group."""

import numpy as np

from segmentation.features.columns import Floats
from segmentation.prepare import Matrix

__all__ = ["log_joint", "log_total"]

_BLOCK = 65536


def log_joint(matrix: Matrix, weights: Floats, means: Floats, variances: Floats) -> Floats:
    """Logarithm of share times density, one column per group.

    The square is multiplied out, so that no array of rows x groups x columns is made.
    """
    precision = 1.0 / variances
    constant = np.log(weights) - 0.5 * (
        np.log(2.0 * np.pi * variances).sum(axis=1) + (means**2 * precision).sum(axis=1)
    )
    result = np.empty((len(matrix), len(weights)))
    for start in range(0, len(matrix), _BLOCK):
        part = matrix[start : start + _BLOCK].astype(np.float64)
        result[start : start + _BLOCK] = (
            constant + part @ (means * precision).T - 0.5 * (part**2 @ precision.T)
        )
    return result


def log_total(joint: Floats) -> Floats:
    """Logarithm of the density of each row over all groups."""
    top = joint.max(axis=1)
    total: Floats = top + np.log(np.exp(joint - top[:, None]).sum(axis=1))
    return total
