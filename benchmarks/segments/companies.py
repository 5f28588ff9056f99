"""Generated companies, with the truth behind every week."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from crm_segments.sample import generate
from crm_segments.sample.presets import PRESETS
from crm_segments.sample.world import World
from segmentation import FeatureTable, SegmentationSettings, compute_features
from segmentation.config import CurrencySettings
from segmentation.features.columns import Flags, Texts
from tests.segmentation.data import read_bundle

__all__ = ["Company", "company", "company_weeks", "preset"]

CURRENCY = CurrencySettings(rates={"EUR": 1.08, "GBP": 1.27})


@dataclass(frozen=True)
class Company:
    """One week of a company: what the product may see, and the truth."""

    features: FeatureTable
    truth: Texts
    """The true segment of each record; empty where it has none, as near-copies have."""
    is_moving: Flags
    """Whether the record is on its way from one true segment to another."""

    @property
    def is_judged(self) -> Flags:
        """Records whose true segment is known."""
        return np.asarray(self.truth != "", dtype=bool)


def preset(name: str) -> World:
    """A preset world; `NAME-heavy` is the same with heavy tails."""
    plain, _, is_heavy = name.partition("-")
    world = PRESETS[plain]
    if not is_heavy:
        return world
    return replace(world, name=name, has_heavy_tails=True)


def company(name: str, *, accounts: int = 2000, seed: int = 100) -> Company:
    """The first week of a company."""
    return next(company_weeks(name, accounts=accounts, weeks=1, seed=seed))


def company_weeks(
    name: str, *, accounts: int, weeks: int, seed: int, settings: SegmentationSettings | None = None
) -> Iterator[Company]:
    """A company week by week."""
    with TemporaryDirectory() as folder:
        out, truth = Path(folder) / "out", Path(folder) / "truth"
        bundles = generate(out, world=preset(name), accounts=accounts, weeks=weeks, seed=seed, truth=truth)
        segments = _by_week(truth / "segments.csv", "true_segment")
        moving = _by_week(truth / "drift.csv", "to_segment")
        for week, bundle in enumerate(bundles):
            as_of = date.fromisoformat(json.loads((bundle / "bundle.json").read_text())["as_of"])
            features = compute_features(
                read_bundle(bundle), settings or SegmentationSettings(), currency=CURRENCY, as_of=as_of
            )
            ids = features.ids.to_pylist()
            yield Company(
                features,
                np.array([segments[week].get(record, "") for record in ids], dtype=object),
                np.array([record in moving.get(week, {}) for record in ids], dtype=bool),
            )


def _by_week(path: Path, column: str) -> Mapping[int, Mapping[str, str]]:
    found: dict[int, dict[str, str]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row[column]:
                found.setdefault(int(row["week"]), {})[row["account_id"]] = row[column]
    return found
