"""Numbers, money and days as people say them: rounded, absolute, never ageing."""

import re
from datetime import date, timedelta
from math import isnan

from segmentation.model import FeatureSpec

__all__ = [
    "calendar_day",
    "count_word",
    "day_ago",
    "feature_value",
    "money",
    "month",
    "number",
    "percent",
    "trend_word",
]

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def number(value: float) -> str:
    """A rounded number: 3,812 becomes "3,800", 4.27 becomes "4.3", 5.0 becomes "5"."""
    size = abs(value)
    if size >= 1000:
        digits = len(f"{size:.0f}")
        return f"{round(value, 2 - digits):,.0f}"
    if size >= 10 or abs(value - round(value)) < 0.05:
        return f"{value:.0f}"
    return f"{value:.1f}"


def money(value: float, currency: str) -> str:
    """A rounded amount: "$84k", "€1.2M", "CHF 310"."""
    sign = _SIGNS.get(currency, f"{currency} ")
    for factor, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        # 999,600 is a million to people, not "1000k".
        if abs(value) >= factor * 0.9995:
            shown = value / factor
            return f"{sign}{_three(shown)}{letter}"
    return f"{sign}{value:,.0f}"


def _three(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0") if abs(value) < 9.95 else f"{value:.0f}"


def percent(share: float) -> str:
    """A share as "63%"; what is not quite nothing or all stays so."""
    if 0 < share < 0.005:
        return "under 1%"
    if 0.995 < share < 1:
        return "over 99%"
    return f"{share:.0%}"


def month(day: date) -> str:
    """A month: "Dec 2025"."""
    return f"{_MONTHS[day.month - 1]} {day.year}"


def calendar_day(day: date) -> str:
    """A day: "31 Dec 2026"."""
    return f"{day.day} {month(day)}"


def day_ago(as_of: date, days: float) -> date:
    """The day that lay this many days before `as_of`."""
    return as_of - timedelta(days=min(float(days), as_of.toordinal() - 1))


def count_word(count: float, singular: str, plural: str | None = None) -> str:
    """A rounded number with its noun: "1 deal", "6 deals"."""
    shown = number(count)
    return f"{shown} {singular if shown == '1' else plural or singular + 's'}"


def feature_value(spec: FeatureSpec, value: float | str | None, as_of: date) -> str:
    """One value of a feature in words, with its unit."""
    if value is None or (isinstance(value, float) and isnan(value)):
        return "not known"
    if isinstance(value, str):
        return value
    if spec.kind == "flag":
        return "yes" if value >= 0.5 else "no"
    if spec.unit == "days":
        return month(day_ago(as_of, value))
    return _with_unit(value, spec.unit)


def _with_unit(value: float, unit: str) -> str:
    if unit == "share":
        return percent(value)
    if unit == "trend":
        return trend_word(value)
    if unit in {"years", "span"}:
        return count_word(value, "year" if unit == "years" else "day")
    return money(value, unit) if re.fullmatch("[A-Z]{3}", unit) else number(value)


def trend_word(value: float) -> str:
    """A trend from -1 to 1 in words."""
    if value > 0.15:
        return "more than the year before"
    return "less than the year before" if value < -0.15 else "about as the year before"
