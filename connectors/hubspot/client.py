"""The one way to HubSpot: sends requests through hubspot-api-client's pool, maps what comes back.

The library opens the pool of connections. Requests do not go through its methods: those have no time limit,
take a maintenance page for a success and half a success for a whole one, lose what they do not know, open a
connection for each call, and their own repetition leaves out every write.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, NoReturn
from urllib.parse import urlencode
from urllib.request import getproxies, proxy_bypass

import orjson
from hubspot.crm.objects.api_client import ApiClient
from hubspot.crm.objects.configuration import Configuration
from urllib3 import Retry, Timeout
from urllib3 import exceptions as pool_errors

from connectors.config import ConnectionSettings
from connectors.errors import (
    AuthError,
    ConfigError,
    CrmSegmentsError,
    ProtocolError,
    QuotaExhaustedError,
    RateLimitedError,
)
from connectors.http import certificates, check_endpoint, user_agent
from connectors.hubspot.budget import CallMeter, exhausted
from connectors.hubspot.errors import (
    ApiError,
    RefusedError,
    lost,
    missing_scopes,
    parse_error,
    unavailable,
    unusable_key,
)
from connectors.hubspot.limits import (
    BURST_CALLS,
    BURST_SECONDS,
    FIRST_BURST_CALLS,
    MAX_ANSWER_BYTES,
    MAX_PARALLEL_REQUESTS,
    SEARCH_CALLS,
    TIMEOUTS,
)
from connectors.hubspot.paths import checked_version, spelled
from connectors.hubspot.window import SlidingWindow

__all__ = ["Answer", "HubSpotClient"]

_ADDRESS = "https://api.hubapi.com"
"""The only host that is ever asked; it serves accounts of every region."""

_PID_OF_REHEARSAL = "X-Sandbox-Client-Pid"
_LONGEST_WAIT = 60.0
_LOCK_SECONDS = 2.0
"""How long a lock lasts ("Error handling": 423, read 2026-11)."""
_NOT_EXECUTED = frozenset({503, 521, 523})
"""The service, or the way to it, was away ("Error handling", read 2026-11)."""

Parameters = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """The parsed body; it was proven to be a JSON object when it came."""
        return self._parsed

    @cached_property
    def _parsed(self) -> Any:
        # Once for the proof and for whoever reads it: parsing is half the work of a page of records.
        return orjson.loads(self.content) if self.content else {}

    def results(self, purpose: str) -> list[dict[str, Any]]:
        """The entries of an answer that is a list of things.

        Raises:
            UnavailableError: It has none, not even an empty list: something between may have answered.
        """
        found = self.json().get("results")
        if isinstance(found, list) and all(isinstance(one, dict) for one in found):
            return found
        raise unavailable(purpose, "its answer has no results")

    @property
    def moment(self) -> datetime:
        """When HubSpot answered, by its own clock.

        Raises:
            ProtocolError: It does not say.
        """
        try:
            return parsedate_to_datetime(self.headers.get("Date", "")).astimezone(UTC)
        except ValueError:
            raise ProtocolError(
                "HubSpot's answer does not say when it was given.",
                hint="Does a proxy remove the Date header? It must stay.",
                code="hubspot.answer.undated",
            ) from None


@dataclass(frozen=True, slots=True)
class _Asked:
    method: str
    path: str
    purpose: str
    params: Parameters
    data: bytes | None
    is_write: bool
    is_search: bool


class HubSpotClient:
    """One account, shared by all threads of a run: one pool, one window, one budget of calls."""

    def __init__(
        self,
        settings: ConnectionSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        endpoint = check_endpoint(settings.endpoint) if settings.endpoint else None
        self.version = checked_version(settings.api_version)
        self.budget = CallMeter(settings.daily_call_reserve)
        self._secrets = settings
        self._address = endpoint or _ADDRESS
        self._headers = {"User-Agent": user_agent(), "Accept": "application/json", "Accept-Encoding": "gzip"}
        if endpoint is not None:
            # Lets a rehearsal server kill this process in the middle of a request, for tests of recovery.
            self._headers[_PID_OF_REHEARSAL] = str(os.getpid())
        self._library = ApiClient(_configuration(self._address, is_rehearsal=endpoint is not None))
        self._pool = self._library.rest_client.pool_manager
        self._burst = SlidingWindow(FIRST_BURST_CALLS, BURST_SECONDS, clock=clock, sleep=sleep)
        self._searches = SlidingWindow(SEARCH_CALLS, 1.0, clock=clock, sleep=sleep)
        self._lock = threading.Lock()
        self.call_count = 0
        """Requests that this connection has sent."""

    def close(self) -> None:
        """Release the connections."""
        self._pool.clear()
        self._library.close()

    @property
    def key(self) -> str:
        """The service key, read anew for each request.

        Raises:
            AuthError: There is none.
        """
        found = self._secrets.reveal("access_token")
        if found is None:
            raise AuthError(
                "There is no key for HubSpot.",
                hint="Make one under Development > Keys > Service keys and put it into "
                "CRM_SEGMENTS_CONNECTION__ACCESS_TOKEN.",
                code="hubspot.auth.missing",
            )
        return found

    def get(self, path: str, *, purpose: str, params: Parameters = ()) -> Answer:
        """Read something; an answer that is lost or no JSON can be asked for again.

        Raises:
            UnavailableError: HubSpot is away, or something between answers in its place.
            CrmSegmentsError: As `send`.
        """
        return self.send("GET", path, purpose=purpose, params=params)

    def send(  # noqa: PLR0913 - a request has these parts
        self,
        method: str,
        path: str,
        *,
        purpose: str,
        params: Parameters = (),
        content: object = None,
        is_write: bool = False,
        is_search: bool = False,
    ) -> Answer:
        """Send one request, as soon as the limits allow it, and prove that the answer is HubSpot's.

        Args:
            method: Of the request.
            path: In its numbered form, e.g. `/crm/v3/objects/companies`.
            purpose: What it is for, as an infinitive without "to": `read the properties of companies`.
            params: Of the address; names may repeat.
            content: Sent as JSON.
            is_write: Whether a lost answer leaves open what happened. Only then it is `UnknownOutcomeError`.
            is_search: Whether the limit of searches holds, which is another one.

        Raises:
            AuthError: HubSpot does not accept the key.
            AccessError: The key lacks a scope, which is named.
            TransientError: Turned away before execution.
            QuotaExhaustedError: The account has no calls left today, or moves to another data center.
            UnknownOutcomeError: A write whose answer was lost.
            RefusedError: Refused as such, with its category; the caller knows what it means.
            ProtocolError: HubSpot answered outside its documentation.
        """
        data = None if content is None else orjson.dumps(content)
        asked = _Asked(method, path, purpose, params, data, is_write, is_search)
        window = self._searches if is_search else self._burst
        window.take()
        try:
            answer = self._exchange(asked)
        finally:
            window.give_back()
        self.budget.observe(answer.headers)
        if not asked.is_search:
            self._learn(answer.headers)
        return self._understood(asked, answer)

    def _exchange(self, asked: _Asked) -> Answer:
        query = f"?{urlencode(asked.params)}" if asked.params else ""
        headers = {**self._headers, "Authorization": f"Bearer {self.key}"}
        if asked.data is not None:
            headers["Content-Type"] = "application/json"
        with self._lock:
            self.call_count += 1
        try:
            response = self._pool.request(
                asked.method,
                f"{self._address}{spelled(asked.path, self.version)}{query}",
                body=asked.data,
                headers=headers,
                timeout=Timeout(connect=TIMEOUTS[0], read=TIMEOUTS[1]),
                preload_content=False,
                redirect=False,
            )
            try:
                content = response.read(MAX_ANSWER_BYTES + 1, decode_content=True)
                is_whole = len(content) <= MAX_ANSWER_BYTES
            except BaseException:
                # What is left of this answer must not be taken for the beginning of the next one.
                response.close()
                raise
            if not is_whole:
                response.close()
            response.release_conn()
        except pool_errors.HTTPError as error:
            _not_answered(error, asked)
        if not is_whole:
            raise ProtocolError(
                f"HubSpot answered the request to {asked.purpose} with over {MAX_ANSWER_BYTES:,} bytes.",
                hint="Report this: no answer should be that large.",
                code="hubspot.answer.large",
            )
        return Answer(response.status, response.headers, content)

    def _learn(self, headers: Mapping[str, str]) -> None:
        """Take in the window as the server sees it; where a proxy removes that, the smallest one holds."""
        calls = headers.get("X-HubSpot-RateLimit-Max", "")
        left = headers.get("X-HubSpot-RateLimit-Remaining", "")
        if calls.isdigit() and left.isdigit():
            self._burst.learn(int(calls), int(left))
        else:
            self._burst.learn(BURST_CALLS, BURST_CALLS)

    def _understood(self, asked: _Asked, answer: Answer) -> Answer:
        if 200 <= answer.status < 300:
            if _is_expected_body(answer):
                return answer
            what = "something between answered in its place (a web page, or half an answer)"
            raise lost(asked.purpose, what) if asked.is_write else unavailable(asked.purpose, what)
        raise self._error_of(asked, answer)

    def _error_of(self, asked: _Asked, answer: Answer) -> CrmSegmentsError:
        status, found = answer.status, parse_error(answer.content)
        wait = _retry_after(answer.headers)
        if status == 429:
            return self._limited(asked, found or ApiError(), wait)
        if status == 401:
            return unusable_key(found.category if found else "")
        if status == 403 and found:
            return missing_scopes(asked.purpose, found.scopes)
        if status in {423, 477} or status >= 500:
            return _away(asked, status, wait)
        return _refused(asked, status, found)

    def _limited(self, asked: _Asked, found: ApiError, wait: float | None) -> CrmSegmentsError:
        if found.is_daily:
            return exhausted(self.budget.report(), self.budget.resumes_at)
        is_short = asked.is_search or found.is_secondly
        if not is_short:
            self._burst.fill()
        return RateLimitedError(
            "HubSpot has had too many requests in the last seconds, from here or from other integrations.",
            hint="It is tried again by itself; if it stays, run when other integrations are quiet.",
            code="transient.rate_limited",
            retry_after=wait or (1.0 if is_short else BURST_SECONDS),
        )


def _configuration(address: str, *, is_rehearsal: bool) -> Configuration:
    """The library's settings for its pool: nothing is repeated, no redirect is followed."""
    made = Configuration()
    made.host = address
    made.retries = Retry(total=0, redirect=0, raise_on_redirect=False)
    made.connection_pool_maxsize = MAX_PARALLEL_REQUESTS
    if not is_rehearsal:
        given = certificates(os.environ)
        made.ssl_ca_cert = given if isinstance(given, str) else None
        proxies = {} if proxy_bypass("api.hubapi.com") else getproxies()
        made.proxy = proxies.get("https") or proxies.get("all")
    return made


def _not_answered(error: pool_errors.HTTPError, asked: _Asked) -> NoReturn:
    """Raise what an error of the network means; the original is left behind, it carries the request."""
    reason = getattr(error, "reason", None) or error
    if isinstance(reason, pool_errors.SSLError):
        raise ConfigError(
            "The certificate that came in HubSpot's place is not trusted.",
            hint="Behind a proxy that inspects traffic, put its certificate into a file and name it in "
            "REQUESTS_CA_BUNDLE.",
            code="connection.certificate",
        ) from None
    if isinstance(
        reason, pool_errors.NewConnectionError | pool_errors.ConnectTimeoutError | pool_errors.ProxyError
    ):
        raise unavailable(asked.purpose, "there was no connection") from None
    if asked.is_write:
        raise lost(asked.purpose, "the connection ended first") from None
    raise unavailable(asked.purpose, "the connection ended before the answer") from None


def _is_expected_body(answer: Answer) -> bool:
    """A JSON object, whole; 204 has no body."""
    if not answer.content:
        return answer.status == 204
    try:
        return isinstance(answer.json(), dict)
    except orjson.JSONDecodeError:
        return False


def _retry_after(headers: Mapping[str, str]) -> float | None:
    given = headers.get("Retry-After", "")
    return float(given) if given.isascii() and given.isdigit() else None


def _away(asked: _Asked, status: int, wait: float | None) -> CrmSegmentsError:
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


def _refused(asked: _Asked, status: int, found: ApiError | None) -> CrmSegmentsError:
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
