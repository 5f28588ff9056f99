"""What sets a segment apart from all records, as short phrases a sales manager would use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from segmentation.features.columns import Flags, Floats
from segmentation.features.table import FeatureTable
from segmentation.model import Transform
from segmentation.prepare import scaled

__all__ = ["Trait", "segment_traits", "size_word"]

QUIET_DAYS = 365.0
NEW_DAYS = 400.0
FAINT = 0.1
NOTABLE = 0.4
"""Spreads by which a segment's middle must differ from everybody's to be worth a word."""
_PHRASES: Mapping[str, tuple[str, str]] = {
    "trend": ("growing", "buying less"),
    "average_deal": ("big deals", "small deals"),
    "won_deals": ("many deals", "few deals"),
    "days_since_win": ("gone quiet", "bought lately"),
    "win_rate": ("mostly won", "often lost"),
    "email_opens": ("keen readers", "rarely reading"),
    "contacts": ("many contacts", "few contacts"),
    "activities_90d": ("much contact", "little contact"),
    "days_since_activity": ("out of touch", "in touch"),
    "opt_out_share": ("often opted out", "open to mail"),
    "company_age": ("long-established", "young companies"),
    "annual_revenue": ("high revenue", "low revenue"),
    "employees": ("many employees", "few employees"),
}
_EMPHASIS: Mapping[str, float] = {
    "trend": 2.0,
    "average_deal": 0.8,
    "won_deals": 0.8,
    "days_since_win": 0.8,
    "win_rate": 0.6,
    "email_opens": 0.6,
    "contacts": 0.3,
    "activities_90d": 0.4,
    "days_since_activity": 0.5,
    "opt_out_share": 0.5,
    "company_age": 0.6,
    "annual_revenue": 0.5,
    "employees": 0.5,
}
"""How telling a difference is for a sales team, at the same distance from everybody else."""
_RANKS: Mapping[str, str] = {
    "Top management": "top management",
    "Director": "directors",
    "Manager": "managers",
    "Specialist": "specialists",
    "Other": "other ranks",
}
_FLAG_PHRASES: Mapping[str, tuple[str, str]] = {
    "never_bought": ("never bought", ""),
    "has_parent": ("part of a group", ""),
    "opted_out": ("no mail wanted", ""),
}
_SIZE_BOUNDS = {"employees": (1000, 100), "annual_revenue": (200e6, 20e6)}


@dataclass(frozen=True, slots=True)
class Trait:
    """One phrase with how strongly it holds."""

    phrase: str
    feature: str
    strength: float
    position: float
    """Where the segment's middle lies, in spreads from the middle of all records; sign included."""
    is_noun: bool = False
    """Whether the phrase names people ("loyal customers") and can lead a title."""
    is_faint: bool = False
    """Whether it is only worth a word to tell two segments apart that are alike otherwise."""


def segment_traits(features: FeatureTable, transforms: Sequence[Transform], members: Flags) -> list[Trait]:
    """The traits of one segment, strongest first."""
    found = _special(features, members)
    special = {trait.feature for trait in found}
    for transform in transforms:
        name = transform.spec.name
        if name in special:
            continue
        if transform.spec.kind == "category":
            found += _category(features, name, members)
        elif transform.spec.kind == "flag":
            found += _flag(features, name, members)
        elif name in _PHRASES:
            found += _number(features, transform, members)
    return sorted(found, key=lambda trait: (-trait.strength, trait.phrase))


def size_word(features: FeatureTable, members: Flags) -> str | None:
    """Large, Mid-size or Small by the middle of the segment; None where size is not known or mixed."""
    for name, (large, middle) in _SIZE_BOUNDS.items():
        values = features.numbers(name)[members]
        known = values[np.isfinite(values)]
        if len(known) < 0.3 * members.sum() or not len(known):
            continue
        words = np.where(known >= large, "Large", np.where(known >= middle, "Mid-size", "Small"))
        kinds, counts = np.unique(words, return_counts=True)
        # A word that is wrong for every second record says nothing.
        return str(kinds[counts.argmax()]) if counts.max() >= 0.55 * len(known) else None
    return None


def _special(features: FeatureTable, members: Flags) -> list[Trait]:
    """Traits that need more than one feature, or an absolute meaning."""
    everyone = features.numbers("won_deals")
    mine = everyone[members]
    if not np.isfinite(mine).any():
        return []
    never, once = float((mine == 0).mean()), float((mine == 1).mean())
    if never >= 0.8:
        # Nothing else about purchases can be said of those who never bought.
        silent = ("won_deals", "average_deal", "days_since_win", "trend", "win_rate")
        return [
            Trait("never bought", "never_bought", 9.0, 9.0),
            *(Trait("", name, -1.0, 0.0) for name in silent),
        ]
    found = [Trait("", "never_bought", -1.0, 0.0)]
    if once >= 0.7:
        is_new = _middle(features.numbers("days_since_first_win")[members]) <= NEW_DAYS
        found.append(
            Trait("new customers" if is_new else "one-time buyers", "won_deals", 3.5, -1.0, is_noun=True)
        )
    elif once + never >= 0.7:
        found.append(Trait("bought once or never", "won_deals", 3.5, -1.0))
    return found + _habits(features, members, float(np.median(mine)), float(np.median(everyone)))


def _habits(features: FeatureTable, members: Flags, deals: float, all_deals: float) -> list[Trait]:
    """Loyal, repeat buyers, gone quiet: deals won and the last of them seen together."""
    found = []
    last, everyone = (
        _middle(values)
        for values in (features.numbers("days_since_win")[members], features.numbers("days_since_win"))
    )
    is_quiet = np.isfinite(last) and last >= QUIET_DAYS and last >= 1.3 * everyone
    if deals >= max(3.0, 1.4 * all_deals) and not is_quiet:
        found.append(Trait("loyal customers", "won_deals", 3.2, 1.0, is_noun=True))
    elif deals >= 2 > all_deals:
        found.append(Trait("repeat buyers", "won_deals", 3.2, 1.0, is_noun=True))
    if is_quiet:
        found.append(Trait("gone quiet", "days_since_win", 3.3, 1.0))
    return found


def _number(features: FeatureTable, transform: Transform, members: Flags) -> list[Trait]:
    values = scaled(transform.spec, features.numbers(transform.spec.name))
    mine = values[members]
    if np.isfinite(mine).mean() < 0.3:
        return []
    position = (_middle(mine) - transform.center) / transform.spread
    if abs(position) < FAINT or _has_no_meaning(transform.spec.name, position, features, members):
        return []
    high, low = _PHRASES[transform.spec.name]
    strength = _EMPHASIS[transform.spec.name] * min(abs(position), 3.0)
    phrase = high if position > 0 else low
    return [Trait(phrase, transform.spec.name, strength, position, is_faint=abs(position) < NOTABLE)]


def _has_no_meaning(name: str, position: float, features: FeatureTable, members: Flags) -> bool:
    """Whether the phrase would be wrong in absolute terms, however far from the others the segment is."""
    middle = _middle(features.numbers(name)[members])
    if name == "trend":
        return abs(middle) < 0.15 or (middle > 0) != (position > 0)
    if name == "days_since_win":
        return middle < 180 if position > 0 else middle > 400
    if name == "won_deals":
        return middle < 3 if position > 0 else middle > 3
    if name == "opt_out_share":
        return middle < 0.2
    return False


def _flag(features: FeatureTable, name: str, members: Flags) -> list[Trait]:
    share = _mean(features.numbers(name)[members])
    overall = _mean(features.numbers(name))
    phrase = _FLAG_PHRASES.get(name, ("", ""))[0]
    if not phrase or share < 0.7 or share < 1.5 * overall:
        return []
    return [Trait(phrase, name, 0.8, 1.0)]


def _category(features: FeatureTable, name: str, members: Flags) -> list[Trait]:
    values = features.categories(name)
    mine = [value for value in values[members] if value is not None]
    known = [value for value in values if value is not None]
    if not mine:
        return []
    levels, counts = np.unique(np.array(mine, dtype=str), return_counts=True)
    level = str(levels[counts.argmax()])
    share = counts.max() / len(mine)
    overall = known.count(level) / len(known)
    if share < 0.6 or share < 1.5 * overall:
        return []
    return [Trait(f"mostly {_RANKS.get(level, level)}", name, 0.9 * share, 1.0)]


def _middle(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else 0.0
