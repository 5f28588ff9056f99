# ruff: noqa: S106 (these credentials open nothing)
"""Logging in: flows, domains, what is missing or refused, sessions that end."""

import logging
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.config import ConnectionSettings
from connectors.errors import AuthError, ConfigError, CrmSegmentsError, UnavailableError
from connectors.model import ObjectKind
from connectors.salesforce.login import domain_name, is_salesforce_host
from crm_segments.sandbox import html_page, refused
from crm_segments.sandbox.salesforce import ConnectedApp
from tests.salesforce import SalesforceWorld

CANARY = "canary-5ecret"


@pytest.fixture
def key_file(salesforce: SalesforceWorld, tmp_path: Path) -> Path:
    """A private key whose public half the app knows."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    salesforce.org.add_app(ConnectedApp(consumer_key="jwt-key", public_key=public.decode()))
    path = tmp_path / "key.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    return path


def refusal(world: SalesforceWorld, **more: object) -> CrmSegmentsError:
    with pytest.raises(CrmSegmentsError) as caught:
        world.open(**more).identify()
    return caught.value


def test_client_credentials_log_in(salesforce: SalesforceWorld) -> None:
    found = salesforce.connector.identify()
    assert (found.crm, found.account, found.label) == (
        "salesforce",
        salesforce.org.org_id,
        salesforce.org.domain,
    )


def test_a_signed_token_logs_in(salesforce: SalesforceWorld, key_file: Path) -> None:
    opened = salesforce.open(
        client_id="jwt-key",
        client_secret=None,
        username="integration@example.com",
        private_key_file=str(key_file),
    )
    assert opened.identify().account == salesforce.org.org_id


@pytest.mark.parametrize(
    "more",
    [
        {"username": "integration@example.com", "password": "pass", "security_token": "word"},
        {
            "username": "integration@example.com",
            "password": "pass",
            "security_token": "word",
            "client_id": "key",
            "client_secret": "secret",
        },
    ],
    ids=["soap", "oauth"],
)
def test_user_name_and_password_log_in(salesforce: SalesforceWorld, more: dict[str, str]) -> None:
    assert salesforce.open(**more).identify().account == salesforce.org.org_id


def test_an_access_token_works_until_it_ends_and_then_says_so(salesforce: SalesforceWorld) -> None:
    token = salesforce.org.sessions.open(salesforce.org.org_id, salesforce.integration).token
    opened = salesforce.open(access_token=token, domain="emulated.my.salesforce.com")
    assert opened.identify().account == salesforce.org.org_id
    salesforce.org.sessions.expire_all()
    with pytest.raises(AuthError, match="expired or was revoked") as caught:
        opened.identify()
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("acme", "acme.my"),
        ("acme.my", "acme.my"),
        ("ACME.my.salesforce.com", "acme.my"),
        ("https://acme.my.salesforce.com/", "acme.my"),
        ("https://acme.lightning.force.com", "acme.my"),
        ("acme--uat.sandbox.my.salesforce.com", "acme--uat.sandbox.my"),
        ("acme--uat.sandbox.lightning.force.com", "acme--uat.sandbox.my"),
        ("test", "test"),
        ("login.salesforce.com", "login"),
        (None, "login"),
    ],
)
def test_domains_are_understood_as_people_copy_them(given: str | None, expected: str) -> None:
    assert domain_name(given, is_rehearsal=False) == expected


@pytest.mark.parametrize(
    "given",
    [
        "acme.my.salesforce.com@evil.example",
        "https://acme.my.salesforce.com#.evil.example",
        "evil.example",
        "acme.my.salesforce.com.evil.example",
        "acme.my.salesforce.com/../evil",
        "127.0.0.1",
        "[::1]",
        "acme my",
        "-acme",
        "xn--e1awd7f.evil",
    ],
)
def test_domains_of_others_are_refused(given: str) -> None:
    with pytest.raises(ConfigError, match="not a Salesforce domain") as caught:
        domain_name(given, is_rehearsal=False)
    assert "My Domain" in caught.value.hint


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("acme.my.salesforce.com", True),
        ("login.salesforce.com", True),
        ("evilsalesforce.com", False),
        ("salesforce.com.evil.example", False),
        ("169.254.169.254", False),
    ],
)
def test_only_hosts_of_salesforce_are_asked(host: str, is_ours: bool) -> None:
    assert is_salesforce_host(host) is is_ours


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        ({"client_id": "other"}, "salesforce.auth.refused", "consumer key"),
        ({"client_secret": CANARY}, "salesforce.auth.refused", "consumer secret"),
        ({"client_id": None}, "salesforce.auth.missing", "CLIENT_ID"),
        ({"client_id": None, "client_secret": None}, "salesforce.auth.missing", "CLIENT_SECRET"),
        ({"domain": "login"}, "config.domain", "My Domain"),
        ({"username": "a@b.example", "password": CANARY}, "salesforce.auth.refused", "security token"),
    ],
    ids=["client-id", "secret", "half", "nothing", "shared-domain", "password"],
)
def test_what_is_wrong_with_the_credentials_is_said_with_its_fix(
    salesforce: SalesforceWorld, more: dict[str, object], code: str, words: str
) -> None:
    if more.get("username"):
        more = {**more, "client_id": None, "client_secret": None}
    error = refusal(salesforce, **more)
    assert error.code == code
    assert words.lower() in f"{error.message} {error.hint}".lower()
    assert CANARY not in f"{error.message} {error.hint} {error.details}"


def test_an_app_without_a_user_to_run_as_is_named(salesforce: SalesforceWorld) -> None:
    salesforce.org.add_app(ConnectedApp(consumer_key="key", consumer_secret="secret", run_as=None))
    assert "a user to run as" in refusal(salesforce).hint


@pytest.mark.parametrize("text", ["no key at all", None], ids=["no-key", "missing"])
def test_a_private_key_that_cannot_be_used_is_named_by_its_variable(
    salesforce: SalesforceWorld, tmp_path: Path, text: str | None
) -> None:
    path = tmp_path / "key.pem"
    if text is not None:
        path.write_text(text)
    error = refusal(
        salesforce,
        client_id="jwt-key",
        client_secret=None,
        username="a@b.example",
        private_key_file=str(path),
    )
    assert (error.code, error.exit_code) == ("config.private_key", 2)
    assert "PRIVATE_KEY_FILE" in error.message


def test_a_refused_login_is_asked_once_because_more_would_lock_the_account(
    salesforce: SalesforceWorld,
) -> None:
    refusal(salesforce, client_secret="wrong")
    assert len(salesforce.emulator.wire.requests("POST", "oauth2/token")) == 1


@pytest.mark.parametrize("fault", [html_page(), html_page(503), refused(503)], ids=["200", "503", "empty"])
def test_a_maintenance_page_instead_of_a_login_is_no_wrong_password(
    salesforce: SalesforceWorld, fault: object
) -> None:
    salesforce.emulator.faults.at(1, fault, path="oauth2/token")  # type: ignore[arg-type]
    error = refusal(salesforce)
    assert isinstance(error, UnavailableError)
    assert error.exit_code == 75


def test_a_session_that_ends_is_renewed_once_for_all_threads(salesforce: SalesforceWorld) -> None:
    connector = salesforce.connector
    connector.identify()
    before = salesforce.org.sessions.login_count
    salesforce.org.sessions.expire_all()
    gate = threading.Barrier(10)
    seen: list[str] = []

    def ask() -> None:
        gate.wait(10)
        seen.append(connector.describe(ObjectKind.ACCOUNT).label)

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == ["Account"] * 10
    assert salesforce.org.sessions.login_count == before + 1


def test_a_session_that_stays_refused_ends_in_an_error_not_in_endless_logins(
    salesforce: SalesforceWorld,
) -> None:
    connector = salesforce.connector
    connector.identify()
    body = '[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]'
    salesforce.emulator.faults.at(range(1, 50), refused(401, body=body), path="describe")
    with pytest.raises(AuthError, match="accepted the login but not the request"):
        connector.describe(ObjectKind.ACCOUNT)
    assert len(salesforce.emulator.wire.requests("GET", "describe")) == 2


def test_no_secret_is_in_any_log_line_repr_or_error(
    salesforce: SalesforceWorld, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    error = refusal(salesforce, client_secret=CANARY)
    salesforce.connector.identify()
    settings = ConnectionSettings.model_validate({"client_secret": CANARY})
    tokens = list(salesforce.org.sessions._open)
    told = caplog.text + repr(error) + repr(error.__cause__) + repr(settings) + str(settings.model_dump())
    assert CANARY not in told
    assert [token for token in tokens if token in told] == []
    assert error.__suppress_context__ or error.__context__ is None
