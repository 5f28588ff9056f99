"""From features to a segment model: choose the number, fit once more with care, name, explain, freeze."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from connectors.model import Observer, Progress
from segmentation.assign import STAY_MARGIN
from segmentation.config import SegmentationSettings
from segmentation.errors import NoStableSegmentsError, TooFewRecordsError
from segmentation.estimators.density import log_joint, log_total
from segmentation.estimators.protocol import Estimator
from segmentation.features.columns import Floats, Indexes
from segmentation.features.quality import count_of, plural
from segmentation.features.table import FeatureTable
from segmentation.model import FORMAT_VERSION, GroupParameters, SegmentModel, Transform
from segmentation.naming import name_segments
from segmentation.prepare import Matrix, learn_transforms, prepare
from segmentation.select import ESTIMATORS, STABLE, Evidence, Trial, smallest_allowed, try_counts

__all__ = ["Fit", "fit_segments"]

FIT_ROWS = 20_000
TEMPERATURE = 4.0
"""Features go together, so that several say the same thing at once; taken as they are, scores would be far
too sure. With this value the scores of generated companies, whose true segments are known, are right."""
STARTS = {"centers": 20, "mixture": 20}


@dataclass(frozen=True, slots=True)
class Fit:
    """A new segment model and why it is as it is."""

    model: SegmentModel
    evidence: Evidence


def fit_segments(  # noqa: PLR0913 - the public face: what, how, and who is told
    features: FeatureTable,
    settings: SegmentationSettings,
    *,
    fingerprint: str,
    taken_keys: frozenset[str] = frozenset(),
    seed: int = 0,
    observer: Observer | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Fit:
    """Find the segments of these records, or say that there are none.

    Args:
        features: Features of all records in scope.
        settings: Bounds on the number and size of segments.
        fingerprint: Hash of the settings, kept in the model.
        taken_keys: Keys of earlier segments, which are never given again.
        seed: Seed of everything that is drawn.
        observer: Is told of progress.
        should_stop: Asked between numbers of segments.

    Raises:
        TooFewRecordsError: Too few records, all alike, or no usable feature.
        NoStableSegmentsError: No number of segments is found again in both halves.
        StopRequested: `should_stop` said so.
    """
    _check_enough(features, settings)
    transforms = _learn(features)
    matrix = prepare(transforms, features)
    with threadpool_limits(1):
        trials = try_counts(matrix, settings, seed=seed, observer=observer, should_stop=should_stop)
        chosen, estimator = _best(matrix, trials, settings, seed)
    if chosen is None or estimator is None:
        raise _no_stable(features, trials)
    labels, estimator = _ordered(features, matrix, estimator)
    named = name_segments(features, transforms, labels, taken_keys)
    evidence = Evidence(trials, chosen, _sentence(features, chosen))
    model = SegmentModel(
        format_version=FORMAT_VERSION,
        kind="groups",
        object=features.kind,
        as_of=features.as_of,
        settings_fingerprint=fingerprint,
        currency=features.currency,
        segments=named,
        features=features.specs,
        transforms=transforms,
        groups=_parameters(matrix, estimator, [segment.key for segment in named]),
        tiers=None,
        evidence=evidence.sentence,
    )
    if observer:
        observer(Progress("segment", 1, 1))
    return Fit(model, evidence)


def _learn(features: FeatureTable) -> tuple[Transform, ...]:
    transforms = learn_transforms(features)
    if not transforms:
        raise TooFewRecordsError(
            f"All {count_of(features.kind, len(features))} are alike in every field that could be used.",
            hint="Fill in size, industry or deals, or widen `where`.",
            code="data.all_alike",
        )
    return transforms


def _check_enough(features: FeatureTable, settings: SegmentationSettings) -> None:
    needed = settings.min_segments * settings.min_segment_records
    if len(features) < needed:
        raise TooFewRecordsError(
            f"{count_of(features.kind, len(features))} are too few to make segments of: "
            f"{settings.min_segments} segments of {settings.min_segment_records} need {needed}.",
            hint="Import more, widen `where`, or lower min_segment_records.",
            details={"records": len(features), "needed": needed},
        )
    if not features.used:
        raise TooFewRecordsError(
            f"No field of the {plural(features.kind)} can be used: each is empty, the same for all, or "
            "switched off.",
            hint="Bring in size, industry, deals or activity, or shorten features.off.",
            code="data.nothing_usable",
        )


def _best(
    matrix: Matrix, trials: Sequence[Trial], settings: SegmentationSettings, seed: int
) -> tuple[Trial | None, Estimator | None]:
    """The largest stable number whose segments stay large enough when all records are fitted."""
    rows = np.random.default_rng([seed, 1]).permutation(len(matrix))[:FIT_ROWS]
    sample = matrix[np.sort(rows)]
    least = smallest_allowed(settings, len(matrix))
    for trial in sorted(trials, key=lambda trial: (-trial.count, -trial.agreement)):
        if not trial.is_stable:
            continue
        fitted = ESTIMATORS[trial.estimator](trial.count, starts=STARTS[trial.estimator], seed=seed).fit(
            sample
        )
        if np.bincount(fitted.predict(matrix), minlength=trial.count).min() >= least:
            return trial, fitted
    return None, None


def _ordered(features: FeatureTable, matrix: Matrix, estimator: Estimator) -> tuple[Indexes, Estimator]:
    """Labels and parameters with the segments from the most to the least valuable."""
    labels = estimator.predict(matrix)
    count = len(estimator.weights_)
    worth = []
    for label in range(count):
        means = [
            float(np.nan_to_num(np.nanmean(np.append(features.numbers(name)[labels == label], 0.0))))
            for name in ("won_amount", "employees", "annual_revenue", "email_opens")
        ]
        worth.append((*(-mean for mean in means), *estimator.means_[label]))
    order = np.array(sorted(range(count), key=worth.__getitem__))
    estimator.weights_ = estimator.weights_[order]
    estimator.means_ = estimator.means_[order]
    estimator.variances_ = estimator.variances_[order]
    return np.argsort(order)[labels], estimator


def _parameters(matrix: Matrix, estimator: Estimator, keys: Sequence[str]) -> GroupParameters:
    joint = log_joint(matrix, estimator.weights_, estimator.means_, estimator.variances_)
    density = log_total(joint)
    rare, middle = np.quantile(density, [0.001, 0.5])
    return GroupParameters(
        estimator=estimator.name,
        keys=tuple(keys),
        weights=tuple(_plain(estimator.weights_)),
        means=tuple(tuple(_plain(row)) for row in estimator.means_),
        variances=tuple(tuple(_plain(row)) for row in estimator.variances_),
        temperature=TEMPERATURE,
        # As far below the rarest of a thousand as that one lies below the middle.
        density_floor=round(float(rare - (middle - rare)), 6),
        stay_margin=STAY_MARGIN,
    )


def _plain(values: Floats) -> list[float]:
    # Nine digits outlive every rounding that matters and keep the stored text readable.
    return [float(f"{value:.9g}") for value in values]


def _sentence(features: FeatureTable, chosen: Trial) -> str:
    return (
        f"{chosen.count} segments: made twice, from two random halves of the {plural(features.kind)}, "
        f"they agree at {chosen.agreement * 100:.0f} of 100 points, and {STABLE * 100:.0f} are needed. "
        "More segments would agree less or be too small."
    )


def _no_stable(features: FeatureTable, trials: Sequence[Trial]) -> NoStableSegmentsError:
    best = max(trials, key=lambda trial: trial.agreement, default=None)
    agreement = {str(trial.count): 0.0 for trial in trials}
    for trial in trials:
        agreement[str(trial.count)] = round(max(agreement[str(trial.count)], trial.agreement), 3)
    what = plural(features.kind)
    if best is None:
        reason = "all of them could only be put into segments that are too small"
    elif best.agreement >= STABLE:
        reason = (
            f"at best {best.count} segments are found again, but the smallest of them would have only "
            f"{count_of(features.kind, best.smallest)}"
        )
    else:
        reason = (
            f"segments made from two random halves of the {what} agree at {best.agreement * 100:.0f} of 100 "
            f"points at best (with {best.count} segments), and {STABLE * 100:.0f} are needed: another half "
            "would have given other segments"
        )
    return NoStableSegmentsError(
        f"No stable segments found in {count_of(features.kind, len(features))}: {reason}.",
        hint='Set fallback = "tiers" under [[segmentation]] to use fixed, printed rules instead, or add '
        "records or fields that tell them apart.",
        details={"records": len(features), "agreement": agreement},
    )
