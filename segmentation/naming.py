"""Gives every segment a title, a key made from it, and a sentence with its own numbers."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, count

import numpy as np

from segmentation.features.columns import Flags, Floats, Indexes
from segmentation.features.table import FeatureTable
from segmentation.keys import make_key
from segmentation.model import MAX_TITLE_LENGTH, UNCLASSIFIED_TITLE, Segment, Transform, TypicalValue
from segmentation.traits import Trait, segment_traits, size_word
from segmentation.words import count_word, day_ago, money, month, percent

__all__ = ["describe_members", "make_key", "name_segments", "typical_values"]


def name_segments(
    features: FeatureTable, transforms: Sequence[Transform], labels: Indexes, taken_keys: frozenset[str]
) -> tuple[Segment, ...]:
    """Title, key and sentence for every label, in the order of the labels.

    Args:
        features: The records that the segments were made from.
        transforms: The features that shaped them.
        labels: For each record the position of its segment.
        taken_keys: Keys that may not be given again.
    """
    members = [labels == label for label in range(int(labels.max()) + 1)]
    titles = _titles(
        [size_word(features, mine) for mine in members],
        [segment_traits(features, transforms, mine) for mine in members],
    )
    keys = set(taken_keys)
    segments = []
    for title, mine in zip(titles, members, strict=True):
        key = make_key(title, frozenset(keys))
        keys.add(key)
        segments.append(
            Segment(
                key=key,
                title=title,
                sentence=describe_members(features, mine),
                record_count=int(mine.sum()),
                share=round(float(mine.mean()), 6),
                typical=typical_values(features, mine),
            )
        )
    return tuple(segments)


def _titles(sizes: Sequence[str | None], traits: Sequence[Sequence[Trait]]) -> list[str]:
    """Titles that differ, each the shortest true one that its segment can have."""
    # Size leads only where it tells somebody apart.
    shown = [size if len(set(sizes)) > 1 else None for size in sizes]
    options = [list(_options(size, own)) for size, own in zip(shown, traits, strict=True)]
    wanted = [_parts(own[0]) for own in options]
    chosen: list[str] = []
    for at, own in enumerate(options):
        taken = [_parts(UNCLASSIFIED_TITLE), *map(_parts, chosen)]
        others = taken + wanted[:at] + wanted[at + 1 :]
        free = [title for title in own if _parts(title) not in taken]
        distinct = (title for title in free if not any(_parts(title) <= other for other in others))
        chosen.append(next(distinct, None) or next(iter(free), None) or _numbered(own[0], chosen))
    return chosen


def _parts(title: str) -> frozenset[str]:
    """What a title says: one that says only part of what another says would be true of both."""
    return frozenset(title.casefold().split(", "))


def _options(size: str | None, traits: Sequence[Trait]) -> Iterator[str]:
    """Possible titles, best first, all short enough; faint traits only where the plain ones do not do."""
    # Beside a word for size, traits of size say nothing new.
    told = {"employees", "annual_revenue"} if size else set()
    kept = [trait for trait in traits if trait.phrase and trait.feature not in told]
    plain = [trait for trait in kept if not trait.is_faint]
    build = _sized if size else _unsized
    yield from build(size or "", plain)
    if len(kept) > len(plain):
        yield from build(size or "", kept)
    if not kept and not size:
        yield "Average in every way"


def _sized(size: str, traits: Sequence[Trait]) -> Iterator[str]:
    phrases = [trait.phrase for trait in traits]
    yield from _fitting(f"{size}, {phrase}" for phrase in phrases)
    if not phrases or phrases[0] != "never bought":
        yield from _fitting(f"{size}, {one}, {two}" for one, two in combinations(phrases, 2))
    yield size


def _unsized(_: str, traits: Sequence[Trait]) -> Iterator[str]:
    phrases = [trait.phrase for trait in traits]
    nouns = [trait.phrase for trait in traits if trait.is_noun]
    rest = [phrase for phrase in phrases if phrase not in nouns]
    if phrases and phrases[0] == "never bought":
        yield "Prospects, never bought"
        yield from _fitting(f"Never bought, {phrase}" for phrase in phrases[1:])
        return
    if "gone quiet" in rest:
        # Nobody expects loyal or repeat buyers to have left.
        yield from _fitting(f"{_capital(noun)}, gone quiet" for noun in nouns)
    yield from _fitting(_capital(noun) for noun in nouns)
    yield from _fitting(f"{_capital(noun)}, {phrase}" for noun in nouns for phrase in rest)
    yield from _fitting(f"{_capital(one)}, {two}" for one, two in combinations(rest[:4], 2))
    yield from _fitting(_capital(phrase) for phrase in rest)


def _fitting(titles: Iterable[str]) -> Iterator[str]:
    return (title for title in titles if len(title) <= MAX_TITLE_LENGTH)


def _capital(phrase: str) -> str:
    return phrase[0].upper() + phrase[1:]


def _numbered(title: str, taken: Sequence[str]) -> str:
    options = (f"{title[: MAX_TITLE_LENGTH - 3]} {n}" for n in count(2))
    return next(option for option in options if option not in taken)


def describe_members(features: FeatureTable, members: Flags) -> str:
    """One sentence: what is typical of them, with months instead of ages, and no count, which would age."""
    parts = [
        part
        for part in (
            _typical_size(features, members),
            _typical_purchases(features, members),
            _typical_reaction(features, members),
            _typical_industry(features, members),
        )
        if part
    ]
    return f"Typically {', '.join(parts)}." if parts else "Little is known of them."


def _typical_size(features: FeatureTable, members: Flags) -> str:
    employees = _middle(features.numbers("employees")[members])
    if np.isfinite(employees):
        return count_word(employees, "employee")
    revenue = _middle(features.numbers("annual_revenue")[members])
    return f"{money(revenue, features.currency)} revenue a year" if np.isfinite(revenue) else ""


def _typical_purchases(features: FeatureTable, members: Flags) -> str:
    deals = features.numbers("won_deals")[members]
    if not np.isfinite(deals).any():
        return ""
    if (deals == 0).mean() >= 0.8:
        return f"no deal won by {month(features.as_of)}"
    middle = _middle(deals)
    average = _middle(features.numbers("average_deal")[members])
    each = "" if not np.isfinite(average) else f" worth {money(average, features.currency)}"
    each += " each" if each and middle != 1 else ""
    last = _middle(features.numbers("days_since_win")[members])
    when = "" if not np.isfinite(last) else f", the last one around {month(day_ago(features.as_of, last))}"
    return f"{count_word(middle, 'deal')} won{each}{when}"


def _typical_reaction(features: FeatureTable, members: Flags) -> str:
    opens = _middle(features.numbers("email_opens")[members])
    if not np.isfinite(opens):
        return ""
    per = " per contact" if features.spec("contacts") else ""
    return f"{count_word(opens, 'mail')} opened{per} in the 90 days to {month(features.as_of)}"


def _typical_industry(features: FeatureTable, members: Flags) -> str:
    typical = next(
        (value for value in typical_values(features, members) if value.feature == "industry"), None
    )
    if typical is None or typical.level is None or not typical.level_share or typical.level_share < 0.3:
        return ""
    return f"{percent(typical.level_share)} in {typical.level}"


def typical_values(features: FeatureTable, members: Flags) -> tuple[TypicalValue, ...]:
    """Quartiles or the most frequent category of every feature, for those that are known."""
    found = []
    total = max(int(members.sum()), 1)
    for spec in features.specs:
        if spec.kind == "category":
            known = [str(value) for value in features.categories(spec.name)[members] if value is not None]
            levels, counts = np.unique(known, return_counts=True)
            level = str(levels[counts.argmax()]) if known else None
            top = round(float(counts.max()) / len(known), 4) if known else None
            found.append(TypicalValue(spec.name, round(len(known) / total, 4), level=level, level_share=top))
            continue
        values = features.numbers(spec.name)[members]
        finite = values[np.isfinite(values)]
        share = round(len(finite) / total, 4)
        if not len(finite):
            found.append(TypicalValue(spec.name, share))
            continue
        low, middle, high = (round(float(value), 4) for value in np.quantile(finite, [0.25, 0.5, 0.75]))
        found.append(TypicalValue(spec.name, share, low, middle, high))
    return tuple(found)


def _middle(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan
