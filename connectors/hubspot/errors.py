"""What HubSpot's refusals mean, as errors of ours.

Texts of HubSpot quote values, so none of them is passed on. Every member of a refusal may be missing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from connectors.errors import AccessError, AuthError, ProtocolError, UnavailableError, UnknownOutcomeError

__all__ = [
    "ApiError",
    "Problem",
    "RefusedError",
    "lost",
    "missing_scopes",
    "of_entry",
    "parse_error",
    "unavailable",
    "unusable_key",
]

_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
_LIST = re.compile(r"\[.*\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Problem:
    """Which property refuses its value, and by which rule."""

    field: str
    code: str


@dataclass(frozen=True, slots=True)
class ApiError:
    """What an answer says went wrong."""

    category: str = ""
    policy: str = ""
    """Of a refusal for too many calls: `DAILY`, `TEN_SECONDLY_ROLLING`; searches name none."""
    is_daily: bool = False
    is_secondly: bool = False
    scopes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    ids: tuple[str, ...] = ()
    traces: tuple[str, ...] = ()


class RefusedError(ProtocolError):
    """A request was refused as such, before anything happened; whoever asked knows what that means.

    Where nobody turns it into a better error it is reported as it is: by its category.
    """

    def __init__(self, purpose: str, status: int, api_error: ApiError) -> None:
        problems = ", ".join(f"{one.field}: {one.code}" for one in api_error.problems)
        what = api_error.category or "no category"
        super().__init__(
            f"HubSpot refused to {purpose}: {what}{f' ({problems})' if problems else ''} (HTTP {status}).",
            hint="If this stays after another try, please report it with this category.",
            code="hubspot.refused",
            details={"status": status, "category": api_error.category},
        )
        self.status = status
        self.api_error = api_error


def parse_error(content: bytes) -> ApiError | None:
    """What an answer says went wrong; None where it is no answer of HubSpot's."""
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return of_entry(found) if isinstance(found, dict) else None


def of_entry(found: Mapping[str, Any]) -> ApiError:
    """One refusal, of a request or within a batch."""
    message = str(found.get("message") or "")
    inner = [one for one in _entries(found.get("errors")) if isinstance(one.get("context"), dict)]
    contexts = [one["context"] for one in inner]
    own = found.get("context")
    own = own if isinstance(own, dict) else {}
    scopes = [
        scope
        for context in contexts
        for name in ("requiredGranularScopes", "requiredScopes")
        for scope in _words(context.get(name))
    ]
    policy = _word(found.get("policyName"))
    return ApiError(
        category=_word(found.get("category")) or _word(found.get("errorType")),
        policy=policy,
        # Searches, and some older paths, say only in words which limit it was.
        is_daily=policy == "DAILY" or "daily" in message.lower(),
        is_secondly=not policy and "secondly" in message.lower() and "ten" not in message.lower(),
        scopes=tuple(dict.fromkeys(scopes)),
        problems=_problems(message),
        ids=_words(own.get("ids")),
        traces=_words(own.get("objectWriteTraceId")),
    )


def unavailable(purpose: str, what: str, *, retry_after: float | None = None) -> UnavailableError:
    """The request did not reach HubSpot, or was turned away at the door: asking again is safe."""
    return UnavailableError(
        f"HubSpot could not be asked to {purpose}: {what}.",
        hint="Nothing was changed by this request; it is tried again. status.hubspot.com shows outages.",
        code="transient.hubspot",
        retry_after=retry_after,
    )


def lost(purpose: str, what: str) -> UnknownOutcomeError:
    """The request may have been carried out: nobody knows until the records are read back."""
    return UnknownOutcomeError(
        f"The answer to the request to {purpose} was lost: {what}.",
        hint="The records are read back before anything else is sent; the next run does it too.",
        code="outcome.hubspot",
        next_command="crm-segments run",
    )


def missing_scopes(purpose: str, scopes: Sequence[str]) -> AccessError:
    """The key may not do this."""
    named = " or ".join(scopes) or "a scope that HubSpot did not name"
    return AccessError(
        f"The HubSpot key may not {purpose}: it lacks {named}.",
        hint=f"Add {named}: Development > Keys > Service keys > the key > Edit scopes (a private app: "
        "Development > Legacy apps > the app > Auth > Scopes).",
        code="hubspot.access.scopes",
        details={"scopes": list(scopes)},
        next_command="crm-segments doctor",
    )


def unusable_key(category: str) -> AuthError:
    """HubSpot does not know the key, or not any more."""
    if category == "EXPIRED_AUTHENTICATION":
        return AuthError(
            "The HubSpot access token has expired: tokens of OAuth apps live for half an hour.",
            hint="Use a service key, which does not expire: Development > Keys > Service keys. Put it into "
            "CRM_SEGMENTS_CONNECTION__ACCESS_TOKEN.",
            code="hubspot.auth.expired",
        )
    return AuthError(
        "HubSpot does not accept the key in CRM_SEGMENTS_CONNECTION__ACCESS_TOKEN.",
        hint="Was it deleted or rotated, or copied in part? Development > Keys > Service keys > the key > "
        "Show, then copy it whole.",
        code="hubspot.auth.refused",
    )


def _problems(message: str) -> tuple[Problem, ...]:
    """The refused properties, which stand as JSON inside a text."""
    found = _LIST.search(message)
    if found is None:
        return ()
    try:
        entries = orjson.loads(found[0])
    except orjson.JSONDecodeError:
        return ()
    return tuple(
        Problem(_word(one.get("name")), _word(one.get("error")) or "INVALID") for one in _entries(entries)
    )


def _entries(raw: object) -> list[Mapping[str, Any]]:
    return [one for one in raw if isinstance(one, dict)] if isinstance(raw, list) else []


def _words(raw: object) -> tuple[str, ...]:
    return tuple(filter(None, map(_word, raw))) if isinstance(raw, list) else ()


def _word(raw: object) -> str:
    """A code, a name or an id; anything else could be a value."""
    text = raw if isinstance(raw, str) else ""
    return text if _WORD.fullmatch(text) else ""
