"""Puts records where people have decided: pins come before rules, rules before the segments that were found.

Rules and pins are not part of a segment model: changing them makes no other segments of the rest.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from connectors.model import UNCLASSIFIED_KEY
from segmentation.config import RuleSettings
from segmentation.features.columns import Flags, Texts
from segmentation.features.quality import count_of
from segmentation.features.table import FeatureTable
from segmentation.model import SegmentModel
from segmentation.own import OwnSegments, Pin, short_condition
from segmentation.reasons import MAX_REASON_LENGTH, record_reasons, shortened
from segmentation.words import calendar_day

__all__ = ["Placements", "place_records"]


@dataclass(frozen=True, slots=True)
class Placements:
    """Which records rules and pins take, and to where."""

    ids: pa.Array
    keys: Texts
    """The key of each record; None where the segments that were found decide."""
    whys: Texts
    """Which rule or pin it is, in words; None likewise."""
    notes: tuple[str, ...] = ()

    @property
    def is_placed(self) -> Flags:
        """Records that a rule or a pin takes."""
        found: Flags = pd.notna(self.keys)
        return found

    def put_into(self, assigned: pa.Table) -> pa.Table:
        """Assignments with the placed records where they belong.

        Args:
            assigned: In `ASSIGNMENT_SCHEMA`, in the order of `ids`.

        Returns:
            The same table; a placed record is clear, and its runner-up is where it would be otherwise.
        """
        placed = pa.array(self.is_placed)
        if not pc.any(placed).as_py():
            return assigned
        is_sure = pa.array(self.keys != UNCLASSIFIED_KEY)
        found = assigned.column("segment_key")
        changes = {
            "runner_up": pc.if_else(placed, found, assigned.column("runner_up")),
            "segment_key": pc.if_else(placed, pa.array(self.keys, pa.string()), found),
            "score": pc.if_else(placed, pc.if_else(is_sure, 1.0, 0.0), assigned.column("score")),
            "band": pc.if_else(placed, pc.if_else(is_sure, "clear", "close call"), assigned.column("band")),
        }
        for name, column in changes.items():
            at = assigned.column_names.index(name)
            assigned = assigned.set_column(at, assigned.schema.field(at), column)
        return assigned

    def why(self, ids: Sequence[str]) -> list[str | None]:
        """Which rule or pin takes these records, in words; None where none does."""
        at = pc.index_in(pa.array(ids, pa.string()), value_set=self.ids.cast(pa.string())).to_pylist()
        return [None if row is None else self.whys[row] for row in at]

    def reasons(
        self, model: SegmentModel, features: FeatureTable, ids: Sequence[str], keys: Sequence[str]
    ) -> list[str]:
        """Why records are where they are, beginning with the rule or the pin; at most 255 characters each.

        Args:
            model: The segments that were found.
            features: What is known about the records.
            ids: Records, each of them in `features`.
            keys: The segment of each.
        """
        whys = self.why(ids)
        # Who was put somewhere is not "unlike every segment".
        own = [key if why is None else "" for why, key in zip(whys, keys, strict=True)]
        facts = record_reasons(model, features, ids, own)
        return [
            fact if why is None else shortened(f"{why}; {fact}", MAX_REASON_LENGTH)
            for why, fact in zip(whys, facts, strict=True)
        ]


def place_records(
    features: FeatureTable,
    rules: Sequence[RuleSettings],
    own: OwnSegments,
    pins: Sequence[Pin],
    titles: Mapping[str, str],
) -> Placements:
    """Decide which records rules and pins take.

    Args:
        features: All records in scope.
        rules: In order of precedence; the first that holds has the record.
        own: Where they lead to.
        pins: One for each record at most; those that have ended are left aside, aloud.
        titles: Title of every key that a pin may name.
    """
    known = np.array([*own.rule_keys, None], dtype=object)
    words = np.array([*(f"Rule: {short_condition(rule.when)}" for rule in rules), None], dtype=object)
    keys, whys = known[features.rule_of], words[features.rule_of]
    lacks: Flags = pd.notna(features.lacking) & (features.rule_of < 0)
    keys[lacks] = UNCLASSIFIED_KEY
    whys[lacks] = [f"{title} not known, which is required" for title in features.lacking[lacks]]
    found = _Pinned([], [], [])
    rows = {record_id: row for row, record_id in enumerate(features.ids.to_pylist())} if pins else {}
    for pin in pins:
        if not pin.holds_on(features.as_of):
            found.over.append(pin)
        elif pin.key not in titles:
            found.lost.append(pin)
        elif (row := rows.get(pin.record_id)) is None:
            found.outside.append(pin)
        else:
            until = f" until {calendar_day(pin.until)}" if pin.until else ""
            keys[row], whys[row] = pin.key, f"Pinned{until}: {pin.reason.rstrip('. ')}"
    return Placements(features.ids, keys, whys, tuple(found.notes(features)))


@dataclass(frozen=True, slots=True)
class _Pinned:
    """Pins that do nothing today."""

    over: list[Pin]
    lost: list[Pin]
    outside: list[Pin]

    def notes(self, features: FeatureTable) -> Iterable[str]:
        """Each kind in a sentence."""
        said = {
            "whose pin has ended; rules and segments decide again": self.over,
            "pinned to a segment that is not known any more; rules and segments decide": self.lost,
            "pinned, but not among the records that are grouped; left alone": self.outside,
        }
        for words, pins in said.items():
            if pins:
                some = ", ".join(pin.record_id for pin in pins[:3])
                more = f" and {len(pins) - 3:,} more" if len(pins) > 3 else ""
                yield f"{count_of(features.kind, len(pins))} {words} ({some}{more})."
