"""The segment model: everything that says which record belongs where, as plain frozen values.

A model is made once, approved, stored as JSON and then only applied. It holds no code and no arrays of a
library: reading a model from a stranger can fail, but cannot run anything.
"""

import json
import math
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import ClassVar, Literal, Self

from pydantic import ConfigDict, TypeAdapter, ValidationError

from connectors.model import UNCLASSIFIED_KEY, ObjectKind
from segmentation.errors import ModelMismatchError

__all__ = [
    "FORMAT_VERSION",
    "MAX_TITLE_LENGTH",
    "UNCLASSIFIED_TITLE",
    "Condition",
    "FeatureProfile",
    "FeatureSpec",
    "GroupParameters",
    "Segment",
    "SegmentModel",
    "TierParameters",
    "TierRule",
    "Transform",
    "TypicalValue",
]

FORMAT_VERSION = 2
MAX_TITLE_LENGTH = 28
UNCLASSIFIED_TITLE = "Unclassified"
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """One thing that is known about a record, in words for people."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    name: str
    """Stable name, used in settings and in stored models."""
    family: str
    """`size`, `purchase`, `engagement` or `firmographic`."""
    title: str
    """What people call it."""
    unit: str
    """`people`, `days` (ago), `span` (days), `years`, `share`, `trend`, an ISO currency code, or empty."""
    source: str
    """The field or fields it comes from."""
    kind: Literal["number", "category", "flag"] = "number"
    scale: Literal["log", "root", "linear"] = "linear"
    """How differences count: by factors, by square roots, or as they are."""
    is_used: bool = True
    """False for what is only shown and can be used in a condition, but does not shape segments."""
    weight: float = 1.0
    """How much it counts beside the other features of its family."""


@dataclass(frozen=True, slots=True)
class Transform:
    """How one feature becomes columns; learned once, then frozen."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    spec: FeatureSpec
    center: float
    spread: float
    weight: float
    levels: tuple[str, ...] = ()
    level_shares: tuple[float, ...] = ()

    @property
    def all_shares(self) -> tuple[float, ...]:
        """Everybody's shares of the levels, with that of all others last."""
        return (*self.level_shares, max(0.0, 1.0 - sum(self.level_shares)))

    @property
    def width(self) -> int:
        """How many columns the feature takes: one per level, and one for all others."""
        return len(self.levels) + 1 if self.levels else 1


@dataclass(frozen=True, slots=True)
class GroupParameters:
    """Where the segments lie: centers and widths along numbers, and shares of the levels of categories."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    estimator: str
    keys: tuple[str, ...]
    weights: tuple[float, ...]
    means: tuple[tuple[float, ...], ...]
    variances: tuple[tuple[float, ...], ...]
    levels: tuple[tuple[float, ...], ...]
    temperature: float
    """By how much differences are softened before they become a score; 1 takes them as they are."""
    least_fit: float
    """Records that fit the segments less, compared with fitting nowhere, are in none of them."""
    stay_margin: float
    """A record moves only when the other segment is better by this much (log-odds)."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a printed rule."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    feature: str
    comparison: Literal["at_least", "below", "is_empty"]
    value: float = 0.0


@dataclass(frozen=True, slots=True)
class TierRule:
    """All conditions must hold; a rule without conditions takes whatever is left."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    key: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class TierParameters:
    """Printed rules in order; the first that holds wins, the last always holds."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    rules: tuple[TierRule, ...]


@dataclass(frozen=True, slots=True)
class TypicalValue:
    """What is typical of one segment for one feature."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    feature: str
    known_share: float
    """Share of the segment's records for which the feature is known."""
    low: float | None = None
    """A quarter of the known values lie below."""
    middle: float | None = None
    high: float | None = None
    level: str | None = None
    """The most frequent category."""
    level_share: float | None = None


@dataclass(frozen=True, slots=True)
class FeatureProfile:
    """Where the values of one feature lay when the model was made."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    feature: str
    shares: tuple[float, ...]
    """Share of records in each stretch of values or with each category; of those without a value last."""
    middle: float | None = None
    """The middle of the known values, for numbers."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A named, explained, stable group of records."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    key: str
    """Immutable name, stored in the CRM."""
    title: str
    """What people see."""
    sentence: str
    """What is typical of its records, with numbers."""
    record_count: int
    share: float
    typical: tuple[TypicalValue, ...] = ()


@dataclass(frozen=True, slots=True)
class SegmentModel:
    """A versioned definition of segments that assigns records to them."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    format_version: int
    kind: Literal["groups", "tiers"]
    object: ObjectKind
    as_of: date
    settings_fingerprint: str
    currency: str
    segments: tuple[Segment, ...]
    features: tuple[FeatureSpec, ...]
    """All features that the records had when the model was made, used or only shown."""
    transforms: tuple[Transform, ...]
    groups: GroupParameters | None
    tiers: TierParameters | None
    evidence: str
    """Why these segments, in a sentence."""
    profile: tuple[FeatureProfile, ...] = ()
    """Where the records lay that the segments were made from: what drift is measured against."""

    def __post_init__(self) -> None:
        """Refuse a model that contradicts itself."""
        problem = next((text for is_wrong, text in self._problems() if is_wrong), None)
        if problem:
            raise ModelMismatchError(
                f"The stored segments are damaged: {problem}.",
                hint="Restore the model from its export (model import), or make new segments (refit).",
                code="data.model_damaged",
            )

    def _problems(self) -> Iterable[tuple[bool, str]]:
        own = [segment.key for segment in self.segments]
        titles = [segment.title.casefold() for segment in self.segments]
        yield not own, "there are no segments"
        yield any(not _KEY.fullmatch(key) for key in own), "a segment has an unusable key"
        yield UNCLASSIFIED_KEY in own, f"a segment is called {UNCLASSIFIED_KEY}"
        yield len(set(own)) != len(own), "two segments have the same key"
        yield len({*titles, UNCLASSIFIED_TITLE.casefold()}) != len(titles) + 1, "two segments share a title"
        yield any(not 0 < len(title) <= MAX_TITLE_LENGTH for title in titles), "a title has a wrong length"
        yield any(segment.record_count < 0 for segment in self.segments), "a segment has a negative count"
        yield (self.groups is None) == (self.kind == "groups"), "its kind and its parameters differ"
        yield (self.tiers is None) == (self.kind == "tiers"), "its kind and its parameters differ"
        if self.groups is not None:
            yield from self._group_problems(self.groups, own)
        if self.tiers is not None:
            yield from self._tier_problems(self.tiers, own)

    def _group_problems(self, groups: GroupParameters, own: list[str]) -> Iterable[tuple[bool, str]]:
        numbers = sum(not transform.levels for transform in self.transforms)
        levels = sum(transform.width for transform in self.transforms if transform.levels)
        yield not self.transforms, "no feature is used"
        yield list(groups.keys) != own, "segments and parameters name different keys"
        for rows, width in ((groups.means, numbers), (groups.variances, numbers), (groups.levels, levels)):
            yield len(rows) != len(own), "the parameters have the wrong number of segments"
            yield any(len(row) != width for row in rows), "the parameters have the wrong number of columns"
        yield len(groups.weights) != len(own), "the parameters have the wrong number of segments"
        yield not _all_finite([groups.weights, *groups.means]), "a parameter is not a finite number"
        yield not _all_positive(groups.variances), "a variance is not positive"
        yield not _all_positive([groups.weights, *groups.levels]), "a share is not positive"
        yield groups.temperature <= 0 or groups.stay_margin < 0, "a margin is not positive"
        for transform in self.transforms:
            yield transform.spread <= 0 or transform.weight <= 0, "a scale is not positive"
            yield len(transform.levels) != len(transform.level_shares), "categories and shares differ"
            yield (transform.spec.kind == "number") != (not transform.levels), "a kind and its levels differ"
            yield not _all_positive([transform.level_shares]), "a share is not positive"

    def _tier_problems(self, tiers: TierParameters, own: list[str]) -> Iterable[tuple[bool, str]]:
        known = {spec.name for spec in self.features}
        conditions = [condition for rule in tiers.rules for condition in rule.conditions]
        yield not tiers.rules or bool(tiers.rules[-1].conditions), "the last rule does not take the rest"
        yield any(rule.key not in own for rule in tiers.rules), "a rule names an unknown segment"
        yield (
            any(condition.feature not in known for condition in conditions),
            "a rule uses an unknown feature",
        )

    @property
    def keys(self) -> tuple[str, ...]:
        """All values that a record may get, with the one for 'fits nowhere' last."""
        return (*(segment.key for segment in self.segments), UNCLASSIFIED_KEY)

    def segment(self, key: str) -> Segment | None:
        """The segment of this key; None for `unclassified` and for keys of other models."""
        return next((segment for segment in self.segments if segment.key == key), None)

    def title(self, key: str) -> str:
        """The title of a key of this model; an unknown key is its own title."""
        found = self.segment(key)
        if found:
            return found.title
        return UNCLASSIFIED_TITLE if key == UNCLASSIFIED_KEY else key

    def to_json(self) -> str:
        """The model as text: the same model gives the same bytes."""
        plain = asdict(self)
        return json.dumps(plain, sort_keys=True, ensure_ascii=False, allow_nan=False, default=_plain)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a model back.

        Raises:
            ModelMismatchError: The text is no model, is damaged, or comes from another version.
        """
        try:
            return TypeAdapter(cls).validate_json(_migrated(text))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise ModelMismatchError(
                f"The stored segments are damaged at {where or 'the start'}: {first['msg'].lower()}.",
                hint="Restore the model from its export (model import), or make new segments (refit).",
                code="data.model_damaged",
            ) from None


def _migrated(text: str) -> str:
    """The text in the present format, where it can be brought into it.

    Fixed rules have not changed since format 1. Groups of format 1 filled gaps with the middle, so that they
    would put records elsewhere today: they are refused.
    """
    try:
        head = json.loads(text)
    except (ValueError, RecursionError):
        head = None
    version = head.get("format_version") if isinstance(head, dict) else None
    if version is None:
        raise ModelMismatchError(
            "This is not a file of stored segments.",
            hint="Name a file that `model export` wrote.",
            code="data.model_damaged",
        )
    if version == 1 and head.get("kind") == "tiers":
        return json.dumps({**head, "format_version": FORMAT_VERSION})
    if version != FORMAT_VERSION:
        raise ModelMismatchError(
            f"The stored segments have format {version!r}; this version reads format {FORMAT_VERSION}.",
            hint="Make new segments with crm-segments refit, which keeps keys and titles where they hold the "
            "same records; or go on with the version of crm-segments that made them.",
            code="data.model_version",
        )
    return text


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} does not belong into a segment model")


def _all_finite(rows: Iterable[Iterable[float]]) -> bool:
    return all(math.isfinite(value) for row in rows for value in row)


def _all_positive(rows: Iterable[Iterable[float]]) -> bool:
    return all(value > 0 for row in rows for value in row)
