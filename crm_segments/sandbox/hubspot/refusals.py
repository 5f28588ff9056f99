"""Refusals that HubSpot gives now and then, as faults to be planned."""

import json

from crm_segments.sandbox.faults import Fault, refused

__all__ = ["busy", "locked", "migrating", "processing_limit", "too_many_searches"]


def locked() -> Fault:
    """Too many writes of one kind at once; the lock lasts two seconds (documented: Error handling)."""
    return _refusal(423, "LOCKED", "The resource is locked")


def migrating(retry_after: int = 3600) -> Fault:
    """The account moves to another data center; it says for how long (documented: Error handling)."""
    text = "This account is being migrated between data hosting locations"
    return _refusal(477, "MIGRATION_IN_PROGRESS", text, retry_after=retry_after)


def processing_limit(status: int = 502) -> Fault:
    """Too much at once for the servers; pause and try again (documented: Error handling, 502 and 504)."""
    return refused(status, html=True, body="<html><body>upstream error</body></html>")


def busy(*, retry_after: int | None = None) -> Fault:
    """The service is temporarily unavailable (documented: Error handling, 503)."""
    return _refusal(503, None, "Service Unavailable", retry_after=retry_after)


def too_many_searches() -> Fault:
    """Another integration of the account searches (recorded: objects_v3.json)."""
    return _refusal(429, "RATE_LIMITS", "You have reached your secondly limit.")


def _refusal(status: int, category: str | None, message: str, *, retry_after: int | None = None) -> Fault:
    content = {"status": "error", "message": message, "correlationId": "00000000-0000-4000-8000-000000000000"}
    if category:
        content["category"] = category
    return refused(status, retry_after=retry_after, body=json.dumps(content))
