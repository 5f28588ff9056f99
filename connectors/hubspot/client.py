"""The one way to HubSpot: sends requests through hubspot-api-client's pool, maps what comes back.

The library opens the pool of connections. Requests do not go through its methods: those have no time limit,
take a maintenance page for a success and half a success for a whole one, lose what they do not know, open a
connection for each call, and their own repetition leaves out every write.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import NoReturn
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
    RateLimitedError,
)
from connectors.http import certificates, check_endpoint, user_agent
from connectors.hubspot.budget import CallMeter, exhausted
from connectors.hubspot.errors import (
    ApiError,
    lost,
    missing_scopes,
    parse_error,
    unavailable,
    unusable_key,
)
from connectors.hubspot.exchange import Answer, Asked, Parameters
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
from connectors.hubspot.refusals import away, refused, retry_after
from connectors.hubspot.window import SlidingWindow

__all__ = ["HubSpotClient"]

_ADDRESS = "https://api.hubapi.com"
"""The only host that is ever asked; it serves accounts of every region."""

_PID_OF_REHEARSAL = "X-Sandbox-Client-Pid"


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
        asked = Asked(method, path, purpose, params, data, is_write, is_search)
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

    def _exchange(self, asked: Asked) -> Answer:
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

    def _understood(self, asked: Asked, answer: Answer) -> Answer:
        if 200 <= answer.status < 300:
            if _is_expected_body(answer):
                return answer
            what = "something between answered in its place (a web page, or half an answer)"
            raise lost(asked.purpose, what) if asked.is_write else unavailable(asked.purpose, what)
        raise self._error_of(asked, answer)

    def _error_of(self, asked: Asked, answer: Answer) -> CrmSegmentsError:
        status, found = answer.status, parse_error(answer.content)
        wait = retry_after(answer.headers)
        if status == 429:
            return self._limited(asked, found or ApiError(), wait)
        if status == 401:
            return unusable_key(found.category if found else "")
        if status == 403 and found:
            return missing_scopes(asked.purpose, found.scopes)
        if status in {423, 477} or status >= 500:
            return away(asked, status, wait)
        return refused(asked, status, found)

    def _limited(self, asked: Asked, found: ApiError, wait: float | None) -> CrmSegmentsError:
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


def _not_answered(error: pool_errors.HTTPError, asked: Asked) -> NoReturn:
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
