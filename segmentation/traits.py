"""What sets a segment apart from all records, as short phrases a sales manager would use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from segmentation.features.columns import Flags, Floats
from segmentation.features.table import FeatureTable
from segmentation.model import Transform
from segmentation.prepare import scaled

__all__ = ["SIZE", "Trait", "segment_traits", "size_word"]

SIZE = "size"
NOTABLE = 0.4
"""Spreads by which a segment's middle must differ from everybody's to be worth a word."""
_PHRASES: Mapping[str, tuple[str, str]] = {
    "average_deal": ("big deals", "small deals"),
    "won_deals": ("many deals", "few deals"),
    "days_since_win": ("gone quiet", "bought lately"),
    "trend": ("growing", "buying less"),
    "win_rate": ("mostly won", "often lost"),
    "email_opens": ("keen readers", "rarely reading"),
    "email_clicks": ("keen clickers", "rarely clicking"),
    "contacts": ("many contacts", "few contacts"),
    "activities_90d": ("much contact", "little contact"),
    "days_since_activity": ("out of touch", "in touch"),
    "opt_out_share": ("often opted out", "open to mail"),
    "company_age": ("long-established", "young companies"),
    "annual_revenue": ("high revenue", "low revenue"),
    "employees": ("many employees", "few employees"),
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
    found: list[Trait] = []
    deals = features.numbers("won_deals")
    mine = deals[members]
    if not np.isfinite(mine).any():
        return found
    if (mine == 0).mean() >= 0.8:
        # Nothing else about purchases can be said of those who never bought.
        silent = ("won_deals", "average_deal", "days_since_win", "trend", "win_rate")
        return [
            Trait("never bought", "never_bought", 9.0, 9.0),
            *(Trait("", name, -1.0, 0.0) for name in silent),
        ]
    found.append(Trait("", "never_bought", -1.0, 0.0))
    once = float((mine == 1).mean())
    if once >= 0.7:
        found.append(Trait("one-time buyers", "won_deals", 1.5 if (deals == 1).mean() < 0.5 else 0.6, -1.0))
    last, everyone = features.numbers("days_since_win")[members], features.numbers("days_since_win")
    middle, overall = _middle(last), _middle(everyone)
    is_recent = np.isfinite(middle) and middle <= max(overall, 180)
    if np.median(mine) >= max(3.0, 1.4 * np.median(deals)) and is_recent:
        found.append(Trait("loyal customers", "won_deals", 1.4, 1.0))
    if np.isfinite(middle) and middle >= 365 and middle >= 1.4 * overall:
        found.append(Trait("gone quiet", "days_since_win", 1.6, 1.0))
    return found


def _number(features: FeatureTable, transform: Transform, members: Flags) -> list[Trait]:
    values = scaled(transform.spec, features.numbers(transform.spec.name))
    mine = values[members]
    if np.isfinite(mine).mean() < 0.3:
        return []
    position = (_middle(mine) - transform.center) / transform.spread
    if abs(position) < NOTABLE or _has_no_meaning(transform.spec.name, position, features, members):
        return []
    high, low = _PHRASES[transform.spec.name]
    weight = 1.0 if transform.spec.family == "purchase" else 0.7
    return [
        Trait(high if position > 0 else low, transform.spec.name, weight * min(abs(position), 3.0), position)
    ]


def _has_no_meaning(name: str, position: float, features: FeatureTable, members: Flags) -> bool:
    """Whether the phrase would be wrong in absolute terms, however far from the others the segment is."""
    middle = _middle(features.numbers(name)[members])
    if name == "trend":
        return abs(middle) < 0.15 or (middle > 0) != (position > 0)
    if name == "days_since_win":
        return middle < 180 if position > 0 else middle > 400
    if name == "won_deals":
        return middle < 2 if position > 0 else middle > 3
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
    return [Trait(f"mostly {level}", name, 0.9 * share, 1.0)]


def _middle(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else 0.0
