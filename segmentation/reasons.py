"""Why a record is where it is: its own numbers in plain words, at most 255 characters, true for good."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from connectors.model import UNCLASSIFIED_KEY, ObjectKind
from segmentation.features.table import FeatureTable
from segmentation.model import SegmentModel
from segmentation.words import count_word, day_ago, money, month

__all__ = ["MAX_REASON_LENGTH", "record_reasons", "shortened"]

MAX_REASON_LENGTH = 255
_NOWHERE = "Unlike every segment: "


def record_reasons(
    model: SegmentModel, features: FeatureTable, ids: Sequence[str], keys: Sequence[str]
) -> list[str]:
    """One reason for each record: what is known about it, most telling first.

    Args:
        model: The model that assigned the records.
        features: The features it assigned them by.
        ids: Records, each of them in `features`.
        keys: The segment of each.

    Returns:
        Reasons of at most 255 characters, in the order of `ids`.
    """
    rows = features.rows(ids)
    parts = _Parts(rows, features.as_of, model.currency, features.kind)
    columns = [parts.size(), parts.purchases(), parts.people(), parts.industry(), parts.company()]
    reasons = []
    for key, *found in zip(keys, *columns, strict=True):
        known = "; ".join(part for part in found if part)
        known = known or f"nothing but its existence was known in {month(features.as_of)}"
        known = _NOWHERE + known if key == UNCLASSIFIED_KEY else known
        text = known[0].upper() + known[1:]
        reasons.append(shortened(text, MAX_REASON_LENGTH))
    return reasons


def shortened(text: str, length: int) -> str:
    """The text in at most so many characters, cut between two of its parts where that is possible."""
    if len(text) <= length:
        return text
    cut = text[: length + 1].rfind("; ")
    return text[:cut] if cut > 0 else text[: length - 1] + "…"


class _Parts:
    """The phrases of a reason, column by column: each method returns one phrase per record."""

    def __init__(self, rows: pd.DataFrame, as_of: date, currency: str, kind: ObjectKind) -> None:
        self._rows = rows
        self._as_of = as_of
        self._currency = currency
        self._kind = kind
        self._months: dict[float, str] = {}

    def size(self) -> list[str]:
        found = []
        for employees, revenue in zip(self._of("employees"), self._of("annual_revenue"), strict=True):
            if employees is not None:
                found.append(count_word(employees, "employee"))
            elif revenue is not None:
                found.append(f"{money(revenue, self._currency)} revenue a year")
            else:
                found.append("")
        return found

    def purchases(self) -> list[str]:
        names = ("won_deals", "won_amount", "days_since_first_win", "days_since_win")
        return [self._purchase(*values) for values in zip(*(self._of(name) for name in names), strict=True)]

    def _purchase(
        self, deals: float | None, amount: float | None, first: float | None, last: float | None
    ) -> str:
        if deals is None:
            return ""
        if not deals:
            return f"no deal won by {month(self._as_of)}"
        worth = f"worth {money(amount, self._currency)}" if amount else ""
        if deals == 1 or first is None or last is None:
            when = f" in {self._month(last)}" if last is not None else ""
            return f"{count_word(deals, 'deal')} won{when}{', ' + worth if worth else ''}"
        since, until = self._month(first), self._month(last)
        span = f" in {since}" if since == until else f" since {since}"
        end = "" if since == until else f", last in {until}"
        return f"{count_word(deals, 'deal')} won{span}{', ' + worth if worth else ''}{end}"

    def people(self) -> list[str]:
        names = ("seniority", "email_opens", "days_since_activity")
        return [self._person(*values) for values in zip(*(self._of(name) for name in names), strict=True)]

    def _person(self, rank: str | None, opens: float | None, last: float | None) -> str:
        found = [rank] if rank else []
        if opens is not None:
            per = " per contact" if self._kind is ObjectKind.ACCOUNT else ""
            found.append(f"{count_word(opens, 'mail')} opened{per} in 90 days to {month(self._as_of)}")
        if last is not None:
            found.append(f"last activity in {self._month(last)}")
        return "; ".join(found)

    def industry(self) -> list[str]:
        return [str(value)[:60] if value is not None else "" for value in self._of("industry")]

    def company(self) -> list[str]:
        year = self._as_of.year
        return [f"founded {year - age:.0f}" if age is not None else "" for age in self._of("company_age")]

    def _month(self, days: float | None) -> str:
        if days is None:
            return ""
        if days not in self._months:
            self._months[days] = month(day_ago(self._as_of, days))
        return self._months[days]

    def _of(self, name: str) -> list:  # type: ignore[type-arg]
        """The values of a feature with None for what is missing."""
        if name not in self._rows.columns:
            return [None] * len(self._rows)
        column = self._rows[name]
        return [
            value if known else None
            for value, known in zip(column.tolist(), column.notna().tolist(), strict=True)
        ]
