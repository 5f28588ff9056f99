"""What an account has bought: deals won, their worth, how recent, how often, which way it goes."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from connectors.model import ObjectKind
from segmentation.features.columns import (
    Flags,
    Floats,
    Indexes,
    day_numbers,
    flag_values,
    kept_where,
    numbers,
    positions,
    texts,
)
from segmentation.features.numbers import NumberKind, read_numbers
from segmentation.features.quality import count_of
from segmentation.features.size import amounts_at_home, say_unreadable
from segmentation.features.table import Feature, FeatureContext
from segmentation.model import FeatureSpec

__all__ = ["purchase_features"]

DAYS_A_YEAR = 365.25
FEWEST_CLOSED = 5
"""Closed deals from which on a share of deals won says something about the account and not about chance."""
FEWEST_FOR_TREND = 4
"""Deals won in two years from which on more or fewer of them is a trend. Below, a single deal that passes its
first birthday would look like a collapse."""
_WON_WORDS = ("won",)
_LOST_WORDS = ("lost",)


@dataclass(frozen=True, slots=True)
class _Deals:
    """Closed deals of known accounts, in an order that depends on content only."""

    account: Indexes
    is_won: Flags
    amount: Floats
    day: Floats


def purchase_features(context: FeatureContext) -> list[Feature]:
    """Features from closed deals; none where accounts are not what is grouped or there are no deals."""
    table = context.records.other(ObjectKind.DEAL)
    if context.kind is not ObjectKind.ACCOUNT:
        return []
    if table is None or not table.num_rows:
        context.log.add("empty", "There are no deals, so purchases were not used.", source="deal")
        return []
    deals = _closed_deals(context, table)
    count = context.records.table.num_rows
    is_won = deals.is_won
    won = _Deals(deals.account[is_won], is_won[is_won], deals.amount[is_won], deals.day[is_won])
    won_count = np.bincount(won.account, minlength=count).astype(np.float64)
    lost_count = np.bincount(deals.account[~deals.is_won], minlength=count)
    return [
        *_money(context, won, won_count),
        *_times(context, won, won_count),
        *_trend(context, won, count),
        *_outcomes(won_count, lost_count),
    ]


def _closed_deals(context: FeatureContext, table: pa.Table) -> _Deals:
    account = positions(table, "account_id", context.records.table.column("account_id"))
    is_won, is_lost = _outcome(table)
    day = day_numbers(table, "close_date")
    day = np.where(np.isnan(day), day_numbers(table, "created_at"), day)
    is_future = (is_won | is_lost) & (day > context.as_of_day)
    # Amounts of deals that were not won are never used, so what they lack is nobody's concern.
    raw = kept_where(texts(table, "amount"), is_won)
    typed = np.where(is_won, numbers(table, "amount_number"), np.nan)
    parsed = read_numbers(raw, typed, NumberKind.AMOUNT)
    say_unreadable(context, ObjectKind.DEAL, "amount", parsed)
    amount = amounts_at_home(context, ObjectKind.DEAL, table, "amount", parsed)
    _say_left_out(context, account, is_future, is_won & (amount < 0))
    amount = np.where(amount > 0, amount, np.nan)
    kept = (is_won | is_lost) & ~is_future & (account >= 0)
    # Sums of floats depend on their order, so the order must not depend on how the CRM sent the deals.
    order = np.flatnonzero(kept)[np.lexsort((amount[kept], day[kept], account[kept]))]
    return _Deals(account[order], is_won[order], amount[order], day[order])


def _outcome(table: pa.Table) -> tuple[Flags, Flags]:
    won, closed = flag_values(table, "is_won"), flag_values(table, "is_closed")
    stage = texts(table, "stage")
    names = {name for name in stage if name is not None}
    says_won = {name for name in names if any(word in name.casefold().split() for word in _WON_WORDS)}
    says_won |= {name for name in names if name.casefold().replace(" ", "") == "closedwon"}
    says_lost = {name for name in names if "lost" in name.casefold()}
    by_stage = np.array([name in says_won for name in stage], dtype=bool)
    lost_stage = np.array([name in says_lost for name in stage], dtype=bool)
    is_won = np.where(np.isnan(won), by_stage, won == 1)
    is_lost = ~is_won & (np.where(np.isnan(closed), lost_stage, closed == 1) | lost_stage)
    return is_won.astype(bool), is_lost.astype(bool)


def _say_left_out(context: FeatureContext, account: Indexes, is_future: Flags, is_negative: Flags) -> None:
    found = {
        "orphan": (account < 0, "without an account that is known; they count for nobody"),
        "future": (is_future, f"closed on a day after {context.as_of.isoformat()}; ignored for now"),
        "negative": (is_negative, "won with a negative amount; counted, but without the amount"),
    }
    for code, (mask, words) in found.items():
        if count := int(mask.sum()):
            context.log.add(code, f"{count_of(ObjectKind.DEAL, count)} {words}.", count=count, source="deal")


def _money(context: FeatureContext, won: _Deals, won_count: Floats) -> list[Feature]:
    known = np.isfinite(won.amount)
    size = len(won_count)
    total = np.bincount(won.account[known], weights=won.amount[known], minlength=size)
    paid = np.bincount(won.account[known], minlength=size)
    average = np.divide(total, paid, out=np.full(size, np.nan), where=paid > 0)
    home = context.currency.home
    source = "deal.amount"
    return [
        Feature(
            FeatureSpec("won_deals", "purchase", "Deals won", "", "deal.is_won", scale="root"), won_count
        ),
        Feature(
            FeatureSpec(
                "won_amount", "purchase", "Worth of deals won", home, source, scale="log", is_used=False
            ),
            np.where(paid > 0, np.round(total, 2), np.where(won_count > 0, np.nan, 0.0)),
        ),
        Feature(
            FeatureSpec("average_deal", "purchase", "Average deal won", home, source, scale="log"), average
        ),
    ]


def _times(context: FeatureContext, won: _Deals, won_count: Floats) -> list[Feature]:
    dated = np.isfinite(won.day)
    first = np.full(len(won_count), np.inf)
    last = np.full(len(won_count), -np.inf)
    np.minimum.at(first, won.account[dated], won.day[dated])
    np.maximum.at(last, won.account[dated], won.day[dated])
    since_first = np.where(np.isfinite(first), context.as_of_day - first, np.nan)
    since_last = np.where(np.isfinite(last), context.as_of_day - last, np.nan)
    years = np.maximum(since_first / DAYS_A_YEAR, 1.0)
    source = "deal.close_date"
    return [
        Feature(
            FeatureSpec(
                *("days_since_first_win", "purchase", "Days since the first deal won", "days", source),
                scale="log",
                is_used=False,
            ),
            since_first,
        ),
        Feature(
            FeatureSpec(
                *("days_since_win", "purchase", "Days since the last deal won", "days", source), scale="log"
            ),
            since_last,
        ),
        Feature(
            FeatureSpec(
                *("wins_per_year", "purchase", "Deals won a year", "", source), scale="root", is_used=False
            ),
            np.where(won_count > 0, won_count / years, 0.0),
        ),
    ]


def _trend(context: FeatureContext, won: _Deals, size: int) -> list[Feature]:
    """How the last twelve months compare with the twelve before, from -1 (all before) to 1 (all now)."""
    age = context.as_of_day - won.day
    if not (age >= 1.5 * DAYS_A_YEAR).any():
        context.log.add(
            "short_history",
            "Deals go back less than 18 months, so no trend was computed.",
            source="deal.close_date",
        )
        return []
    recent = np.bincount(won.account[age < DAYS_A_YEAR], minlength=size)
    before = np.bincount(won.account[(age >= DAYS_A_YEAR) & (age < 2 * DAYS_A_YEAR)], minlength=size)
    both = recent + before
    trend = np.divide(recent - before, both, out=np.full(size, np.nan), where=both >= FEWEST_FOR_TREND)
    spec = FeatureSpec("trend", "purchase", "Trend of deals won", "trend", "deal.close_date")
    return [Feature(spec, trend)]


def _outcomes(won_count: Floats, lost_count: Indexes) -> list[Feature]:
    closed = won_count + lost_count
    is_telling = closed >= FEWEST_CLOSED
    rate = np.divide(won_count, closed, out=np.full(len(closed), np.nan), where=is_telling)
    features = [
        Feature(
            FeatureSpec(
                *("never_bought", "purchase", "Never bought", "", "deal.is_won"), kind="flag", weight=0.5
            ),
            (won_count == 0).astype(np.float64),
        )
    ]
    if lost_count.any():
        spec = FeatureSpec("win_rate", "purchase", "Share of deals won", "share", "deal.is_won", weight=0.25)
        features.append(Feature(spec, rate))
    return features
