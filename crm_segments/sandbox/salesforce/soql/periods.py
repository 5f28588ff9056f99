"""Date literals: `TODAY`, `LAST_N_DAYS:30` and the like, as spans of days."""

from datetime import date, timedelta

__all__ = ["PERIODS", "PERIODS_WITH_NUMBER", "span"]

PERIODS = (
    *("TODAY", "YESTERDAY", "TOMORROW", "LAST_WEEK", "THIS_WEEK", "NEXT_WEEK", "LAST_MONTH", "THIS_MONTH"),
    *("NEXT_MONTH", "LAST_90_DAYS", "NEXT_90_DAYS", "LAST_QUARTER", "THIS_QUARTER", "NEXT_QUARTER"),
    *("LAST_YEAR", "THIS_YEAR", "NEXT_YEAR"),
)
PERIODS_WITH_NUMBER = (
    *("LAST_N_DAYS", "NEXT_N_DAYS", "N_DAYS_AGO", "LAST_N_WEEKS", "NEXT_N_WEEKS", "LAST_N_MONTHS"),
    *("NEXT_N_MONTHS", "LAST_N_QUARTERS", "NEXT_N_QUARTERS", "LAST_N_YEARS", "NEXT_N_YEARS"),
)
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def span(word: str, number: int, today: date) -> tuple[date, date]:
    """The first day of a period, and the first day after it."""
    one = timedelta(days=1)
    days = {
        "TODAY": (today, today + one),
        "YESTERDAY": (today - one, today),
        "TOMORROW": (today + one, today + 2 * one),
        "LAST_90_DAYS": (today - 90 * one, today + one),
        "NEXT_90_DAYS": (today + one, today + 91 * one),
        # The present day counts as one of the last, and not as one of the next.
        "LAST_N_DAYS": (today - number * one, today + one),
        "NEXT_N_DAYS": (today + one, today + (number + 1) * one),
        "N_DAYS_AGO": (today - number * one, today - (number - 1) * one),
    }
    if word in days:
        return days[word]
    when, _, unit = word.rpartition("_")
    unit = unit.removesuffix("S")
    first, count = {
        "LAST": (-1, 1),
        "THIS": (0, 1),
        "NEXT": (1, 1),
        "LAST_N": (-number, number),
        "NEXT_N": (1, number),
    }[when]
    if unit == "WEEK":
        sunday = today - timedelta(days=(today.weekday() + 1) % 7)
        return sunday + timedelta(weeks=first), sunday + timedelta(weeks=first + count)
    size = _MONTHS[unit]
    month = today.year * 12 + (today.month - 1) // size * size
    return _month(month + first * size), _month(month + (first + count) * size)


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)
