"""The one HTTP session: where requests may go, how long they may take, which proxy and certificates hold.

What a CRM's answers mean is the business of its connector.
"""

import ipaddress
import os
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from connectors.errors import ConfigError, ProtocolError

__all__ = ["Timeouts", "certificates", "check_endpoint", "open_session", "user_agent"]

Timeouts = tuple[float, float]
"""Seconds to connect, and seconds without a byte of the answer."""

_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


def user_agent() -> str:
    """What the CRM's own logs call us."""
    try:
        return f"crm-segments/{version('crm-segments')}"
    except PackageNotFoundError:
        return "crm-segments"


def check_endpoint(endpoint: str) -> str:
    """The address of a rehearsal server, without a slash at its end.

    Raises:
        ConfigError: It is not on this machine: credentials would leave it unencrypted.
    """
    try:
        found = parse_url(endpoint)
    except LocationParseError:
        found = Url()
    if found.scheme == "http" and found.auth is None and _is_loopback(found.host) and not found.query:
        return f"http://{found.netloc}"
    raise ConfigError(
        "endpoint under [connection] must be an http address on this machine, such as "
        '"http://127.0.0.1:8071".',
        hint="It is for an emulated CRM only. To reach a real one, remove endpoint.",
        code="config.endpoint",
    )


def open_session(
    is_allowed: Callable[[str], bool],
    *,
    endpoint: str | None,
    timeouts: Timeouts,
    connection_count: int,
    environ: Mapping[str, str] = os.environ,
) -> requests.Session:
    """A session that talks to the allowed hosts only, over TLS, and never follows a redirect.

    Args:
        is_allowed: Whether a host name may be asked.
        endpoint: A rehearsal server on this machine that stands for all of them, from `check_endpoint`.
        timeouts: Hold for every request, also for those of a library that sets none.
        connection_count: Connections kept open to one host.
        environ: Where the proxy and the private certificates are named.

    Raises:
        ConfigError: The file of certificates is not there.
    """
    session = _Session()
    # netrc would replace our login; proxies are looked up per request by the adapter.
    session.trust_env = False
    session.verify = certificates(environ)
    session.headers["User-Agent"] = user_agent()
    session.mount("https://", _Guard(is_allowed, endpoint, timeouts, connection_count))
    session.mount("http://", _Refuse())
    return session


def certificates(environ: Mapping[str, str]) -> str | bool:
    """The file of certificates that the environment names; True where it names none.

    Raises:
        ConfigError: The file is not there.
    """
    name = next((name for name in _CERTIFICATES if environ.get(name)), None)
    if name is None:
        return True
    if not os.path.exists(environ[name]):  # noqa: PTH110 - a path of the environment, passed on as it is
        raise ConfigError(
            f"{name} names a file of certificates that is not there.",
            hint=f"Correct or unset {name}.",
            code="config.certificates",
        )
    return environ[name]


def _is_loopback(host: str | None) -> bool:
    if host is None:
        return False
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


class _Session(requests.Session):
    def resolve_redirects(
        self, *_arguments: object, **_options: object
    ) -> Iterator[requests.PreparedRequest | requests.Response]:
        """Follow nothing: a redirect would carry records or a login to an address nobody checked."""
        return iter(())


class _Guard(HTTPAdapter):
    """Checks where each request goes, gives it a time limit and the proxy of the environment."""

    def __init__(
        self,
        is_allowed: Callable[[str], bool],
        endpoint: str | None,
        timeouts: Timeouts,
        connection_count: int,
    ) -> None:
        super().__init__(pool_connections=4, pool_maxsize=connection_count, pool_block=True, max_retries=0)
        self._is_allowed = is_allowed
        self._endpoint = endpoint
        self._timeouts = timeouts

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: object = None,
        verify: bool | str = True,
        cert: object = None,
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 - the environment's hold instead
    ) -> requests.Response:
        """Send one request, if it may go there."""
        url = _checked(request.url or "", self._is_allowed)
        if self._endpoint is None:
            used = get_environ_proxies(str(url))
        else:
            request.headers["Host"] = url.netloc or ""
            request.url = f"{self._endpoint}{url.request_uri}"
            used = {}
        return super().send(request, stream, timeout or self._timeouts, verify, cert, used)  # type: ignore[arg-type]


class _Refuse(HTTPAdapter):
    def send(self, *_arguments: object, **_options: object) -> requests.Response:
        raise _elsewhere()


def _checked(address: str, is_allowed: Callable[[str], bool]) -> Url:
    try:
        url = parse_url(address)
    except LocationParseError:
        raise _elsewhere() from None
    is_plain = url.scheme == "https" and url.auth is None and url.port in {None, 443}
    if not is_plain or not url.host or not is_allowed(url.host.lower()):
        raise _elsewhere()
    return url


def _elsewhere() -> ProtocolError:
    return ProtocolError(
        "A request was about to leave for an address that does not belong to the CRM; it was not sent.",
        hint="Check domain under [connection]. If it is right, report this.",
        code="connection.address",
    )
