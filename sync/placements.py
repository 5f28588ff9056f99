"""What people have decided for one segmentation, rules and pins, beside the segments that were found."""

from dataclasses import dataclass

import sqlalchemy as sa

import segmentation
from connectors.model import UNCLASSIFIED_KEY
from segmentation.config import SegmentationSettings
from segmentation.model import Segment, SegmentModel
from sync.fields import UNCLASSIFIED_TITLE
from sync.state import models, pins

__all__ = ["Decided", "load_decided"]


@dataclass(frozen=True, slots=True)
class Decided:
    """Rules and pins, with the segments that they lead to."""

    model: SegmentModel
    """The segments that were found."""
    rules: tuple["segmentation.RuleSettings", ...]
    own: "segmentation.OwnSegments"
    pins: tuple["segmentation.Pin", ...]
    titles: dict[str, str]
    """Title of every key that a record may carry: today's, and those of the past."""

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Today's segments: those that were found, then those that only rules and pins fill."""
        return (*self.model.segments, *self.own.segments)

    def place(self, features: "segmentation.FeatureTable") -> "segmentation.Placements":
        """Which records rules and pins take."""
        return segmentation.place_records(features, self.rules, self.own, self.pins, self.titles)


def load_decided(
    tx: sa.Connection, settings: SegmentationSettings, scope_id: int, model: SegmentModel
) -> Decided:
    """Read the pins, and find where rules and pins lead to.

    Args:
        tx: A transaction.
        settings: With the rules.
        scope_id: Whose pins.
        model: The segments that were found.
    """
    known = models.taken_keys(tx, scope_id)
    found = tuple(
        segmentation.Pin(row.record_id, row.key, row.reason, row.until)
        for row in pins.list_pins(tx, scope_id)
    )
    own = segmentation.name_own_segments(model, settings.rules, found, known)
    titles = {UNCLASSIFIED_KEY: UNCLASSIFIED_TITLE, **known}
    titles |= {segment.key: segment.title for segment in (*model.segments, *own.segments)}
    return Decided(model, settings.rules, own, found, titles)
