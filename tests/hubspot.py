"""An emulated HubSpot behind a real socket, with a connector on it and the hands of the people in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from starlette.types import Receive, Scope, Send

from connectors.config import ConnectionSettings
from connectors.contract import Connector
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.objects import sources_of
from connectors.model import FieldValue, ObjectKind, Option
from crm_segments.sandbox import VirtualClock
from crm_segments.sandbox.hubspot import ALL_SCOPES, HubSpotEmulator, HubSpotPortal, PortalSettings
from crm_segments.sandbox.hubspot.properties import Option as PortalOption
from crm_segments.sandbox.hubspot.properties import Property
from crm_segments.sandbox.hubspot.settings import Beliefs

__all__ = ["START", "HubSpotSwitchboard", "HubSpotWorld"]

START = datetime(2026, 11, 2, 9, 0, 0, tzinfo=UTC)
_STAMPS = {"hs_lastmodifieddate", "lastmodifieddate"}


class HubSpotSwitchboard:
    """One server for all tests; each test plugs in its own emulator."""

    def __init__(self) -> None:
        self.emulator: HubSpotEmulator | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.emulator is not None
        await self.emulator.wire(scope, receive, send)


def _settings() -> PortalSettings:
    """The suite needs to say into which record another one went, so the primary one keeps its id."""
    return PortalSettings(beliefs=Beliefs(merge_makes_new_record=False))


@dataclass
class HubSpotWorld:
    """A portal of its own for one test. Satisfies `connectors.testing.World`."""

    url: str
    switchboard: HubSpotSwitchboard
    settings: PortalSettings = field(default_factory=_settings)
    kind: ObjectKind = ObjectKind.ACCOUNT
    text_field: str = "city"
    page_records: int = 100
    opened: list[HubSpotConnector] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = VirtualClock(START)
        self.portal = HubSpotPortal(self.clock, self.settings)
        self.key = self.portal.keys.add_service_key("Tests", ALL_SCOPES, user_id=self.portal.admin.user_id)
        self.emulator = HubSpotEmulator(self.portal)
        self.switchboard.emulator = self.emulator
        self.connector = self.open()

    def open(self, **more: Any) -> HubSpotConnector:
        """A connector for this portal; `more` are keys of `[connection]`."""
        settings = ConnectionSettings(
            **{"crm": "hubspot", "endpoint": self.url, "access_token": self.key, **more}
        )
        client = HubSpotClient(settings, clock=self.seconds, sleep=self.sleep)
        opened = HubSpotConnector(client, settings, clock=self.clock.now)
        self.opened.append(opened)
        return opened

    def seconds(self) -> float:
        """The portal's clock, as a client of perfect time reads it."""
        return self.clock.now().timestamp()

    def sleep(self, seconds: float) -> None:
        """Waiting moves the portal's clock."""
        self.clock.advance(seconds)

    def close(self) -> None:
        """Release all connections."""
        for opened in self.opened:
            opened.__exit__(None, None, None)

    def reopen(self) -> Connector:
        return self.open()

    def seed(self, kind: ObjectKind, records: Sequence[Mapping[str, FieldValue]]) -> list[str]:
        (source,) = sources_of(kind, ConnectionSettings())
        return [
            self.portal.add(
                source.name,
                {source.fields[name]: _text(value) for name, value in one.items() if name in source.fields},
            )
            for one in records
        ]

    def edit(self, kind: ObjectKind, record_id: str, values: Mapping[str, FieldValue]) -> None:
        self.clock.advance(1)
        changed = {name: None if value is None else _text(value) for name, value in values.items()}
        self.portal.edit(self._name(kind), record_id, changed)
        self.clock.advance(1)

    def delete(self, kind: ObjectKind, record_id: str) -> None:
        self.clock.advance(1)
        self.portal.archive(self._name(kind), record_id)

    def merge(self, kind: ObjectKind, winner: str, loser: str) -> None:
        self.clock.advance(1)
        self.portal.merge(self._name(kind), winner, loser)

    def whole_record(self, kind: ObjectKind, record_id: str) -> Mapping[str, object]:
        name = self._name(kind)
        every = dict.fromkeys(self.portal.definitions(self.portal.kind(name)))
        values = {**every, **self.portal.values(name, record_id)}
        return {key: value for key, value in values.items() if key not in _STAMPS}

    def touch_mark(self, kind: ObjectKind, record_id: str) -> object:
        type_id = self.portal.kind(self._name(kind)).type_id
        return self.portal.store.history.touches(f"{type_id}/{record_id}")

    def request_mark(self) -> object:
        return len([one for one in self.emulator.wire.requests() if one.method != "GET"])

    def add_text_field(self, kind: ObjectKind, name: str) -> None:
        self.portal.add_property(self._name(kind), Property(name=name, label=name))

    def add_option(self, kind: ObjectKind, field: str, option: Option) -> None:
        known = self.portal.property(self.portal.kind(self._name(kind)), field)
        assert known is not None
        known.set_options([*known.options, PortalOption(option.value, option.label, len(known.options))])

    def save_list(self, kind: ObjectKind, title: str, field: str, value: str) -> None:
        operation = {"operationType": "ENUMERATION", "operator": "IS_ANY_OF", "values": [value]}
        filters = [{"filterType": "PROPERTY", "property": field, "operation": operation}]
        inner = {"filterBranchType": "AND", "filterBranches": [], "filters": filters}
        body = {
            "name": title,
            "objectTypeId": self.portal.kind(self._name(kind)).type_id,
            "processingType": "DYNAMIC",
            "filterBranch": {"filterBranchType": "OR", "filterBranches": [inner], "filters": []},
        }
        answer = self.http("POST", "/crm/v3/lists", json=body)
        assert answer.status_code == 200, answer.text

    def list_titles(self, kind: ObjectKind) -> list[str]:
        name = self._name(kind)
        return sorted(one.name.partition(" [")[0] for one in self.portal.lists if one.kind.name == name)

    def http(self, method: str, path: str, **more: Any) -> requests.Response:
        """A plain request with all rights."""
        headers = {"Authorization": f"Bearer {self.key}"}
        return requests.request(method, f"{self.url}{path}", headers=headers, timeout=20, **more)

    def calls(self, is_wanted: Callable[[Any], bool] = lambda _one: True) -> list[Any]:
        """Requests that came in."""
        return [one for one in self.emulator.wire.requests() if is_wanted(one)]

    def pass_time(self, **time: float) -> None:
        """Time passes in the portal."""
        self.clock.advance(timedelta(**time).total_seconds())

    def _name(self, kind: ObjectKind) -> str:
        return sources_of(kind, ConnectionSettings())[0].name


def _text(value: FieldValue) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else str(value)
