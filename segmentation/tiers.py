"""Fixed, printed rules for when no stable segments exist: who buys how much, who went quiet, who never did.

The thresholds are taken from the records once, when the tiers are made, and then stay. The rules are tried in
order and the last one takes the rest, so that every record has exactly one tier.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segmentation.config import SegmentationSettings
from segmentation.errors import TooFewRecordsError
from segmentation.features.columns import Flags, Floats, Texts
from segmentation.features.quality import count_of, plural
from segmentation.features.table import FeatureTable
from segmentation.fit import Fit
from segmentation.model import FORMAT_VERSION, Condition, Segment, SegmentModel, TierParameters, TierRule
from segmentation.naming import make_key, typical_values
from segmentation.rules import tier_labels
from segmentation.select import Evidence
from segmentation.words import count_word, money

__all__ = ["tier_segments"]

QUIET_DAYS = 365.0
TOP_SHARE, MIDDLE_SHARE = 0.8, 0.4


@dataclass(frozen=True, slots=True)
class _Tier:
    """One tier before it has a key."""

    title: str
    rule: str
    conditions: tuple[Condition, ...] = ()


def tier_segments(
    features: FeatureTable,
    settings: SegmentationSettings,  # noqa: ARG001 - called like fit_segments
    *,
    fingerprint: str,
    taken_keys: frozenset[str] = frozenset(),
) -> Fit:
    """Make tiers by purchases, else by size, else by the last activity.

    Args:
        features: Features of all records in scope.
        settings: Taken so that tiers are made by the same call as segments; the rules need none of them.
        fingerprint: Hash of the settings, kept in the model.
        taken_keys: Keys of earlier segments, which are never given again.

    Raises:
        TooFewRecordsError: There is no record, or neither purchases nor size nor activity is known.
    """
    tiers = _by_purchases(features) or _by_size(features) or _by_activity(features)
    if not len(features) or not tiers:
        raise TooFewRecordsError(
            f"{count_of(features.kind, len(features))} of which neither deals nor size nor activity are "
            "known cannot be put into tiers.",
            hint="Bring in deals, employees or annual_revenue.",
            code="data.nothing_usable",
        )
    keys: list[str] = []
    for tier in tiers:
        keys.append(make_key(tier.title, taken_keys | frozenset(keys)))
    parameters = TierParameters(
        tuple(TierRule(key, tier.conditions) for key, tier in zip(keys, tiers, strict=True))
    )
    labels = tier_labels(parameters, features)
    sentence = _sentence(features, tiers)
    model = SegmentModel(
        format_version=FORMAT_VERSION,
        kind="tiers",
        object=features.kind,
        as_of=features.as_of,
        settings_fingerprint=fingerprint,
        currency=features.currency,
        segments=_segments(features, tiers, keys, labels),
        features=features.specs,
        transforms=(),
        groups=None,
        tiers=parameters,
        evidence=sentence,
    )
    return Fit(model, Evidence((), None, sentence))


def _sentence(features: FeatureTable, tiers: Sequence[_Tier]) -> str:
    rules = "; ".join(f"{tier.title}: {tier.rule}" for tier in tiers)
    what = plural(features.kind)
    return f"Fixed rules, tried in this order, because the {what} have no stable segments: {rules}."


def _segments(
    features: FeatureTable, tiers: Sequence[_Tier], keys: Sequence[str], labels: Texts
) -> tuple[Segment, ...]:
    found = []
    for tier, key in zip(tiers, keys, strict=True):
        mine: Flags = labels == key
        sentence = f"By a fixed rule: {tier.rule}."
        share = round(float(mine.mean()), 6)
        found.append(
            Segment(key, tier.title, sentence, int(mine.sum()), share, typical_values(features, mine))
        )
    return tuple(found)


def _by_purchases(features: FeatureTable) -> tuple[_Tier, ...]:
    amounts = features.numbers("won_amount")
    bought = amounts[amounts > 0]
    if not len(bought):
        return ()
    top, middle = _thresholds(bought)
    last = features.numbers("days_since_win")
    quiet = QUIET_DAYS
    # Where hardly anybody bought within a year, a year is no sign of quiet.
    while (last > quiet).sum() > 0.5 * np.isfinite(last).sum():
        quiet *= 2
    home = features.currency
    return (
        _Tier("Never bought", "no deal won", (Condition("won_deals", "below", 1.0),)),
        _Tier(
            "Customers gone quiet",
            f"the last deal won is at least {count_word(quiet / 365, 'year')} old",
            (Condition("days_since_win", "at_least", quiet),),
        ),
        _Tier(
            "Top customers",
            f"deals won are worth {money(top, home)} or more in all",
            (Condition("won_amount", "at_least", top),),
        ),
        _Tier(
            "Core customers",
            f"deals won are worth {money(middle, home)} to {money(top, home)} in all",
            (Condition("won_amount", "at_least", middle),),
        ),
        _Tier("Smaller customers", f"deals won are worth less than {money(middle, home)} in all, or unknown"),
    )


def _by_size(features: FeatureTable) -> tuple[_Tier, ...]:
    for name in ("employees", "annual_revenue"):
        values = features.numbers(name)
        known = values[np.isfinite(values)]
        if not len(known):
            continue
        top, middle = _thresholds(known)

        def said(value: float, name: str = name) -> str:
            if name == "employees":
                return count_word(value, "employee")
            return f"{money(value, features.currency)} revenue a year"

        return (
            _Tier("Size not known", "the size is not known", (Condition(name, "is_empty"),)),
            _Tier("Large", f"{said(top)} or more", (Condition(name, "at_least", top),)),
            _Tier("Mid-size", f"{said(middle)} or more", (Condition(name, "at_least", middle),)),
            _Tier("Small", f"fewer than {said(middle)}"),
        )
    return ()


def _by_activity(features: FeatureTable) -> tuple[_Tier, ...]:
    name = "days_since_activity"
    if not np.isfinite(features.numbers(name)).any():
        return ()
    return (
        _Tier("No activity on record", "no activity is known", (Condition(name, "is_empty"),)),
        _Tier(
            "Out of touch", "the last activity is a year old or more", (Condition(name, "at_least", 365.0),)
        ),
        _Tier("Not lately in touch", "no activity for 90 days or more", (Condition(name, "at_least", 90.0),)),
        _Tier("In touch", "an activity within the last 90 days"),
    )


def _thresholds(values: Floats) -> tuple[float, float]:
    """The values that the top fifth and the top three fifths reach, rounded as they are printed."""
    top, middle = (_two_digits(float(np.quantile(values, share))) for share in (TOP_SHARE, MIDDLE_SHARE))
    return top, middle


def _two_digits(value: float) -> float:
    return float(f"{value:.1e}")
