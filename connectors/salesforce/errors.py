"""What Salesforce's refusals of whole requests mean, as errors of ours.

Texts of Salesforce quote values and addresses, so none of them is passed on; one is read to decide, for lack
of anything else (`ApiError.limit`).
"""

from dataclasses import dataclass

import orjson

from connectors.errors import (
    AccessError,
    CrmSegmentsError,
    ProtocolError,
    RateLimitedError,
    UnavailableError,
    UnknownOutcomeError,
)

__all__ = ["BUSY_CODE", "ApiError", "RefusedError", "first_error", "lost", "refusal_of", "unavailable"]

BUSY_CODE = "UNABLE_TO_LOCK_ROW"
"""Somebody else works on the same thing at this moment."""

_ACCESS_CODES = frozenset(
    {
        *("INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY", "API_DISABLED_FOR_ORG"),
        *("FUNCTIONALITY_NOT_ENABLED", "API_CURRENTLY_DISABLED", "FORBIDDEN"),
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
    }
)


@dataclass(frozen=True, slots=True)
class ApiError:
    """The first error of an answer."""

    code: str
    fields: tuple[str, ...] = ()
    limit: str = ""
    """Of REQUEST_LIMIT_EXCEEDED: which limit. One code stands for the day's calls (`TotalRequests`) and for
    too many long requests at once (`ConcurrentPerOrgLongTxn`), and only the first word of its text tells."""

    @property
    def is_day_used_up(self) -> bool:
        """Whether the org has no calls left; what is not known to pass by itself counts as that."""
        return self.code == "REQUEST_LIMIT_EXCEEDED" and not self.limit.startswith("Concurrent")


class RefusedError(ProtocolError):
    """A request was refused as such, before anything happened; whoever asked knows what that means.

    Where nobody turns it into a better error it is reported as it is: by its code.
    """

    def __init__(self, purpose: str, status: int, api_error: ApiError) -> None:
        super().__init__(
            f"Salesforce refused to {purpose}: {api_error.code} (HTTP {status}).",
            hint="If this stays after another try, please report it with this code.",
            code="salesforce.refused",
            details={"status": status, "api_code": api_error.code},
        )
        self.status = status
        self.api_code = api_error.code
        self.fields = api_error.fields


def first_error(content: bytes) -> ApiError | None:
    """What an answer says went wrong; None where it is no answer of Salesforce's."""
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    one = found[0] if isinstance(found, list) and found else found
    if not isinstance(one, dict):
        return None
    code = one.get("errorCode") or one.get("error")
    fields = one.get("fields")
    names = tuple(str(name) for name in fields) if isinstance(fields, list) else ()
    if not isinstance(code, str):
        return None
    limit = str(one.get("message") or "").split(maxsplit=1)[:1] if code == "REQUEST_LIMIT_EXCEEDED" else []
    return ApiError(code, names, "".join(limit))


def refusal_of(purpose: str, status: int, content: bytes) -> CrmSegmentsError:
    """The error for an answer with status 400 to 499, except 401 and used-up quotas."""
    found = first_error(content)
    if status == 429 or (found and found.code == "REQUEST_LIMIT_EXCEEDED"):
        return RateLimitedError(
            "Salesforce has too many long requests of this org under way.",
            hint="It is tried again; if it stays, run when other integrations are quiet.",
            code="transient.rate_limited",
        )
    if status == 403 or (found and found.code in _ACCESS_CODES):
        return AccessError(
            f"The Salesforce user may not {purpose}.",
            hint="Give the integration user that right with a permission set; crm-segments doctor shows "
            "what it may see and edit.",
            code="salesforce.access.denied",
            details={"api_code": found.code if found else "", "status": status},
            next_command="crm-segments doctor",
        )
    return RefusedError(purpose, status, found or ApiError("NO_ERROR_CODE"))


_LATER = "Run again later; status.salesforce.com shows outages."


def unavailable(
    purpose: str, what: str, *, retry_after: float | None = None, way_out: str = _LATER
) -> UnavailableError:
    """The request did not reach Salesforce, or was turned away at the door: asking again is safe."""
    return UnavailableError(
        f"Salesforce could not be asked to {purpose}: {what}.",
        hint=f"Nothing was changed by this request. {way_out}",
        code="transient.salesforce",
        retry_after=retry_after,
    )


def lost(purpose: str, what: str) -> UnknownOutcomeError:
    """The request may have been carried out: nobody knows until the records are read back."""
    return UnknownOutcomeError(
        f"The answer to the request to {purpose} was lost: {what}.",
        hint="The records are read back before anything else is sent; the next run does it too.",
        code="outcome.salesforce",
        next_command="crm-segments run",
    )
