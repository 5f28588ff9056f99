"""What sets each segment apart today, in plain units: its own usual values beside those of all records."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from segmentation.features.columns import Texts
from segmentation.features.table import FeatureTable
from segmentation.model import FeatureSpec, Transform, TypicalValue
from segmentation.naming import describe_members, typical_values
from segmentation.prepare import learn_transforms
from segmentation.traits import segment_traits
from segmentation.words import feature_value, number, percent

__all__ = ["Difference", "SegmentProfile", "profile_segments", "typical_range"]

MOST_DIFFERENCES = 6


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact in which a segment differs from all records."""

    phrase: str
    """In a word or two: "many deals"."""
    title: str
    """What is looked at."""
    own: str
    """The middle half of the segment, or its most frequent category."""
    everyone: str


@dataclass(frozen=True, slots=True)
class SegmentProfile:
    """One segment as it is today."""

    key: str
    record_count: int
    sentence: str
    differences: tuple[Difference, ...]
    """Most telling first."""


def profile_segments(
    features: FeatureTable, transforms: Sequence[Transform], labels: Texts, keys: Sequence[str]
) -> tuple[SegmentProfile, ...]:
    """Describe every segment by the records that it holds.

    Args:
        features: All records in scope.
        transforms: How facts are compared: those of the segments, or none, which learns them anew.
        labels: The key of each record, in the order of `features`.
        keys: The segments, in their order.
    """
    used = tuple(transforms) or learn_transforms(features)
    everyone = {each.feature: each for each in typical_values(features, np.ones(len(features), bool))}
    found = []
    for key in keys:
        members = labels == key
        if not members.any():
            found.append(SegmentProfile(key, 0, "", ()))
            continue
        own = {each.feature: each for each in typical_values(features, members)}
        traits = [trait for trait in segment_traits(features, used, members) if trait.phrase]
        differences = [
            Difference(trait.phrase, _title(spec), *words)
            for trait in traits
            if (spec := features.spec(trait.feature)) is not None
            and (words := [_usual(spec, values.get(spec.name), features.as_of) for values in (own, everyone)])
            and words[0] != words[1]
        ]
        sentence = describe_members(features, members)
        told = tuple(differences[:MOST_DIFFERENCES])
        found.append(SegmentProfile(key, int(members.sum()), sentence, told))
    return tuple(found)


def _title(spec: FeatureSpec) -> str:
    return spec.title.replace("Days since the", "The") if spec.unit == "days" else spec.title


def _usual(spec: FeatureSpec, typical: TypicalValue | None, as_of: date) -> str:
    """What is usual; a trend as a factor, so that two of them can be told apart."""
    if spec.unit != "trend" or typical is None or typical.middle is None:
        return typical_range(spec, typical, as_of)
    if typical.middle >= 1:
        return "none the year before"
    return f"{number((1 + typical.middle) / (1 - typical.middle))} times the year before"


def typical_range(spec: FeatureSpec, typical: TypicalValue | None, as_of: date) -> str:
    """The middle half of a segment's values in words, or its most frequent category with its share."""
    if typical is None:
        return ""
    if spec.kind == "category":
        return "" if typical.level is None else f"{percent(typical.level_share or 0.0)} {typical.level}"
    if typical.middle is None or typical.low is None or typical.high is None:
        return "not known"
    if spec.unit == "trend":
        return feature_value(spec, typical.middle, as_of)
    ends = [feature_value(spec, value, as_of) for value in (typical.low, typical.high)]
    # The more days ago, the earlier: months read from the earlier to the later.
    first, last = reversed(ends) if spec.unit == "days" else ends
    for word in ("year", "day"):
        if spec.unit == {"year": "years", "day": "span"}[word]:
            first = first.removesuffix(f" {word}s").removesuffix(f" {word}")
            return last if last.startswith(f"{first} ") else f"{first} to {last}"
    return first if first == last else f"{first} to {last}"
