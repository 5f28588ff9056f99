"""Positions within the results of queries that did not fit on one page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm_segments.sandbox.clock import Clock
from crm_segments.sandbox.salesforce.errors import ApiError
from crm_segments.sandbox.salesforce.ids import IdCounter
from crm_segments.sandbox.salesforce.settings import OrgSettings
from crm_segments.sandbox.salesforce.store import Row

__all__ = ["Cursor", "Cursors"]


@dataclass(frozen=True, slots=True)
class Cursor:
    """The records that a query found; their values are read when their page is."""

    locator: str
    user: str
    rows: Sequence[Row]
    render: Callable[[Row], dict[str, object]]
    total: int
    size: int
    """Records on a page."""
    opened_at: datetime


class Cursors:
    """Open queries of one org."""

    def __init__(self, clock: Clock, settings: OrgSettings, ids: IdCounter) -> None:
        self._clock = clock
        self._settings = settings
        self._ids = ids
        self._open: dict[str, Cursor] = {}

    def open(
        self,
        user: str,
        rows: Sequence[Row],
        render: Callable[[Row], dict[str, object]],
        total: int,
        size: int,
    ) -> Cursor:
        """Remembers a result for its further pages, if it has any."""
        needs_locator = len(rows) > size
        locator = self._ids.draw("01g") if needs_locator else ""
        cursor = Cursor(locator, user, rows, render, total, size, self._clock.now())
        if needs_locator:
            self._open[locator] = cursor
        return cursor

    def find(self, user: str, text: str) -> tuple[Cursor, int]:
        """The result and the position that a locator stands for.

        Raises:
            ApiError: It is unknown, somebody else's, or too old: INVALID_QUERY_LOCATOR.
        """
        locator, _, start = text.rpartition("-")
        cursor = self._open.get(locator)
        age = timedelta(seconds=self._settings.locator_seconds)
        if (
            cursor is None
            or cursor.user != user
            or not start.isdigit()
            or int(start) >= len(cursor.rows)
            or self._clock.now() - cursor.opened_at > age
        ):
            raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return cursor, int(start)

    def forget_all(self) -> None:
        """All locators end."""
        self._open.clear()
