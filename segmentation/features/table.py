"""Values that the feature families exchange: the context they read from, one feature, all features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa

from connectors.model import ObjectKind
from segmentation.config import Category, CurrencySettings, SegmentationSettings
from segmentation.features.columns import Flags, Floats, Indexes, Texts
from segmentation.features.quality import QualityLog, QualityReport
from segmentation.model import FeatureSpec
from segmentation.records import Records

__all__ = ["Feature", "FeatureContext", "FeatureTable"]


@dataclass(frozen=True, slots=True)
class FeatureContext:
    """What every family reads from."""

    records: Records
    currency: CurrencySettings
    as_of: date
    log: QualityLog
    settings: SegmentationSettings

    def aliases(self, field: Category) -> Mapping[str, str]:
        """The user's own spellings of a category: how it is written, and what is meant."""
        return self.settings.features.aliases.get(field, {})

    @property
    def as_of_day(self) -> int:
        """The day of computation, counted from 1970."""
        return self.as_of.toordinal() - date(1970, 1, 1).toordinal()

    @property
    def kind(self) -> ObjectKind:
        """What is grouped."""
        return self.records.kind


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of all records, in the order of the pulled table."""

    spec: FeatureSpec
    column: Floats | Texts


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """The features of all records in scope, in an order that depends on content only."""

    kind: ObjectKind
    as_of: date
    currency: str
    """ISO code of the home currency, in which all amounts are."""
    ids: pa.Array
    """Record ids; ordered by what the records are like, ids break ties."""
    values: pd.DataFrame
    """One column per feature, in natural units; missing is NaN or None."""
    specs: tuple[FeatureSpec, ...]
    quality: QualityReport
    out_of_scope_ids: pa.Array
    rule_of: Indexes
    """For each record the position of the first rule that holds; -1 where none does."""
    lacking: Texts
    """For each record the first required feature that is not known, in words; None where none is lacking."""

    def __len__(self) -> int:
        return len(self.values)

    @property
    def is_free(self) -> Flags:
        """Records that segments are made of: no rule takes them, and nothing that is required is lacking."""
        has_all: Flags = pd.isna(self.lacking)
        return has_all & (self.rule_of < 0)

    def only(self, kept: Flags) -> "FeatureTable":
        """The same features of some of the records."""
        if kept.all():
            return self
        return replace(
            self,
            ids=self.ids.filter(pa.array(kept)),
            values=self.values[kept].reset_index(drop=True),
            rule_of=self.rule_of[kept],
            lacking=self.lacking[kept],
        )

    @property
    def used(self) -> tuple[FeatureSpec, ...]:
        """The features that shape segments."""
        return tuple(spec for spec in self.specs if spec.is_used)

    def spec(self, name: str) -> FeatureSpec | None:
        """The feature of this name, or None."""
        return next((spec for spec in self.specs if spec.name == name), None)

    def numbers(self, name: str) -> Floats:
        """A number or flag as an array; all NaN where there is no such feature."""
        if name not in self.values.columns:
            return np.full(len(self), np.nan)
        return self.values[name].to_numpy(dtype=np.float64)

    def categories(self, name: str) -> Texts:
        """A category as an array with None where it is missing; all None where there is no such feature."""
        if name not in self.values.columns:
            return np.full(len(self), None, dtype=object)
        found: Texts = self.values[name].to_numpy(dtype=object)
        return found

    def value(self, name: str, at: int) -> float | str | None:
        """One value, None where it is missing."""
        found = self.values[name].iloc[at]
        if pd.isna(found):
            return None
        return found if isinstance(found, str) else float(found)

    def single(self, at: int) -> "FeatureTable":
        """One record alone, by its row."""
        return self.only(np.arange(len(self)) == at)

    def rows(self, ids: Sequence[str]) -> pd.DataFrame:
        """The features of these records, in their order; rows of ids that are not there are all missing."""
        at = pd.Index(self.ids.to_pylist()).get_indexer(pd.Index(list(ids), dtype=object))
        found = self.values.take(np.maximum(at, 0)).reset_index(drop=True)
        return found if (at >= 0).all() else found.where(pd.Series(at >= 0), None)
