"""Typed settings of one `[[segmentation]]` table, as far as they shape the segments."""

import hashlib
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["CurrencySettings", "FeatureSettings", "SegmentationSettings"]


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
    features: FeatureSettings = FeatureSettings()
    """Which features are used."""

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        if self.min_segments > self.max_segments:
            raise ValueError(
                f"min_segments ({self.min_segments}) is larger than max_segments ({self.max_segments})"
            )
        return self

    def model_fingerprint(self, currency: CurrencySettings) -> str:
        """A hash of all settings that shape the model; when it moves, a refit is due."""
        shaping = self.model_dump_json(exclude={"name", "field"}) + currency.model_dump_json()
        return hashlib.sha256(shaping.encode()).hexdigest()[:16]
