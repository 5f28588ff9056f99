"""The day's API calls of the account: how many are left, and the part that is left for others."""

import threading
from collections.abc import Mapping
from datetime import datetime

from connectors.errors import QuotaExhaustedError
from connectors.model import CallBudget

__all__ = ["CallMeter", "exhausted"]

_ALLOWED = "X-HubSpot-RateLimit-Daily"
_LEFT = "X-HubSpot-RateLimit-Daily-Remaining"


class CallMeter:
    """Shared by all threads of a connection; learns from every answer.

    All private apps and service keys of an account share its day, which ends at midnight in the account's
    time zone ("API usage guidelines and limits", read 2026-11).
    """

    def __init__(self, reserve_share: float) -> None:
        self._reserve_share = reserve_share
        self._lock = threading.Lock()
        self._known: tuple[int, int] | None = None
        self.resumes_at: datetime | None = None
        """The next midnight of the account, once it is known."""

    def observe(self, headers: Mapping[str, str]) -> None:
        """Take in the headers of an answer; those to apps with OAuth say nothing."""
        allowed, left = headers.get(_ALLOWED, ""), headers.get(_LEFT, "")
        if allowed.isdigit() and left.isdigit():
            with self._lock:
                self._known = int(allowed), int(left)

    def report(self) -> CallBudget | None:
        """What is left for us and for others; None while unknown."""
        known = self._known
        if known is None:
            return None
        return CallBudget(known[0], known[1], round(known[0] * self._reserve_share))

    def require(self) -> None:
        """Stop work before it touches the reserve.

        Raises:
            QuotaExhaustedError: It would.
        """
        found = self.report()
        if found is not None and not found.available:
            raise exhausted(found, self.resumes_at)


def exhausted(budget: CallBudget | None, resumes_at: datetime | None) -> QuotaExhaustedError:
    """The account's calls of the day are used up, or all but the reserve."""
    what = "The HubSpot account has no API calls left today."
    if budget is not None:
        what = (
            f"The HubSpot account has {budget.left:,} of its {budget.allowed:,} API calls of today left; "
            f"{budget.reserve:,} of them are for others."
        )
    when = "at midnight in the account's time zone"
    if resumes_at is not None:
        when = f"on {resumes_at:%Y-%m-%d at %H:%M} (UTC{resumes_at:%z})"
    return QuotaExhaustedError(
        what,
        hint=f"Nothing is lost: run again after the count begins anew {when}. The part that is left alone is "
        "daily_call_reserve under [connection]; who uses the calls: Development > Monitoring > API usage.",
        code="quota.hubspot",
        details={"resume_at": resumes_at.isoformat()} if resumes_at else {},
        next_command="crm-segments run",
    )
