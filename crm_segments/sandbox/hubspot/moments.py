"""Moments as HubSpot writes and reads them."""

import re
from datetime import UTC, date, datetime, timedelta

__all__ = ["moment_text", "parse_moment", "to_date"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS = re.compile(r"-?\d{1,15}")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})", re.IGNORECASE)


def moment_text(moment: datetime) -> str:
    """A moment in UTC with milliseconds, which are left out where there are none (recorded: schemas.json)."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    text = moment.isoformat(timespec="milliseconds")[:23]
    return f"{text.removesuffix('.000')}Z"


def parse_moment(text: str) -> datetime:
    """A moment written in ISO form with a zone, as a day, or in milliseconds since 1970.

    Raises:
        ValueError: It is none.
    """
    if _MILLISECONDS.fullmatch(text):
        return _from_milliseconds(text)
    if len(text) == 10:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    if not _ISO.fullmatch(text):
        raise ValueError("neither ISO form nor milliseconds")
    return datetime.fromisoformat(text).astimezone(UTC)


def to_date(text: str) -> tuple[date, datetime | None]:
    """The day of a value, and the moment itself where it is not midnight in UTC.

    Raises:
        ValueError: It is no day.
    """
    moment = parse_moment(text)
    is_midnight = (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0)
    return moment.date(), None if is_midnight else moment


def _from_milliseconds(text: str) -> datetime:
    try:
        return _EPOCH + timedelta(milliseconds=int(text))
    except OverflowError as error:
        raise ValueError("out of range") from error
