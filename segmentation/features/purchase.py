"""What an account has bought: deals won, their worth, how recent, how often, which way it goes."""

import numpy as np
import pandas as pd

from connectors.model import ObjectKind
from segmentation.features.categories import clean_categories, say_cleaned
from segmentation.features.columns import Floats, Indexes, Texts
from segmentation.features.deals import Deals, read_deals, standing_deals
from segmentation.features.table import Feature, FeatureContext
from segmentation.model import FeatureSpec

__all__ = ["purchase_features"]

DAYS_A_YEAR = 365.25
FEWEST_CLOSED = 5
"""Closed deals from which on a share of deals won says something about the account and not about chance."""
FEWEST_FOR_TREND = 4
"""Deals won in two years from which on more or fewer of them is a trend. Below, a single deal that passes its
first birthday would look like a collapse."""


def purchase_features(context: FeatureContext) -> list[Feature]:
    """Features from closed deals; none where accounts are not what is grouped or there are no deals."""
    table = context.records.other(ObjectKind.DEAL)
    if context.kind is not ObjectKind.ACCOUNT:
        return []
    if table is None or not table.num_rows:
        context.log.add("empty", "There are no deals, so purchases were not used.", source="deal")
        return []
    deals = read_deals(context, table)
    deals = deals.only(deals.account >= 0)
    count = context.records.table.num_rows
    won = standing_deals(context, deals.only(deals.is_won))
    won_count = np.bincount(won.account, minlength=count).astype(np.float64)
    lost_count = np.bincount(deals.account[~deals.is_won], minlength=count)
    return [
        *_money(context, won, won_count),
        *_times(context, won, won_count),
        *_trend(context, won, count),
        *_outcomes(won_count, lost_count),
        *_products(context, won, count),
    ]


def _money(context: FeatureContext, won: Deals, won_count: Floats) -> list[Feature]:
    known = won.amount > 0
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


def _times(context: FeatureContext, won: Deals, won_count: Floats) -> list[Feature]:
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
                *("cycle_days", "purchase", "Days from a deal's first to its last day", "span"),
                "deal.created_at and deal.close_date",
                scale="root",
                is_used=False,
            ),
            _middle(won.day - won.created, won.account, len(won_count)),
        ),
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


def _middle(values: Floats, account: Indexes, size: int) -> Floats:
    """Median of the known values per account; NaN where none is known."""
    known = np.isfinite(values)
    found = pd.Series(values[known]).groupby(account[known]).median()
    middle = np.full(size, np.nan)
    middle[found.index.to_numpy(dtype=np.int64)] = found.to_numpy(dtype=np.float64)
    return middle


def _products(context: FeatureContext, won: Deals, size: int) -> list[Feature]:
    """How many different products an account has bought, and which one most often."""
    clean = clean_categories(won.product, {}, context.aliases("product"))
    say_cleaned(context, ObjectKind.DEAL, "product", clean)
    codes, names = pd.factorize(clean.values, sort=True)
    known = codes >= 0
    pairs, counts = np.unique(won.account[known] * max(len(names), 1) + codes[known], return_counts=True)
    account, product = np.divmod(pairs, max(len(names), 1))
    # The most frequent comes last; the alphabet decides between products that were bought equally often.
    order = np.lexsort((-product, counts))
    main: Texts = np.full(size, None, dtype=object)
    main[account[order]] = names[product[order]]
    number = np.bincount(account, minlength=size).astype(np.float64)
    source = "deal.product"
    return [
        Feature(
            FeatureSpec(
                *("products", "purchase", "Different products bought", "", source),
                scale="root",
                is_used=False,
            ),
            number if known.any() else np.full(size, np.nan),
        ),
        Feature(
            FeatureSpec(
                *("main_product", "purchase", "Product bought most", "", source),
                kind="category",
                is_used=False,
            ),
            main,
        ),
    ]


def _trend(context: FeatureContext, won: Deals, size: int) -> list[Feature]:
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
