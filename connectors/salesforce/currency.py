"""Amounts in one currency: what the org's own rates make of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from connectors.errors import ProtocolError
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.queries import read_rows

__all__ = ["Rates", "read_rates"]

_QUERY = "SELECT IsoCode, ConversionRate, DecimalPlaces, IsCorporate FROM CurrencyType ORDER BY IsoCode"


@dataclass(frozen=True, slots=True)
class Rates:
    """What the currencies of an org are worth, as Setup > Manage Currencies says now.

    An org that keeps dated rates is read with its present ones, so that one day gives one picture.
    """

    home: str
    """ISO code of the corporate currency."""
    places: int
    """Digits of the corporate currency after the point."""
    units: Mapping[str, float]
    """By ISO code: so many of it are one of the corporate currency."""

    def converted(self, amounts: pa.ChunkedArray, codes: pa.ChunkedArray) -> pa.ChunkedArray:
        """Amounts in the corporate currency; one whose currency is unknown stays as it is."""
        units = self._units_of(codes)
        worth = pc.round(pc.divide(amounts, units), ndigits=self.places)
        is_foreign = pc.and_(pc.is_valid(units), pc.not_equal(codes, self.home))
        return pc.if_else(pc.fill_null(is_foreign, False), worth, amounts)

    def codes_after(self, codes: pa.ChunkedArray) -> pa.ChunkedArray:
        """The currency that each amount is in once it was converted."""
        return pc.if_else(pc.is_valid(self._units_of(codes)), self.home, codes)

    def _units_of(self, codes: pa.ChunkedArray) -> pa.ChunkedArray:
        known = pa.array(list(self.units), pa.string())
        return pc.take(pa.array(list(self.units.values()), pa.float64()), pc.index_in(codes, value_set=known))


def read_rates(client: SalesforceClient) -> Rates:
    """The rates of an org that has several currencies.

    Raises:
        ProtocolError: They make no sense.
    """
    records = read_rows(client, _QUERY, purpose="read the rates of currencies")
    units = {one["IsoCode"]: float(one["ConversionRate"] or 0) for one in records}
    home = [one for one in records if one["IsCorporate"]]
    if len(home) != 1 or min(units.values()) <= 0:
        raise ProtocolError(
            "The org does not say which currency is the corporate one, or what the others are worth.",
            hint="Look at Setup > Manage Currencies; the integration user must be able to read CurrencyType.",
            code="salesforce.currencies",
        )
    return Rates(home[0]["IsoCode"], int(home[0]["DecimalPlaces"] or 0), units)
