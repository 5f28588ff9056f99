"""What searches see: the records as they were a while ago, where the index lags behind."""

from collections import deque
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from crm_segments.sandbox.clock import Clock
from crm_segments.sandbox.hubspot.kinds import Kind
from crm_segments.sandbox.hubspot.settings import PortalSettings

__all__ = ["SearchIndex"]

Place = tuple[str, str]


class SearchIndex:
    """Remembers, for records that changed a moment ago, what the index still shows of them."""

    def __init__(self, clock: Clock, settings: PortalSettings) -> None:
        self._clock = clock
        self._settings = settings
        self._old: dict[Place, dict[str, str] | None] = {}
        self._due: deque[tuple[datetime, Place]] = deque()

    def note(self, kind: Kind, record_id: str, before: Mapping[str, str] | None) -> None:
        """A record is about to change; None where it did not exist or was archived."""
        lag = self._settings.index_lag_seconds
        if lag <= 0:
            return
        place = (kind.type_id, record_id)
        if place not in self._old:
            self._old[place] = None if before is None else dict(before)
        self._due.append((self._clock.now() + timedelta(seconds=lag), place))

    def catch_up(self) -> None:
        """Indexes what is due, as it is now."""
        now = self._clock.now()
        while self._due and self._due[0][0] <= now:
            _, place = self._due.popleft()
            self._old.pop(place, None)

    def stale(self, kind: Kind) -> Iterator[tuple[str, dict[str, str] | None]]:
        """Ids of the records that the index shows as they were, and how."""
        return ((found, old) for (type_id, found), old in self._old.items() if type_id == kind.type_id)
