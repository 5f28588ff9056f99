"""OAuth: getting an access token, and asking what a token may do."""

import uuid
from urllib.parse import parse_qsl

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import documented
from crm_segments.sandbox.hubspot.asks import Ask, Routes
from crm_segments.sandbox.hubspot.errors import validation_error
from crm_segments.sandbox.hubspot.keys import OAuthError

__all__ = ["ROUTES"]

ROUTES = Routes()


@ROUTES.add("POST", "/oauth/v1/token", documented("OAuth: Refresh an access token"), needs_login=False)
def token(ask: Ask) -> Reply:
    """A new access token for a refresh token, which stays the same."""
    form = dict(parse_qsl(ask.call.body.decode("utf-8", "replace"), keep_blank_values=True))
    if form.get("grant_type") != "refresh_token":
        return _refused(OAuthError("unsupported_grant_type", "BAD_GRANT_TYPE", "grant type is not supported"))
    names = ("client_id", "client_secret", "refresh_token")
    try:
        access_token, app = ask.portal.keys.refresh(*(form.get(name, "") for name in names))
    except OAuthError as error:
        return _refused(error)
    content = {
        "token_type": "bearer",
        "refresh_token": app.refresh_token,
        "access_token": access_token,
        "expires_in": int(ask.portal.settings.oauth_seconds),
    }
    return json_reply(200, content)


@ROUTES.add(
    "GET", "/oauth/v1/access-tokens/{token}", documented("OAuth: Access token metadata"), needs_login=False
)
def access_token_details(ask: Ask) -> Reply:
    """What an access token of an app may do, and for how long."""
    text = ask.param("token")
    found = ask.portal.keys.find(text)
    if found is None or not found[1]:
        return _refused(OAuthError("invalid_token", "INVALID_TOKEN", "access token is invalid or expired"))
    caller, seconds = found
    content = {
        "token": text,
        "user": next((one.email for one in ask.portal.owners.values() if one.user_id == caller.user_id), ""),
        "hub_domain": "emulated.example",
        "scopes": sorted(caller.scopes),
        "hub_id": ask.portal.portal_id,
        "app_id": caller.app_id,
        "expires_in": seconds,
        "user_id": caller.user_id,
        "token_type": "access",
    }
    return json_reply(200, content)


@ROUTES.add(
    "POST",
    "/oauth/v2/private-apps/get/access-token-info",
    documented("Private apps: Retrieve access token information"),
)
def key_details(ask: Ask) -> Reply:
    """What the token of a private app may do."""
    ask.check_query()
    text = str(ask.json_object("tokenKey").get("tokenKey") or "")
    found = ask.portal.keys.find(text)
    if found is None:
        raise validation_error("tokenKey is not a token of this account")
    caller, _ = found
    content = {
        "userId": caller.user_id,
        "hubId": ask.portal.portal_id,
        "appId": caller.app_id,
        "scopes": sorted(caller.scopes),
    }
    return json_reply(200, content)


def _refused(error: OAuthError) -> Reply:
    content = {"error": error.error, "error_description": error.message, "status": error.code}
    return json_reply(400, {**content, "message": error.message, "correlationId": str(uuid.uuid4())})
