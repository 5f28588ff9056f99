"""What would move a record: for one fact at a time, the nearest value at which another segment takes over."""

from dataclasses import dataclass

import numpy as np

from segmentation.assign import OUT, scores
from segmentation.estimators.likelihood import BACKGROUND_WIDTH, Mixture, log_sum
from segmentation.features.columns import Floats
from segmentation.features.table import FeatureTable
from segmentation.model import FeatureSpec, GroupParameters, SegmentModel, Transform
from segmentation.prepare import CUT, scaled
from segmentation.words import feature_value

__all__ = ["what_would_move"]

STEPS = 241
MOST = 3


@dataclass(frozen=True, slots=True)
class _Turn:
    distance: float
    """How far the value would have to move, in spreads."""
    sentence: str


def what_would_move(model: SegmentModel, features: FeatureTable, at: int, key: str) -> tuple[str, ...]:
    """The nearest single changes that would move a record, in sentences; nearest first, at most three.

    Args:
        model: The model that assigned it.
        features: The features it was assigned by.
        at: Row of the record.
        key: The segment that it has.
    """
    groups = model.groups
    if groups is None or key not in groups.keys:
        return ()
    one = features.single(at)
    joint, room = (found[0] for found in scores(model, one))
    mixture = Mixture.frozen(groups)
    numbers = [transform for transform in model.transforms if not transform.levels]
    turns = [
        turn
        for column, transform in enumerate(numbers)
        if (turn := _turn(model, groups, transform, _Along(mixture, column, joint, float(room)), one, key))
    ]
    return tuple(turn.sentence for turn in sorted(turns, key=lambda turn: turn.distance)[:MOST])


@dataclass(frozen=True, slots=True)
class _Along:
    """One number of a mixture, and how well the record fits each segment as it is."""

    mixture: Mixture
    column: int
    joint: Floats
    room: float
    """By how much the record is likelier in the segments than what still fits anywhere."""

    def parts(self, values: Floats, weight: float) -> Floats:
        """What each value (row) contributes to each group (column)."""
        means, variances = self.mixture.means[:, self.column], self.mixture.variances[:, self.column]
        square = (values[:, None] - means) ** 2 / variances
        return np.asarray(-0.5 * weight * (square + np.log(2 * np.pi * variances)))

    def nowhere(self, values: Floats, weight: float) -> Floats:
        """What each value contributes to belonging nowhere."""
        square = (values / BACKGROUND_WIDTH) ** 2
        return np.asarray(-0.5 * weight * (square + np.log(2 * np.pi * BACKGROUND_WIDTH**2)))


def _turn(
    model: SegmentModel,
    groups: GroupParameters,
    transform: Transform,
    along: _Along,
    one: FeatureTable,
    key: str,
) -> _Turn | None:
    raw = one.numbers(transform.spec.name)
    standard = np.clip((scaled(transform.spec, raw) - transform.center) / transform.spread, -CUT, CUT)
    is_known = bool(np.isfinite(standard[0]))
    weight, grid = transform.weight, np.linspace(-CUT, CUT, STEPS)
    now = along.parts(standard, weight)[0] if is_known else np.zeros(len(groups.keys))
    joint = along.joint + (along.parts(grid, weight) - now) / groups.temperature
    nowhere = along.nowhere(grid, weight) - (along.nowhere(standard, weight)[0] if is_known else 0.0)
    gained = (
        log_sum(joint * groups.temperature) - log_sum(along.joint[None, :] * groups.temperature) - nowhere
    )
    room = along.room + gained / groups.temperature
    own = groups.keys.index(key)
    leads = joint.argmax(axis=1)
    takes_over = (leads != own) & (joint.max(axis=1) - joint[:, own] > groups.stay_margin)
    # So odd that it would fit nowhere is no way into a segment.
    takes_over &= room > -OUT * groups.stay_margin
    if not takes_over.any():
        return None
    start = standard[0] if is_known else 0.0
    nearest = int(np.where(takes_over, np.abs(grid - start), np.inf).argmin())
    value = _natural(transform, float(grid[nearest]))
    if _is_out_of_reach(transform.spec, value):
        return None
    is_more = bool(grid[nearest] > start)
    if transform.spec.unit in {"", "people", "years"}:
        value = float(np.ceil(value) if is_more else np.floor(value))
    phrase = _phrase(transform.spec, feature_value(transform.spec, value, one.as_of), is_more=is_more)
    sentence = f"{phrase} would make it {model.title(groups.keys[int(leads[nearest])])}."
    return _Turn(abs(float(grid[nearest]) - start), sentence)


def _phrase(spec: FeatureSpec, bound: str, *, is_more: bool) -> str:
    if spec.unit == "days":
        return f"{spec.title.replace('Days since the', 'The')} {'before' if is_more else 'after'} {bound}"
    if spec.unit == "trend":
        return f"Deals won {bound}"
    return f"{spec.title} of {bound} or {'more' if is_more else 'less'}"


def _natural(transform: Transform, standard: float) -> float:
    """The value in its own unit."""
    value = standard * transform.spread + transform.center
    if transform.spec.scale == "log":
        return float(np.exp(value)) - (7.0 if transform.spec.unit == "days" else 0.0)
    if transform.spec.scale == "root":
        return value**2 - 0.375 if value > 0 else -1.0
    return value


def _is_out_of_reach(spec: FeatureSpec, value: float) -> bool:
    """Whether no record can have this value."""
    return (spec.unit != "trend" and value < 0) or (spec.unit == "share" and value > 1)
