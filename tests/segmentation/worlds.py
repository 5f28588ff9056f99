"""Companies with known segments for tests; the product never sees the truth."""

import csv
import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sklearn.metrics import adjusted_rand_score

from crm_segments.sample import generate
from segmentation import FeatureTable, Records, SegmentationSettings, assign_segments, fit_segments
from segmentation.fit import Fit
from tests.segmentation.data import features_of, read_bundle

__all__ = ["World", "agreement", "fit_of", "world"]


@dataclass(frozen=True)
class World:
    """Weeks of one generated company, with the true segment of every account in the first."""

    weeks: tuple[Records, ...]
    days: tuple[date, ...]
    truth: dict[str, str]

    def features(self, week: int = 0, **settings: object) -> FeatureTable:
        return features_of(self.weeks[week], self.days[week], **settings)


@cache
def world(name: str, accounts: int = 2000, weeks: int = 1, seed: int = 7) -> World:
    with TemporaryDirectory() as folder:
        out, truth = Path(folder) / "out", Path(folder) / "truth"
        generate(out, world=name, accounts=accounts, weeks=weeks, seed=seed, truth=truth)
        bundles = sorted(path for path in out.iterdir() if path.is_dir())
        days = [
            date.fromisoformat(json.loads((path / "bundle.json").read_text())["as_of"]) for path in bundles
        ]
        with (truth / "segments.csv").open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if int(row["week"]) == 0]
        return World(
            tuple(read_bundle(path) for path in bundles),
            tuple(days),
            {row["account_id"]: row["true_segment"] for row in rows},
        )


@cache
def fit_of(name: str, seed: int = 7) -> tuple[FeatureTable, Fit]:
    features = world(name, seed=seed).features()
    return features, fit_segments(features, SegmentationSettings(), fingerprint="test")


def agreement(found: World, features: FeatureTable, fit: Fit) -> float:
    """Adjusted Rand index between the segments and the truth."""
    assigned = assign_segments(fit.model, features).to_pylist()
    pairs = [
        (found.truth[row["record_id"]], row["segment_key"])
        for row in assigned
        if row["record_id"] in found.truth
    ]
    return float(adjusted_rand_score(*zip(*pairs, strict=True)))
