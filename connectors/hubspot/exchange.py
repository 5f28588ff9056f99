"""A request to HubSpot and its answer, as parts of the connector pass them on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

import orjson

from connectors.errors import ProtocolError
from connectors.hubspot.errors import unavailable

__all__ = ["Answer", "Asked", "Parameters"]

Parameters = Sequence[tuple[str, str]]
"""Of an address; names may repeat."""


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """The parsed body; it was proven to be a JSON object when it came."""
        return self._parsed

    @cached_property
    def _parsed(self) -> Any:
        # Once for the proof and for whoever reads it: parsing is half the work of a page of records.
        return orjson.loads(self.content) if self.content else {}

    def results(self, purpose: str) -> list[dict[str, Any]]:
        """The entries of an answer that is a list of things.

        Raises:
            UnavailableError: It has none, not even an empty list: something between may have answered.
        """
        found = self.json().get("results")
        if isinstance(found, list) and all(isinstance(one, dict) for one in found):
            return found
        raise unavailable(purpose, "its answer has no results")

    @property
    def moment(self) -> datetime:
        """When HubSpot answered, by its own clock.

        Raises:
            ProtocolError: It does not say.
        """
        try:
            return parsedate_to_datetime(self.headers.get("Date", "")).astimezone(UTC)
        except ValueError:
            raise ProtocolError(
                "HubSpot's answer does not say when it was given.",
                hint="Does a proxy remove the Date header? It must stay.",
                code="hubspot.answer.undated",
            ) from None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request."""

    method: str
    path: str
    purpose: str
    params: Parameters
    data: bytes | None
    is_write: bool
    is_search: bool
