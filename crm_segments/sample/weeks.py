"""The clean company from week to week: newcomers, orders, conversations, refreshed sizes, and true moves."""

from dataclasses import dataclass, replace

import numpy as np

from crm_segments.sample.accounts import (
    NEVER,
    ORDER_RATE_SHAPE,
    REPEATEDLY,
    Accounts,
    draw_accounts,
    draw_newcomers,
)
from crm_segments.sample.columns import Floats, Ints, deviations, joined
from crm_segments.sample.engagement import (
    Activities,
    Contacts,
    draw_contacts,
    past_activities,
    read_mails,
    talk,
)
from crm_segments.sample.purchases import (
    CANCELLED,
    LOST,
    NEW_BUSINESS,
    WON,
    Deals,
    ending_deals,
    entered_deals,
    new_wins,
    opening_deals,
    past_deals,
)
from crm_segments.sample.streams import Streams
from crm_segments.sample.world import World

__all__ = ["MOVE_WEEKS", "Company", "Moves", "founded", "next_week"]

MOVE_WEEKS = 4
"""A move takes so many weeks; from the second on the account belongs to its new segment."""
BUYING_SILENCE = 45
"""Accounts silent for longer order nothing until they move."""


@dataclass(frozen=True, slots=True)
class Moves:
    """Moves between segments as columns, each with the habits that the account ends with."""

    account: Ints
    week: Ints
    """Week in which the account sets out."""
    source: Ints
    target: Ints
    log_employees: Floats
    orders_per_year: Floats
    log_value: Floats
    silence: Floats
    log_opens: Floats

    def under_way(self, week: int) -> "Moves":
        """Those that have set out and not arrived before this week."""
        rows = (self.week <= week) & (week < self.week + MOVE_WEEKS)
        return Moves(*(getattr(self, name)[rows] for name in Moves.__slots__))


@dataclass(frozen=True, slots=True)
class Company:
    """The whole clean company at the end of a week."""

    week: int
    as_of: int
    accounts: Accounts
    contacts: Contacts
    deals: Deals
    activities: Activities
    moves: Moves
    refreshed: Ints
    """Places of the accounts whose size was refreshed this week."""


def founded(world: World, count: int, streams: Streams, as_of: int) -> Company:
    """The company at the end of its first week, with a past."""
    accounts = draw_accounts(world, count, streams.within("accounts"), as_of)
    contacts = draw_contacts(accounts, world, streams.within("contacts"), as_of)
    activities, contacts = past_activities(accounts, world, contacts, streams.within("activities"), as_of)
    nobody = np.zeros(0, dtype=np.int64)
    nothing = np.zeros(0, dtype=np.float64)
    return Company(
        week=0,
        as_of=as_of,
        accounts=accounts,
        contacts=contacts,
        deals=past_deals(accounts, world, streams.within("orders"), as_of),
        activities=activities,
        moves=Moves(nobody, nobody, nobody, nobody, nothing, nothing, nothing, nothing, nothing),
        refreshed=nobody,
    )


def next_week(company: Company, world: World, streams: Streams, newcomers: int) -> Company:
    """The company seven days later.

    Args:
        company: The company as it was.
        world: What it is made from.
        streams: The streams of this very week.
        newcomers: How many accounts are created.
    """
    week, as_of = company.week + 1, company.as_of + 7
    moves = joined(company.moves, _setting_out(company, world, streams.within("moves")))
    accounts = _on_the_way(company.accounts, moves.under_way(week), week)
    accounts, refreshed = _refreshed(accounts, world, streams.within("refresh"))
    accounts, contacts = _with_newcomers(
        replace(company, accounts=accounts), world, newcomers, streams.within("accounts")
    )
    contacts = read_mails(accounts, world, contacts, streams.within("mails"))
    later, contacts = talk(accounts, world, contacts, streams.within("activities"), as_of)
    moved = replace(company, week=week, as_of=as_of, accounts=accounts, contacts=contacts, moves=moves)
    return replace(
        moved,
        deals=_deals_of_the_week(moved, world, streams.within("orders")),
        activities=joined(company.activities, later),
        refreshed=refreshed,
    )


def _setting_out(company: Company, world: World, streams: Streams) -> Moves:
    """The accounts that begin to move this week, with the habits that they will have."""
    accounts = company.accounts
    count, kinds = len(accounts.number), len(world.segments)
    weights = np.zeros((kinds, kinds))
    for move in world.moves:
        weights[world.position(move.source), world.position(move.target)] = move.weight
    resting = np.ones(count, dtype=bool)
    resting[company.moves.under_way(company.week).account] = False
    can_move = resting & (weights.sum(axis=1) > 0)[accounts.segment]
    # The share is one of all accounts, also while some of them cannot move.
    hazard = world.movers * count / max(int(can_move.sum()), 1)
    movers = np.flatnonzero(can_move & (streams.of("who").random(count) < hazard))
    source = accounts.segment[movers]
    draws = streams.of("where").random(len(movers))
    ladder = np.cumsum(weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9), axis=1)
    target = np.minimum((draws[:, None] >= ladder[source] - 1e-9).sum(axis=1), kinds - 1)
    week = np.full(len(movers), company.week + 1, dtype=np.int64)
    return Moves(movers, week, source, target, *_goals(accounts, world, movers, target, streams))


def _goals(
    accounts: Accounts, world: World, movers: Ints, target: Ints, streams: Streams
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    kinds, source = world.segments, accounts.segment[movers]

    def drawn(name: str, medians: list[float], spreads: list[float]) -> Floats:
        deviation = deviations(streams.of(name), len(movers), has_heavy_tails=world.has_heavy_tails)
        scaled: Floats = np.log(np.array(medians))[target] + np.array(spreads)[target] * deviation
        return scaled

    sizes = np.log(np.array([kind.employees.median for kind in kinds]))
    employees = drawn("sizes", [k.employees.median for k in kinds], [k.employees.spread for k in kinds])
    stays_as_large = np.abs(sizes[target] - sizes[source]) < 0.5
    rates = np.array([kind.orders_per_year for kind in kinds])[target]
    silence = np.exp(drawn("silence", [k.silence.median for k in kinds], [k.silence.spread for k in kinds]))
    return (
        np.where(stays_as_large, accounts.log_employees[movers], np.maximum(employees, 0.0)),
        rates * streams.of("order rates").gamma(ORDER_RATE_SHAPE, 1 / ORDER_RATE_SHAPE, len(movers)),
        drawn("order values", [k.order_value.median for k in kinds], [k.order_value.spread for k in kinds]),
        np.clip(silence, 1.0, 1400.0),
        drawn("opens", [kind.opens for kind in kinds], [0.2] * len(kinds)),
    )


def _on_the_way(accounts: Accounts, moves: Moves, week: int) -> Accounts:
    """The accounts one step nearer to where they move."""
    step = week - moves.week + 1
    part = 1 / (MOVE_WEEKS + 1 - step)

    def nearer(column: Floats, goal: Floats) -> Floats:
        moved = column.copy()
        moved[moves.account] += (goal - moved[moves.account]) * part
        return moved

    segment, pattern, silence = accounts.segment.copy(), accounts.pattern.copy(), accounts.silence.copy()
    arrived = step * 2 >= MOVE_WEEKS
    segment[moves.account[arrived]] = moves.target[arrived]
    is_buying = moves.silence < BUYING_SILENCE
    pattern[moves.account[is_buying]] = REPEATEDLY
    silence[moves.account] = moves.silence
    return replace(
        accounts,
        segment=segment,
        pattern=pattern,
        silence=silence,
        log_employees=nearer(accounts.log_employees, moves.log_employees),
        orders_per_year=nearer(accounts.orders_per_year, moves.orders_per_year),
        log_value=nearer(accounts.log_value, moves.log_value),
        log_opens=nearer(accounts.log_opens, moves.log_opens),
    )


def _refreshed(accounts: Accounts, world: World, streams: Streams) -> tuple[Accounts, Ints]:
    count = len(accounts.number)
    touched = streams.of("who").random(count) < world.refreshed
    change = np.log1p(streams.of("by").uniform(-0.05, 0.05, count))
    log_employees = np.where(
        touched, np.maximum(accounts.log_employees + change, 0.0), accounts.log_employees
    )
    return replace(accounts, log_employees=log_employees), np.flatnonzero(touched)


def _with_newcomers(
    company: Company, world: World, newcomers: int, streams: Streams
) -> tuple[Accounts, Contacts]:
    as_of, known = company.as_of + 7, len(company.accounts.number)
    drawn = draw_newcomers(world, newcomers, streams, as_of)
    contacts = draw_contacts(drawn, world, streams.within("contacts"), as_of)
    drawn = replace(drawn, number=drawn.number + known, parent=np.full(newcomers, -1, dtype=np.int64))
    # Their first mails come with those of everybody else.
    contacts = replace(
        contacts,
        account=contacts.account + known,
        opens=np.zeros_like(contacts.opens),
        clicks=np.zeros_like(contacts.clicks),
    )
    return joined(company.accounts, drawn), joined(company.contacts, contacts)


def _deals_of_the_week(company: Company, world: World, streams: Streams) -> Deals:
    """All deals, with those given up, cancelled, won and begun this week."""
    accounts, as_of = company.accounts, company.as_of
    moves = company.moves.under_way(company.week)
    deals = _cancelled(company.deals, moves, company.week, as_of)
    given_up = ending_deals(deals, streams, as_of)
    deals = replace(
        deals,
        stage=np.where(given_up, LOST, deals.stage),
        closed=np.where(given_up, np.minimum(deals.closed, as_of), deals.closed),
    )
    wins = _wins_of_the_week(accounts, moves, streams)
    deals, wins = _won_under_way(deals, wins, streams, as_of)
    begun = new_wins(accounts, world, streams.within("won"), np.repeat(np.arange(len(wins)), wins), as_of)
    had_won = np.bincount(deals.account[deals.stage == WON], minlength=len(wins)) > 0
    begun = replace(begun, kind=np.where(had_won[begun.account], begun.kind, NEW_BUSINESS))
    rates = np.array([kind.open_deals for kind in world.segments])[accounts.segment] / 9
    starting = np.repeat(np.arange(len(rates)), streams.of("under way").poisson(rates))
    opened = opening_deals(accounts, world, streams.within("begun"), starting, as_of)
    created = np.maximum(np.maximum(opened.created, as_of - 6), accounts.created[opened.account])
    buyers = np.flatnonzero((accounts.created > as_of - 7) & (accounts.pattern != NEVER))
    entered = entered_deals(accounts, world, streams.within("entered"), buyers, as_of)
    return joined(joined(deals, entered), joined(begun, replace(opened, created=created)))


def _wins_of_the_week(accounts: Accounts, moves: Moves, streams: Streams) -> Ints:
    """How many orders each account places."""
    is_buying = (accounts.pattern == REPEATEDLY) & (accounts.silence < BUYING_SILENCE)
    wins = streams.of("orders").poisson(np.where(is_buying, accounts.orders_per_year * 7 / 365.25, 0.0))
    # Who begins to buy orders for a whole year: four weeks of an average year would show nothing.
    begins = moves.silence < BUYING_SILENCE
    eager = streams.of("eager orders").poisson(moves.orders_per_year / MOVE_WEEKS) + 1
    wins[moves.account[begins]] = eager[begins]
    return wins.astype(np.int64)


def _won_under_way(deals: Deals, wins: Ints, streams: Streams, as_of: int) -> tuple[Deals, Ints]:
    """An account that orders and has a deal under way wins that one first."""
    under_way = np.flatnonzero(deals.stage < WON)
    buyers, first = np.unique(deals.account[under_way], return_index=True)
    is_winner = wins[buyers] > 0
    places, buyers = under_way[first[is_winner]], buyers[is_winner]
    stage, closed, remaining = deals.stage.copy(), deals.closed.copy(), wins.copy()
    stage[places] = WON
    days = as_of - streams.of("winning days").integers(0, 7, len(places))
    closed[places] = np.maximum(days, deals.created[places])
    remaining[buyers] -= 1
    return replace(deals, stage=stage, closed=closed), remaining


def _cancelled(deals: Deals, moves: Moves, week: int, as_of: int) -> Deals:
    """Who leaves cancels what was bought of late, a quarter of the contracts each week."""
    leaving = moves.silence >= BUYING_SILENCE
    known_accounts = max(int(deals.account.max(initial=-1)), int(moves.account.max(initial=-1))) + 1
    step, since = np.zeros((2, known_accounts), dtype=np.int64)
    leavers = moves.account[leaving]
    step[leavers] = (week - moves.week + 1)[leaving]
    since[leavers] = as_of - np.rint(moves.silence[leaving]).astype(np.int64)
    turn = np.arange(len(deals.account)) % MOVE_WEEKS
    is_late = (deals.stage == WON) & (deals.closed > since[deals.account])
    ends = is_late & (turn < step[deals.account])
    return replace(deals, stage=np.where(ends, CANCELLED, deals.stage))
