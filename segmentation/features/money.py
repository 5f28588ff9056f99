"""Amounts in one currency: converted by the configured rates, or left out aloud; never mixed."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from segmentation.config import CurrencySettings
from segmentation.features.columns import Floats, Texts

__all__ = ["HomeAmounts", "to_home_currency"]


@dataclass(frozen=True, slots=True)
class HomeAmounts:
    """Amounts in the home currency, NaN where the rate is not known."""

    values: Floats
    left_out: dict[str, int]
    """Currency -> how many amounts in it were left out."""
    rates: Floats
    """What one unit of each amount's own currency is worth; NaN where that is not known."""


def to_home_currency(amounts: Floats, codes: Texts, settings: CurrencySettings) -> HomeAmounts:
    """Convert amounts, each with its own currency.

    Args:
        amounts: Amounts, NaN where there is none.
        codes: Currency of each; None takes the home currency.
        settings: Home currency and rates.
    """
    plain = np.array([None if code is None else code.strip().upper() for code in codes], dtype=object)
    left_out: Counter[str] = Counter()
    rates = np.ones(len(amounts))
    known = {settings.home: 1.0, "": 1.0, **settings.rates}
    for code in sorted({code for code in plain if code is not None}):
        rate = known.get(code)
        at = plain == code
        if rate is None:
            left_out[code] = int((at & np.isfinite(amounts)).sum())
        rates[at] = np.nan if rate is None else rate
    return HomeAmounts(amounts * rates, {code: count for code, count in left_out.items() if count}, rates)
