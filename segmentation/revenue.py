"""Money per segment: what was won, how often, how large, how fast, and who came back; exact to the cent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from statistics import median

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.model import ObjectKind, id_column
from segmentation.config import CurrencySettings, SegmentationSettings
from segmentation.features.columns import Flags, Indexes
from segmentation.features.deals import Deals, read_deals, standing_deals
from segmentation.features.quality import QualityLog
from segmentation.features.table import FeatureContext
from segmentation.records import Records

__all__ = ["MoneyReport", "SegmentMoney", "money_by_segment"]

CENT = Decimal("0.01")
YEAR = 365


@dataclass(frozen=True, slots=True)
class SegmentMoney:
    """The deals of one segment's accounts."""

    key: str | None
    """None for deals that belong to no segment."""
    account_count: int
    won_count: int
    lost_count: int
    revenue: Decimal
    """Worth of all deals won, refunds taken off, in the home currency."""
    share: float | None
    """Of the revenue of all deals; None where that is not above zero."""
    median_deal: Decimal | None
    cycle_days: float | None
    """Middle of the days from a won deal's creation to its close."""
    earlier_buyers: int
    """Accounts that bought in the year before the last one."""
    returned: int
    """Of those, how many bought again within the last year."""

    @property
    def win_rate(self) -> float | None:
        """Share of deals won among those that were closed."""
        closed = self.won_count + self.lost_count
        return self.won_count / closed if closed else None

    @property
    def retention(self) -> float | None:
        """Share of the earlier buyers that came back."""
        return self.returned / self.earlier_buyers if self.earlier_buyers else None


@dataclass(frozen=True, slots=True)
class MoneyReport:
    """The money of all segments; the rows add up to the total, to the cent."""

    currency: str
    rows: tuple[SegmentMoney, ...]
    """In the order of the keys that were asked for."""
    no_segment: SegmentMoney
    """Deals of accounts that have none of these segments."""
    no_account: SegmentMoney
    """Deals whose account is not known."""
    total: SegmentMoney
    worth: Mapping[str, Decimal]
    """Revenue of every account that has any."""
    notes: tuple[str, ...]
    """What was left out or mended on the way."""


def money_by_segment(
    records: Records,
    settings: SegmentationSettings,
    *,
    currency: CurrencySettings,
    as_of: date,
    assigned: pa.Table,
    keys: Sequence[str],
) -> MoneyReport | None:
    """What the deals that count bring, by the segment of their account.

    Args:
        records: Accounts and deals.
        settings: Which deals count, and which field is their worth.
        currency: How amounts become the home currency.
        as_of: The day; deals that close later are invisible.
        assigned: `record_id` and `segment_key` of the accounts.
        keys: The segments to report, in their order.

    Returns:
        The report, or None where there are no accounts or no deals.

    Raises:
        ConfigError: `[segmentation.deals]` names a field that deals do not have.
    """
    table = records.other(ObjectKind.DEAL)
    if records.kind is not ObjectKind.ACCOUNT or table is None or not table.num_rows:
        return None
    context = FeatureContext(records, currency, as_of, QualityLog(), settings)
    deals = read_deals(context, table)
    won, lost = standing_deals(context, deals.only(deals.is_won)), deals.only(~deals.is_won)
    places = _places(records, assigned, keys)
    ledger = _Ledger(won, lost, cents_of(won), context.as_of_day)
    count = len(keys)
    of_won, of_lost = (np.where(each.account >= 0, places[each.account], count + 1) for each in (won, lost))
    total = ledger.row(None, np.ones(len(of_won), bool), np.ones(len(of_lost), bool), len(places), None)
    rows = [
        ledger.row(
            keys[at] if at < count else None,
            of_won == at,
            of_lost == at,
            int((places == at).sum()),
            total.revenue,
        )
        for at in range(count + 2)
    ]
    return MoneyReport(
        currency=currency.home,
        rows=tuple(rows[:count]),
        no_segment=rows[count],
        no_account=rows[count + 1],
        total=total,
        worth=_worth(records, won, ledger.cents),
        notes=context.log.report().sentences,
    )


def cents_of(won: Deals) -> list[int]:
    """Each deal's worth in hundredths of the home currency, rounded half to even; 0 where it is not known."""
    known: dict[tuple[float, float], int] = {}
    found = []
    for amount, rate in zip(won.local_amount.tolist(), won.rate.tolist(), strict=True):
        pair = (amount, rate)
        if pair not in known:
            # The shortest text of a float is what was typed, so 0.1 is a tenth and not a hair more.
            exact = Decimal(repr(amount)) * Decimal(repr(rate)) if amount == amount else Decimal(0)  # noqa: PLR0124
            known[pair] = int(exact.quantize(CENT, ROUND_HALF_EVEN) * 100)
        found.append(known[pair])
    return found


def _places(records: Records, assigned: pa.Table, keys: Sequence[str]) -> Indexes:
    """For each account the position of its segment among the keys; their number where it has none."""
    ids = records.table.column(id_column(records.kind)).combine_chunks()
    at = pc.index_in(ids, value_set=assigned.column("record_id").combine_chunks())
    own = assigned.column("segment_key").combine_chunks().take(at)
    place = pc.fill_null(pc.index_in(own, value_set=pa.array(keys, pa.string())), len(keys))
    # index_in finds a null where a key is null: those accounts have no segment either.
    place = pc.if_else(pc.is_valid(own), place, len(keys))
    found: Indexes = place.to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def _worth(records: Records, won: Deals, cents: Sequence[int]) -> dict[str, Decimal]:
    ids = records.table.column(id_column(records.kind)).to_pylist()
    sums: dict[str, int] = {}
    for account, worth in zip(won.account.tolist(), cents, strict=True):
        if account >= 0:
            sums[ids[account]] = sums.get(ids[account], 0) + worth
    return {account_id: _money(worth) for account_id, worth in sums.items()}


def _money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


@dataclass(frozen=True, slots=True)
class _Ledger:
    """Closed deals with their worth in cents."""

    won: Deals
    lost: Deals
    cents: list[int]
    today: int

    def row(
        self, key: str | None, won: Flags, lost: Flags, accounts: int, everything: Decimal | None
    ) -> SegmentMoney:
        """The deals of these masks as one row."""
        rows = np.flatnonzero(won).tolist()
        revenue = _money(sum(self.cents[row] for row in rows))
        whole = revenue if everything is None else everything
        sizes = [self.cents[row] for row in rows if self.cents[row] > 0]
        days = (self.won.day - self.won.created)[won]
        days = days[np.isfinite(days)]
        earlier, returned = self._buyers(won)
        is_sale = won & ~(self.won.amount < 0)
        return SegmentMoney(
            key=key,
            account_count=accounts,
            won_count=int(is_sale.sum()),
            lost_count=int(lost.sum()),
            revenue=revenue,
            share=float(revenue / whole) if whole > 0 else None,
            median_deal=Decimal(median(sizes)).scaleb(-2).quantize(CENT) if sizes else None,
            cycle_days=float(np.median(days)) if len(days) else None,
            earlier_buyers=len(earlier),
            returned=len(earlier & returned),
        )

    def _buyers(self, won: Flags) -> tuple[set[int], set[int]]:
        """Accounts that bought in the year before the last, and in the last."""
        age = self.today - self.won.day
        is_sale = won & (self.won.account >= 0) & ~(self.won.amount < 0)
        before = is_sale & (age >= YEAR) & (age < 2 * YEAR)
        return {*self.won.account[before].tolist()}, {*self.won.account[is_sale & (age < YEAR)].tolist()}
