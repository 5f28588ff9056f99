"""Cleaning of categories: case and spaces, known spellings, typing errors; everything mended is said."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import OSA

from connectors.model import ObjectKind
from segmentation.features.columns import Texts
from segmentation.features.numbers import is_disguised_missing
from segmentation.features.quality import count_of, listed
from segmentation.features.table import FeatureContext

__all__ = ["CleanCategories", "clean_categories", "fold", "say_cleaned"]

_NO_WORDS = " \t\r\n'\"`.,;:-_/\\"
_FREQUENT = 10
"""A spelling is taken for a typing error of another only where the other is this many times as frequent."""


@dataclass(frozen=True, slots=True)
class CleanCategories:
    """A cleaned column, with what was done."""

    values: Texts
    mapped: Mapping[str, str]
    """Raw spelling -> name, where they differ by more than case and spaces."""
    mapped_count: int
    placeholder_count: int
    unmapped: tuple[str, ...]
    """Names that are not in the vocabulary, most frequent first; they stay as they are."""


def fold(text: str) -> str:
    """The text without what people do not mean to say: case, spaces, quotes, underscores."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("_", " ").strip(_NO_WORDS)
    return " ".join(plain.split())


def clean_categories(
    raw: Texts, vocabulary: Mapping[str, tuple[str, ...]], aliases: Mapping[str, str] | None = None
) -> CleanCategories:
    """Give every spelling of the same thing the same name.

    Args:
        raw: Texts as the CRM holds them, None where there is none.
        vocabulary: Known names with their spellings.
        aliases: The user's own spellings, each with the name that is meant; they come first.
    """
    counts = Counter(value for value in raw if value is not None)
    hidden = {value for value in counts if is_disguised_missing(value) or not fold(value)}
    folded: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for value, count in counts.items():
        if value not in hidden:
            folded[fold(value)][value] += count
    own = dict(aliases or {})
    names = _names(folded, vocabulary, own)
    clean = {value: names[fold(value)] for value in counts if value not in hidden}
    mapped = {value: name for value, name in clean.items() if fold(value) != fold(name)}
    values = np.array([None if value is None else clean.get(value) for value in raw], dtype=object)
    totals: Counter[str] = Counter()
    for value, name in clean.items():
        totals[name] += counts[value]
    meant = {*vocabulary, *own.values()}
    unmapped = [name for name in totals if name not in meant]
    return CleanCategories(
        values=values,
        mapped=dict(sorted(mapped.items())),
        mapped_count=sum(counts[value] for value in mapped),
        placeholder_count=sum(counts[value] for value in hidden),
        unmapped=tuple(sorted(unmapped, key=lambda name: (-totals[name], name))),
    )


def _names(
    folded: Mapping[str, Counter[str]], vocabulary: Mapping[str, tuple[str, ...]], own: Mapping[str, str]
) -> dict[str, str]:
    """The name of every folded spelling."""
    known = {fold(name): name for name in vocabulary}
    known |= {fold(alias): name for name, aliases in vocabulary.items() for alias in aliases}
    known |= {fold(name): name for name in own.values()}
    known |= {fold(alias): name for alias, name in own.items()}
    names = {text: known[text] for text in folded if text in known}
    totals = {text: sum(spellings.values()) for text, spellings in folded.items()}
    rest = sorted((text for text in folded if text not in known), key=lambda text: (-totals[text], text))
    for text in rest:
        right = _nearest(text, known) or _more_frequent(text, names, totals)
        names[text] = right or _display(folded[text])
    return names


def _nearest(text: str, known: Mapping[str, str]) -> str | None:
    """The known name of which the text is a typing error, if it is one."""
    close = {
        name
        for spelling, name in known.items()
        if len(spelling) >= 6 and spelling[0] == text[0] and _is_typo(text, spelling)
    }
    return close.pop() if len(close) == 1 else None


def _more_frequent(text: str, names: Mapping[str, str], totals: Mapping[str, int]) -> str | None:
    for other, name in names.items():
        if _without_gaps(other) == _without_gaps(text):
            return name
        if totals[other] >= _FREQUENT * totals[text] and other[0] == text[0] and _is_typo(text, other):
            return name
    return None


def _without_gaps(text: str) -> str:
    """What two spellings share that differ in spaces and hyphens only, as "GTX Pro" and "GTXPro" do."""
    return text.replace(" ", "").replace("-", "")


def _is_typo(text: str, right: str) -> bool:
    """One slip in a short word, two in a long one; figures are never slips ("Tier 1", "Tier 2")."""
    if len(right) < 6 or abs(len(text) - len(right)) > 2 or any(character.isdigit() for character in text):
        return False
    allowed = 1 if len(right) < 12 else 2
    return bool(OSA.distance(text, right, score_cutoff=allowed) <= allowed)


def say_cleaned(context: FeatureContext, owner: ObjectKind, field: str, clean: CleanCategories) -> None:
    """Report what was mended, what stays as it is, and what only stood for 'unknown'."""
    source = f"{owner.value}.{field}"
    if clean.mapped:
        pairs = listed(f"{raw.strip()[:30]} -> {right}" for raw, right in clean.mapped.items())
        context.log.add(
            "mapped",
            f"{count_of(owner, clean.mapped_count)} with another spelling of {field}, mapped: {pairs}.",
            count=clean.mapped_count,
            source=source,
            values=[f"{raw.strip()[:60]} -> {right}" for raw, right in clean.mapped.items()],
        )
    if clean.unmapped and field != "product":
        names, taken = ("name", "it is") if len(clean.unmapped) == 1 else ("names", "they are")
        context.log.add(
            "unmapped",
            f"{len(clean.unmapped):,} {names} in {field} not in our list, taken as {taken}: "
            f"{listed((value[:30] for value in clean.unmapped), 5)}.",
            count=len(clean.unmapped),
            source=source,
            values=[value[:60] for value in clean.unmapped],
        )
    if clean.placeholder_count:
        context.log.add(
            "placeholder",
            f"{count_of(owner, clean.placeholder_count)} with a place holder in {field} "
            '("Select", "N/A" and the like); treated as unknown.',
            count=clean.placeholder_count,
            source=source,
        )


def _display(spellings: Counter[str]) -> str:
    """How to write a name that no vocabulary knows: as most people do, without stray spaces."""
    best = min(spellings, key=lambda raw: (-spellings[raw], raw))
    plain = " ".join(unicodedata.normalize("NFKC", best).replace("_", " ").strip(_NO_WORDS).split())
    return plain[:1].upper() + plain[1:] if plain.islower() else plain
