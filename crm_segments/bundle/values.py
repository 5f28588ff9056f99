"""Single values of typed columns: yes and no, whole numbers, record ids. Amounts and sizes stay text."""

import re
from collections.abc import Mapping

__all__ = ["BadValueError", "is_rounded_id", "long_salesforce_id", "read_count", "read_flag"]

_TRUE = {"true", "t", "yes", "y", "1", "1.0", "on", "x", "wahr", "ja", "vrai", "oui"}
_FALSE = {"false", "f", "no", "n", "0", "0.0", "off", "falsch", "nein", "faux", "non"}
_OUTCOMES: Mapping[str, Mapping[str, bool]] = {
    "is_won": {"won": True, "closed won": True, "closedwon": True, "lost": False, "closed lost": False}
    | {"closedlost": False, "open": False, "closed": False},
    "is_closed": {"won": True, "closed won": True, "closedwon": True, "lost": True, "closed lost": True}
    | {"closedlost": True, "open": False, "closed": True},
    "email_opt_out": {"unsubscribed": True, "opted out": True, "subscribed": False, "opted in": False},
}
_PLAIN_COUNT = re.compile(r"-?\d{1,18}(\.0+)?")
_GROUPED_COUNT = re.compile(r"-?\d{1,3}(?:([,.'\u2019 \u00a0\u202f])\d{3})(?:\1\d{3}){0,4}")
_ROUNDED = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)
_SHORT_ID = re.compile(r"[0-9A-Za-z]{15}")
_ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_ID_PREFIXES: Mapping[str, tuple[str, ...]] = {
    "account": ("001",),
    "contact": ("003", "00Q"),
    "deal": ("006",),
    "activity": ("00T", "00U"),
    "lead": ("00Q",),
    "product": ("01t",),
    "line_item": ("00k",),
}


class BadValueError(ValueError):
    """A value is not of its column's type."""


def read_flag(text: str, column: str) -> bool:
    """Yes or no, in the words of exports and spreadsheets.

    Raises:
        BadValueError: It is neither.
    """
    word = text.strip().casefold()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    try:
        return _OUTCOMES.get(column, {})[word]
    except KeyError as error:
        raise BadValueError from error


def read_count(text: str) -> int:
    """A whole number, with or without separators between thousands.

    Raises:
        BadValueError: It is none, or larger than anything that is counted here.
    """
    word = text.strip()
    if _PLAIN_COUNT.fullmatch(word):
        return int(word.partition(".")[0])
    if _GROUPED_COUNT.fullmatch(word):
        return int(re.sub(r"[^\d-]", "", word))
    raise BadValueError


def is_rounded_id(text: str) -> bool:
    """Whether a spreadsheet has turned this id into a rounded number, as in `1.23457E+11`."""
    return bool(_ROUNDED.fullmatch(text))


def long_salesforce_id(text: str, kind: str) -> str:
    """The 18-character form of a Salesforce id; other texts as they are.

    The last three characters say which of the first fifteen are capitals, five to a character.
    """
    if not (_SHORT_ID.fullmatch(text) and text.startswith(_ID_PREFIXES[kind])):
        return text
    groups = (text[start : start + 5] for start in (0, 5, 10))
    return text + "".join(
        _ID_LETTERS[sum(letter.isupper() << place for place, letter in enumerate(group))] for group in groups
    )
