"""The day's API calls: how many are used, how many may be, and the part that is left for others."""

import re
import threading
from dataclasses import dataclass

from connectors.errors import QuotaExhaustedError
from connectors.model import CallBudget

__all__ = ["CallMeter", "Usage", "exhausted"]

_HEADER = re.compile(r"api-usage=(\d+)/(\d+)")


@dataclass(frozen=True, slots=True)
class Usage:
    """Calls of the whole org in the last 24 hours, and how many it may make."""

    used: int
    allowed: int

    @property
    def left(self) -> int:
        """Calls that the org may still make."""
        return max(self.allowed - self.used, 0)


class CallMeter:
    """Shared by all threads of a connection; learns from every answer.

    Salesforce says in `Sforce-Limit-Info` what the org has used (REST API Developer Guide, "Limit Info
    Header", read 2026-11). Other integrations use it up too, so our own counting would not do.
    """

    def __init__(self, reserve_share: float) -> None:
        self._reserve_share = reserve_share
        self._lock = threading.Lock()
        self._usage: Usage | None = None
        self.calls = 0
        """Requests that this connection has sent."""

    @property
    def usage(self) -> Usage | None:
        """What the last answer said; None before the first."""
        return self._usage

    def report(self) -> CallBudget | None:
        """What is left for us and for others; None while unknown."""
        usage = self._usage
        return None if usage is None else CallBudget(usage.allowed, usage.left, self._reserve(usage))

    def observe(self, limit_info: str | None) -> None:
        """Take in the header of an answer."""
        with self._lock:
            self.calls += 1
            found = _HEADER.search(limit_info or "")
            if found:
                self._usage = Usage(int(found[1]), int(found[2]))

    def require(self) -> None:
        """Stop work before it touches the reserve.

        Raises:
            QuotaExhaustedError: It would.
        """
        usage = self._usage
        if usage is not None and usage.left <= self._reserve(usage):
            raise exhausted(usage, self._reserve(usage))

    def _reserve(self, usage: Usage) -> int:
        return round(usage.allowed * self._reserve_share)


def exhausted(usage: Usage | None, reserve: int = 0) -> QuotaExhaustedError:
    """The org's calls are used up, or all but the reserve."""
    if usage is None:
        what = "Salesforce allows no more API calls for now: the org has used those of its 24 hours."
    else:
        what = (
            f"The Salesforce org has used {usage.used:,} of its {usage.allowed:,} API calls of the last 24 "
            f"hours; {reserve:,} of them are left for others."
        )
    return QuotaExhaustedError(
        what,
        hint="Nothing is lost: run again later, calls become free by the hour. The part that is left alone "
        "is daily_call_reserve under [connection]; who uses the calls: Setup > System Overview.",
        code="quota.salesforce",
        details={} if usage is None else {"used": usage.used, "allowed": usage.allowed},
        next_command="crm-segments run",
    )
