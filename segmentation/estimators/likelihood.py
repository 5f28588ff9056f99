"""The arithmetic that all estimators share: how likely a record is in each group.

A number is normal around its group's center with the group's own width, a category has its own shares in
every group, and what is missing is left out. Every part of the logarithm is then a sum over the columns of
`Prepared`, so that all of it is one product of matrices: for a million records as for two hundred.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np
import numpy.typing as npt

from segmentation.features.columns import Floats
from segmentation.model import GroupParameters, Transform
from segmentation.prepare import Matrix, Prepared

__all__ = ["BACKGROUND_SHARE", "BACKGROUND_WIDTH", "Mixture", "log_background", "log_sum", "read_off"]

_Float = TypeVar("_Float", np.float32, np.float64)

BACKGROUND_SHARE = 0.02
"""Part of the records that is expected to belong nowhere: test accounts, slips of the keyboard, oddities."""
BACKGROUND_WIDTH = 3.0
"""Spreads around everybody's middle over which records that belong nowhere are strewn."""
NARROWEST = 0.1
"""Smallest variance of a group along a number, everybody's being 1: a spike is no segment."""
PRIOR_RECORDS = 5.0
"""Every group counts so many records more, which look like everybody: small groups claim nothing extreme."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """What is learned about groups, in the columns of `Prepared`."""

    shares: Floats
    """Part of the records in each group."""
    means: Floats
    """Center of each group (row) along each number (column), in spreads."""
    variances: Floats
    levels: Floats
    """Share of each level (column), for all categories one after the other, in each group (row)."""

    def __len__(self) -> int:
        return len(self.shares)

    @classmethod
    def frozen(cls, groups: GroupParameters) -> Self:
        """The mixture of a stored model."""
        count = len(groups.keys)
        means, variances, levels = (
            np.array(part, dtype=np.float64).reshape(count, -1)
            for part in (groups.means, groups.variances, groups.levels)
        )
        return cls(np.array(groups.weights), means, variances, levels)

    def take(self, order: Sequence[int]) -> "Mixture":
        """The same groups in another order."""
        at = np.array(order)
        return Mixture(self.shares[at], self.means[at], self.variances[at], self.levels[at])

    def log_joint(self, prepared: Prepared) -> Matrix:
        """Logarithm of share times likelihood, one column per group."""
        number_weights, level_weights = _weights(prepared)
        precision = number_weights / self.variances
        constant = number_weights * np.log(2.0 * np.pi * self.variances) + self.means**2 * precision
        coefficients = np.concatenate(
            [self.means * precision, -0.5 * precision, -0.5 * constant, level_weights * np.log(self.levels)],
            axis=1,
        )
        joint: Matrix = prepared.statistics @ coefficients.T.astype(np.float32)
        return joint + np.log(self.shares).astype(np.float32)


def log_background(prepared: Prepared) -> Matrix:
    """Logarithm of share times likelihood of a record that belongs nowhere."""
    number_weights, level_weights = _weights(prepared)
    variance = BACKGROUND_WIDTH**2
    everybody = np.array([share for transform in prepared.categories for share in transform.all_shares])
    coefficients = np.concatenate(
        [
            np.zeros(len(number_weights)),
            -0.5 * number_weights / variance,
            -0.5 * number_weights * np.log(2.0 * np.pi * variance),
            level_weights * np.log(np.maximum(everybody, 1e-6)),
        ]
    )
    found: Matrix = prepared.statistics @ coefficients.astype(np.float32)
    return found + np.float32(np.log(BACKGROUND_SHARE / (1 - BACKGROUND_SHARE)))


def log_sum(joint: npt.NDArray[_Float]) -> npt.NDArray[_Float]:
    """Logarithm of the sum over columns."""
    top = joint.max(axis=1)
    total: npt.NDArray[_Float] = top + np.log(np.exp(joint - top[:, None]).sum(axis=1))
    return total


def read_off(prepared: Prepared, parts: Matrix, *, share_widths: bool = False) -> Mixture:
    """The mixture that records make which belong to groups in these parts.

    Args:
        prepared: The records.
        parts: How much of each record (row) belongs to each group (column).
        share_widths: Whether all groups are taken to be of the same share and equally wide.
    """
    count = len(prepared.numbers)
    sums = (parts.T @ prepared.statistics).astype(np.float64)
    known = sums[:, 2 * count : 3 * count] + PRIOR_RECORDS
    means = sums[:, :count] / known
    # The records that look like everybody have a center of 0 and a variance of 1.
    variances = (sums[:, count : 2 * count] + PRIOR_RECORDS) / known - means**2
    shares = np.maximum(parts.sum(axis=0, dtype=np.float64), 1e-9)
    if share_widths:
        within = (variances * known).sum(axis=0) / known.sum(axis=0)
        variances = np.repeat(within[None, :], len(shares), axis=0)
        shares = np.ones(len(shares))
    return Mixture(
        shares / shares.sum(),
        means,
        np.maximum(variances, NARROWEST),
        _level_shares(sums[:, 3 * count :], prepared.categories),
    )


def _level_shares(sums: Floats, categories: Sequence[Transform]) -> Floats:
    shares = np.empty_like(sums)
    at = 0
    for transform in categories:
        own = slice(at, at + transform.width)
        everybody = np.maximum(transform.all_shares, 1e-4)
        raised = sums[:, own] + 2 * PRIOR_RECORDS * everybody / everybody.sum()
        shares[:, own] = raised / raised.sum(axis=1, keepdims=True)
        at += transform.width
    return shares


def _weights(prepared: Prepared) -> tuple[Floats, Floats]:
    numbers = np.array([transform.weight for transform in prepared.numbers])
    levels = [transform.weight for transform in prepared.categories for _ in range(transform.width)]
    return numbers, np.array(levels)
