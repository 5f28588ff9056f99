"""Makes a clean export look like a CRM that people work in, and says what it changed.

What happens to a record is drawn once, when the record appears, so that a careless spelling stays the same
from week to week; none of these draws has anything to do with those of the clean company.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from crm_segments.sample.columns import Floats, Ints, Truths
from crm_segments.sample.sheets import Sheet
from crm_segments.sample.spelling import (
    NO_CATEGORY,
    NO_NUMBER,
    NO_YEAR,
    banded,
    other_case,
    other_legal_form,
    variant,
)
from crm_segments.sample.streams import Streams
from crm_segments.sample.world import Dirt

__all__ = [
    "AccountFate",
    "DealFate",
    "Stain",
    "draw_account_fate",
    "draw_deal_fate",
    "soil_accounts",
    "soil_deals",
]

ODD_NAMES = (
    '=HYPERLINK("https://example.invalid";"Sunbeam Stores")',
    "Sugar & Crumb Bakery 🥐",
    "واحة الزيتون للبرمجيات",
)
_EURO, _POUND = 1.08, 1.27


class Stain(NamedTuple):
    """One value that was changed."""

    object: str
    record_id: str
    field: str
    kind: str
    clean: str
    dirty: str


@dataclass(frozen=True, slots=True)
class AccountFate:
    """Draws between 0 and 1 that decide what happens to each account's values; three per field."""

    industry: Floats
    country: Floats
    city: Floats
    website: Floats
    founded_year: Floats
    employees: Floats
    annual_revenue: Floats
    copy: Floats


@dataclass(frozen=True, slots=True)
class DealFate:
    """Draws between 0 and 1 that decide what happens to each deal's values; three per field."""

    account: Floats
    amount: Floats
    currency: Floats
    copy: Floats


def draw_account_fate(count: int, streams: Streams) -> AccountFate:
    """What will happen to accounts that appear now."""
    return AccountFate(*(streams.of(name).random((count, 3)) for name in AccountFate.__slots__))


def draw_deal_fate(count: int, streams: Streams) -> DealFate:
    """What will happen to deals that appear now."""
    return DealFate(*(streams.of(name).random((count, 3)) for name in DealFate.__slots__))


class _Soiler:
    """Changes the values of one sheet and keeps account of it."""

    def __init__(self, sheet: Sheet, kind_of_record: str) -> None:
        self.sheet = {name: list(values) for name, values in sheet.items()}
        self.stains: list[Stain] = []
        self._object = kind_of_record
        self._ids = next(iter(self.sheet.values()))

    def change(self, field: str, rows: Truths, kind: str, to: Callable[[str, int], str]) -> None:
        """Replaces a field's value in these rows by what `to` makes of it and of the row's place."""
        values = self.sheet[field]
        for place in np.flatnonzero(rows).tolist():
            clean = values[place]
            values[place] = to(clean, place)
            if values[place] != clean:
                self.stains.append(Stain(self._object, self._ids[place], field, kind, clean, values[place]))

    def lose(self, field: str, rows: Truths, draws: Floats, disguised: float, masks: tuple[str, ...]) -> None:
        """Empties a field in these rows, or puts something that stands for nothing."""
        hidden = draws[:, 1] < disguised
        self.change(field, rows & ~hidden, "missing", lambda _, __: "")
        self.change(
            field,
            rows & hidden,
            "disguised missing",
            # Zipf again: the first placeholder is the most frequent.
            lambda _, place: masks[int(draws[place, 2] ** 2 * len(masks))],
        )


def soil_accounts(
    sheet: Sheet, fate: AccountFate, dirt: Dirt, log_employees: Floats
) -> tuple[Sheet, list[Stain]]:
    """The dirty accounts, near-copies last, and what was changed."""
    soiler = _Soiler(sheet, "account")
    if dirt.odd_names and len(log_employees) >= 30:
        _name_oddly(soiler, len(log_employees))
    _soil_categories(soiler, fate, dirt)
    soiler.change("website", fate.website[:, 0] < dirt.missing, "missing", lambda _, __: "")
    years = fate.founded_year
    soiler.lose("founded_year", years[:, 0] < dirt.missing, years, dirt.disguised, NO_YEAR)
    _soil_sizes(soiler, fate, dirt, log_employees)
    _add_copies(soiler, fate, dirt)
    return soiler.sheet, soiler.stains


def soil_deals(
    sheet: Sheet, fate: DealFate, dirt: Dirt, accounts: Ints, account_fate: AccountFate
) -> tuple[Sheet, list[Stain]]:
    """The dirty deals and what was changed.

    Args:
        sheet: The clean deals.
        fate: What happens to them.
        dirt: How much of it.
        accounts: Place of each deal's account.
        account_fate: What happens to the accounts: some have a copy that takes a part of their deals.
    """
    soiler = _Soiler(sheet, "deal")
    shares_deals = (account_fate.copy[:, 0] < dirt.copies) & (account_fate.copy[:, 1] < 0.5)
    goes_to_copy = shares_deals[accounts] & (fate.copy[:, 0] < 0.5)
    soiler.change("account_id", goes_to_copy, "near-copy", lambda clean, _: _copy_id(clean))
    soiler.change("account_id", fate.account[:, 0] < dirt.orphans, "no account", lambda _, __: "")
    soiler.change(
        "amount",
        fate.amount[:, 1] < dirt.slips,
        "a hundred times too large",
        lambda clean, _: f"{float(clean) * 100:.0f}",
    )
    is_won = np.array([won == "true" for won in sheet["is_won"]], dtype=bool)
    is_lost = np.array([stage == "Closed Lost" for stage in sheet["stage"]], dtype=bool)
    _pay_abroad(soiler, fate.currency, dirt.foreign)
    rates = np.where(is_won, dirt.blank_won, np.where(is_lost, dirt.blank_lost, 0.0))
    soiler.change("amount", fate.amount[:, 0] < rates, "missing", lambda _, __: "")
    return soiler.sheet, soiler.stains


def _pay_abroad(soiler: _Soiler, draws: Floats, share: float) -> None:
    abroad = draws[:, 0] < share
    in_pounds = draws[:, 1] < 0.4

    def converted(clean: str, place: int) -> str:
        return f"{float(clean) / (_POUND if in_pounds[place] else _EURO):.2f}"

    soiler.change("amount", abroad, "other currency", converted)
    soiler.change("currency", abroad, "other currency", lambda _, place: "GBP" if in_pounds[place] else "EUR")


def _name_oddly(soiler: _Soiler, count: int) -> None:
    for name, place in zip(ODD_NAMES, (7, 15, 23), strict=True):
        rows = np.zeros(count, dtype=bool)
        rows[place] = True
        soiler.change("name", rows, "odd name", lambda _, __, name=name: name)  # type: ignore[misc]


def _soil_categories(soiler: _Soiler, fate: AccountFate, dirt: Dirt) -> None:
    industry, country, city = fate.industry, fate.country, fate.city
    both = dirt.missing + dirt.variants
    is_missing = industry[:, 0] < dirt.missing
    soiler.lose("industry", is_missing, industry, dirt.disguised, NO_CATEGORY)
    soiler.change(
        "industry",
        ~is_missing & (industry[:, 0] < both),
        "other spelling",
        lambda clean, place: variant(clean, industry[place, 1]),
    )
    soiler.change(
        "country",
        country[:, 0] < dirt.variants,
        "other spelling",
        lambda clean, place: variant(clean, country[place, 1]),
    )
    soiler.change("city", city[:, 0] < dirt.missing, "missing", lambda _, __: "")
    soiler.change(
        "city",
        (city[:, 0] >= dirt.missing) & (city[:, 0] < both),
        "other spelling",
        lambda clean, place: other_case(clean, city[place, 1]),
    )


def _soil_sizes(soiler: _Soiler, fate: AccountFate, dirt: Dirt, log_employees: Floats) -> None:
    # Half of the absurd values are numbers of employees, half are revenues.
    absurd = dirt.outliers / 2
    smallness = np.clip((np.log(3000) - log_employees) / (np.log(3000) - np.log(10)), 0, 1)
    missing = dirt.missing_small * (1 / 6 + 5 / 6 * smallness)
    for field, draws, factor in (
        ("employees", fate.employees, 10_000),
        ("annual_revenue", fate.annual_revenue, 100_000),
    ):
        first = draws[:, 0]
        soiler.lose(field, first < missing, draws, dirt.disguised, NO_NUMBER)
        soiler.change(
            field,
            (first >= missing) & (first < missing + dirt.bands),
            "band or unit",
            lambda clean, place, draws=draws: banded(clean, draws[place, 1]),  # type: ignore[misc]
        )
        soiler.change(
            field,
            (first >= 1 - absurd),
            "absurd",
            lambda clean, _, factor=factor: str(int(clean) * factor),  # type: ignore[misc]
        )


def _add_copies(soiler: _Soiler, fate: AccountFate, dirt: Dirt) -> None:
    sheet = soiler.sheet
    for place in np.flatnonzero(fate.copy[:, 0] < dirt.copies).tolist():
        copied = {name: values[place] for name, values in sheet.items()}
        name = other_legal_form(copied["name"], fate.copy[place, 2])
        soiler.stains.append(
            Stain(
                "account",
                _copy_id(copied["account_id"]),
                "account_id",
                "near-copy",
                copied["account_id"],
                name,
            )
        )
        copied |= {"account_id": _copy_id(copied["account_id"]), "name": name, "parent_account_id": ""}
        for column, value in copied.items():
            sheet[column].append(value)


def _copy_id(account_id: str) -> str:
    return f"A{int(account_id[1:]) + 8_000_000}"
