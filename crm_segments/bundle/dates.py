"""Dates of one column, in whatever form an export or a spreadsheet left them.

Every form but one can be told by its looks. Day and month between slashes cannot, so their order is decided
once per column, from all its values together.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

__all__ = ["DAY_FIRST", "MONTH_FIRST", "DateColumn", "Moment", "OrderEvidence", "find_order", "read_dates"]

_ISO = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<clock>\d{2}:\d{2}(?::\d{2})?)(?:[.,](?P<fraction>\d{1,9}))?"
    r" ?(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?)?"
)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?P<time>[ T].+)?")
_PARTS = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?P<time>,?[ T].+)?")
_TIME = re.compile(r",?[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?: ?([AaPp])\.?[Mm]\.?)?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAME = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY_NAME = re.compile(
    rf"(?P<day>\d{{1,2}})[ -]{_MONTH_NAME}[ -](?P<year>\d{{4}}|\d{{2}})(?P<time>,?[ T].+)?", re.IGNORECASE
)
_NAME_DAY = re.compile(
    rf"{_MONTH_NAME} (?P<day>\d{{1,2}}),? (?P<year>\d{{4}})(?P<time>,?[ T].+)?", re.IGNORECASE
)
_SERIAL = re.compile(r"\d{5}([.,]\d+)?")
_EPOCH = re.compile(r"\d{12,13}")
# Day 60 of a spreadsheet is 1900-02-29, which never was: counting from here is right for all later days.
_SPREADSHEET_START = datetime(1899, 12, 30, tzinfo=UTC)
_PIVOT_YEAR = 69

DAY_FIRST = "day/month/year"
MONTH_FIRST = "month/day/year"
_FORM_NAMES = {
    "iso": "year-month-day",
    "year_first": "year/month/day",
    "dotted": "day.month.year",
    "named": "months by name",
    "serial": "spreadsheet day numbers",
    "epoch": "milliseconds since 1970",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One date as written: the day that the text names, and the instant in UTC."""

    day: date
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderEvidence:
    """How many values can only be read one way."""

    day_first: int = 0
    month_first: int = 0

    @property
    def order(self) -> str | None:
        """The order that most of them prove; None without any, or when they are equal."""
        if self.day_first == self.month_first:
            return None
        return DAY_FIRST if self.day_first > self.month_first else MONTH_FIRST

    def __add__(self, other: "OrderEvidence") -> "OrderEvidence":
        """What both prove together."""
        return OrderEvidence(self.day_first + other.day_first, self.month_first + other.month_first)


@dataclass(frozen=True, slots=True)
class DateColumn:
    """The values of a column as moments; None where a value is no date."""

    moments: list[Moment | None]
    slash_count: int
    """So many values needed an order of day and month."""
    forms: tuple[str, ...] = field(default=())
    """The forms that occur, for people, the most frequent first."""


def find_order(words: Sequence[str | None]) -> OrderEvidence:
    """What the values of a column prove about the order of day and month."""
    day_first = month_first = 0
    for word in words:
        match = _PARTS.fullmatch(word.strip()) if word else None
        if match and match.group(2) != ".":
            first, second = int(match.group(1)), int(match.group(3))
            day_first += 12 < first <= 31 and second <= 12
            month_first += 12 < second <= 31 and first <= 12
    return OrderEvidence(day_first, month_first)


def read_dates(words: Sequence[str | None], order: str) -> DateColumn:
    """Read the values of a column, day and month in the given order where nothing else tells it."""
    moments: list[Moment | None] = []
    counts: dict[str, int] = {}
    for word in words:
        form, moment = _read(word.strip(), order) if word else ("", None)
        moments.append(moment)
        if moment:
            counts[form] = counts.get(form, 0) + 1
    slash_count = counts.get(order, 0)
    forms = sorted(counts, key=lambda form: -counts[form])
    return DateColumn(moments, slash_count, tuple(_FORM_NAMES.get(form, form) for form in forms))


def _read(text: str, order: str) -> tuple[str, Moment | None]:
    try:
        if match := _ISO.fullmatch(text):
            return "iso", _from_iso(match)
        if match := _YEAR_FIRST.fullmatch(text):
            year, month, day = (int(match.group(part)) for part in (1, 3, 4))
            return "year_first", _from_parts(year, month, day, match.group("time"))
        if match := _PARTS.fullmatch(text):
            return _from_match(match, order)
        if match := _DAY_NAME.fullmatch(text) or _NAME_DAY.fullmatch(text):
            return "named", _from_names(match)
        return _from_number(text)
    except (ValueError, OverflowError):
        pass
    return "", None


def _from_number(text: str) -> tuple[str, Moment | None]:
    if _EPOCH.fullmatch(text):
        return "epoch", _from_instant(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(text)))
    if _SERIAL.fullmatch(text):
        days = float(text.replace(",", "."))
        # Spreadsheets store times as fractions of a day, which come out a few microseconds off.
        return "serial", _from_instant(_SPREADSHEET_START + timedelta(seconds=round(days * 86_400)))
    return "", None


def _from_iso(match: re.Match[str]) -> Moment:
    day, clock, fraction, zone = match.group("day", "clock", "fraction", "zone")
    text = f"{day}T{clock or '00:00'}"
    if fraction:
        text += f".{fraction}" if clock.count(":") == 2 else f":00.{fraction}"
    at = datetime.fromisoformat(text + ("Z" if zone == "UTC" else zone or ""))
    return Moment(at.date(), at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC))


def _from_match(match: re.Match[str], order: str) -> tuple[str, Moment]:
    first, second = int(match.group(1)), int(match.group(3))
    year = _full_year(match.group(4))
    form = "dotted" if match.group(2) == "." else order
    day, month = (second, first) if form == MONTH_FIRST else (first, second)
    return form, _from_parts(year, month, day, match.group("time"))


def _from_names(match: re.Match[str]) -> Moment:
    month = _MONTHS.index(match.group("month")[:3].casefold()) + 1
    return _from_parts(_full_year(match.group("year")), month, int(match.group("day")), match.group("time"))


def _full_year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + (1900 if year >= _PIVOT_YEAR else 2000)


def _from_parts(year: int, month: int, day: int, time: str | None) -> Moment:
    at = datetime(year, month, day, *_clock(time), tzinfo=UTC)
    return Moment(at.date(), at)


def _clock(text: str | None) -> tuple[int, int, int]:
    if text is None:
        return 0, 0, 0
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(text)
    hour, minute, second = (int(part or 0) for part in match.groups()[:3])
    if match.group(4):
        if not 1 <= hour <= 12:
            raise ValueError(text)
        hour = hour % 12 + (12 if match.group(4) in "Pp" else 0)
    return hour, minute, second


def _from_instant(at: datetime) -> Moment:
    return Moment(at.date(), at)
