"""The clean accounts: who they are, and the hidden habits that their deals and mails come from."""

from dataclasses import dataclass

import numpy as np

from crm_segments.sample.columns import Floats, Ints, Texts, deviations, pick
from crm_segments.sample.names import company_names
from crm_segments.sample.streams import Streams
from crm_segments.sample.words import COUNTRIES, INDUSTRIES, OWNERS, PLACES, SOURCES
from crm_segments.sample.world import World

__all__ = ["NEVER", "ONCE", "ORDER_RATE_SHAPE", "REPEATEDLY", "Accounts", "draw_accounts", "draw_newcomers"]

NEVER, ONCE, REPEATEDLY = 0, 1, 2
ORDER_RATE_SHAPE = 8.0
"""Shape of the gamma that order rates come from: accounts of one segment differ by a third of its mean."""
OPEN_RATE_SPREAD = 0.2
"""Standard deviation of the logarithm of an account's open rate within its segment."""

_COUNTRY_WEIGHTS = np.array([[46.0, 15.0, 14.0, 9.0, 9.0, 7.0]])
_REVENUE_PER_HEAD = 150_000.0
_REVENUE_SPREAD = 0.35


@dataclass(frozen=True, slots=True)
class Accounts:
    """Accounts as columns; an account's place in them never changes, later ones follow."""

    number: Ints
    segment: Ints
    name: Texts
    industry: Ints
    country: Ints
    city: Ints
    source: Ints
    owner: Ints
    parent: Ints
    """Place of the parent account, or -1."""
    founded: Ints
    created: Ints
    log_employees: Floats
    log_revenue_per_head: Floats
    pattern: Ints
    """NEVER, ONCE or REPEATEDLY."""
    orders_per_year: Floats
    log_value: Floats
    silence: Floats
    """Days since the buying ended, at the start."""
    log_opens: Floats

    def employees(self) -> Ints:
        """Number of employees, at least one."""
        return np.maximum(np.rint(np.exp(self.log_employees)), 1).astype(np.int64)

    def revenue(self) -> Ints:
        """Annual revenue in US dollars, to the thousand."""
        revenue = self.employees() * np.exp(self.log_revenue_per_head)
        return (np.maximum(np.rint(revenue / 1000), 1) * 1000).astype(np.int64)


def draw_accounts(world: World, count: int, streams: Streams, as_of: int) -> Accounts:
    """The accounts of the first week, of every segment, with a past."""
    shares = np.array([[segment.share for segment in world.segments]])
    segment = pick(streams.of("segments"), shares, np.zeros(count, dtype=np.int64))
    habits = _draw_habits(world, segment, streams)
    spans = streams.of("ages").uniform(400, 1800, count)
    # Who bought once or never has been known since shortly before.
    spans = np.where(habits.pattern == REPEATEDLY, spans, spans * 0.03 + 5)
    created = (as_of - np.ceil(habits.silence + spans)).astype(np.int64)
    return _described(world, segment, habits, created, streams)


def draw_newcomers(world: World, count: int, streams: Streams, as_of: int) -> Accounts:
    """Accounts created in the week before `as_of`: known elsewhere before, and entered now.

    They have the habits of their segment from the start, else every newcomer would look like a fresh buyer
    and change its label once without any true move. Their `number` and `parent` count from 0, as those of
    `draw_accounts` do: the caller moves them.
    """
    segment = np.full(count, world.position(world.newcomers), dtype=np.int64)
    habits = _draw_habits(world, segment, streams)
    created = as_of - streams.of("ages").integers(0, 7, count)
    return _described(world, segment, habits, created, streams)


@dataclass(frozen=True, slots=True)
class _Habits:
    log_employees: Floats
    pattern: Ints
    orders_per_year: Floats
    log_value: Floats
    silence: Floats
    log_opens: Floats


def _draw_habits(world: World, segment: Ints, streams: Streams) -> _Habits:
    kinds = world.segments
    count = len(segment)

    def drawn(name: str, medians: list[float], spreads: list[float]) -> Floats:
        deviation = deviations(streams.of(name), count, has_heavy_tails=world.has_heavy_tails)
        scaled: Floats = np.log(np.array(medians))[segment] + np.array(spreads)[segment] * deviation
        return scaled

    patterns = np.array([[kind.never, kind.once, 1 - kind.never - kind.once] for kind in kinds])
    rates = np.array([kind.orders_per_year for kind in kinds])[segment]
    gamma = streams.of("order rates").gamma(ORDER_RATE_SHAPE, 1 / ORDER_RATE_SHAPE, count)
    employees = drawn(
        "sizes", [kind.employees.median for kind in kinds], [kind.employees.spread for kind in kinds]
    )
    silence = drawn(
        "silence", [kind.silence.median for kind in kinds], [kind.silence.spread for kind in kinds]
    )
    return _Habits(
        log_employees=np.maximum(employees, 0.0),
        pattern=pick(streams.of("patterns"), patterns, segment),
        orders_per_year=rates * gamma,
        log_value=drawn(
            "order values",
            [kind.order_value.median for kind in kinds],
            [kind.order_value.spread for kind in kinds],
        ),
        silence=np.clip(np.exp(silence), 1.0, 1400.0),
        log_opens=drawn("opens", [kind.opens for kind in kinds], [OPEN_RATE_SPREAD] * len(kinds)),
    )


def _described(world: World, segment: Ints, habits: _Habits, created: Ints, streams: Streams) -> Accounts:
    count = len(segment)
    favoured = 2.0 ** min(world.separation, 1.0)
    weights = np.array(
        [[favoured if name in kind.industries else 1.0 for name in INDUSTRIES] for kind in world.segments]
    )
    industry = pick(streams.of("industries"), weights, segment)
    country = pick(streams.of("countries"), _COUNTRY_WEIGHTS, np.zeros(count, dtype=np.int64))
    places = np.array([len(PLACES[name]) for name in COUNTRIES])[country]
    # Larger companies are older, as they are in life; where no segments exist, no more than that.
    age = np.exp(streams.of("founded").normal(2.2, 0.6, count) + 0.12 * habits.log_employees)
    founded = 1970 + created / 365.25 - np.clip(age, 0, 150)
    return Accounts(
        number=np.arange(count, dtype=np.int64),
        segment=segment,
        name=company_names(streams.of("names"), industry, country),
        industry=industry,
        country=country,
        city=(streams.of("cities").random(count) * places).astype(np.int64),
        source=streams.of("sources").integers(0, len(SOURCES), count),
        owner=streams.of("owners").integers(0, len(OWNERS), count),
        parent=_parents(habits.log_employees, streams),
        founded=founded.astype(np.int64),
        created=created,
        log_employees=habits.log_employees,
        log_revenue_per_head=np.log(_REVENUE_PER_HEAD)
        + _REVENUE_SPREAD * streams.of("revenue").standard_normal(count),
        pattern=habits.pattern,
        orders_per_year=habits.orders_per_year,
        log_value=habits.log_value,
        silence=habits.silence,
        log_opens=habits.log_opens,
    )


def _parents(log_employees: Floats, streams: Streams) -> Ints:
    """A larger account of the same batch for one account in twenty, else -1."""
    rng = streams.of("parents")
    count = len(log_employees)
    has_parent, chosen = rng.random(count) < 0.05, rng.integers(0, max(count, 1), count)
    is_larger = log_employees[chosen] > log_employees + 0.5
    return np.where(has_parent & is_larger, chosen, -1).astype(np.int64)
