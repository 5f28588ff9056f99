"""The segments that rules and pins lead to: one of those that were found, or one of their own.

A segment of a rule is one like any other: with a key that is never used for something else, a title and a
sentence. Which records go there is decided in `placing`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from connectors.model import UNCLASSIFIED_KEY
from segmentation.config import RuleSettings
from segmentation.keys import make_key
from segmentation.model import Segment, SegmentModel

__all__ = ["OwnSegments", "Pin", "name_own_segments", "short_condition"]

_SHOWN_CONDITION = 120


@dataclass(frozen=True, slots=True)
class Pin:
    """A person's decision that a record stays in a segment."""

    record_id: str
    key: str
    """Key of the segment."""
    reason: str
    until: date | None = None
    """The last day on which it holds; None where it has no end."""

    def holds_on(self, day: date) -> bool:
        """Whether the pin has not ended yet."""
        return self.until is None or day <= self.until


@dataclass(frozen=True, slots=True)
class OwnSegments:
    """The keys that rules and pins lead to, and the segments that only they fill."""

    rule_keys: tuple[str, ...]
    """One for each rule, in their order."""
    segments: tuple[Segment, ...]
    """In the order of the rules, then of the titles."""


def name_own_segments(
    model: SegmentModel, rules: Sequence[RuleSettings], pins: Iterable[Pin], known: Mapping[str, str]
) -> OwnSegments:
    """Find the segment that each rule names, or make one.

    Args:
        model: The segments that were found.
        rules: In order of precedence.
        pins: Those that hold.
        known: Every key that was ever given, with its newest title.
    """
    titles: dict[str, str] = {}
    conditions: dict[str, list[str]] = {}
    keys: list[str] = []
    for rule in rules:
        key = _key_of(rule.segment, model, {**known, **titles})
        keys.append(key)
        if model.segment(key) is None:
            titles.setdefault(key, rule.segment)
            conditions.setdefault(key, []).append(rule.when)
    for pin in sorted(pins, key=lambda pin: known.get(pin.key, "")):
        if model.segment(pin.key) is None and pin.key in known and pin.key != UNCLASSIFIED_KEY:
            titles.setdefault(pin.key, known[pin.key])
    segments = tuple(
        Segment(key, title, _sentence(conditions.get(key, [])), 0, 0.0) for key, title in titles.items()
    )
    return OwnSegments(tuple(keys), segments)


def _key_of(title: str, model: SegmentModel, known: Mapping[str, str]) -> str:
    wanted = title.casefold()
    slug = make_key(title, frozenset())
    for segment in model.segments:
        # By key as well: a segment may have been given another title since the rule was written.
        if wanted in {segment.title.casefold(), segment.key} or slug == segment.key:
            return segment.key
    for key, earlier in known.items():
        if earlier.casefold() == wanted and key != UNCLASSIFIED_KEY:
            return key
    return make_key(title, frozenset(known) | frozenset(model.keys))


def _sentence(conditions: Sequence[str]) -> str:
    if not conditions:
        return "Only records that were pinned to it."
    shown = [short_condition(each) for each in conditions]
    return f"By rule: {shown[0] if len(shown) == 1 else ' or '.join(f'({each})' for each in shown)}."


def short_condition(condition: str) -> str:
    """A condition in one line, cut where it is too long to be read."""
    plain = " ".join(condition.split())
    return plain if len(plain) <= _SHOWN_CONDITION else f"{plain[: _SHOWN_CONDITION - 1]}…"
