"""Tables of the clean company: dataclasses of equally long NumPy columns, a date being days since 1970."""

from dataclasses import fields
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = [
    "TAIL_FREEDOM",
    "TAIL_SCALE",
    "Floats",
    "Ints",
    "Texts",
    "Truths",
    "deviations",
    "iso_dates",
    "joined",
    "pick",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Texts = NDArray[np.object_]
Truths = NDArray[np.bool_]

TAIL_FREEDOM = 3
"""Degrees of freedom of Student's t for heavy tails."""
TAIL_SCALE = 0.6745 / 0.7649
"""Upper quartile of the standard normal by that of Student's t."""

Table = TypeVar("Table", bound="DataclassInstance")


def joined(first: Table, second: Table) -> Table:
    """The records of the first table, then those of the second."""
    names = [column.name for column in fields(first)]
    return type(first)(*(np.concatenate([getattr(first, name), getattr(second, name)]) for name in names))


def iso_dates(days: Ints) -> list[str]:
    """Days since 1970 as ISO dates."""
    texts: list[str] = np.datetime_as_string(days.astype("datetime64[D]")).tolist()
    return texts


def deviations(rng: np.random.Generator, count: int, *, has_heavy_tails: bool) -> Floats:
    """Draws around 0, the middle half between -0.67 and 0.67: normal, or Student's t with heavy tails."""
    if not has_heavy_tails:
        return rng.standard_normal(count)
    draws: Floats = rng.standard_t(TAIL_FREEDOM, count) * TAIL_SCALE
    return draws


def pick(rng: np.random.Generator, weights: Floats, rows: Ints) -> Ints:
    """One weighted choice for each of `rows`, which names the line of `weights` to choose by."""
    ladder = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    ladder[:, -1] = 1.0
    draws = rng.random(len(rows))
    chosen: Ints = (draws[:, None] >= ladder[rows]).sum(axis=1).astype(np.int64)
    return chosen
