"""The clean deals: won, lost and under way, from each account's own rate, order size and silence."""

from dataclasses import dataclass, replace

import numpy as np

from crm_segments.sample.accounts import NEVER, ONCE, REPEATEDLY, Accounts
from crm_segments.sample.columns import Floats, Ints, Truths, deviations, joined, pick
from crm_segments.sample.streams import Streams
from crm_segments.sample.world import World

__all__ = [
    "CANCELLED",
    "LOST",
    "PROSPECTING",
    "WON",
    "Deals",
    "ending_deals",
    "entered_deals",
    "new_wins",
    "opening_deals",
    "past_deals",
]

PROSPECTING, PROPOSAL, NEGOTIATION, WON, LOST, CANCELLED = range(6)
NEW_BUSINESS, EXPANSION, RENEWAL = range(3)

HISTORY_DAYS = 1095
"""How far back the deals of an account go."""
AMOUNT_SPREAD = 0.35
"""Standard deviation of the logarithm of an amount around the account's own order size."""


@dataclass(frozen=True, slots=True)
class Deals:
    """Deals as columns; a deal's place never changes, later ones follow."""

    account: Ints
    product: Ints
    stage: Ints
    kind: Ints
    amount: Floats
    created: Ints
    closed: Ints
    """Day of the end, or the expected one of a deal under way."""


def past_deals(accounts: Accounts, world: World, streams: Streams, as_of: int) -> Deals:
    """Every deal of the accounts up to `as_of`, oldest first."""
    owners, closed = _past_orders(accounts, world, streams, as_of)
    won = _drawn_deals(accounts, world, streams.within("won"), owners, closed, WON)
    lost_owners, lost_closed = _past_losses(accounts, owners, streams.within("lost"), as_of)
    lost = _drawn_deals(accounts, world, streams.within("lost"), lost_owners, lost_closed, LOST)
    rates = np.array([kind.open_deals for kind in world.segments])[accounts.segment]
    started = streams.of("under way").poisson(rates)
    under_way = opening_deals(accounts, world, streams, np.repeat(np.arange(len(started)), started), as_of)
    everything = joined(joined(won, lost), under_way)
    order = np.argsort(everything.created, kind="stable")
    return _classified(_taken(everything, order))


def new_wins(accounts: Accounts, world: World, streams: Streams, owners: Ints, as_of: int) -> Deals:
    """Deals begun and won in the week before `as_of`, one for each of `owners`."""
    closed = as_of - streams.of("days").integers(0, 7, len(owners))
    deals = _drawn_deals(accounts, world, streams, owners, closed, WON)
    created = np.maximum(np.maximum(deals.created, as_of - 6), accounts.created[owners])
    return replace(deals, created=np.minimum(created, closed), kind=np.full(len(owners), EXPANSION))


def opening_deals(accounts: Accounts, world: World, streams: Streams, owners: Ints, as_of: int) -> Deals:
    """Deals under way, one for each of `owners`, begun within the last two months."""
    rng = streams.of("open deals")
    expected = as_of + rng.integers(5, 75, len(owners))
    deals = _drawn_deals(accounts, world, streams.within("open"), owners, expected, PROSPECTING)
    created = np.maximum(as_of - rng.integers(0, 60, len(owners)), accounts.created[owners])
    stage = rng.integers(PROSPECTING, NEGOTIATION + 1, len(owners))
    return replace(deals, created=created, stage=stage)


def entered_deals(accounts: Accounts, world: World, streams: Streams, owners: Ints, as_of: int) -> Deals:
    """An older order for each of `owners`, entered into the CRM together with its account."""
    closed = as_of - np.ceil(accounts.silence[owners]).astype(np.int64)
    deals = _drawn_deals(accounts, world, streams, owners, closed, WON)
    return replace(deals, created=accounts.created[owners], kind=np.full(len(owners), NEW_BUSINESS))


def ending_deals(deals: Deals, streams: Streams, as_of: int) -> Truths:
    """Which of the deals under way are given up in the week before `as_of`."""
    is_open = deals.stage < WON
    is_due = is_open & (deals.closed <= as_of)
    given_up: Truths = is_due | (is_open & (streams.of("given up").random(len(is_open)) < 0.04))
    return given_up


def _past_orders(accounts: Accounts, world: World, streams: Streams, as_of: int) -> tuple[Ints, Ints]:
    """Account and day of every past order: a Poisson stream whose rate grows or falls by the quarter."""
    active = np.minimum(as_of - accounts.created - accounts.silence, HISTORY_DAYS)
    slope = np.array([np.log1p(kind.growth) for kind in world.segments])[accounts.segment] / 91.25
    # Keeps the formulas whole where the rate is flat.
    slope = np.where(np.abs(slope) < 1e-9, 1e-9, slope)
    expected = accounts.orders_per_year / 365.25 * -np.expm1(-slope * active) / slope
    counts = np.maximum(streams.of("orders").poisson(expected), 1)
    counts = np.where(accounts.pattern == ONCE, 1, np.where(accounts.pattern == NEVER, 0, counts))
    owners = np.repeat(np.arange(len(counts)), counts)
    draws = streams.of("order days").random(len(owners))
    slope, active = slope[owners], active[owners]
    back = -np.log1p(draws * np.expm1(-slope * active)) / slope
    back = np.where(accounts.pattern[owners] == REPEATEDLY, back, 0.0)
    closed = (as_of - np.ceil(accounts.silence[owners] + back)).astype(np.int64)
    closed = np.maximum(closed, accounts.created[owners])
    return owners, _at_quarter_ends(closed, accounts.segment[owners], world, streams, as_of)


def _at_quarter_ends(closed: Ints, segments: Ints, world: World, streams: Streams, as_of: int) -> Ints:
    """The same days, some of them moved to the last days of their quarter."""
    rng = streams.of("quarter ends")
    shares = np.array([kind.quarter_end for kind in world.segments])[segments]
    moves, days_before = rng.random(len(closed)) < shares, rng.integers(0, 10, len(closed))
    months = closed.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    next_quarter = ((months // 3 + 1) * 3).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    moved = next_quarter - 1 - days_before
    return np.where(moves & (moved <= as_of) & (moved >= closed), moved, closed)


def _past_losses(accounts: Accounts, owners: Ints, streams: Streams, as_of: int) -> tuple[Ints, Ints]:
    won = np.bincount(owners, minlength=len(accounts.number))
    counts = streams.of("losses").poisson(0.3 * won + 0.1)
    losers = np.repeat(np.arange(len(counts)), counts)
    draws = streams.of("loss days").random(len(losers))
    span = np.minimum(as_of - accounts.created[losers], HISTORY_DAYS)
    latest = accounts.silence[losers] * 0.8
    back = latest + draws * np.maximum(span - latest, 0)
    closed = np.maximum(as_of - np.ceil(back).astype(np.int64), accounts.created[losers])
    return losers, closed


def _drawn_deals(
    accounts: Accounts, world: World, streams: Streams, owners: Ints, closed: Ints, stage: int
) -> Deals:
    count = len(owners)
    noise = deviations(streams.of("amounts"), count, has_heavy_tails=world.has_heavy_tails)
    amount = np.exp(accounts.log_value[owners] + AMOUNT_SPREAD * noise)
    amount = np.where(amount >= 1000, np.rint(amount / 10) * 10, np.maximum(np.rint(amount), 1))
    cycle = np.exp(np.log(5 * amount**0.2) + 0.5 * streams.of("cycles").standard_normal(count))
    created = np.maximum(closed - np.ceil(cycle).astype(np.int64), accounts.created[owners])
    weights = np.array([kind.products for kind in world.segments], dtype=np.float64)
    return Deals(
        account=owners.astype(np.int64),
        product=pick(streams.of("products"), weights, accounts.segment[owners]),
        stage=np.full(count, stage, dtype=np.int64),
        kind=np.where(streams.of("renewals").random(count) < 0.3, RENEWAL, EXPANSION),
        amount=amount,
        created=np.minimum(created, closed),
        closed=closed,
    )


def _taken(deals: Deals, order: Ints) -> Deals:
    return Deals(*(getattr(deals, name)[order] for name in Deals.__slots__))


def _classified(deals: Deals) -> Deals:
    """Everything up to an account's first won deal is new business."""
    first_won = np.full(int(deals.account.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    is_won = deals.stage == WON
    np.minimum.at(first_won, deals.account[is_won], deals.closed[is_won])
    is_new = deals.closed <= first_won[deals.account]
    return replace(deals, kind=np.where(is_new, NEW_BUSINESS, deals.kind))
