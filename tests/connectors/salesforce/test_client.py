"""What goes over the wire, and what comes back as which error."""

import inspect
import logging
from pathlib import Path

import pytest
import requests
import urllib3.exceptions as pool_errors
from requests import exceptions as http_errors
from simple_salesforce.format import format_soql

from connectors.config import ConnectionSettings
from connectors.errors import (
    AccessError,
    ConfigError,
    CrmSegmentsError,
    ProtocolError,
    QuotaExhaustedError,
    RateLimitedError,
    UnavailableError,
    UnknownOutcomeError,
)
from connectors.http import check_endpoint, open_session
from connectors.salesforce.client import SalesforceClient, soql
from connectors.salesforce.errors import RefusedError
from connectors.salesforce.limits import TIMEOUTS
from crm_segments.sandbox import (
    Fault,
    answer_lost,
    html_page,
    redirected,
    refused,
    reset_before,
    truncated,
)
from crm_segments.sandbox.salesforce import ConnectedApp
from tests.salesforce import SalesforceWorld

CANARY = "canary-5ecret"


@pytest.fixture
def client(salesforce: SalesforceWorld) -> SalesforceClient:
    return salesforce.connector._client


def read_it(client: SalesforceClient) -> object:
    return client.get("limits", purpose="read the limits").json()


def write_it(client: SalesforceClient) -> object:
    record = {"attributes": {"type": "Account"}, "Name": "Made by a test"}
    return client.send(
        "POST",
        "composite/sobjects",
        purpose="make a record",
        content={"records": [record]},
        is_write=True,
    )


def outcome(client: SalesforceClient, *, is_write: bool) -> CrmSegmentsError:
    with pytest.raises(CrmSegmentsError) as caught:
        write_it(client) if is_write else read_it(client)
    return caught.value


@pytest.mark.parametrize(
    ("fault", "for_read", "for_write"),
    [
        (html_page(), UnavailableError, UnknownOutcomeError),
        (truncated(), UnavailableError, UnknownOutcomeError),
        (answer_lost(), UnavailableError, UnknownOutcomeError),
        (reset_before(), UnavailableError, UnknownOutcomeError),
        (refused(500), UnavailableError, UnknownOutcomeError),
        (refused(502, html=True), UnavailableError, UnknownOutcomeError),
        (refused(504), UnavailableError, UnknownOutcomeError),
        (refused(503), UnavailableError, UnavailableError),
        (refused(429, retry_after=7), UnavailableError, UnavailableError),
        (html_page(403), UnavailableError, UnavailableError),
        (redirected("https://evil.example/"), ProtocolError, ProtocolError),
    ],
    ids=[
        "maintenance page with status 200",
        "half an answer",
        "lost answer",
        "reset",
        "500",
        "502",
        "504",
        "503",
        "429",
        "a proxy's page",
        "redirect",
    ],
)
def test_what_is_repeated_what_is_read_back_and_what_is_reported(
    salesforce: SalesforceWorld,
    client: SalesforceClient,
    fault: Fault,
    for_read: type[CrmSegmentsError],
    for_write: type[CrmSegmentsError],
) -> None:
    assert client.host
    salesforce.emulator.faults.at(1, fault, path="/limits").at(1, fault, path="/composite")
    read, written = outcome(client, is_write=False), outcome(client, is_write=True)
    assert (type(read), type(written)) == (for_read, for_write)
    assert all(each.hint for each in (read, written))


def test_the_advice_how_long_to_wait_is_passed_on(
    salesforce: SalesforceWorld, client: SalesforceClient
) -> None:
    assert client.host
    salesforce.emulator.faults.at(1, refused(503, retry_after=17), path="/limits")
    error = outcome(client, is_write=False)
    assert isinstance(error, UnavailableError)
    assert error.retry_after == 17


def test_a_redirect_reaches_nobody(salesforce: SalesforceWorld, client: SalesforceClient) -> None:
    assert client.host
    salesforce.emulator.faults.at(1, redirected("/services/data/v67.0/limits"), path="/limits")
    before = len(salesforce.emulator.wire.exchanges)
    outcome(client, is_write=False)
    assert len(salesforce.emulator.wire.exchanges) == before + 1


def test_the_daily_limit_stops_and_the_concurrent_one_waits(
    salesforce: SalesforceWorld, client: SalesforceClient
) -> None:
    read_it(client)
    body = '[{"message":"ConcurrentPerOrgLongTxn Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]'
    salesforce.emulator.faults.at(1, refused(403, body=body), path="/limits")
    assert isinstance(outcome(client, is_write=False), RateLimitedError)
    salesforce.org.usage.add(salesforce.settings.daily_api_requests)
    with pytest.raises(CrmSegmentsError):
        salesforce.connector.identify()
    error = outcome(client, is_write=False)
    assert isinstance(error, QuotaExhaustedError)
    assert (error.exit_code, error.next_command) == (75, "crm-segments run")


def test_a_missing_right_is_no_wrong_password(salesforce: SalesforceWorld, client: SalesforceClient) -> None:
    assert client.host
    salesforce.org.rights(salesforce.integration).system.discard("ApiEnabled")
    salesforce.org.access.forget()
    error = outcome(client, is_write=False)
    assert isinstance(error, AccessError)
    assert error.exit_code == 4


def test_a_refusal_names_its_code_and_not_its_text(
    salesforce: SalesforceWorld, client: SalesforceClient
) -> None:
    with pytest.raises(RefusedError) as caught:
        client.get("query", purpose="ask", params={"q": "SELECT Canary FROM Account"})
    assert caught.value.api_code == "INVALID_FIELD"
    assert "Canary" not in f"{caught.value.message}{caught.value.hint}{caught.value.details}"
    assert salesforce.emulator.wire.exchanges


def test_our_headers_are_on_every_request_also_after_a_new_login(
    salesforce: SalesforceWorld, client: SalesforceClient
) -> None:
    read_it(client)
    salesforce.org.sessions.expire_all()
    write_it(client)
    calls = salesforce.emulator.wire.requests(path="/services/data")
    assert len(calls) == 3
    for call in calls:
        assert call.header("Sforce-Auto-Assign") == "FALSE"
        assert call.header("Sforce-Duplicate-Rule-Header") == "allowSave=true"
        assert (call.header("User-Agent") or "").startswith("crm-segments/")


def test_connections_are_kept(salesforce: SalesforceWorld, client: SalesforceClient) -> None:
    for _ in range(20):
        read_it(client)
    assert salesforce.emulator.wire.connection_count() == 1


def test_a_netrc_of_the_user_does_not_replace_our_login(
    salesforce: SalesforceWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"default login somebody password {CANARY}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    read_it(salesforce.open()._client)
    sent = [call.header("Authorization") or "" for call in salesforce.emulator.wire.requests()]
    assert [value.partition(" ")[0] for value in sent] == ["Basic", *["Bearer"] * (len(sent) - 1)]


@pytest.mark.parametrize(
    "host",
    [
        "emulated.my.salesforce.com@evil.example",
        "evil.example",
        "evil.example#.salesforce.com",
        "127.0.0.1",
        "emulated.my.salesforce.com:8443",
    ],
)
def test_an_instance_that_is_not_salesforce_is_never_asked(salesforce: SalesforceWorld, host: str) -> None:
    salesforce.org.domain = host
    before = len(salesforce.emulator.wire.exchanges)
    with pytest.raises(ProtocolError, match="does not belong to the CRM"):
        salesforce.open()._client.get("limits", purpose="read the limits")
    assert len(salesforce.emulator.wire.exchanges) == before + 1, "the login, and nothing after it"


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://127.0.0.1:1",
        "http://crm.example:80",
        "http://127.0.0.1@evil.example",
        "http://10.0.0.1",
        "127.0.0.1:8071",
        "http://127.0.0.1:8071/?x=1",
        "",
    ],
)
def test_a_rehearsal_server_must_be_on_this_machine(endpoint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_endpoint(endpoint)
    assert "127.0.0.1" in caught.value.message


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:8071", "http://localhost:8071/", "http://[::1]:8071"])
def test_addresses_of_this_machine_are_fine(endpoint: str) -> None:
    assert check_endpoint(endpoint) == endpoint.rstrip("/")


@pytest.mark.parametrize("version", ["60.0", "59", "sixty", "v", "67.1", ""])
def test_versions_without_list_views_are_refused(salesforce: SalesforceWorld, version: str) -> None:
    if version == "":
        assert salesforce.open(api_version=version)._client.version == "67.0"
        return
    with pytest.raises(ConfigError, match="api_version"):
        salesforce.open(api_version=version)


def test_a_version_that_the_org_does_not_offer_yet_is_named_with_its_newest(
    salesforce: SalesforceWorld,
) -> None:
    opened = salesforce.open(api_version="99.0")
    with pytest.raises(ConfigError, match=r"does not offer version 99\.0") as caught:
        opened.identify()
    assert 'api_version = "67.0"' in caught.value.hint


def test_a_request_without_a_time_limit_of_its_own_gets_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def send(_self: object, _request: object, *arguments: object, **_options: object) -> requests.Response:
        seen.append(arguments[1])
        return requests.Response()

    monkeypatch.setattr("requests.adapters.HTTPAdapter.send", send)
    session = open_session(lambda _host: True, endpoint=None, timeouts=TIMEOUTS, connection_count=1)
    session.get("https://emulated.my.salesforce.com/")
    assert seen == [TIMEOUTS]


@pytest.mark.parametrize(
    ("no_proxy", "expected"), [("", "http://proxy.example:3128"), ("salesforce.com", None)], ids=["on", "off"]
)
def test_the_proxy_of_the_environment_is_used_and_its_exceptions_hold(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str, expected: str | None
) -> None:
    seen: list[object] = []

    def send(_self: object, _request: object, *arguments: object, **_options: object) -> requests.Response:
        seen.append(arguments[4])
        return requests.Response()

    monkeypatch.setattr("requests.adapters.HTTPAdapter.send", send)
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", no_proxy)
    session = open_session(lambda _host: True, endpoint=None, timeouts=TIMEOUTS, connection_count=1)
    session.get("https://emulated.my.salesforce.com/")
    (proxies,) = seen
    assert isinstance(proxies, dict)
    assert proxies.get("https") == expected


def test_a_private_certificate_authority_is_taken_from_the_environment(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    known = {"endpoint": None, "timeouts": TIMEOUTS, "connection_count": 1}
    session = open_session(bool, environ={"REQUESTS_CA_BUNDLE": str(bundle)}, **known)  # type: ignore[arg-type]
    assert session.verify == str(bundle)
    with pytest.raises(ConfigError, match="REQUESTS_CA_BUNDLE"):
        open_session(bool, environ={"REQUESTS_CA_BUNDLE": str(tmp_path / "no")}, **known)  # type: ignore[arg-type]


_NOT_SENT = {http_errors.ConnectTimeout, http_errors.ProxyError}
_UNTRUSTED = {http_errors.SSLError}
EVERY_ERROR = [
    each
    for module in (http_errors, pool_errors)
    for _, each in inspect.getmembers(module, inspect.isclass)
    if issubclass(each, http_errors.RequestException | pool_errors.HTTPError)
    and not issubclass(each, Warning)
]


@pytest.mark.parametrize("kind", EVERY_ERROR, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_every_error_of_the_libraries_below_becomes_one_of_ours(
    client: SalesforceClient, kind: type[Exception]
) -> None:
    """An error that is new in a library counts as a lost answer, the careful side."""
    error = kind.__new__(kind)
    Exception.__init__(error, CANARY)
    with pytest.raises(CrmSegmentsError) as caught:
        client._not_answered(error, "try it", is_write=True)
    if issubclass(kind, http_errors.SSLError | pool_errors.SSLError):
        assert isinstance(caught.value, ConfigError)
    elif kind in _NOT_SENT:
        assert isinstance(caught.value, UnavailableError)
    else:
        assert isinstance(caught.value, UnknownOutcomeError)
    assert CANARY not in f"{caught.value!r}{caught.value.message}{caught.value.hint}"
    assert caught.value.__cause__ is None


def test_a_server_that_is_not_there_was_not_asked(salesforce: SalesforceWorld) -> None:
    opened = salesforce.open(endpoint="http://127.0.0.1:9")
    with pytest.raises(UnavailableError, match="there was no connection") as caught:
        opened.identify()
    assert "Nothing answers at http://127.0.0.1:9" in caught.value.hint
    assert "crm-segments sandbox salesforce" in caught.value.hint


def test_values_in_queries_are_quoted() -> None:
    assert soql is format_soql
    assert soql("Name = {}", 'O\'Neill\\ \n"x"') == "Name = 'O\\'Neill\\\\ \\n\\\"x\\\"'"


def test_nothing_of_a_request_is_logged(
    salesforce: SalesforceWorld, client: SalesforceClient, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("connectors").setLevel(logging.DEBUG)
    record = {"attributes": {"type": "Account"}, "Name": CANARY}
    client.send("POST", "composite/sobjects", purpose="x", content={"records": [record]}, is_write=True)
    assert CANARY not in "".join(each.getMessage() for each in caplog.records if "connectors" in each.name)
    assert salesforce.org.store.table("Account")


def test_settings_take_the_app_of_another_org_as_it_is(salesforce: SalesforceWorld) -> None:
    salesforce.org.add_app(
        ConnectedApp(consumer_key="second", consumer_secret="x", run_as=salesforce.org.admin_id)  # noqa: S106
    )
    opened = salesforce.open(client_id="second", client_secret="x")  # noqa: S106
    assert opened.identify().account == salesforce.org.org_id
    assert ConnectionSettings().api_version is None
