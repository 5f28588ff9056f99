"""Made-up company names and their web addresses."""

import re

import numpy as np

from crm_segments.sample.columns import Ints, Texts
from crm_segments.sample.words import (
    COUNTRIES,
    INDUSTRIES,
    INDUSTRY_WORDS,
    LEGAL_FORMS,
    NAME_ENDS,
    NAME_STARTS,
)

__all__ = ["company_names", "web_addresses"]


def company_names(rng: np.random.Generator, industries: Ints, countries: Ints) -> Texts:
    """One name per account: a coined place, what the company does, and its legal form.

    Args:
        rng: Where the draws come from.
        industries: Position in `INDUSTRIES`, per account.
        countries: Position in `COUNTRIES`, per account.
    """
    count = len(industries)
    starts = rng.integers(0, len(NAME_STARTS), count).tolist()
    ends = rng.integers(0, len(NAME_ENDS), count).tolist()
    trades = rng.integers(0, 5, count).tolist()
    forms = rng.integers(0, 3, count).tolist()
    has_form = (rng.random(count) < 0.7).tolist()
    names = np.empty(count, dtype=object)
    for place in range(count):
        trade = INDUSTRY_WORDS[INDUSTRIES[industries[place]]][trades[place]]
        name = f"{_coined(NAME_STARTS[starts[place]], NAME_ENDS[ends[place]])} {trade}"
        if has_form[place]:
            name = f"{name} {LEGAL_FORMS[COUNTRIES[countries[place]]][forms[place]]}"
        names[place] = name
    return names


def web_addresses(names: list[str], numbers: list[int]) -> list[str]:
    """Addresses that can belong to nobody: `.example` is reserved for such use."""
    return [
        f"https://www.{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')[:40]}-{number % 100_000}.example"
        for name, number in zip(names, numbers, strict=True)
    ]


def _coined(start: str, end: str) -> str:
    """Both parts in one word, without a doubled sound where they meet."""
    if start.lower().endswith(end):
        return start
    return start + (end[1:] if start[-1] == end[0] else end)
