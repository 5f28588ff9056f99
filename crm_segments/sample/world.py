"""What a made-up company is made from: its kinds of customer, how they move, and how dirty its CRM is."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

__all__ = ["Dirt", "Lognormal", "Move", "Segment", "World", "separated"]


@dataclass(frozen=True, slots=True)
class Lognormal:
    """A quantity that is normal once its logarithm is taken."""

    median: float
    """The middle value, in its own unit."""
    spread: float
    """Standard deviation of the natural logarithm."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One true kind of customer."""

    key: str
    """Name in the truth files."""
    share: float
    """Part of the company's accounts at the start."""
    employees: Lognormal
    """Size."""
    orders_per_year: float
    """Mean orders a year of an account that buys repeatedly, in its last active year."""
    order_value: Lognormal
    """Typical order of an account, in US dollars."""
    silence: Lognormal
    """Days since the account's buying ended; a few days for those who still buy."""
    growth: float
    """Change of the order rate from quarter to quarter."""
    once: float
    """Part of the accounts that ordered exactly once."""
    never: float
    """Part of the accounts that never ordered."""
    quarter_end: float
    """Part of the orders that are placed in the last days of a quarter."""
    opens: float
    """Part of the mails that are opened."""
    clicks: float
    """Part of the mails that are clicked."""
    contacts: float
    """Mean number of contacts beyond the first."""
    activities: float
    """Mean calls, meetings and mails with an account in 90 days."""
    opt_out: float
    """Part of the contacts that want no mails."""
    open_deals: float
    """Mean number of deals under way."""
    products: tuple[float, ...]
    """Weight of each product, in the order of `words.PRODUCTS`."""
    industries: tuple[str, ...] = ()
    """Industries met about twice as often as elsewhere."""


@dataclass(frozen=True, slots=True)
class Move:
    """A way from one true segment to another."""

    source: str
    """Segment that is left."""
    target: str
    """Segment that is joined, within four weeks."""
    weight: float = 1.0
    """How often, beside the other ways out of the same segment."""


@dataclass(frozen=True, slots=True)
class Dirt:
    """How much of the CRM is missing, wrong or written carelessly; every number is a share."""

    missing: float = 0.06
    """Industry, city, website and founding year left empty, whoever the account is."""
    missing_small: float = 0.12
    """Employees and revenue of the smallest accounts left empty; the largest have a sixth of it."""
    disguised: float = 0.4
    """Missing values that are written as something: "Select", "N/A", 999999."""
    variants: float = 0.12
    """Industries, countries and cities in another spelling."""
    bands: float = 0.05
    """Sizes written as a band, a rounded number or with a unit."""
    outliers: float = 0.02
    """Accounts with an absurd number of employees or an absurd revenue."""
    blank_lost: float = 0.3
    """Lost deals without an amount."""
    blank_won: float = 0.01
    """Won deals without an amount."""
    orphans: float = 0.015
    """Deals without an account."""
    foreign: float = 0.015
    """Deals in euros or pounds."""
    slips: float = 0.001
    """Deal amounts a hundred times too large."""
    copies: float = 0.01
    """Accounts with a near-copy; half of these share their deals with it."""
    odd_names: bool = True
    """Whether a name looks like a formula, one carries an emoji and one is written right to left."""


@dataclass(frozen=True, slots=True)
class World:
    """A company that can be generated."""

    name: str
    """How it is asked for."""
    description: str
    """One sentence for people."""
    segments: tuple[Segment, ...]
    """The truth, in the order of its keys' numbers."""
    newcomers: str
    """Segment of every account that is created after the first week."""
    moves: tuple[Move, ...] = ()
    """Ways that accounts take between segments."""
    movers: float = 0.0042
    """Part of the accounts that set out for another segment, each week."""
    growth: float = 0.005
    """New accounts a week, as a part of those at the start."""
    refreshed: float = 0.1
    """Part of the accounts whose number of employees is refreshed each week, by up to 5 %."""
    separation: float = 1.0
    """Distance between the segments: 0 makes them all alike, 2 doubles it (in logarithms)."""
    has_heavy_tails: bool = False
    """Whether some sizes, order values and silences lie far out, the middle half being the same."""
    dirt: Dirt = field(default_factory=Dirt)
    """How dirty the CRM is."""

    def position(self, key: str) -> int:
        """Place of a segment in `segments`."""
        return [segment.key for segment in self.segments].index(key)


_LOG_FIELDS = ("orders_per_year", "opens", "clicks", "contacts", "activities", "opt_out", "open_deals")
_SHARE_FIELDS = ("once", "never", "quarter_end")
_LOGNORMAL_FIELDS = ("employees", "order_value", "silence")


def separated(world: World) -> World:
    """The same world with its segments pulled together or apart by its `separation`."""
    dial = world.separation
    if dial == 1.0:
        return world
    total = sum(segment.share for segment in world.segments)
    weights = [segment.share / total for segment in world.segments]

    def spread_out(values: Sequence[float], into: Callable[[float], float]) -> list[float]:
        scaled = [into(value) for value in values]
        middle = sum(weight * value for weight, value in zip(weights, scaled, strict=True))
        return [middle + dial * (value - middle) for value in scaled]

    changes: list[dict[str, object]] = [{} for _ in world.segments]
    for name in _LOG_FIELDS:
        values = spread_out([getattr(segment, name) for segment in world.segments], math.log)
        _note(changes, name, [math.exp(value) for value in values])
    for name in _SHARE_FIELDS:
        values = spread_out([getattr(segment, name) for segment in world.segments], _logit)
        _note(changes, name, [1 / (1 + math.exp(-value)) for value in values])
    for name in _LOGNORMAL_FIELDS:
        medians = spread_out([getattr(segment, name).median for segment in world.segments], math.log)
        # Spreads meet in the middle but never move apart: only distances between the means are dialled.
        spreads = [getattr(segment, name).spread for segment in world.segments]
        mean = sum(weight * value for weight, value in zip(weights, spreads, strict=True))
        kept = [mean + min(dial, 1.0) * (value - mean) for value in spreads]
        pairs = zip(medians, kept, strict=True)
        _note(changes, name, [Lognormal(math.exp(median), spread) for median, spread in pairs])
    growths = spread_out([segment.growth for segment in world.segments], math.log1p)
    _note(changes, "growth", [math.expm1(value) for value in growths])
    segments = tuple(
        replace(segment, **change, products=tuple(weight**dial for weight in segment.products))  # type: ignore[arg-type]
        for segment, change in zip(world.segments, changes, strict=True)
    )
    return replace(world, segments=segments)


def _logit(share: float) -> float:
    held = min(max(share, 1e-4), 1 - 1e-4)
    return math.log(held / (1 - held))


def _note(changes: list[dict[str, object]], name: str, values: Sequence[object]) -> None:
    for change, value in zip(changes, values, strict=True):
        change[name] = value
