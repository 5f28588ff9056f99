"""From features to a segment model: choose the number, fit once more with care, name, explain, freeze."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from connectors.model import UNCLASSIFIED_KEY, Observer, Progress
from segmentation.assign import STAY_MARGIN
from segmentation.config import SegmentationSettings
from segmentation.drift import profile_features
from segmentation.errors import NoStableSegmentsError, TooFewRecordsError
from segmentation.estimators.likelihood import Mixture, read_off
from segmentation.estimators.mixed import MixedMixture
from segmentation.estimators.protocol import Estimator
from segmentation.features.columns import Floats, Indexes, Texts
from segmentation.features.quality import count_of, plural
from segmentation.features.table import FeatureTable
from segmentation.model import FORMAT_VERSION, GroupParameters, SegmentModel, Transform
from segmentation.naming import name_segments
from segmentation.prepare import Prepared, learn_transforms, prepare, prepare_blocks
from segmentation.select import (
    ESTIMATORS,
    FOUND_AGAIN,
    STABLE,
    Evidence,
    Trial,
    preferred,
    smallest_allowed,
    try_counts,
)

__all__ = ["Fit", "fit_segments"]

FIT_ROWS = 20_000
TEMPERATURE = 1.5
"""Features go together, so that several say the same thing at once; taken as they are, scores would be far
too sure. With this value the scores of generated companies, whose true segments are known, are right."""
LEAST_FIT = 0.0
"""Records for which belonging nowhere is likelier than all segments together belong nowhere."""
STARTS = {"mixed": 20, "centers": 20, "gaussian": 5}


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
    current: pa.Table | None = None,
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
        current: `record_id` and `segment_key` that records have today, for a refit: one of the starts is from
            there, so that segments which still hold are found again where they are.
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
    sample = _sample(transforms, features, seed)
    present = _present(features, current, seed)
    with threadpool_limits(1):
        trials = try_counts(
            sample,
            settings,
            record_count=len(features),
            seed=seed,
            present_count=None if present is None else len(_keys(present)),
            observer=observer,
            should_stop=should_stop,
        )
        chosen = _best(features, sample, trials, settings, seed, present)
        if chosen is None:
            raise _no_stable(features, trials)
        mixture, labels = _ordered(features, chosen)
    named = name_segments(features, transforms, labels, taken_keys)
    evidence = Evidence(trials, chosen.trial, _sentence(features, chosen.trial))
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
        groups=_parameters(chosen.trial.estimator, mixture, [segment.key for segment in named]),
        tiers=None,
        evidence=evidence.sentence,
        profile=profile_features(transforms, features),
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


def _sample(transforms: Sequence[Transform], features: FeatureTable, seed: int) -> Prepared:
    """What segments are made from: all records, or a fair sample of very many."""
    return prepare(transforms, features, _sample_rows(features, seed))


def _sample_rows(features: FeatureTable, seed: int) -> Indexes:
    return np.sort(np.random.default_rng([seed, 1]).permutation(len(features))[:FIT_ROWS])


@dataclass(frozen=True, slots=True)
class _Chosen:
    trial: Trial
    mixture: Mixture
    labels: Indexes
    """The segment of every record."""


def _best(
    features: FeatureTable,
    sample: Prepared,
    trials: Sequence[Trial],
    settings: SegmentationSettings,
    seed: int,
    present: Texts | None,
) -> _Chosen | None:
    """The best usable number whose segments stay large enough when all records are fitted."""
    least = smallest_allowed(settings, len(features))
    for trial in preferred(trials):
        mixture = _fitted(trial, sample, seed, present).mixture_
        labels = _labels(sample.transforms, features, mixture)
        if np.bincount(labels, minlength=trial.count).min() >= least:
            return _Chosen(trial, mixture, labels)
    return None


def _fitted(trial: Trial, sample: Prepared, seed: int, present: Texts | None) -> Estimator:
    starts = STARTS[trial.estimator]
    if trial.estimator == MixedMixture.name and present is not None:
        keys = _keys(present)
        if len(keys) == trial.count:
            parts = np.stack([present == key for key in keys], axis=1).astype(np.float32)
            begin = read_off(sample, parts)
            return MixedMixture(trial.count, starts=starts, seed=seed, begin=begin).fit(sample)
    return ESTIMATORS[trial.estimator](trial.count, starts=starts, seed=seed).fit(sample)


def _keys(present: Texts) -> list[str]:
    return sorted({key for key in present if key is not None} - {UNCLASSIFIED_KEY})


def _present(features: FeatureTable, current: pa.Table | None, seed: int) -> Texts | None:
    """The segment that each record of the sample has today; None where it has none."""
    if current is None or not current.num_rows:
        return None
    ids = features.ids.take(pa.array(_sample_rows(features, seed)))
    at = pc.index_in(ids, value_set=current.column("record_id").combine_chunks())
    found: Texts = current.column("segment_key").combine_chunks().take(at).to_numpy(zero_copy_only=False)
    return found


def _labels(transforms: Sequence[Transform], features: FeatureTable, mixture: Mixture) -> Indexes:
    labels = np.empty(len(features), dtype=np.int64)
    for rows, prepared in prepare_blocks(transforms, features):
        labels[rows] = mixture.log_joint(prepared).argmax(axis=1)
    return labels


def _ordered(features: FeatureTable, chosen: _Chosen) -> tuple[Mixture, Indexes]:
    """The segments from the most to the least valuable, and the labels in this order."""
    mixture, labels = chosen.mixture, chosen.labels
    worth = []
    for label in range(len(mixture)):
        means = [
            float(np.nan_to_num(np.nanmean(np.append(features.numbers(name)[labels == label], 0.0))))
            for name in ("won_amount", "employees", "annual_revenue", "email_opens")
        ]
        worth.append((*(-mean for mean in means), *mixture.means[label], *mixture.levels[label]))
    order = sorted(range(len(mixture)), key=worth.__getitem__)
    return mixture.take(order), np.argsort(order)[labels]


def _parameters(estimator: str, mixture: Mixture, keys: Sequence[str]) -> GroupParameters:
    return GroupParameters(
        estimator=estimator,
        keys=tuple(keys),
        weights=tuple(_plain(mixture.shares)),
        means=tuple(tuple(_plain(row)) for row in mixture.means),
        variances=tuple(tuple(_plain(row)) for row in mixture.variances),
        levels=tuple(tuple(_plain(row)) for row in mixture.levels),
        temperature=TEMPERATURE,
        least_fit=LEAST_FIT,
        stay_margin=STAY_MARGIN,
    )


def _plain(values: Floats) -> list[float]:
    # Nine digits outlive every rounding that matters and keep the stored text readable.
    return [float(f"{value:.9g}") for value in values]


def _sentence(features: FeatureTable, chosen: Trial) -> str:
    return (
        f"{chosen.count} segments: made twice, from two random halves of the {plural(features.kind)}, "
        f"they agree at {chosen.agreement * 100:.0f} of 100 points, and {STABLE * 100:.0f} are needed; "
        f"each of them keeps at least {chosen.weakest:.0%} of its {plural(features.kind)}. "
        "More segments would agree less, be too small, or tell hardly more."
    )


def _no_stable(features: FeatureTable, trials: Sequence[Trial]) -> NoStableSegmentsError:
    agreement = {str(trial.count): 0.0 for trial in trials}
    for trial in trials:
        agreement[str(trial.count)] = round(max(agreement[str(trial.count)], trial.agreement), 3)
    return NoStableSegmentsError(
        f"No stable segments found in {count_of(features.kind, len(features))}: "
        f"{_why_none(features, trials)}.",
        hint='Set fallback = "tiers" under [[segmentation]] to use fixed, printed rules instead, or add '
        "records or fields that tell them apart.",
        details={"records": len(features), "agreement": agreement},
    )


def _why_none(features: FeatureTable, trials: Sequence[Trial]) -> str:
    what = plural(features.kind)
    best = max(trials, key=lambda trial: (trial.is_found_again, trial.agreement), default=None)
    if best is None:
        return "all of them could only be put into segments that are too small"
    points, needed = f"{best.agreement * 100:.0f} of 100 points", f"{STABLE * 100:.0f}"
    if best.agreement < STABLE:
        return (
            f"segments made from two random halves of the {what} agree at {points} at best (with "
            f"{best.count} segments), and {needed} are needed: another half would have given other segments"
        )
    if not best.is_found_again:
        return (
            f"segments made from two random halves of the {what} agree at {points} at best (with "
            f"{best.count} segments), but one of them keeps only {best.weakest:.0%} of its {what}, and "
            f"{FOUND_AGAIN:.0%} are needed"
        )
    telling = [trial for trial in trials if trial.is_found_again and trial.is_telling]
    if telling:
        largest = max(telling, key=lambda trial: trial.smallest)
        return (
            f"at best {largest.count} segments are found again, but the smallest of them would have only "
            f"{count_of(features.kind, largest.smallest)}"
        )
    return (
        f"{best.count} segments are found again at {points}, but they only cut in pieces what has no gaps: "
        f"they tell hardly more about the {what} than that they are {what}"
    )
