"""What it costs, by number of accounts: a new model, a weekly assignment, drift; one process for each size.

Target for 1,000,000 accounts on two cores: a refit in 20 s, a weekly run in 6 s, 1 GB. The features are those
of one generated company whose accounts are repeated with other sizes and amounts, because the generator would
take longer than all that is measured; reading and computing features is not in these figures.
"""

import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.measure import measure
from benchmarks.segments.companies import company
from segmentation import (
    FeatureTable,
    SegmentationSettings,
    SegmentModel,
    assign_segments,
    fit_segments,
    profile_features,
)

__all__ = ["report"]

ROOT = Path(__file__).parent.parent.parent
SIZES = (20_000, 100_000, 1_000_000)


def report() -> None:
    """Print the table."""
    print("# Cost from features on, one process each\n")
    print(
        f"{'accounts':>10}{'fit CPU s':>11}{'assign CPU s':>14}{'drift CPU s':>13}{'peak MB':>9}"
        f"{'data MB':>9}"
    )
    for size in SIZES:
        found = measure([sys.executable, "-m", "benchmarks.segments.cost", str(size)], ROOT)
        print(found.stdout.rstrip(), flush=True)
    print()


def repeated(size: int) -> FeatureTable:
    """So many accounts, like those of a generated company."""
    small = company("five", accounts=4000).features
    rng = np.random.default_rng(1)
    rows = rng.integers(0, len(small), size)
    columns = {}
    for spec in small.specs:
        values = small.values[spec.name].to_numpy()[rows]  # noqa: PD011 - our own attribute
        if spec.kind == "number" and spec.scale == "log":
            values = values * np.exp(rng.normal(0, 0.05, size))
        columns[spec.name] = values
    return FeatureTable(
        kind=small.kind,
        as_of=small.as_of,
        currency=small.currency,
        ids=pa.array(np.char.add("a", np.arange(size).astype(str))),
        values=pd.DataFrame(columns, copy=False),
        specs=small.specs,
        quality=small.quality,
        out_of_scope_ids=small.out_of_scope_ids,
        rule_of=np.full(size, -1, dtype=np.int64),
        lacking=np.full(size, None, dtype=object),
    )


def _measure_one(size: int) -> None:
    features = repeated(size)
    data = _peak_mb()
    began = time.process_time()
    model: SegmentModel = fit_segments(features, SegmentationSettings(), fingerprint="").model
    fitted = time.process_time()
    held = assign_segments(model, features).select(["record_id", "segment_key"])
    again = time.process_time()
    assign_segments(model, features, current=held)
    assigned = time.process_time()
    profile_features(model.transforms, features)
    ended = time.process_time()
    print(
        f"{size:10,}{fitted - began:11.1f}{assigned - again:14.1f}{ended - assigned:13.1f}{_peak_mb():9.0f}"
        f"{data:9.0f}"
    )


def _peak_mb() -> float:
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6


if __name__ == "__main__":
    _measure_one(int(sys.argv[1]))
