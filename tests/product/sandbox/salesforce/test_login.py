# ruff: noqa: S106 (these credentials open nothing)
"""Getting in: OAuth flows, the SOAP login, sessions that end."""

import base64
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceExpiredSession

from crm_segments.sandbox.salesforce import ConnectedApp
from tests.product.sandbox.conftest import DOMAIN, VERSION, Http, World

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.fixture(scope="module")
def key_pair() -> tuple[str, str]:
    """A private key and its public half, both as PEM."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem.decode(), public.decode()


def asked(world: World, host: str = f"{DOMAIN}.salesforce.com", **form: str) -> tuple[int, dict[str, str]]:
    answer = world.session().post(f"https://{host}/services/oauth2/token", data=form, timeout=20)
    return answer.status_code, answer.json()


def test_client_credentials_log_in_as_the_user_of_the_app(world: World) -> None:
    client = world.client()
    identity = client.restful("", method="GET")
    assert identity is not None
    answer = world.session().get(
        f"https://{client.sf_instance}/services/oauth2/userinfo",
        headers={"Authorization": f"Bearer {client.session_id}"},
        timeout=20,
    )
    assert answer.json()["user_id"] == world.integration
    assert answer.json()["organization_id"] == world.org.org_id


def test_the_identity_address_of_the_token_tells_whose_it_is(world: World) -> None:
    status, grant = asked(world, grant_type="client_credentials", client_id="key", client_secret="secret")
    assert status == 200
    headers = {"Authorization": f"Bearer {grant['access_token']}"}
    answer = world.session().get(grant["id"], headers=headers, timeout=20)
    assert (answer.json()["user_id"], answer.json()["username"]) == (
        world.integration,
        "integration@example.com",
    )


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_id": "key", "client_secret": "no"}, "invalid_client"),
        ({"client_id": "no", "client_secret": "secret"}, "invalid_client_id"),
        ({"client_id": "off", "client_secret": "secret"}, "invalid_grant"),
    ],
    ids=["wrong secret", "wrong key", "flow is off"],
)
def test_wrong_client_credentials_are_refused(world: World, form: dict[str, str], error: str) -> None:
    world.org.add_app(ConnectedApp(consumer_key="off", consumer_secret="secret"))
    status, answer = asked(world, grant_type="client_credentials", **form)
    assert (status, answer["error"]) == (400, error)


def test_client_credentials_need_the_org_own_domain(world: World) -> None:
    form = {"grant_type": "client_credentials", "client_id": "key", "client_secret": "secret"}
    status, answer = asked(world, host="login.salesforce.com", **form)
    assert (status, answer["error_description"]) == (400, "request not supported on this domain")


def test_unknown_grants_are_refused(world: World) -> None:
    assert asked(world, grant_type="device")[1]["error"] == "unsupported_grant_type"


def test_jwt_bearer_logs_in_the_named_user(world: World, key_pair: tuple[str, str]) -> None:
    private, public = key_pair
    world.org.add_app(ConnectedApp(consumer_key="jwt", public_key=public))
    client = world.client(
        consumer_key="jwt",
        consumer_secret=None,
        username="integration@example.com",
        privatekey=private,
        domain="login",
    )
    assert client.query("SELECT Id FROM User WHERE Username = 'integration@example.com'")["totalSize"] == 1


@pytest.mark.parametrize(
    ("changes", "description"),
    [
        ({"aud": "https://elsewhere.example"}, "audience is invalid"),
        ({"sub": "nobody@example.com"}, "user hasn't approved this consumer"),
        ({"exp": str(int(time.time()) - 60)}, "expired authorization code"),
        ({"iss": "unknown"}, "client identifier invalid"),
    ],
    ids=["audience", "user", "expired", "app"],
)
def test_wrong_assertions_are_refused(
    world: World, key_pair: tuple[str, str], changes: dict[str, str], description: str
) -> None:
    private, public = key_pair
    world.org.add_app(ConnectedApp(consumer_key="jwt", public_key=public))
    claims = {
        "iss": "jwt",
        "sub": "integration@example.com",
        "aud": "https://login.salesforce.com",
        "exp": str(int(time.time()) + 180),
    }
    assertion = jwt.encode({**claims, **changes}, private, algorithm="RS256")
    status, answer = asked(world, grant_type=JWT_GRANT, assertion=assertion)
    assert (status, answer["error_description"]) == (400, description)


def test_an_assertion_signed_by_somebody_else_is_refused(world: World, key_pair: tuple[str, str]) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    world.org.add_app(ConnectedApp(consumer_key="jwt", public_key=key_pair[1]))
    claims = {"iss": "jwt", "sub": "integration@example.com", "aud": "https://login.salesforce.com"}
    assertion = jwt.encode({**claims, "exp": time.time() + 99}, stranger, algorithm="RS256")
    assert asked(world, grant_type=JWT_GRANT, assertion=assertion)[1]["error"] == "invalid_grant"


def test_the_password_grant_wants_password_and_token_together(world: World) -> None:
    known = {"grant_type": "password", "client_id": "key", "client_secret": "secret"}
    known["username"] = "integration@example.com"
    assert asked(world, **known, password="password")[0] == 200
    assert asked(world, **known, password="pass")[1]["error"] == "invalid_grant"


def test_soap_login_gives_a_session_for_rest(world: World) -> None:
    client = world.client(
        consumer_key=None,
        consumer_secret=None,
        username="integration@example.com",
        password="pass",
        security_token="word",
        domain="login",
    )
    assert client.sf_instance == world.org.domain
    assert client.query("SELECT COUNT() FROM Account")["totalSize"] == 0


def test_a_wrong_password_is_a_soap_fault(world: World) -> None:
    with pytest.raises(SalesforceAuthenticationFailed) as refused:
        world.client(
            consumer_key=None,
            consumer_secret=None,
            username="integration@example.com",
            password="no",
            security_token="word",
            domain="login",
        )
    assert refused.value.code == "INVALID_LOGIN"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Basic " + base64.b64encode(b"a:b").decode()},
    ],
    ids=["none", "unknown token", "basic"],
)
def test_requests_without_a_session_are_refused(world: World, headers: dict[str, str]) -> None:
    url = f"https://{world.org.domain}/services/data/v{VERSION}/limits"
    answer = world.session().get(url, headers=headers, timeout=20)
    assert answer.status_code == 401
    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_sessions_end_after_a_time_without_requests(world: World, http: Http) -> None:
    world.clock.advance(world.org.settings.session_seconds - 1)
    assert http("GET", "limits").status_code == 200
    world.clock.advance(world.org.settings.session_seconds - 1)
    assert http("GET", "limits").status_code == 200
    world.clock.advance(world.org.settings.session_seconds + 1)
    assert http.error("GET", "limits") == (401, "INVALID_SESSION_ID")


def test_a_revoked_token_is_worth_nothing(world: World, http: Http) -> None:
    url = f"https://{world.org.domain}/services/oauth2/revoke"
    assert http.session.post(url, data={"token": http.token}, timeout=20).status_code == 200
    assert http.error("GET", "limits") == (401, "INVALID_SESSION_ID")
    assert http.session.post(url, data={"token": http.token}, timeout=20).status_code == 400


def test_the_client_library_sees_a_session_that_ended(world: World) -> None:
    token = world.org.sessions.open(world.org.org_id, world.integration).token
    client = world.client(
        session_id=token, instance=world.org.domain, consumer_key=None, consumer_secret=None
    )
    world.org.sessions.expire_all()
    with pytest.raises(SalesforceExpiredSession):
        client.query("SELECT Id FROM Account")


def test_users_without_the_right_to_use_the_api_are_refused(world: World, http: Http) -> None:
    world.org.rights(world.integration).system.discard("ApiEnabled")
    world.org.access.forget()
    assert http.error("GET", "limits") == (403, "API_DISABLED_FOR_ORG")


def test_versions_are_listed_for_everybody(world: World) -> None:
    listed = world.session().get(f"https://{world.org.domain}/services/data", timeout=20).json()
    assert listed[-1] == {"label": "Summer '26", "url": "/services/data/v67.0", "version": "67.0"}
    assert [one["label"] for one in listed if one["version"] in {"59.0", "61.0", "62.0"}] == [
        "Winter '24",
        "Summer '24",
        "Winter '25",
    ]


def test_a_version_that_is_not_there_is_not_found(world: World) -> None:
    assert world.http(version="12.0").error("GET", "limits") == (404, "NOT_FOUND")
    assert world.http(version="99.0").error("GET", "limits") == (404, "NOT_FOUND")
