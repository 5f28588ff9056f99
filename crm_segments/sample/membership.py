"""How sure anybody could be of an account's true segment who saw its hidden habits themselves."""

import math

import numpy as np

from crm_segments.sample.accounts import OPEN_RATE_SPREAD, ORDER_RATE_SHAPE, REPEATEDLY, Accounts
from crm_segments.sample.columns import TAIL_FREEDOM, TAIL_SCALE, Floats, Ints
from crm_segments.sample.weeks import MOVE_WEEKS, Company
from crm_segments.sample.world import Lognormal, Segment, World

__all__ = ["agreement", "best_guess", "membership_probability", "segment_probabilities"]


def membership_probability(company: Company, world: World) -> Floats:
    """Probability of each account's true segment, given its size, order habits, silence and open rate.

    Accounts on the way from one segment to another have the part of the way that they have gone.
    """
    accounts = company.accounts
    probability = segment_probabilities(accounts, world)[np.arange(len(accounts.number)), accounts.segment]
    moves = company.moves.under_way(company.week)
    gone = (company.week - moves.week + 1) / MOVE_WEEKS
    probability[moves.account] = np.maximum(gone, 1 - gone)
    return probability


def best_guess(accounts: Accounts, world: World) -> Ints:
    """The likeliest segment of each account, by the same knowledge."""
    likeliest: Ints = segment_probabilities(accounts, world).argmax(axis=1).astype(np.int64)
    return likeliest


def segment_probabilities(accounts: Accounts, world: World) -> Floats:
    """Probability of each segment, one line per account, given the same knowledge."""
    scores = np.stack([_log_likelihood(accounts, segment, world) for segment in world.segments], axis=1)
    scores -= scores.max(axis=1, keepdims=True)
    weights: Floats = np.exp(scores)
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


def agreement(first: Ints, second: Ints) -> float:
    """Adjusted Rand index of two groupings: 1 where they are the same, about 0 by chance."""
    table = np.zeros((int(first.max(initial=0)) + 1, int(second.max(initial=0)) + 1))
    np.add.at(table, (first, second), 1)

    def pairs(counts: Floats) -> float:
        return float((counts * (counts - 1) / 2).sum())

    both, rows, columns = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    everything = len(first) * (len(first) - 1) / 2
    by_chance = rows * columns / everything if everything else 0.0
    highest = (rows + columns) / 2
    return 1.0 if highest == by_chance else (both - by_chance) / (highest - by_chance)


def _log_likelihood(accounts: Accounts, segment: Segment, world: World) -> Floats:
    density = _log_tailed if world.has_heavy_tails else _log_normal
    patterns = np.array([segment.never, segment.once, 1 - segment.never - segment.once])
    score: Floats = math.log(segment.share) + np.log(np.maximum(patterns, 1e-12))[accounts.pattern]
    score = score + density(accounts.log_employees, segment.employees)
    score = score + density(accounts.log_opens, Lognormal(segment.opens, OPEN_RATE_SPREAD))
    score = score + density(np.log(accounts.silence), segment.silence)
    has_bought = accounts.pattern > 0
    score = score + np.where(has_bought, density(accounts.log_value, segment.order_value), 0.0)
    rate = np.maximum(accounts.orders_per_year, 1e-9)
    scale = segment.orders_per_year / ORDER_RATE_SHAPE
    order_rate = (ORDER_RATE_SHAPE - 1) * np.log(rate) - rate / scale - ORDER_RATE_SHAPE * math.log(scale)
    return score + np.where(accounts.pattern == REPEATEDLY, order_rate, 0.0)


def _log_normal(values: Floats, quantity: Lognormal) -> Floats:
    deviation = (values - math.log(quantity.median)) / quantity.spread
    return -0.5 * deviation**2 - math.log(quantity.spread)


def _log_tailed(values: Floats, quantity: Lognormal) -> Floats:
    scale = quantity.spread * TAIL_SCALE
    deviation = (values - math.log(quantity.median)) / scale
    return -(TAIL_FREEDOM + 1) / 2 * np.log1p(deviation**2 / TAIL_FREEDOM) - math.log(scale)
