"""The one reader of numbers that were typed by people: "1,200", "1.2M", "50-200", "EUR 5k", "N/A".

Each distinct text is read once. What stands for "we do not know" is told apart from what cannot be read, so
that the second can be counted and shown.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from segmentation.features.columns import Floats, Texts

__all__ = [
    "DISGUISED_MISSING",
    "NumberKind",
    "ParsedNumbers",
    "is_disguised_missing",
    "parse_number",
    "read_numbers",
]

DISGUISED_MISSING = frozenset(
    {
        *("", "-", "--", "---", ".", "?", "??", "???", "_", "x", "xx", "xxx", "*"),
        *("select", "please select", "select one", "choose", "please choose", "pick one"),
        *("n/a", "na", "n.a.", "n.a", "#n/a", "#name?", "#value!", "#ref!", "#div/0!", "nan", "null", "nil"),
        *("none", "no value", "not available", "not applicable", "not specified", "not known", "not set"),
        *(
            "unknown",
            "unspecified",
            "undefined",
            "undisclosed",
            "tbd",
            "tba",
            "tbc",
            "missing",
            "empty",
            "blank",
        ),
        *("test", "dummy"),
    }
)
"""Folded texts that stand for 'we do not know' in any field."""


class NumberKind(StrEnum):
    """What a number measures, which decides what stands for 'unknown' in it."""

    PEOPLE = "people"
    """A head count: 0 and runs of nines are place holders."""
    TURNOVER = "turnover"
    """Money of a whole company in a year: 0, 1 and runs of nines are place holders."""
    AMOUNT = "amount"
    """Money of one deal: 0 says that nobody filled it in."""
    YEAR = "year"
    """A calendar year: 1900 is a place holder."""
    PLAIN = "plain"
    """Any other number: taken as it is."""


@dataclass(frozen=True, slots=True)
class ParsedNumbers:
    """A column of numbers, with what was found on the way."""

    values: Floats
    currencies: Texts
    """Currency named inside the text itself, else None."""
    unreadable_count: int
    unreadable_examples: tuple[str, ...]
    placeholder_count: int


_CODES = {"€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₩": "KRW", "us$": "USD", "a$": "AUD", "c$": "CAD"}
_FACTORS = {
    "": 1.0,
    **dict.fromkeys(("k", "t", "tsd", "thousand", "thousands"), 1e3),
    **dict.fromkeys(("m", "mm", "mn", "mio", "mil", "mill", "million", "millions"), 1e6),
    **dict.fromkeys(("b", "bn", "bil", "mrd", "billion", "billions"), 1e9),
}
_WORDS = re.compile(
    r"\b(?:employees?|people|staff|ftes?|headcount|seats|users|approx\.?|about|around|circa|ca\.?)\b"
)
_FIGURE = r"[-\u2212]?\d[\d.,'\s]*(?:e\+?\d+)?"
_ONE = re.compile(rf"(?P<figure>{_FIGURE})\s*(?P<factor>[a-z]*)")
_RANGE = re.compile(
    r"(?P<low>\d[\d.,'\s]*)\s*(?P<lowfactor>[a-z]*?)\s*(?:-|\u2013|\u2014|to|bis|\.\.)\s*(?P<high>\d[\d.,'\s]*)\s*(?P<factor>[a-z]*)"
)
_CODE = re.compile(r"^([a-z]{3})\s*(?=[-\d.])|(?<=[\dkmb.\s])\s*([a-z]{3})$")
_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
_BOUND = re.compile(r"^(?:<=?|>=?|~|≈|\+/-|less than|more than|under|over|up to|at least)\s*")


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().strip(" \t\r\n'\"").split())


def is_disguised_missing(text: str) -> bool:
    """Whether a text only says that nobody knows: "Select", "N/A", "-"."""
    folded = _fold(text)
    return folded in DISGUISED_MISSING or folded.strip("-. ") in DISGUISED_MISSING


def parse_number(text: str, *, decimal_mark: str = ".") -> tuple[float | None, str | None]:
    """Read one number as people write it.

    Args:
        text: "1,200", "1.200,00", "1.2M", "50-200" (its geometric middle), "10,001+" (its lower bound),
            "~300", "EUR 5k", "$1.2B", "(1,200)" (negative).
        decimal_mark: What a single mark before exactly three digits means: this mark is the decimal one.
            "." reads "1.200" as 1.2 and "1,200" as 1200.

    Returns:
        The number, or None where it cannot be read, and the currency that the text names, or None.
    """
    folded, currency = _take_currency(_fold(text))
    is_negative = folded.startswith("(") and folded.endswith(")")
    folded = _BOUND.sub("", folded.strip("()")).rstrip("+").strip()
    folded = " ".join(_WORDS.sub(" ", folded).split())
    if span := _RANGE.fullmatch(folded):
        low = _scaled(span["low"], span["lowfactor"] or span["factor"], decimal_mark)
        high = _scaled(span["high"], span["factor"], decimal_mark)
        if low is None or high is None:
            return None, currency
        return (float(np.sqrt(low * high)) if low > 0 else high / 2), currency
    one = _ONE.fullmatch(folded)
    value = _scaled(one["figure"], one["factor"], decimal_mark) if one else None
    return (-value if is_negative and value is not None else value), currency


def _take_currency(folded: str) -> tuple[str, str | None]:
    for sign, code in _CODES.items():
        if sign in folded:
            return folded.replace(sign, "").strip(), code
    folded = folded.replace("$", "").strip()
    found = _CODE.search(folded)
    word = (found[1] or found[2]) if found else None
    if found and word and word not in _FACTORS:
        rest = (folded[: found.start()] + folded[found.end() :]).strip()
        return rest, word.upper()
    return folded, None


def _scaled(figure: str, factor: str, decimal_mark: str) -> float | None:
    if factor not in _FACTORS:
        return None
    plain = _plain_figure(
        re.sub(r"[\s'\u2212]", lambda m: "-" if m[0] == "\u2212" else "", figure), decimal_mark
    )
    try:
        value = float(plain) * _FACTORS[factor]
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _plain_figure(figure: str, decimal_mark: str) -> str:
    """Take grouping marks out and leave a point before the decimals."""
    marks = [character for character in figure if character in ".,"]
    if not marks:
        return figure
    last = marks[-1]
    other = "." if last == "," else ","
    if other in marks:
        if marks.count(last) > 1:
            return "?"
        return figure.replace(other, "").replace(last, ".")
    head, _, tail = figure.rpartition(last)
    if len(marks) > 1:
        return figure.replace(last, "") if len(tail) == 3 else "?"
    is_ambiguous = len(tail) == 3 and 1 <= len(head.lstrip("-")) <= 3 and head.lstrip("-0") != ""
    is_grouping = is_ambiguous and last != decimal_mark
    return head + tail if is_grouping else f"{head}.{tail}"


def _decimal_mark(found: Iterable[str]) -> str:
    """The mark that the column's unambiguous values use before decimals; grouping is assumed otherwise."""
    votes = {".": 0, ",": 0}
    for text in found:
        for mark, other in ((".", ","), (",", ".")):
            tail = text.rpartition(mark)[2]
            if text.count(mark) == 1 and tail.isdigit() and (len(tail) != 3 or other in text):
                votes[mark] += 1
    if not any(votes.values()):
        return ""
    return "." if votes["."] >= votes[","] else ","


def _is_placeholder(value: float, kind: NumberKind) -> bool:
    if kind is NumberKind.PLAIN:
        return False
    if kind is NumberKind.YEAR:
        return value in (0.0, 1.0, 1900.0, 1970.0, 9999.0)
    if kind is NumberKind.AMOUNT:
        return value == 0.0
    nines = value >= 99999 and set(f"{value:.0f}") == {"9"}
    return value <= 0 or nines or (kind is NumberKind.TURNOVER and value == 1)


def read_numbers(raw: Texts, typed: Floats, kind: NumberKind) -> ParsedNumbers:
    """Read a column: the typed number where the CRM has one, else the text.

    Args:
        raw: Texts as the CRM holds them, None where there is none.
        typed: Numbers of the same records where the CRM's field is typed, else NaN.
        kind: What is measured.
    """
    present = np.array([value is not None for value in raw], dtype=bool) & ~np.isfinite(typed)
    distinct, inverse = np.unique(raw[present].astype(str), return_inverse=True)
    mark = _decimal_mark(distinct)
    parsed = [_read_one(text, mark, kind) for text in distinct]
    values = typed.copy()
    currencies: Texts = np.full(len(raw), None, dtype=object)
    if parsed:
        values[present] = np.array([value for value, _, _ in parsed])[inverse]
        currencies[present] = np.array([code for _, code, _ in parsed], dtype=object)[inverse]
    counts = np.bincount(inverse, minlength=len(distinct))
    bad = [at for at, (_, _, is_unreadable) in enumerate(parsed) if is_unreadable]
    hidden = int(
        sum(counts[at] for at, (value, _, bad_) in enumerate(parsed) if np.isnan(value) and not bad_)
    )
    known, back = np.unique(values[np.isfinite(values)], return_inverse=True)
    placeholder = np.array([_is_placeholder(value, kind) for value in known], dtype=bool)[back]
    finite = np.flatnonzero(np.isfinite(values))
    values[finite[placeholder]] = np.nan
    return ParsedNumbers(
        values=values,
        currencies=currencies,
        unreadable_count=int(sum(counts[at] for at in bad)),
        unreadable_examples=tuple(sorted((str(distinct[at]) for at in bad), key=lambda t: (len(t), t))[:3]),
        placeholder_count=hidden + int(placeholder.sum()),
    )


def _read_one(text: str, mark: str, kind: NumberKind) -> tuple[float, str | None, bool]:
    """Value (NaN where none), currency, and whether the text says something that cannot be read."""
    if is_disguised_missing(text):
        return np.nan, None, False
    if kind is NumberKind.YEAR and (year := _YEAR.search(text)):
        # "2013 (1888)", "1994-05-01", "c. 1890": the first year that is named.
        return float(year[0]), None, False
    value, currency = parse_number(text, decimal_mark=mark)
    return (np.nan, currency, True) if value is None else (value, currency, False)
