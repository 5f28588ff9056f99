"""Which error an answer is that says neither yes nor who may: HubSpot is away, or refuses as such."""

from collections.abc import Mapping

from connectors.errors import CrmSegmentsError, ProtocolError, QuotaExhaustedError
from connectors.hubspot.errors import ApiError, RefusedError, lost, unavailable
from connectors.hubspot.exchange import Asked

__all__ = ["away", "refused", "retry_after"]

_LONGEST_WAIT = 60.0
_LOCK_SECONDS = 2.0
"""How long a lock lasts ("Error handling": 423, read 2026-11)."""
_NOT_EXECUTED = frozenset({503, 521, 523})
"""The service, or the way to it, was away ("Error handling", read 2026-11)."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that HubSpot asks us to wait, where it says so."""
    given = headers.get("Retry-After", "")
    return float(given) if given.isascii() and given.isdigit() else None


def away(asked: Asked, status: int, wait: float | None) -> CrmSegmentsError:
    """HubSpot does nothing for now, or broke off while it did."""
    if status == 477:
        return _migrating(wait)
    if status == 423:
        wait = wait or _LOCK_SECONDS
        return unavailable(asked.purpose, "it is locked for a moment (HTTP 423)", retry_after=wait)
    if status in _NOT_EXECUTED:
        return unavailable(asked.purpose, f"it is busy (HTTP {status})", retry_after=wait)
    what = f"it failed inside (HTTP {status})"
    return lost(asked.purpose, what) if asked.is_write else unavailable(asked.purpose, what)


def _migrating(wait: float | None) -> CrmSegmentsError:
    if wait is not None and wait <= _LONGEST_WAIT:
        return unavailable("answer", "the account is being moved (HTTP 477)", retry_after=wait)
    minutes = "up to 24 hours" if wait is None else f"about {max(round(wait / 60), 1):,} minutes"
    return QuotaExhaustedError(
        "The HubSpot account is being moved to another data center and answers nothing meanwhile.",
        hint=f"Nothing is lost: run again in {minutes}.",
        code="quota.hubspot.migration",
        details={} if wait is None else {"retry_after_seconds": wait},
        next_command="crm-segments run",
    )


def refused(asked: Asked, status: int, found: ApiError | None) -> CrmSegmentsError:
    """HubSpot, or something between, will not have this request."""
    if status < 400:
        return ProtocolError(
            f"HubSpot sent the request to {asked.purpose} elsewhere (HTTP {status}); that was not followed.",
            hint="Does a proxy ask for a login? If not, report this.",
            code="hubspot.redirected",
        )
    if status == 414:
        return ProtocolError(
            f"The address of the request to {asked.purpose} was too long for some point on the way.",
            hint="Map fewer fields under [connection.fields].",
            code="hubspot.address.long",
        )
    if found is None and status not in {400, 404, 405}:
        return unavailable(asked.purpose, f"something between refused it (HTTP {status})")
    return RefusedError(asked.purpose, status, found or ApiError())
