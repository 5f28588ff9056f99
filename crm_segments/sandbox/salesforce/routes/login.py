"""OAuth: getting a token, saying whose it is, and giving it back."""

import base64
import binascii
import hashlib
import time
from collections.abc import Mapping
from urllib.parse import parse_qsl

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import documented
from crm_segments.sandbox.salesforce.asks import Ask, Routes
from crm_segments.sandbox.salesforce.errors import not_found
from crm_segments.sandbox.salesforce.org import SalesforceOrg
from crm_segments.sandbox.salesforce.sessions import ConnectedApp

__all__ = ["ROUTES", "user_named"]

ROUTES = Routes()
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SHARED_HOSTS = frozenset({"login.salesforce.com", "test.salesforce.com"})


class _OAuthError(Exception):
    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.description = description
        self.status = status

    def reply(self) -> Reply:
        return json_reply(self.status, {"error": self.code, "error_description": self.description})


@ROUTES.add(
    "POST",
    "/services/oauth2/token",
    documented("Help: OAuth 2.0 Client Credentials Flow, JWT Bearer Flow, Username-Password Flow"),
    needs_login=False,
)
def token(ask: Ask) -> Reply:
    """A new access token for whoever proves to be somebody."""
    form = dict(parse_qsl(ask.call.body.decode("utf-8", "replace"), keep_blank_values=True))
    flows = {
        "client_credentials": _client_credentials,
        "password": _password,
        JWT_GRANT: _jwt_bearer,
    }
    flow = flows.get(form.get("grant_type", ""))
    if flow is None:
        return _OAuthError("unsupported_grant_type", "grant type not supported").reply()
    try:
        user_id, scope = flow(ask, form)
    except _OAuthError as error:
        return error.reply()
    return json_reply(200, _grant(ask.org, user_id, scope), {"Cache-Control": "no-cache, no-store"})


@ROUTES.add("GET", "/services/oauth2/userinfo", documented("Help: UserInfo Endpoint"))
def user_info(ask: Ask) -> Reply:
    """Who the token belongs to, in the words of OpenID."""
    user = ask.org.store.find(ask.user) or {}
    content = {
        "sub": _identity_url(ask.org, ask.user),
        "user_id": ask.user,
        "organization_id": ask.org.org_id,
        "preferred_username": user.get("Username"),
        "nickname": user.get("Username"),
        "name": user.get("Name"),
        "email": user.get("Email"),
        "email_verified": True,
        "family_name": user.get("LastName"),
        "zoneinfo": user.get("TimeZoneSidKey"),
        "active": user.get("IsActive") is True,
        "user_type": "STANDARD",
        "language": "en_US",
        "locale": "en_US",
        "urls": {"rest": f"https://{ask.org.domain}/services/data/v{{version}}/"},
    }
    return json_reply(200, content)


@ROUTES.add("GET", "/id/{organization}/{identity}", documented("Help: Identity URLs"))
def identity(ask: Ask) -> Reply:
    """Who the token belongs to, at the address that came with it."""
    if ask.param("organization") != ask.org.org_id or ask.param("identity") != ask.user:
        raise not_found()
    user = ask.org.store.find(ask.user) or {}
    content = {
        "id": _identity_url(ask.org, ask.user),
        "asserted_user": True,
        "user_id": ask.user,
        "organization_id": ask.org.org_id,
        "username": user.get("Username"),
        "display_name": user.get("Name"),
        "email": user.get("Email"),
        "timezone": user.get("TimeZoneSidKey"),
        "active": user.get("IsActive") is True,
        "user_type": "STANDARD",
        "language": "en_US",
        "locale": "en_US",
    }
    return json_reply(200, content)


@ROUTES.add("POST", "/services/oauth2/revoke", documented("Help: Revoke OAuth Tokens"), needs_login=False)
def revoke(ask: Ask) -> Reply:
    """Ends a token."""
    form = dict(parse_qsl(ask.call.body.decode("utf-8", "replace")))
    given = form.get("token") or ask.call.query.get("token", "")
    if ask.org.sessions.close(given):
        return Reply(200)
    return json_reply(
        400, {"error": "unsupported_token_type", "error_description": "this token type is not supported"}
    )


def user_named(org: SalesforceOrg, username: str) -> str | None:
    """Id of the active user of this name."""
    for user_id, row in org.store.table("User").items():
        if str(row.get("Username")).lower() == username.lower() and row.get("IsActive"):
            return user_id
    return None


def _client_credentials(ask: Ask, form: Mapping[str, str]) -> tuple[str, str]:
    if (ask.call.header("Host") or "").partition(":")[0].lower() in _SHARED_HOSTS:
        raise _OAuthError("invalid_grant", "request not supported on this domain")
    app = _authenticated_app(ask, form)
    if app.run_as is None:
        raise _OAuthError("invalid_grant", "no client credentials user enabled")
    return app.run_as, "api"


def _password(ask: Ask, form: Mapping[str, str]) -> tuple[str, str]:
    app = _authenticated_app(ask, form)
    username = form.get("username", "")
    known = ask.org.sessions.passwords.get(username)
    user_id = user_named(ask.org, username)
    if not app.allows_password or known is None or user_id is None or form.get("password") != "".join(known):
        raise _OAuthError("invalid_grant", "authentication failure")
    return user_id, "api"


def _jwt_bearer(ask: Ask, form: Mapping[str, str]) -> tuple[str, str]:
    import jwt  # noqa: PLC0415 (only this flow needs it; it comes with the Salesforce client)

    assertion = form.get("assertion", "")
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False, "verify_exp": False})
    except jwt.InvalidTokenError as error:
        raise _OAuthError("invalid_grant", "invalid assertion") from error
    app = ask.org.sessions.apps.get(str(claims.get("iss")))
    if app is None or app.public_key is None:
        raise _OAuthError("invalid_client_id", "client identifier invalid")
    try:
        jwt.decode(
            assertion,
            app.public_key,
            algorithms=["RS256"],
            options={"verify_exp": False, "verify_aud": False},
        )
    except jwt.InvalidTokenError as error:
        raise _OAuthError("invalid_grant", "invalid assertion") from error
    if str(claims.get("aud")).rstrip("/") not in _audiences(ask.org):
        raise _OAuthError("invalid_grant", "audience is invalid")
    # The client signs with this machine's time, whatever time the org's clock shows.
    if float(claims.get("exp", 0)) < time.time():
        raise _OAuthError("invalid_grant", "expired authorization code")
    user_id = user_named(ask.org, str(claims.get("sub")))
    if user_id is None:
        raise _OAuthError("invalid_grant", "user hasn't approved this consumer")
    return user_id, "api"


def _audiences(org: SalesforceOrg) -> set[str]:
    return {f"https://{host}" for host in (*_SHARED_HOSTS, org.domain)}


def _authenticated_app(ask: Ask, form: Mapping[str, str]) -> ConnectedApp:
    key, secret = _basic(ask.call.header("Authorization")) or (
        form.get("client_id", ""),
        form.get("client_secret", ""),
    )
    app = ask.org.sessions.apps.get(key)
    if app is None:
        raise _OAuthError("invalid_client_id", "client identifier invalid")
    if app.consumer_secret != secret:
        raise _OAuthError("invalid_client", "invalid client credentials")
    return app


def _basic(header: str | None) -> tuple[str, str] | None:
    if header is None or not header.startswith("Basic "):
        return None
    try:
        key, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise _OAuthError("invalid_client", "invalid client credentials") from error
    return key, secret


def _grant(org: SalesforceOrg, user_id: str, scope: str) -> dict[str, object]:
    session = org.sessions.open(org.org_id, user_id)
    issued = str(int(org.now().timestamp() * 1000))
    signed = hashlib.sha256((_identity_url(org, user_id) + issued).encode()).digest()
    return {
        "access_token": session.token,
        "signature": base64.b64encode(signed).decode(),
        "scope": scope,
        "instance_url": f"https://{org.domain}",
        "id": _identity_url(org, user_id),
        "token_type": "Bearer",
        "issued_at": issued,
    }


def _identity_url(org: SalesforceOrg, user_id: str) -> str:
    return f"https://login.salesforce.com/id/{org.org_id}/{user_id}"
