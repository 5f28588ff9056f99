"""Who is logged in: connected apps, passwords, access tokens and when they end."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm_segments.sandbox.clock import Clock
from crm_segments.sandbox.salesforce.errors import ApiError
from crm_segments.sandbox.salesforce.settings import OrgSettings

__all__ = ["ConnectedApp", "Session", "Sessions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedApp:
    """An app that may log in to the org."""

    consumer_key: str
    consumer_secret: str = ""
    run_as: str | None = None
    """User of the client credentials flow; None where the flow is off."""
    public_key: str | None = None
    """PEM of the certificate or key for JWT bearer; None where the flow is off."""
    allows_password: bool = True


@dataclass(slots=True)
class Session:
    """One login."""

    token: str
    user_id: str
    last_used: datetime


class Sessions:
    """Access tokens of one org."""

    def __init__(self, clock: Clock, settings: OrgSettings) -> None:
        self._clock = clock
        self._settings = settings
        self._open: dict[str, Session] = {}
        self.apps: dict[str, ConnectedApp] = {}
        self.passwords: dict[str, tuple[str, str]] = {}
        """Password and security token by username."""
        self.login_count = 0

    def open(self, org_id: str, user_id: str) -> Session:
        """Starts a session with a token of the usual shape."""
        self.login_count += 1
        secret = base64.b64encode(hashlib.sha512(secrets.token_bytes(32)).digest(), b"._").decode()
        session = Session(f"{org_id[:15]}!AQEAQ{secret.rstrip('=')}", user_id, self._clock.now())
        self._open[session.token] = session
        return session

    def user_of(self, token: str) -> str:
        """The user of a token; the session lives on.

        Raises:
            ApiError: The token is unknown, revoked or too old.
        """
        session = self._open.get(token)
        now = self._clock.now()
        if session is None or now - session.last_used > timedelta(seconds=self._settings.session_seconds):
            self._open.pop(token, None)
            raise ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        session.last_used = now
        return session.user_id

    def close(self, token: str) -> bool:
        """Revokes a token; says whether there was one."""
        return self._open.pop(token, None) is not None

    def expire_all(self) -> None:
        """All sessions end, as after a logout elsewhere or a change of policy."""
        self._open.clear()
