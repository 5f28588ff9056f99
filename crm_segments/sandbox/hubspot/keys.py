"""Who may call: service keys, tokens of private apps, and OAuth apps with their access tokens."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from crm_segments.sandbox.clock import Clock
from crm_segments.sandbox.hubspot.errors import ApiError
from crm_segments.sandbox.hubspot.moments import moment_text
from crm_segments.sandbox.hubspot.settings import PortalSettings

__all__ = ["AccessKind", "Caller", "Keys", "OAuthApp", "OAuthError"]

_NO_CREDENTIALS = (
    "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more"
    " details at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
)
_FIRST_APP_ID = 7_000_001


class AccessKind(StrEnum):
    """What kind of credential a caller shows."""

    SERVICE_KEY = "service_key"
    PRIVATE_APP = "private_app"
    OAUTH = "oauth"


@dataclass(slots=True)
class Caller:
    """A key or an installed app: what it may do, and under which name its writes appear."""

    name: str
    kind: AccessKind
    app_id: int
    user_id: int
    scopes: set[str]

    @property
    def source(self) -> str:
        """How the history of a value names it."""
        return f"INTEGRATION:{self.app_id}"


@dataclass(slots=True)
class OAuthApp:
    """An app that was installed in the portal."""

    client_id: str
    client_secret: str
    refresh_token: str
    caller: Caller


@dataclass(slots=True)
class _AccessToken:
    caller: Caller
    expires_at: datetime


class OAuthError(Exception):
    """A token is refused; the answer has a form of its own."""

    def __init__(self, error: str, code: str, message: str) -> None:
        super().__init__(message)
        self.error = error
        """In the words of OAuth, e.g. `invalid_grant`."""
        self.code = code
        """In HubSpot's own words, e.g. `BAD_REFRESH_TOKEN`."""
        self.message = message


class Keys:
    """All credentials of one portal."""

    def __init__(self, clock: Clock, settings: PortalSettings) -> None:
        self._clock = clock
        self._settings = settings
        self._keys: dict[str, Caller] = {}
        self._tokens: dict[str, _AccessToken] = {}
        self._app_count = 0
        self.apps: dict[str, OAuthApp] = {}
        """By client id."""
        self.refresh_count = 0

    def add_service_key(
        self, name: str, scopes: Iterable[str], *, user_id: int, key: str | None = None
    ) -> str:
        """Adds a service key; gives its text."""
        return self._add_key(self._caller(name, AccessKind.SERVICE_KEY, scopes, user_id), key)

    def add_private_app(
        self, name: str, scopes: Iterable[str], *, user_id: int, key: str | None = None
    ) -> str:
        """Adds a private app; gives its access token."""
        return self._add_key(self._caller(name, AccessKind.PRIVATE_APP, scopes, user_id), key)

    def add_oauth_app(
        self, client_id: str, client_secret: str, scopes: Iterable[str], *, user_id: int
    ) -> OAuthApp:
        """Installs an app; its refresh token gives access tokens."""
        caller = self._caller(client_id, AccessKind.OAUTH, scopes, user_id)
        app = OAuthApp(client_id, client_secret, f"na1-{secrets.token_hex(16)}", caller)
        self.apps[client_id] = app
        return app

    def refresh(self, client_id: str, client_secret: str, refresh_token: str) -> tuple[str, OAuthApp]:
        """A new access token of an installed app.

        Raises:
            OAuthError: Id, secret or refresh token are wrong.
        """
        app = self.apps.get(client_id)
        if app is None:
            raise OAuthError("invalid_client", "BAD_CLIENT_ID", "missing or invalid client id")
        if not secrets.compare_digest(app.client_secret, client_secret):
            raise OAuthError("invalid_client", "BAD_CLIENT_SECRET", "missing or invalid client secret")
        if not secrets.compare_digest(app.refresh_token, refresh_token):
            text = "refresh token is invalid, expired or revoked"
            raise OAuthError("invalid_grant", "BAD_REFRESH_TOKEN", text)
        self.refresh_count += 1
        token = f"CL{secrets.token_urlsafe(48)}"
        ends = self._clock.now() + timedelta(seconds=self._settings.oauth_seconds)
        self._tokens[token] = _AccessToken(app.caller, ends)
        return token, app

    def caller_of(self, header: str | None) -> Caller:
        """Who stands behind an `Authorization` header.

        Raises:
            ApiError: Nobody, or an access token that has ended.
        """
        scheme, _, token = (header or "").partition(" ")
        token = token.strip() if scheme.lower() == "bearer" else ""
        caller = self._keys.get(token)
        if caller is not None:
            return caller
        access = self._tokens.get(token)
        if access is None:
            raise ApiError(401, "INVALID_AUTHENTICATION", _NO_CREDENTIALS)
        seconds = (self._clock.now() - access.expires_at).total_seconds()
        if seconds >= 0:
            raise ApiError(
                401,
                "EXPIRED_AUTHENTICATION",
                f"The OAuth token used to make this call expired {int(seconds)} second(s) ago.",
                extra={"context": {"expire time": [moment_text(access.expires_at)]}},
            )
        return access.caller

    def find(self, token: str) -> tuple[Caller, int] | None:
        """Who stands behind a token, and for how many seconds yet; None for unknown and ended ones."""
        if token in self._keys:
            return self._keys[token], 0
        access = self._tokens.get(token)
        if access is None or access.expires_at <= self._clock.now():
            return None
        return access.caller, int((access.expires_at - self._clock.now()).total_seconds())

    def revoke(self, token: str) -> None:
        """A key is deleted or rotated, or an app is removed: its token means nothing any more."""
        self._keys.pop(token, None)
        self._tokens.pop(token, None)

    def expire_all(self) -> None:
        """All access tokens of OAuth apps end now."""
        for access in self._tokens.values():
            access.expires_at = self._clock.now()

    def _caller(self, name: str, kind: AccessKind, scopes: Iterable[str], user_id: int) -> Caller:
        self._app_count += 1
        return Caller(name, kind, _FIRST_APP_ID + self._app_count, user_id, set(scopes))

    def _add_key(self, caller: Caller, key: str | None) -> str:
        text = key or f"pat-na1-{secrets.token_hex(4)}-{secrets.token_hex(14)}"
        self._keys[text] = caller
        return text
