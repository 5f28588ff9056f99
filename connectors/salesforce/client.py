"""The one way to Salesforce: logs in with simple-salesforce, sends requests, maps what comes back.

The library logs in, knows the addresses and quotes SOQL. Requests go through its session but not through its
methods, which lose the headers of answers, drop our headers after a new login, take a maintenance page for a
success and log in without end while a session stays refused.
"""

import os
import threading
import warnings
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import urlencode

import orjson
import urllib3.exceptions as pool_errors
from jwt import PyJWTError
from requests import exceptions as http_errors
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed
from simple_salesforce.format import format_soql

from connectors.config import ConnectionSettings
from connectors.errors import AuthError, ConfigError, CrmSegmentsError, ProtocolError
from connectors.http import check_endpoint, open_session
from connectors.salesforce.answers import Answer
from connectors.salesforce.budget import CallMeter, exhausted
from connectors.salesforce.errors import first_error, lost, refusal_of, unavailable
from connectors.salesforce.limits import (
    API_VERSION,
    MAX_ANSWER_BYTES,
    MAX_PARALLEL_REQUESTS,
    MIN_API_VERSION,
    TIMEOUTS,
)
from connectors.salesforce.login import (
    Flow,
    Login,
    choose_login,
    domain_name,
    is_salesforce_host,
    refused_login,
)

__all__ = ["SalesforceClient", "soql"]

soql = format_soql
"""Puts values into a query, quoted. Names of fields and objects come from descriptions, never from data."""

_ALWAYS = {
    # Without it an update runs the org's assignment rules and may change the owner of the record
    # (REST API Developer Guide, "Assignment Rule Header", read 2026-11).
    "Sforce-Auto-Assign": "FALSE",
    # A label must not fail because the record looks like another one ("Duplicate Rule Header", read 2026-11).
    "Sforce-Duplicate-Rule-Header": "allowSave=true",
}
_PID_OF_REHEARSAL = "X-Sandbox-Client-Pid"


@dataclass(frozen=True, slots=True)
class _Opened:
    token: str = field(repr=False)
    host: str


class SalesforceClient:
    """One org, shared by all threads of a run: one login, one pool of connections, one budget of calls."""

    def __init__(self, settings: ConnectionSettings) -> None:
        endpoint = check_endpoint(settings.endpoint) if settings.endpoint else None
        self._endpoint = endpoint
        self.domain = domain_name(settings.domain, is_rehearsal=endpoint is not None)
        self.version = _checked_version(settings.api_version)
        self.budget = CallMeter(settings.daily_call_reserve)
        self._secrets = settings
        self._session = open_session(
            is_salesforce_host, endpoint=endpoint, timeouts=TIMEOUTS, connection_count=MAX_PARALLEL_REQUESTS
        )
        self._session.headers.update(_ALWAYS)
        if endpoint is not None:
            # Lets a rehearsal server kill this process in the middle of a request, for tests of recovery.
            self._session.headers[_PID_OF_REHEARSAL] = str(os.getpid())
        self._lock = threading.Lock()
        self._opened: _Opened | None = None
        self.login_count = 0
        """How often this client has logged in."""

    def close(self) -> None:
        """Release the connections. The session in Salesforce is left to expire: others may share it."""
        self._session.close()

    @property
    def login(self) -> Login:
        """The flow that the credentials allow.

        Raises:
            AuthError: They are missing or incomplete.
        """
        return choose_login(self._secrets, self.domain)

    @property
    def host(self) -> str:
        """The org's own host name; logs in if that has not been done yet."""
        return self._open().host

    def get(self, path: str, *, purpose: str, params: Mapping[str, str] | None = None) -> Answer:
        """Read something; an answer that is lost or no JSON can be asked for again.

        Raises:
            UnavailableError: Salesforce is away, or something between answers in its place.
            CrmSegmentsError: As `send`.
        """
        return self.send("GET", path, purpose=purpose, params=params)

    def send(  # noqa: PLR0913 - a request has these parts
        self,
        method: str,
        path: str,
        *,
        purpose: str,
        params: Mapping[str, str] | None = None,
        content: object = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        is_write: bool = False,
    ) -> Answer:
        """Send one request and prove that the answer is Salesforce's.

        Args:
            method: Of the request.
            path: Below `/services/data/vXX.X/`, or absolute where it begins with `/`.
            purpose: What it is for, as an infinitive without "to": `read the fields of Account`.
            params: Of the address.
            content: Sent as JSON.
            body: Sent as it is, instead of `content`.
            headers: Further ones.
            is_write: Whether a lost answer leaves open what happened. Only then it is `UnknownOutcomeError`.

        Raises:
            AuthError: The session ended and a new login did not help.
            AccessError: The user may not do this.
            TransientError: Turned away before execution.
            QuotaExhaustedError: The org has no API calls left.
            UnknownOutcomeError: A write whose answer was lost.
            RefusedError: Refused as such, with its code; the caller knows what it means.
            ProtocolError: Salesforce answered outside its documentation.
        """
        data = orjson.dumps(content) if content is not None else body
        kind = {"Content-Type": "application/json"} if content is not None else {}
        asked = _Asked(method, path, purpose, params, data, {**kind, **(headers or {})}, is_write)
        opened = self._open()
        answer = self._exchange(asked, opened)
        if answer.status == 401 and answer.is_session_over:
            # Refused before execution, so it is safe to send it again, once, with a new session.
            answer = self._exchange(asked, self._renew(opened))
        return self._understood(asked, answer)

    def _open(self) -> _Opened:
        with self._lock:
            if self._opened is None:
                self._opened = self._log_in()
            return self._opened

    def _renew(self, stale: _Opened) -> _Opened:
        """One new login for all threads whose session ended."""
        with self._lock:
            if self._opened is stale or self._opened is None:
                self._opened = self._log_in()
            return self._opened

    def _log_in(self) -> _Opened:
        login = self.login
        if login.flow is Flow.ACCESS_TOKEN and self.login_count:
            raise AuthError(
                "The Salesforce access token has expired or was revoked.",
                hint="Put a new one into CRM_SEGMENTS_CONNECTION__ACCESS_TOKEN; scheduled runs rather use "
                "client id and secret, which are renewed by themselves.",
                code="salesforce.auth.expired",
            )
        self.login_count += 1
        purpose = "log in"
        try:
            with warnings.catch_warnings():
                # The library prints the client id into a warning.
                warnings.simplefilter("ignore")
                arguments: dict[str, Any] = dict(login.arguments)
                found = Salesforce(
                    version=self.version, session=self._session, domain=login.domain, **arguments
                )
                return _Opened(found.session_id, found.sf_instance)
        # `from None`, because the library's errors carry the request with its credentials.
        except SalesforceAuthenticationFailed as error:
            raise _login_error(login, error.code) from None
        except http_errors.RequestException as error:
            self._not_answered(error, purpose, is_write=False)
        except (OSError, ValueError, TypeError, PyJWTError) as error:
            if login.flow is Flow.JWT:
                raise _bad_key(error) from None
            raise _odd_login() from None
        except (AttributeError, KeyError):
            raise _odd_login() from None

    def _exchange(self, asked: "_Asked", opened: _Opened) -> Answer:
        path = asked.path if asked.path.startswith("/") else f"/services/data/v{self.version}/{asked.path}"
        query = f"?{urlencode(asked.params)}" if asked.params else ""
        headers = {**asked.headers, "Authorization": f"Bearer {opened.token}"}
        try:
            response = self._session.request(
                asked.method,
                f"https://{opened.host}{path}{query}",
                data=asked.data,
                headers=headers,
                stream=True,
            )
            with closing(response):
                content = response.raw.read(MAX_ANSWER_BYTES + 1, decode_content=True)
        except (http_errors.RequestException, pool_errors.HTTPError) as error:
            self._not_answered(error, asked.purpose, is_write=asked.is_write)
        self.budget.observe(response.headers.get("Sforce-Limit-Info"))
        if len(content) > MAX_ANSWER_BYTES:
            raise ProtocolError(
                f"Salesforce answered the request to {asked.purpose} with over {MAX_ANSWER_BYTES:,} bytes.",
                hint="Report this: no answer should be that large.",
                code="salesforce.answer.large",
            )
        return Answer(response.status_code, response.headers, content)

    def _not_answered(self, error: Exception, purpose: str, *, is_write: bool) -> NoReturn:
        """Raise what an error of the network means; the original is left behind, it carries the request."""
        if isinstance(error, http_errors.SSLError | pool_errors.SSLError):
            raise ConfigError(
                "The certificate that came in Salesforce's place is not trusted.",
                hint="Behind a proxy that inspects traffic, put its certificate into a file and name it in "
                "REQUESTS_CA_BUNDLE.",
                code="connection.certificate",
            ) from None
        if _was_not_sent(error):
            raise unavailable(purpose, "there was no connection", way_out=self._way_to_connect()) from None
        if is_write:
            raise lost(purpose, "the connection ended first") from None
        raise unavailable(purpose, "the connection ended before the answer") from None

    def _way_to_connect(self) -> str:
        if self._endpoint is not None:
            return f"Nothing answers at {self._endpoint}: start it with crm-segments sandbox salesforce."
        return (
            "Is the network up, must HTTPS_PROXY be set, and is domain under [connection] right? "
            "status.salesforce.com shows outages."
        )

    def _understood(self, asked: "_Asked", answer: Answer) -> Answer:
        status = answer.status
        if 200 <= status < 300:
            if answer.is_whole:
                return answer
            what = "something between answered in its place (a web page, or half an answer)"
            raise lost(asked.purpose, what) if asked.is_write else unavailable(asked.purpose, what)
        if status == 304:
            return answer
        raise self._error_of(asked, answer) from None

    def _error_of(self, asked: "_Asked", answer: Answer) -> CrmSegmentsError:
        status = answer.status
        if status in {429, 503}:
            what = f"it is busy (HTTP {status})"
            return unavailable(asked.purpose, what, retry_after=answer.retry_after)
        if status >= 500:
            what = f"it failed inside (HTTP {status})"
            return lost(asked.purpose, what) if asked.is_write else unavailable(asked.purpose, what)
        if status == 401:
            return _session_refused(asked.purpose)
        return self._refused(asked, answer) if status >= 400 else _redirected(asked.purpose, status)

    def _refused(self, asked: "_Asked", answer: Answer) -> CrmSegmentsError:
        status, found = answer.status, first_error(answer.content)
        if found is None and status != 404:
            return unavailable(asked.purpose, f"something between refused it (HTTP {status})")
        if found and found.is_day_used_up:
            return exhausted(self.budget.usage)
        return refusal_of(asked.purpose, status, answer.content)


@dataclass(frozen=True, slots=True)
class _Asked:
    method: str
    path: str
    purpose: str
    params: Mapping[str, str] | None
    data: bytes | None
    headers: Mapping[str, str]
    is_write: bool


def _session_refused(purpose: str) -> AuthError:
    return AuthError(
        f"Salesforce accepted the login but not the request to {purpose}.",
        hint="Does a policy of the org end sessions at once, or lock them to other addresses? "
        "Setup > Session Settings.",
        code="salesforce.auth.session",
    )


def _redirected(purpose: str, status: int) -> ProtocolError:
    return ProtocolError(
        f"Salesforce sent the request to {purpose} elsewhere (HTTP {status}); that was not followed.",
        hint="Set domain under [connection] to the org's present My Domain.",
        code="salesforce.redirected",
    )


def _checked_version(given: str | None) -> str:
    text = given or API_VERSION
    number, _, rest = text.removeprefix("v").partition(".")
    if number.isdigit() and rest in {"", "0"} and int(number) >= MIN_API_VERSION:
        return f"{number}.0"
    raise ConfigError(
        f'api_version = "{given}" under [connection] cannot be used.',
        hint=f'Write a version from {MIN_API_VERSION}.0 on, e.g. "{API_VERSION}", or leave it out.',
        code="config.api_version",
    )


def _was_not_sent(error: Exception) -> bool:
    """Whether no byte of the request can have reached Salesforce."""
    if isinstance(error, http_errors.ConnectTimeout | http_errors.ProxyError):
        return True
    inner = error.args[0] if error.args else None
    reason = getattr(inner, "reason", inner)
    return isinstance(reason, pool_errors.NewConnectionError | pool_errors.ConnectTimeoutError)


def _login_error(login: Login, code: object) -> CrmSegmentsError:
    if isinstance(code, int) or str(code).isdigit():
        # Not an answer of the login service: a proxy's page, a maintenance page.
        return unavailable("log in", f"{login.domain}.salesforce.com did not answer as Salesforce does")
    return refused_login(login, str(code).removeprefix("sf:"))


def _bad_key(error: Exception) -> ConfigError:
    what = "cannot be read" if isinstance(error, OSError) else "is not an RSA private key in PEM form"
    return ConfigError(
        f"The file that CRM_SEGMENTS_CONNECTION__PRIVATE_KEY_FILE names {what}.",
        hint="Name the file with the private key that belongs to the certificate of the app.",
        code="config.private_key",
    )


def _odd_login() -> ProtocolError:
    return ProtocolError(
        "Salesforce answered the login outside its documentation.",
        hint="Check domain under [connection]; if it is right, report this.",
        code="salesforce.login.odd",
    )
