"""A flat picture of the records: who is alike lies close together, drawn along the two widest directions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segmentation.features.table import FeatureTable
from segmentation.model import Transform
from segmentation.prepare import learn_transforms, prepare

__all__ = ["Landscape", "draw_landscape"]

AXIS_FACTS = 2


@dataclass(frozen=True, slots=True)
class Landscape:
    """Points with their record, and what each direction mostly stands for."""

    record_ids: tuple[str, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    x_facts: tuple[str, ...]
    """What there is more or fewer of to the right, most telling first: "more deals won"."""
    y_facts: tuple[str, ...]
    """Likewise to the top."""
    shown_share: float
    """How much of all differences between records the picture shows, 0 to 1."""


def draw_landscape(
    features: FeatureTable, transforms: Sequence[Transform], *, at_most: int = 1500, seed: int = 0
) -> Landscape | None:
    """Project records onto the two directions in which they differ most (principal components).

    Args:
        features: All records in scope.
        transforms: How facts become comparable: those of the segments, or none, which learns them anew.
        at_most: Records to draw; more are drawn by lot.
        seed: Seed of the lot.

    Returns:
        The picture, or None where fewer than three records differ in fewer than two ways.
    """
    used = tuple(transforms) or learn_transforms(features)
    if len(features) < 3 or sum(each.width for each in used) < 2:
        return None
    rows = np.sort(np.random.default_rng(seed).permutation(len(features))[:at_most])
    prepared = prepare(used, features, rows)
    matrix = prepared.filled().astype(np.float64)
    centered = matrix - matrix.mean(axis=0)
    _, sizes, directions = np.linalg.svd(centered, full_matrices=False)
    spread = sizes**2
    if len(spread) < 2 or spread[1] <= 0:
        return None
    # A direction has no sign of its own; the strongest fact points to the right, or up.
    flips = np.sign(directions[np.arange(2), np.abs(directions[:2]).argmax(axis=1)])
    points = centered @ (directions[:2] * flips[:, None]).T
    facts = [
        _facts(prepared.transforms, direction * flip)
        for direction, flip in zip(directions[:2], flips, strict=True)
    ]
    ids = features.ids.take(rows).to_pylist()
    x, y = (tuple(round(float(value), 3) for value in column) for column in points.T)
    return Landscape(tuple(ids), x, y, facts[0], facts[1], float(spread[:2].sum() / spread.sum()))


def _facts(transforms: Sequence[Transform], direction: npt.NDArray[np.float64]) -> tuple[str, ...]:
    """The numbers that grow, or fall, most along a direction, in words."""
    told: dict[str, float] = {}
    at = 0
    for each in transforms:
        if each.spec.kind != "category":
            title = each.spec.title[0].lower() + each.spec.title[1:]
            told[f"{'more' if direction[at] > 0 else 'fewer'} {title}"] = abs(float(direction[at]))
        at += each.width
    return tuple(sorted(told, key=lambda words: -told[words])[:AXIS_FACTS])
