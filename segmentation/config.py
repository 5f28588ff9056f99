"""Typed settings of one `[[segmentation]]` table, as far as they shape the segments."""

import hashlib
from collections.abc import Iterable
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

__all__ = [
    "Category",
    "CurrencySettings",
    "DealSettings",
    "FeatureSettings",
    "FollowingSettings",
    "RuleSettings",
    "SegmentationSettings",
    "with_followers",
]


Category: TypeAlias = Literal["industry", "country", "product"]
"""Fields whose spellings are mended."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class CurrencySettings(_Table):
    """The `[currency]` table: how amounts in other currencies become the home currency."""

    home: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "USD"
    """ISO code that amounts are converted into; amounts without a code are taken to be in it."""
    rates: dict[Annotated[str, Field(pattern="^[A-Z]{3}$")], Annotated[float, Field(gt=0)]] = {}
    """Worth of one unit of each other currency, in the home currency. Others are left out, aloud."""


class FeatureSettings(_Table):
    """The `[segmentation.features]` table."""

    off: tuple[str, ...] = ()
    """Features, or whole families, that are not used."""
    required: tuple[str, ...] = ()
    """Features without which a record is Unclassified, unless a rule or a pin takes it."""
    weights: dict[str, Annotated[float, Field(gt=0, le=10)]] = {}
    """How much features count, as a factor; 1 is as usual. A feature that
    is only shown otherwise counts as soon as it stands here."""
    aliases: dict[Category, dict[str, str]] = {}
    """Own spellings: how a category is written in the CRM, and what is meant."""


class DealSettings(_Table):
    """The `[segmentation.deals]` table: which deals count."""

    where: str | None = None
    """Only deals for which this holds, e.g. `pipeline = "Sales" and type != "Renewal"`."""
    amount: Annotated[str, Field(min_length=1)] = "amount"
    """The field that says what a deal is worth, e.g. one that holds a year's worth only."""


class RuleSettings(_Table):
    """One `[[segmentation.rules]]`: who meets a condition belongs to a segment. The first that holds wins."""

    when: Annotated[str, Field(min_length=1)]
    """The condition, in the same language as `where`, e.g. `employees >= 5000`."""
    segment: Annotated[str, Field(min_length=1, max_length=28)]
    """Title of the segment: one of the present ones, or a new one that only rules fill."""

    @field_validator("segment")
    @classmethod
    def _check_segment(cls, title: str) -> str:
        plain = " ".join(title.split())
        if not plain or not plain.isprintable():
            raise ValueError("segment needs a title that people can read")
        if plain.casefold() == "unclassified":
            raise ValueError("segment cannot be Unclassified; leave records out with exclude instead")
        return plain


class SegmentationSettings(_Table):
    """One `[[segmentation]]`: which records are grouped, by what, into how many segments."""

    name: Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,39}$")] = "customers"
    """Name of this grouping in commands and in the state."""
    object: Literal["account", "contact", "lead"] = "account"
    """What is grouped and gets the fields."""
    field: Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,29}$")] = "crm_segment"
    """Stem of the fields that are written."""
    where: str | None = None
    """Scope: only records for which this condition holds, e.g. `country = "US" and employees >= 10`."""
    exclude: str | None = None
    """Left out although `where` holds: records for which this holds, e.g. `name = "Test account"`."""
    min_segments: Annotated[int, Field(ge=2, le=20)] = 2
    """Fewest segments that are tried."""
    max_segments: Annotated[int, Field(ge=2, le=20)] = 8
    """Most segments that are tried."""
    min_segment_share: Annotated[float, Field(ge=0, le=0.5)] = 0.02
    """Smallest share of the records that may be a segment of its own."""
    min_segment_records: Annotated[int, Field(ge=2)] = 20
    """Smallest number of records that may be a segment of its own."""
    fallback: Literal["none", "tiers"] = "none"
    """Where no stable segments are found: stop, or use fixed printed rules."""
    approve_refit_within: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    """A refit that keeps all segments and moves at most this share is approved by itself; 0: never."""
    features: FeatureSettings = FeatureSettings()
    """Which features are used."""
    deals: DealSettings = DealSettings()
    """Which deals count."""
    rules: tuple[RuleSettings, ...] = ()
    """Segments by rule; they come before the segments that are found."""
    compare: str | None = None
    """A field that holds a tier already; the report lays our segments beside it. It is never written."""
    contacts: Literal["none", "inherit"] = "none"
    """Whether the contacts of an account get its segment, in the same fields on the contact."""

    @property
    def conditions(self) -> tuple[str, ...]:
        """Every condition on the records themselves."""
        found = (self.where, self.exclude, *(rule.when for rule in self.rules))
        return tuple(each for each in found if each and each.strip())

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        if self.min_segments > self.max_segments:
            raise ValueError(
                f"min_segments ({self.min_segments}) is larger than max_segments ({self.max_segments})"
            )
        if self.contacts == "inherit" and self.object != "account":
            raise ValueError(
                f'only accounts have contacts: contacts = "inherit" does not go with object = "{self.object}"'
            )
        return self

    def model_fingerprint(self, currency: CurrencySettings) -> str:
        """A hash of all settings that shape the model; when it moves, a refit is due.

        Rules are not among them: a frozen model takes whoever a changed rule sets free. Defaults are not
        either, so that a version that brings a new setting asks nobody for a refit.
        """
        own = self.model_dump_json(
            exclude={"name", "field", "rules", "contacts", "compare", "approve_refit_within"},
            exclude_defaults=True,
        )
        return _digest(own, currency.model_dump_json(exclude_defaults=True))

    def plan_fingerprint(self, currency: CurrencySettings) -> str:
        """A hash of all settings that decide where records belong; when it moves, saved plans are stale."""
        deciding = self.model_dump_json(include={"rules"}, exclude_defaults=True)
        return _digest(self.model_fingerprint(currency), deciding)


class FollowingSettings(SegmentationSettings):
    """Contacts that get the segment of their account: no table of config.toml, made from one."""

    follows: SegmentationSettings
    """The accounts' segmentation."""

    def model_fingerprint(self, currency: CurrencySettings) -> str:
        """That of the accounts."""
        return self.follows.model_fingerprint(currency)

    def plan_fingerprint(self, currency: CurrencySettings) -> str:
        """That of the accounts."""
        return self.follows.plan_fingerprint(currency)


def with_followers(segmentations: Iterable[SegmentationSettings]) -> tuple[SegmentationSettings, ...]:
    """All segmentations, each followed by the one of the contacts that inherit from it."""
    found: list[SegmentationSettings] = []
    for one in segmentations:
        found.append(one)
        if one.contacts == "inherit":
            name = f"{one.name[:31]}_contacts"
            found.append(FollowingSettings(name=name, object="contact", field=one.field, follows=one))
    return tuple(found)


def _digest(*texts: str) -> str:
    return hashlib.sha256("".join(texts).encode()).hexdigest()[:16]
