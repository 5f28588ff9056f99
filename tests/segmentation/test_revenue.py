"""Money per segment."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.model import ObjectKind
from segmentation import CurrencySettings, MoneyReport, SegmentationSettings, money_by_segment
from tests.segmentation.data import AS_OF, records, table

ACCOUNTS = ["a", "b", "c", "d"]
ASSIGNED = pa.table({"record_id": ["a", "b", "c"], "segment_key": ["big", "big", "small"]})
KEYS = ["big", "small", "empty"]


def report(money: CurrencySettings | None = None, **deals: list[object]) -> MoneyReport:
    rows = len(deals["account_id"])
    columns: dict[str, list[object]] = {
        "deal_id": [str(n) for n in range(rows)],
        "is_won": [True] * rows,
        "is_closed": [True] * rows,
        "close_date": [AS_OF] * rows,
        **deals,
    }
    found = money_by_segment(
        records(
            account=table(ObjectKind.ACCOUNT, account_id=[*ACCOUNTS]), deal=table(ObjectKind.DEAL, **columns)
        ),
        SegmentationSettings(),
        currency=money or CurrencySettings(),
        as_of=AS_OF,
        assigned=ASSIGNED,
        keys=KEYS,
    )
    assert found is not None
    return found


def test_each_segment_has_the_deals_of_its_accounts_and_the_rest_is_told_apart() -> None:
    found = report(account_id=["a", "b", "c", "d", "nobody", None], amount=["1", "2", "4", "8", "16", "32"])
    assert {row.key: row.revenue for row in found.rows} == {"big": 3, "small": 4, "empty": 0}
    assert [row.revenue for row in (found.no_segment, found.no_account, found.total)] == [8, 48, 63]
    assert [row.account_count for row in found.rows] == [2, 1, 0]
    assert (found.no_segment.account_count, found.no_account.account_count) == (1, 0)
    assert found.rows[0].share == pytest.approx(3 / 63)
    assert found.worth == {"a": 1, "b": 2, "c": 4, "d": 8}


def test_rates_middles_and_times_are_those_of_closed_deals() -> None:
    created: list[object] = [
        datetime(2026, 10, 1, tzinfo=UTC),
        datetime(2026, 10, 21, tzinfo=UTC),
        None,
        None,
    ]
    found = report(
        account_id=["a", "a", "b", "b"],
        amount=["10", "30.01", "20", "99"],
        is_won=[True, True, True, False],
        created_at=created,
        close_date=[date(2026, 10, 31)] * 4,
    )
    big = found.rows[0]
    assert (big.won_count, big.lost_count, big.win_rate) == (3, 1, 0.75)
    assert (big.median_deal, big.cycle_days) == (Decimal("20.00"), 20.0)
    empty = found.rows[2]
    assert (empty.win_rate, empty.median_deal, empty.cycle_days, empty.retention) == (None,) * 4


def test_retention_is_who_bought_again_of_those_who_bought_the_year_before() -> None:
    last, before = AS_OF - timedelta(days=100), AS_OF - timedelta(days=500)
    found = report(account_id=["a", "a", "b", "c"], amount=["1"] * 4, close_date=[before, last, before, last])
    assert (found.rows[0].earlier_buyers, found.rows[0].returned, found.rows[0].retention) == (2, 1, 0.5)
    assert (found.rows[1].earlier_buyers, found.rows[1].retention) == (0, None)


def test_refunds_are_taken_off_and_are_no_deals_won() -> None:
    found = report(account_id=["a", "a"], amount=["100", "-30.50"])
    assert (found.rows[0].revenue, found.rows[0].won_count) == (Decimal("69.50"), 1)


def test_what_has_no_rate_is_left_out_aloud_and_currencies_never_mix() -> None:
    found = report(
        CurrencySettings(home="EUR", rates={"USD": 0.9}),
        account_id=["a", "a", "a"],
        amount=["10", "10", "10"],
        currency=["USD", "EUR", "XAU"],
    )
    assert (found.currency, str(found.total.revenue)) == ("EUR", "19.00")
    assert any("XAU, for which there is no rate" in note for note in found.notes)


def test_people_have_no_money_of_their_own() -> None:
    contacts = table(ObjectKind.CONTACT, contact_id=["x"], account_id=["a"])
    deals = table(ObjectKind.DEAL, deal_id=["1"], account_id=["a"], is_won=[True])
    found = money_by_segment(
        records(ObjectKind.CONTACT, contact=contacts, deal=deals),
        SegmentationSettings(object="contact"),
        currency=CurrencySettings(),
        as_of=AS_OF,
        assigned=ASSIGNED,
        keys=KEYS,
    )
    assert found is None


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*ACCOUNTS, "nobody", None]),
            st.decimals(-(10**9), 10**9, places=2),
            st.booleans(),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_the_sums_equal_the_deals_to_the_cent(deals: list[tuple[str | None, Decimal, bool]]) -> None:
    accounts, amounts, won = zip(*deals, strict=True)
    found = report(account_id=[*accounts], amount=[f"{amount:.2f}" for amount in amounts], is_won=[*won])
    expected = sum((amount for amount, is_won in zip(amounts, won, strict=True) if is_won), Decimal(0))
    parts = [*found.rows, found.no_segment, found.no_account]
    assert found.total.revenue == expected == sum((part.revenue for part in parts), Decimal(0))
    assert sum(part.won_count for part in parts) == found.total.won_count
    assert sum(found.worth.values()) == expected - found.no_account.revenue
