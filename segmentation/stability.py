"""Matches new segments to earlier ones, so that what is the same keeps its key and its title."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

from connectors.model import UNCLASSIFIED_KEY
from segmentation.assign import assign_segments
from segmentation.errors import ModelMismatchError
from segmentation.features.columns import Floats, Indexes, Texts
from segmentation.features.quality import count_of
from segmentation.features.table import FeatureTable
from segmentation.model import MAX_TITLE_LENGTH, Segment, SegmentModel, TierRule
from segmentation.naming import make_key

__all__ = ["Refit", "match_segments"]

SAME = 0.3
"""Smallest share of the records of both that an old and a new segment must have in common to be the same."""

MOSTLY = 0.6
"""Share of a segment's records that must come from, or go to, one other for a split or a merger."""


@dataclass(frozen=True, slots=True)
class Refit:
    """A proposal: the new segments under their final keys, and what would become of whom."""

    model: SegmentModel
    migration: tuple[tuple[str, str, int], ...]
    """Old key, new key, number of records; those that stay included."""
    kept: tuple[str, ...]
    new: tuple[str, ...]
    retired: tuple[str, ...]
    sentences: tuple[str, ...]


def match_segments(
    old: SegmentModel, new: SegmentModel, features: FeatureTable, *, current: pa.Table
) -> Refit:
    """Give new segments the keys and titles of the old ones that hold the same records.

    Args:
        old: The model in use.
        new: A model made from `features`.
        features: Features of the records today.
        current: `record_id` and `segment_key` that records have today.

    Raises:
        ModelMismatchError: The models are for different kinds of record.
    """
    if old.object is not new.object:
        raise ModelMismatchError(
            f"The present segments are for {old.object.value} records, the new ones for {new.object.value}.",
            hint="Correct `object` under [[segmentation]].",
        )
    before = _present(features, current)
    after: Texts = assign_segments(new, features).column("segment_key").to_numpy(zero_copy_only=False)
    own = [segment.key for segment in new.segments]
    theirs = [segment.key for segment in old.segments]
    matched = _match(_overlap(before, after, theirs, own))
    names = {own[at]: theirs[to] for at, to in matched.items()}
    model = _renamed(old, new, names)
    renamed = {key: segment.key for key, segment in zip(own, model.segments, strict=True)}
    moved = np.array([renamed.get(key, key) for key in after], dtype=object)
    kept = tuple(key for key in theirs if key in names.values())
    fresh = tuple(segment.key for segment in model.segments if segment.key not in kept)
    retired = tuple(key for key in theirs if key not in kept)
    migration = _migration(before, moved)
    return Refit(model, migration, kept, fresh, retired, _sentences(old, model, migration, fresh, retired))


def _present(features: FeatureTable, current: pa.Table) -> Texts:
    at = pc.index_in(features.ids, value_set=current.column("record_id").combine_chunks())
    keys = current.column("segment_key").combine_chunks().take(at)
    found: Texts = keys.to_numpy(zero_copy_only=False)
    return found


def _overlap(before: Texts, after: Texts, theirs: Sequence[str], own: Sequence[str]) -> Floats:
    """Records in common divided by records in either, for each new (row) and old (column) segment."""
    shares = np.zeros((len(own), len(theirs)))
    for row, key in enumerate(own):
        for column, earlier in enumerate(theirs):
            both = ((after == key) & (before == earlier)).sum()
            either = ((after == key) | (before == earlier)).sum()
            shares[row, column] = both / either if either else 0.0
    return shares


def _match(overlap: Floats) -> dict[int, int]:
    rows, columns = linear_sum_assignment(-overlap)
    return {
        int(row): int(column)
        for row, column in zip(rows, columns, strict=True)
        if overlap[row, column] >= SAME
    }


def _renamed(old: SegmentModel, new: SegmentModel, names: dict[str, str]) -> SegmentModel:
    """The new model with keys and titles of the old one where a segment is the same."""
    taken = frozenset(old.keys)
    titles = {segment.title.casefold() for segment in old.segments if segment.key in names.values()}
    segments: list[Segment] = []
    for segment in new.segments:
        earlier = old.segment(names[segment.key]) if segment.key in names else None
        if earlier:
            segments.append(replace(segment, key=earlier.key, title=earlier.title))
            continue
        title = _free_title(segment.title, titles)
        titles.add(title.casefold())
        key = segment.key if segment.key not in taken else make_key(title, taken)
        taken |= {key}
        segments.append(replace(segment, key=key, title=title))
    keys = dict(zip((segment.key for segment in new.segments), (s.key for s in segments), strict=True))
    return replace(
        new,
        segments=tuple(segments),
        groups=new.groups and replace(new.groups, keys=tuple(keys[key] for key in new.groups.keys)),
        tiers=new.tiers
        and replace(
            new.tiers, rules=tuple(TierRule(keys[rule.key], rule.conditions) for rule in new.tiers.rules)
        ),
    )


def _free_title(title: str, taken: set[str]) -> str:
    if title.casefold() not in taken:
        return title
    options = (f"{title[: MAX_TITLE_LENGTH - 4]} ({n})" for n in range(2, 100))
    return next(option for option in options if option.casefold() not in taken)


def _migration(before: Texts, after: Texts) -> tuple[tuple[str, str, int], ...]:
    known: Indexes = np.flatnonzero([key is not None for key in before])
    pairs, counts = np.unique(
        np.array([f"{before[at]}\n{after[at]}" for at in known], dtype=str), return_counts=True
    )
    found = []
    for pair, amount in zip(pairs, counts, strict=True):
        left, _, right = str(pair).partition("\n")
        found.append((left, right, int(amount)))
    return tuple(found)


def _sentences(
    old: SegmentModel,
    model: SegmentModel,
    migration: Sequence[tuple[str, str, int]],
    fresh: Sequence[str],
    retired: Sequence[str],
) -> tuple[str, ...]:
    total = sum(amount for _, _, amount in migration)
    moving = sum(amount for left, right, amount in migration if left != right)
    said = [f"{count_of(model.object, total - moving)} stay where they are, {moving:,} would move."]
    said += [_born(old, model, migration, key) for key in fresh]
    said += [_gone(old, model, migration, key) for key in retired]
    moves = sorted((move for move in migration if move[0] != move[1]), key=lambda move: -move[2])
    said += [
        f"{count_of(model.object, amount)} would move from {old.title(left)} to {model.title(right)}."
        for left, right, amount in moves[:5]
    ]
    return tuple(said)


def _born(old: SegmentModel, model: SegmentModel, migration: Sequence[tuple[str, str, int]], key: str) -> str:
    """A new segment, with the old one that it was split from, if it was from one."""
    coming = {left: amount for left, right, amount in migration if right == key}
    total = sum(coming.values())
    source = max(coming, key=coming.__getitem__, default=None)
    if source is None or coming[source] < MOSTLY * total or source == UNCLASSIFIED_KEY:
        return f"New: {model.title(key)}."
    return f"Split: {model.title(key)} comes out of {old.title(source)} ({coming[source]:,} of {total:,})."


def _gone(old: SegmentModel, model: SegmentModel, migration: Sequence[tuple[str, str, int]], key: str) -> str:
    """A segment that is no longer there, with the one that it was merged into, if it was into one."""
    leaving = {right: amount for left, right, amount in migration if left == key}
    total = sum(leaving.values())
    target = max(leaving, key=leaving.__getitem__, default=None)
    if target is None:
        return f"No longer there: {old.title(key)}."
    if leaving[target] < MOSTLY * total or target == UNCLASSIFIED_KEY:
        return f"No longer there: {old.title(key)}; most of its records would go to {model.title(target)}."
    return f"Merged: {old.title(key)} goes into {model.title(target)} ({leaving[target]:,} of {total:,})."
