"""How many API requests an org has had in the last 24 hours, and how many it may have."""

from collections import deque
from datetime import timedelta

from crm_segments.sandbox.clock import Clock
from crm_segments.sandbox.salesforce.errors import ApiError
from crm_segments.sandbox.salesforce.settings import OrgSettings

__all__ = ["Usage"]

_WINDOW = timedelta(hours=24)


class Usage:
    """Counts requests by hour, because Salesforce frees them by the hour."""

    def __init__(self, clock: Clock, settings: OrgSettings) -> None:
        self._clock = clock
        self._settings = settings
        self._hours: deque[list[float]] = deque()

    @property
    def used(self) -> int:
        """Requests of the last 24 hours."""
        self._forget_old()
        return int(sum(count for _, count in self._hours))

    def header(self) -> str:
        """The value of `Sforce-Limit-Info`."""
        return f"api-usage={self.used}/{self._settings.daily_api_requests}"

    def add(self, count: int = 1) -> None:
        """Counts requests, without asking whether they fit: those of other integrations, for instance."""
        hour = self._clock.now().timestamp() // 3600
        if self._hours and self._hours[-1][0] == hour:
            self._hours[-1][1] += count
        else:
            self._hours.append([hour, count])

    def take(self) -> None:
        """Counts one request.

        Raises:
            ApiError: The org has none left.
        """
        if self.used >= self._settings.daily_api_requests:
            raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self.add()

    def _forget_old(self) -> None:
        oldest = (self._clock.now() - _WINDOW).timestamp() // 3600
        while self._hours and self._hours[0][0] <= oldest:
            self._hours.popleft()
