"""Reads deals: which of them count, how they ended, what they are worth in the home currency."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from connectors.errors import ConfigError
from connectors.model import ObjectKind
from segmentation.features.columns import (
    Flags,
    Floats,
    Indexes,
    Texts,
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
from segmentation.features.table import FeatureContext
from segmentation.scope import in_scope

__all__ = ["Deals", "read_deals", "standing_deals"]

_WON_WORDS = ("won",)
ABSURD_AMOUNT = 1e12
"""From here on an amount is no deal but a slip; below it, a float still tells every cent apart."""


@dataclass(frozen=True, slots=True)
class Deals:
    """Closed deals that count, in an order that depends on content only."""

    account: Indexes
    """Position of its account; -1 where that is not known."""
    is_won: Flags
    amount: Floats
    """In the home currency, negative ones too; NaN where it is not known or was not won."""
    local_amount: Floats
    """The same before conversion."""
    rate: Floats
    """What one unit of its own currency is worth in the home currency."""
    day: Floats
    """The day it closed, counted from 1970."""
    created: Floats
    """The day it was created; NaN where it is not known or lies after the day it closed."""
    product: Texts

    def only(self, kept: Flags | Indexes) -> "Deals":
        """Some of them, by a mask or by their positions."""
        return Deals(*(getattr(self, name)[kept] for name in Deals.__slots__))


def read_deals(context: FeatureContext, table: pa.Table) -> Deals:
    """All closed deals that count, with whatever had to be left out said in the log.

    Raises:
        ConfigError: `[segmentation.deals]` names a field that deals do not have.
    """
    counts = _those_that_count(context, table)
    table = table if counts.all() else table.filter(pa.array(counts))
    account = positions(table, "account_id", context.records.table.column("account_id"))
    is_won, is_lost = _outcome(table)
    day = day_numbers(table, "close_date")
    created = day_numbers(table, "created_at")
    day = np.where(np.isnan(day), created, day)
    is_future = (is_won | is_lost) & (day > context.as_of_day)
    amount, local, rate = _amounts(context, table, is_won)
    is_backwards = (is_won | is_lost) & (created > day)
    _say_left_out(context, account, is_future, is_won & (amount < 0), is_backwards)
    created = np.where(is_backwards, np.nan, created)
    kept = (is_won | is_lost) & ~is_future
    # Sums of floats depend on their order, so the order must not depend on how the CRM sent the deals.
    order = np.flatnonzero(kept)[np.lexsort((created[kept], amount[kept], day[kept], account[kept]))]
    product = texts(table, "product")
    return Deals(account, is_won, amount, local, rate, day, created, product).only(order)


def standing_deals(context: FeatureContext, won: Deals) -> Deals:
    """Deals won, without those that one of the same amount below zero cancelled for the same account."""
    is_back = won.amount < 0
    if not is_back.any():
        return won
    pairs = pd.DataFrame({"account": won.account, "worth": np.abs(won.amount), "is_back": is_back})
    known = pairs[np.isin(won.account, won.account[is_back]) & (pairs["worth"] > 0)]
    known = known.assign(turn=known.groupby(["account", "worth", "is_back"]).cumcount())
    both = known.duplicated(["account", "worth", "turn"], keep=False)
    cancelled = np.zeros(len(pairs), dtype=bool)
    cancelled[both.index[both]] = True
    if count := int(cancelled.sum()) // 2:
        context.log.add(
            "cancelled",
            f"{count_of(ObjectKind.DEAL, count)} won and cancelled again in full; not counted.",
            count=count,
            source="deal.amount",
        )
    return won.only(~cancelled)


def _those_that_count(context: FeatureContext, table: pa.Table) -> Flags:
    where = context.settings.deals.where
    if not where or not where.strip():
        return np.ones(table.num_rows, dtype=bool)
    counts = in_scope(where, table, [])
    if left_out := int((~counts).sum()):
        context.log.add(
            "deals_left_out",
            f"{count_of(ObjectKind.DEAL, left_out)} left out by `where` under [segmentation.deals].",
            count=left_out,
            source="deal",
        )
    return counts


def _amounts(context: FeatureContext, table: pa.Table, is_won: Flags) -> tuple[Floats, Floats, Floats]:
    """Worth of deals won in the home currency, in their own, and the rate between the two."""
    field = context.settings.deals.amount
    if field not in table.column_names:
        raise ConfigError(
            f"There is no field {field} on deals (amount under [segmentation.deals]).",
            hint="Write the field's name as the CRM has it.",
            code="config.deals.amount",
            details={"field": field},
        )
    is_typed = not pa.types.is_string(table.schema.field(field).type)
    raw: Texts = np.full(table.num_rows, None, dtype=object) if is_typed else texts(table, field)
    typed = numbers(table, field if is_typed else f"{field}_number")
    # Amounts of deals that were not won are never used, so what they lack is nobody's concern.
    parsed = read_numbers(kept_where(raw, is_won), np.where(is_won, typed, np.nan), NumberKind.AMOUNT)
    say_unreadable(context, ObjectKind.DEAL, field, parsed)
    home = amounts_at_home(context, ObjectKind.DEAL, table, field, parsed)
    is_absurd = np.abs(home.values) >= ABSURD_AMOUNT
    if count := int(is_absurd.sum()):
        context.log.add(
            "absurd",
            f"{count_of(ObjectKind.DEAL, count)} with an {field} of a trillion or more; counted, but without "
            "the amount.",
            count=count,
            source=f"deal.{field}",
        )
    values: Floats = np.where(is_absurd, np.nan, home.values)
    return values, np.where(np.isnan(values), np.nan, parsed.values), home.rates


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


def _say_left_out(
    context: FeatureContext, account: Indexes, is_future: Flags, is_negative: Flags, is_backwards: Flags
) -> None:
    day = context.as_of.isoformat()
    found = {
        "orphan": (account < 0, "without an account that is known; they count for nobody"),
        "future": (is_future, f"closed on a day after {day}; ignored for now"),
        "negative": (is_negative, "won with a negative amount; counted, but without the amount"),
        "backwards": (
            is_backwards,
            "closed before the day of creation; counted, but not for how long it took",
        ),
    }
    for code, (mask, words) in found.items():
        if count := int(mask.sum()):
            context.log.add(code, f"{count_of(ObjectKind.DEAL, count)} {words}.", count=count, source="deal")
