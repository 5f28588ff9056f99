"""Are the segments those that are truly there, and how many?

The ceiling is what a classifier reaches that is shown the truth of other accounts (three
folds). It is worked out for one company of each sort, as it hardly differs, the naive pipeline for three.
Targets: 97 % of the ceiling on average and 93 % at worst, 95 % with heavy tails, and the true number in 95 %
of companies.
"""

import time
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import cross_val_predict
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks.segments.companies import Company, company
from benchmarks.segments.naive import naive_segments
from segmentation import (
    FeatureTable,
    NoStableSegmentsError,
    SegmentationSettings,
    assign_segments,
    fit_segments,
)
from segmentation.features.columns import Floats, Texts

__all__ = ["classifier", "coded", "report"]

CEILINGS, NAIVE = 1, 3


@dataclass(frozen=True, slots=True)
class _Row:
    ours: float
    count: int
    """Segments found; 0 where there are none."""
    cpu_seconds: float


def report(companies: int = 20) -> None:
    """Print the table."""
    print("# Agreement with the truth (adjusted Rand index), number of segments not given\n")
    print(
        f"{'company, accounts':24}{'n':>3}{'mean':>7}{'worst':>7}{'naive':>7}{'ceiling':>9}{'mean/c':>8}"
        f"{'worst/c':>8}{'CPU s':>7}  number of segments (how often)"
    )
    for name, accounts, count in (
        ("five", 2000, companies),
        ("five", 8000, max(companies // 5, 1)),
        ("five-heavy", 2000, max(companies // 2, 1)),
        ("seven", 2000, max(companies // 2, 1)),
        ("seven", 8000, max(companies // 5, 1)),
    ):
        _line(name, accounts, count)
    print()
    for accounts, count in ((2000, companies), (8000, max(companies // 5, 1)), (30_000, 2)):
        _none(accounts, count)
    print()


def _line(name: str, accounts: int, companies: int) -> None:
    rows: list[_Row] = []
    ceilings: list[float] = []
    naive: list[float] = []
    for seed in range(100, 100 + companies):
        made = company(name, accounts=accounts, seed=seed)
        rows.append(_measured(made))
        if len(ceilings) < CEILINGS:
            ceilings.append(_ceiling(made))
        if len(naive) < NAIVE:
            labels = naive_segments(made.features)
            naive.append(float(adjusted_rand_score(made.truth[made.is_judged], labels[made.is_judged])))
    ours = np.array([row.ours for row in rows])
    ceiling = float(np.mean(ceilings))
    counts = ", ".join(f"{n} ({often})" for n, often in sorted(Counter(row.count for row in rows).items()))
    print(
        f"{f'{name}, {accounts:,}':24}{companies:3}{ours.mean():7.3f}{ours.min():7.3f}"
        f"{np.mean(naive):7.3f}{ceiling:9.3f}{ours.mean() / ceiling:8.3f}"
        f"{ours.min() / ceiling:8.3f}{np.mean([row.cpu_seconds for row in rows]):7.1f}  {counts}",
        flush=True,
    )


def _measured(made: Company) -> _Row:
    judged, began = made.is_judged, time.process_time()
    keys: Texts = np.full(len(made.features), "", dtype=object)
    count = 0
    try:
        model = fit_segments(made.features, SegmentationSettings(), fingerprint="").model
        keys = assign_segments(model, made.features).column("segment_key").to_numpy(zero_copy_only=False)
        count = len(model.segments)
    except NoStableSegmentsError:
        pass
    cpu = time.process_time() - began
    return _Row(float(adjusted_rand_score(made.truth[judged], keys[judged])), count, cpu)


def _ceiling(made: Company) -> float:
    judged = made.is_judged
    with threadpool_limits(1):
        guessed = cross_val_predict(classifier(), coded(made.features)[judged], made.truth[judged], cv=3)
    return float(adjusted_rand_score(made.truth[judged], guessed))


def classifier() -> HistGradientBoostingClassifier:
    """What is shown the truth, to see how much of it can be seen at all."""
    return HistGradientBoostingClassifier(max_iter=40, random_state=0)


def coded(features: FeatureTable, like: FeatureTable | None = None) -> Floats:
    """Features as numbers, categories by their place in an ordered list of those that `like` knows."""
    known = like or features
    columns = []
    for spec in known.specs:
        if spec.kind != "category":
            columns.append(features.numbers(spec.name))
            continue
        levels = sorted({value for value in known.categories(spec.name) if value is not None})
        places = pd.Index(levels, dtype=object).get_indexer(pd.Index(features.categories(spec.name)))
        columns.append(np.where(places < 0, np.nan, places).astype(np.float64))
    return np.stack(columns, axis=1)


def _none(accounts: int, companies: int) -> None:
    best, found = [], 0
    for seed in range(100, 100 + companies):
        features = company("none", accounts=accounts, seed=seed).features
        try:
            fit_segments(features, SegmentationSettings(), fingerprint="")
            found += 1
        except NoStableSegmentsError as error:
            agreement = error.details["agreement"]
            best.append(max(agreement.values()) if isinstance(agreement, dict) else 0.0)
    print(
        f"{f'none, {accounts:,}':24}{companies:3}  refused {len(best)}, segments found {found}; "
        f"best agreement of halves {max(best, default=0):.2f}",
        flush=True,
    )
