# ruff: noqa: S106 (these credentials open nothing)
"""An emulated Salesforce behind a real socket, and clients that talk to it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from starlette.types import Receive, Scope, Send

from crm_segments.sandbox import SandboxServer, VirtualClock
from crm_segments.sandbox.hubspot import HubSpotEmulator
from crm_segments.sandbox.salesforce import (
    ADMINISTRATOR,
    ConnectedApp,
    OrgSettings,
    ProfileRights,
    SalesforceEmulator,
    SalesforceOrg,
)

START = datetime(2026, 11, 2, 9, 0, 0, tzinfo=UTC)
DOMAIN = "emulated.my"
VERSION = "67.0"


class Switchboard:
    """One server for all tests; each test plugs in its own emulator."""

    def __init__(self) -> None:
        self.emulator: SalesforceEmulator | HubSpotEmulator | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.emulator is not None
        await self.emulator.wire(scope, receive, send)


class Rerouted(HTTPAdapter):
    """Carries https requests for any Salesforce host to the emulator on this machine."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, *args: object, **kwargs: object) -> requests.Response:
        assert request.url is not None
        host, _, rest = request.url.removeprefix("https://").partition("/")
        request.headers["Host"] = host
        request.url = f"{self._url}/{rest}"
        return super().send(request, *args, **kwargs)  # type: ignore[arg-type]


@dataclass
class World:
    """An org, its emulator, and the people who ask it."""

    clock: VirtualClock
    org: SalesforceOrg
    emulator: SalesforceEmulator
    url: str
    integration: str
    """Id of the user that the connected app runs as."""
    sessions: list[requests.Session] = field(default_factory=list)

    def session(self) -> requests.Session:
        """A session that reaches the emulator under its real names."""
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", Rerouted(self.url))
        self.sessions.append(session)
        return session

    def client(self, **more: Any) -> Any:
        """The client library, logged in with the connected app; it makes its attributes on the fly."""
        known: dict[str, Any] = {"consumer_key": "key", "consumer_secret": "secret", "domain": DOMAIN}
        known |= {"version": VERSION, "session": self.session()}
        return Salesforce(**{**known, **more})

    def http(self, user: str | None = None, version: str = VERSION) -> "Http":
        """Plain requests as a user."""
        token = self.org.sessions.open(self.org.org_id, user or self.integration).token
        return Http(self.session(), f"https://{self.org.domain}/services/data/v{version}", token)


@dataclass
class Http:
    """Plain requests with a token."""

    session: requests.Session
    base: str
    token: str

    def __call__(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return self.session.request(method, f"{self.base}/{path}", headers=headers, timeout=20, **more)

    def query(self, soql: str, **more: Any) -> requests.Response:
        """A SOQL query."""
        return self("GET", "query", params={"q": soql}, **more)

    def values(self, soql: str) -> list[object]:
        """The first selected field of each record."""
        answer = self.query(soql)
        assert answer.status_code == 200, answer.text
        return [
            next(value for name, value in one.items() if name != "attributes")
            for one in answer.json()["records"]
        ]

    def error(self, method: str, path: str, **more: Any) -> tuple[int, str]:
        """Status and code of a refusal."""
        answer = self(method, path, **more)
        return answer.status_code, answer.json()[0]["errorCode"]


@pytest.fixture(scope="session")
def switchboard() -> Iterator[tuple[Switchboard, str]]:
    board = Switchboard()
    with SandboxServer(board) as server:
        yield board, server.url


@pytest.fixture
def settings() -> OrgSettings:
    """How the org of this test is set up; tests that need more override it."""
    return OrgSettings()


@pytest.fixture
def world(switchboard: tuple[Switchboard, str], settings: OrgSettings) -> Iterator[World]:
    board, url = switchboard
    clock = VirtualClock(START)
    org = SalesforceOrg(clock, settings)
    profile = org.add_profile("Integration", ProfileRights(set(ADMINISTRATOR) - {"ModifyAllData"}))
    integration = org.add_user("integration@example.com", profile, password="pass", token="word")
    org.add_app(ConnectedApp(consumer_key="key", consumer_secret="secret", run_as=integration))
    emulator = SalesforceEmulator(org)
    board.emulator = emulator
    world = World(clock, org, emulator, url, integration)
    yield world
    for session in world.sessions:
        session.close()


@pytest.fixture
def http(world: World) -> Http:
    return world.http()


@pytest.fixture
def sf(world: World) -> Any:
    return world.client()


def name_records(answer: requests.Response) -> list[str]:
    """Ids of the records of a page."""
    return [one["Id"] for one in answer.json()["records"]]
