"""Refusals that Salesforce gives now and then, as faults to be planned."""

import json

from crm_segments.sandbox.faults import Fault, refused

__all__ = ["concurrent_limit", "query_timeout", "server_unavailable", "session_ended"]


def session_ended() -> Fault:
    """The session is over, whatever the token; a new one works."""
    return _refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")


def concurrent_limit() -> Fault:
    """Too many long requests at once; unlike the daily limit this passes."""
    return _refusal(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.")


def query_timeout() -> Fault:
    """A query took too long."""
    return _refusal(400, "QUERY_TIMEOUT", "Your query request was running for too long.")


def server_unavailable(*, retry_after: int | None = None) -> Fault:
    """The server is too busy to begin."""
    text = "We are unable to process your request at this time. Please try again."
    return _refusal(503, "SERVER_UNAVAILABLE", text, retry_after=retry_after)


def _refusal(status: int, code: str, message: str, *, retry_after: int | None = None) -> Fault:
    body = json.dumps([{"message": message, "errorCode": code}])
    return refused(status, retry_after=retry_after, body=body)
