"""How often may be called: ten-second windows by app, searches by second, calls by day of the account."""

from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from crm_segments.sandbox.clock import Clock
from crm_segments.sandbox.hubspot.errors import ApiError
from crm_segments.sandbox.hubspot.keys import AccessKind, Caller
from crm_segments.sandbox.hubspot.settings import PortalSettings

__all__ = ["Limits"]

_BURST_SECONDS = 10.0
_NAMES_OF_TODAY = {
    "US/Eastern": "America/New_York",
    "US/Central": "America/Chicago",
    "US/Mountain": "America/Denver",
    "US/Pacific": "America/Los_Angeles",
}
"""HubSpot still uses names that not every system knows any more."""


class _Window:
    """Calls of the last seconds, one moment each."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._moments: deque[float] = deque()

    def used(self, now: float) -> int:
        while self._moments and self._moments[0] <= now - self._seconds:
            self._moments.popleft()
        return len(self._moments)

    def used_since(self, moment: float) -> int:
        return sum(1 for one in self._moments if one > moment)

    def add(self, now: float) -> None:
        self._moments.append(now)


class Limits:
    """Counts the calls of one account."""

    def __init__(self, clock: Clock, settings: PortalSettings, zone: str, portal_id: int) -> None:
        self._clock = clock
        self._settings = settings
        self._zone = ZoneInfo(_NAMES_OF_TODAY.get(zone, zone))
        self._portal_id = portal_id
        self._bursts: dict[int, _Window] = {}
        self._searches = _Window(1.0)
        self._day = clock.now().astimezone(self._zone).date()
        self._used_today = 0

    @property
    def used_today(self) -> int:
        """Calls of private apps and service keys since midnight in the account's time zone."""
        today = self._clock.now().astimezone(self._zone).date()
        if today != self._day:
            self._day, self._used_today = today, 0
        return self._used_today

    @property
    def resets_at(self) -> datetime:
        """The next midnight in the account's time zone."""
        tomorrow = self._clock.now().astimezone(self._zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), self._zone).astimezone(UTC)

    @property
    def utc_offset(self) -> timedelta:
        """How far the account's time is ahead of UTC now."""
        return self._clock.now().astimezone(self._zone).utcoffset() or timedelta()

    def add(self, count: int) -> None:
        """Counts calls of other integrations, which share the account's day."""
        self._used_today = self.used_today + count

    def take(self, caller: Caller, *, is_search: bool) -> None:
        """Counts one call.

        Raises:
            ApiError: The caller, or the account, has none left.
        """
        now = self._clock.now().timestamp()
        has_day = caller.kind is not AccessKind.OAUTH
        if has_day and self.used_today >= self._settings.daily_calls:
            raise _rate_limited("You have reached your daily limit.", "DAILY")
        if is_search:
            if self._searches.used(now) >= self._settings.search_calls:
                # Recorded (objects_v3.json: company_search_429_secondly): neither policy nor errorType.
                raise ApiError(429, "RATE_LIMITS", "You have reached your secondly limit.")
            self._searches.add(now)
        if not is_search or self._settings.beliefs.search_counts_in_burst:
            self._take_burst(caller, now)
        if has_day:
            self._used_today += 1

    def headers(self, caller: Caller, *, is_search: bool) -> Mapping[str, str]:
        """What every answer says about the limits (recorded: objects_v3.json)."""
        shown: dict[str, str] = {}
        if caller.kind is not AccessKind.OAUTH:
            left = self._settings.daily_calls - self.used_today
            shown["X-HubSpot-RateLimit-Daily"] = str(self._settings.daily_calls)
            shown["X-HubSpot-RateLimit-Daily-Remaining"] = str(max(left, 0))
        if is_search:
            return shown
        now = self._clock.now().timestamp()
        limit = self._burst_limit(caller)
        window = self._burst(caller)
        secondly = limit // 10
        shown["X-HubSpot-RateLimit-Interval-Milliseconds"] = str(int(_BURST_SECONDS * 1000))
        shown["X-HubSpot-RateLimit-Max"] = str(limit)
        shown["X-HubSpot-RateLimit-Remaining"] = str(max(limit - window.used(now), 0))
        shown["X-HubSpot-RateLimit-Secondly"] = str(secondly)
        shown["X-HubSpot-RateLimit-Secondly-Remaining"] = str(max(secondly - window.used_since(now - 1), 0))
        return shown

    def _take_burst(self, caller: Caller, now: float) -> None:
        window = self._burst(caller)
        is_full = window.used(now) >= self._burst_limit(caller)
        if not is_full or self._settings.beliefs.refused_calls_count:
            window.add(now)
        if is_full:
            group = f"publicapi:private_app-api-calls-ten-secondly:{self._portal_id}:{caller.app_id}"
            message = "You have reached your ten_secondly_rolling limit."
            raise _rate_limited(message, "TEN_SECONDLY_ROLLING", groupName=group)

    def _burst_limit(self, caller: Caller) -> int:
        is_oauth = caller.kind is AccessKind.OAUTH
        return self._settings.oauth_burst_calls if is_oauth else self._settings.burst_calls

    def _burst(self, caller: Caller) -> _Window:
        return self._bursts.setdefault(caller.app_id, _Window(_BURST_SECONDS))


def _rate_limited(message: str, policy: str, **more: str) -> ApiError:
    # Documented (usage guidelines) and seen in public clients: with a policy, and without a category.
    return ApiError(429, None, message, extra={"errorType": "RATE_LIMIT", "policyName": policy, **more})
