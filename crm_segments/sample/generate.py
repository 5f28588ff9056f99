"""Generates a company, week by week, into folders of CSV files."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from crm_segments.sample.columns import joined
from crm_segments.sample.dirt import (
    AccountFate,
    DealFate,
    Stain,
    draw_account_fate,
    draw_deal_fate,
    soil_accounts,
    soil_deals,
)
from crm_segments.sample.presets import world_named
from crm_segments.sample.sheets import Sheet, account_sheet, activity_sheet, contact_sheet, deal_sheet
from crm_segments.sample.streams import Streams
from crm_segments.sample.truth import Truth
from crm_segments.sample.weeks import Company, founded, next_week
from crm_segments.sample.world import Dirt, World, separated
from crm_segments.sample.write import write_bundle

__all__ = ["generate"]

FIRST_DAY = (date(2026, 11, 2) - date(1970, 1, 1)).days
"""Fixed, so that the same company is generated on every day."""


def generate(
    out: Path,
    *,
    world: str | World = "five",
    accounts: int = 2000,
    weeks: int = 1,
    seed: int = 7,
    truth: Path | None = None,
) -> list[Path]:
    """Writes a made-up company as bundles of CSV files, `week_00` and on, each a week after the other.

    The same arguments give the same bytes. Nothing belongs to a real company or person.

    Args:
        out: Folder that gets the week folders; it is made when missing.
        world: A name in `WORLDS`, or a world of one's own.
        accounts: Accounts in the first week, near-copies apart.
        weeks: How many weeks to write.
        seed: Another number makes another company of the same kind.
        truth: Folder that gets the true segments; it must not be given to the product.

    Returns:
        The week folders, in order.

    Raises:
        ValueError: The name is unknown, or a number is too small.
    """
    if accounts < 1 or weeks < 1:
        raise ValueError("a sample company needs at least 1 account and at least 1 week")
    asked = world_named(world) if isinstance(world, str) else world
    made = separated(asked)
    record = Truth(asked, made) if truth is not None else None
    folders = []
    for company, sheets, stains in _weeks(made, accounts, weeks, Streams(seed)):
        folder = out / f"week_{company.week:02d}"
        write_bundle(
            folder, sheets, name=f"sample-{asked.name}", as_of=company.as_of, description=asked.description
        )
        folders.append(folder)
        if record is not None:
            record.note(company, stains)
    if record is not None and truth is not None:
        record.write(truth, seed=seed, accounts=accounts, weeks=weeks)
    return folders


def _weeks(
    world: World, accounts: int, weeks: int, streams: Streams
) -> Iterator[tuple[Company, dict[str, Sheet], list[Stain]]]:
    company = founded(world, accounts, streams, FIRST_DAY)
    newcomers = round(accounts * world.growth)
    dirt = streams.within("dirt")
    account_fate = draw_account_fate(accounts, dirt.within("accounts"))
    deal_fate = draw_deal_fate(len(company.deals.account), dirt.within("deals"))
    yield company, *_exported(company, world.dirt, account_fate, deal_fate)
    for week in range(1, weeks):
        before = len(company.deals.account)
        company = next_week(company, world, streams.within(f"week:{week:02d}"), newcomers)
        dirt = streams.within(f"week:{week:02d}").within("dirt")
        account_fate = joined(account_fate, draw_account_fate(newcomers, dirt.within("accounts")))
        added = len(company.deals.account) - before
        deal_fate = joined(deal_fate, draw_deal_fate(added, dirt.within("deals")))
        yield company, *_exported(company, world.dirt, account_fate, deal_fate)


def _exported(
    company: Company, dirt: Dirt, account_fate: AccountFate, deal_fate: DealFate
) -> tuple[dict[str, Sheet], list[Stain]]:
    accounts, stains = soil_accounts(
        account_sheet(company.accounts), account_fate, dirt, company.accounts.log_employees
    )
    clean_deals = deal_sheet(company.deals, company.accounts)
    deals, deal_stains = soil_deals(clean_deals, deal_fate, dirt, company.deals.account, account_fate)
    sheets = {
        "accounts.csv": accounts,
        "contacts.csv": contact_sheet(company.contacts),
        "opportunities.csv": deals,
        "activities.csv": activity_sheet(company.activities),
    }
    return sheets, stains + deal_stains
