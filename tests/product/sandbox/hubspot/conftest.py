"""An emulated HubSpot behind a real socket, and clients that talk to it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from hubspot import HubSpot
from urllib3 import Retry

from crm_segments.sandbox import VirtualClock
from crm_segments.sandbox.hubspot import ALL_SCOPES, HubSpotEmulator, HubSpotPortal, PortalSettings
from tests.product.sandbox.conftest import START, Switchboard


@dataclass
class Portal:
    """A portal, its emulator, and those who ask it."""

    clock: VirtualClock
    portal: HubSpotPortal
    emulator: HubSpotEmulator
    url: str
    key: str
    """A service key with all scopes."""
    sessions: list[requests.Session] = field(default_factory=list)

    def http(self, *scopes: str, token: str | None = None) -> "Http":
        """Plain requests with all rights, with these scopes only, or with this token."""
        if scopes:
            token = self.portal.keys.add_private_app("Narrow", scopes, user_id=self.portal.admin.user_id)
        session = requests.Session()
        session.trust_env = False
        self.sessions.append(session)
        return Http(session, self.url, token or self.key)

    def client(self, **more: Any) -> Any:
        """The client library; its own retries are off."""
        known = {"access_token": self.key, "host": self.url, "retry": Retry(total=0)}
        return HubSpot(**{**known, **more})

    def company(self, **values: str) -> str:
        """A company with these values."""
        return self.portal.add("companies", {"name": "Example", **values})


@dataclass
class Http:
    """Plain requests with a token."""

    session: requests.Session
    base: str
    token: str

    def __call__(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return self.session.request(method, f"{self.base}{path}", headers=headers, timeout=20, **more)

    def ok(self, method: str, path: str, **more: Any) -> Any:
        """The JSON of an answer that succeeded."""
        answer = self(method, path, **more)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    def error(self, method: str, path: str, **more: Any) -> tuple[int, str | None, str]:
        """Status, category and message of a refusal."""
        answer = self(method, path, **more)
        content = answer.json()
        assert content["status"] == "error"
        assert content["correlationId"]
        return answer.status_code, content.get("category"), content["message"]

    def search(self, kind: str = "companies", **body: Any) -> Any:
        """The answer to a search."""
        return self.ok("POST", f"/crm/v3/objects/{kind}/search", json=body)

    def found(self, kind: str = "companies", **filters: Any) -> list[str]:
        """Ids of the records that fit one filter."""
        answer = self.search(kind, filterGroups=[{"filters": [filters]}], limit=200)
        return [one["id"] for one in answer["results"]]

    def update(self, rows: dict[str, dict[str, Any]], kind: str = "companies") -> requests.Response:
        """A batch update by record id."""
        inputs = [{"id": record_id, "properties": values} for record_id, values in rows.items()]
        return self("POST", f"/crm/v3/objects/{kind}/batch/update", json={"inputs": inputs})


@pytest.fixture
def portal_settings() -> PortalSettings:
    """How the portal of this test is set up; tests that need more change it."""
    return PortalSettings(search_calls=1000)


@pytest.fixture
def world(switchboard: tuple[Switchboard, str], portal_settings: PortalSettings) -> Iterator[Portal]:
    board, url = switchboard
    clock = VirtualClock(START)
    portal = HubSpotPortal(clock, portal_settings)
    key = portal.keys.add_service_key("Tests", ALL_SCOPES, user_id=portal.admin.user_id)
    emulator = HubSpotEmulator(portal)
    board.emulator = emulator
    world = Portal(clock, portal, emulator, url, key)
    yield world
    for session in world.sessions:
        session.close()


@pytest.fixture
def http(world: Portal) -> Http:
    return world.http()


@pytest.fixture
def client(world: Portal) -> Any:
    return world.client()
