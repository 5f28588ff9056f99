"""What came back from Salesforce, or from something that answered in its place."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from connectors.salesforce.errors import first_error

__all__ = ["Answer"]


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """The parsed body; it was proven to be JSON when it came."""
        return self._parsed

    @cached_property
    def _parsed(self) -> Any:
        # Once for the proof and for whoever reads it: parsing is half the work of a page of records.
        return orjson.loads(self.content)

    @property
    def is_whole(self) -> bool:
        """JSON or CSV, as Salesforce answers; a file without rows, 201 and 204 may be empty."""
        if "text/csv" in self.headers.get("Content-Type", ""):
            return True
        if not self.content:
            return self.status in {201, 204}
        try:
            self.json()
        except orjson.JSONDecodeError:
            return False
        return True

    @property
    def is_session_over(self) -> bool:
        """Whether it says that the session has ended."""
        found = first_error(self.content)
        return found is not None and found.code == "INVALID_SESSION_ID"

    @property
    def retry_after(self) -> float | None:
        """Seconds that Salesforce asks to wait, where it says so."""
        given = self.headers.get("Retry-After", "")
        return float(given) if given.isascii() and given.isdigit() else None
