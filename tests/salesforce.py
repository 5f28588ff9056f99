# ruff: noqa: S106 (these credentials open nothing)
"""An emulated Salesforce behind a real socket, with a connector on it and the hands of the people in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests
from starlette.types import Receive, Scope, Send

from connectors.config import ConnectionSettings
from connectors.contract import Connector
from connectors.model import FieldValue, ObjectKind, Option
from connectors.salesforce import open_configured
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.objects import sources_of
from crm_segments.sandbox import VirtualClock
from crm_segments.sandbox.salesforce import (
    ADMINISTRATOR,
    ConnectedApp,
    OrgSettings,
    ProfileRights,
    SalesforceEmulator,
    SalesforceOrg,
)
from crm_segments.sandbox.salesforce.custom_fields import add_option
from crm_segments.sandbox.salesforce.fields import Field, PicklistOption, Value
from tests.meta.project import ROOT

__all__ = ["START", "SalesforceWorld", "Switchboard"]

START = datetime(2026, 11, 2, 9, 0, 0, tzinfo=UTC)
_STAMPS = {"LastModifiedDate", "LastModifiedById", "SystemModstamp"}
_READS = {"GET"}


class Switchboard:
    """One server for all tests; each test plugs in its own emulator."""

    def __init__(self) -> None:
        self.emulator: SalesforceEmulator | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.emulator is not None
        await self.emulator.wire(scope, receive, send)


@dataclass
class SalesforceWorld:
    """An org of its own for one test. Satisfies `connectors.testing.World`."""

    url: str
    switchboard: Switchboard
    settings: OrgSettings = field(default_factory=lambda: OrgSettings(max_page_rows=20))
    kind: ObjectKind = ObjectKind.ACCOUNT
    text_field: str = "Site"
    page_records: int = 20
    opened: list[SalesforceConnector] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = VirtualClock(START)
        self.org = SalesforceOrg(self.clock, self.settings)
        rights = ProfileRights(set(ADMINISTRATOR) - {"ModifyAllData"})
        self.profile = self.org.add_profile("Integration", rights)
        self.integration = self.org.add_user(
            "integration@example.com", self.profile, password="pass", token="word"
        )
        self.org.add_app(ConnectedApp(consumer_key="key", consumer_secret="secret", run_as=self.integration))
        self.emulator = SalesforceEmulator(self.org)
        self.switchboard.emulator = self.emulator
        self.connector = self.open()

    def open(self, **more: Any) -> SalesforceConnector:
        """A connector for this org; `more` are keys of `[connection]`."""
        known: dict[str, Any] = {"crm": "salesforce", "endpoint": self.url}
        if not {"access_token", "username"} & more.keys():
            known |= {"client_id": "key", "client_secret": "secret"}
        opened = open_configured(ConnectionSettings(**{**known, **more}), folder=ROOT)
        self.opened.append(opened)
        return opened

    def close(self) -> None:
        """Release all connections."""
        for opened in self.opened:
            opened.__exit__(None, None, None)

    def reopen(self) -> Connector:
        return self.open()

    def seed(self, kind: ObjectKind, records: Sequence[Mapping[str, FieldValue]]) -> list[str]:
        source = sources_of(kind, ConnectionSettings())[0]
        return [self.org.add(source.name, self._values(source.name, source.fields, one)) for one in records]

    def edit(self, kind: ObjectKind, record_id: str, values: Mapping[str, FieldValue]) -> None:  # noqa: ARG002
        self.clock.advance(1)
        self.org.edit(record_id, {name: _value(value) for name, value in values.items()})
        self.clock.advance(1)

    def delete(self, kind: ObjectKind, record_id: str) -> None:  # noqa: ARG002
        self.clock.advance(1)
        self.org.store.delete(record_id, self.org.admin_id)

    def merge(self, kind: ObjectKind, winner: str, loser: str) -> None:  # noqa: ARG002
        self.clock.advance(1)
        self.org.store.merge(winner, [loser], self.org.admin_id)

    def whole_record(self, kind: ObjectKind, record_id: str) -> Mapping[str, object]:
        source = sources_of(kind, ConnectionSettings())[0]
        row = self.org.store.find(record_id) or {}
        every = {one.name: None for one in self.org.require(source.name).fields.values()}
        return {name: value for name, value in {**every, **row}.items() if name not in _STAMPS}

    def touch_mark(self, kind: ObjectKind, record_id: str) -> object:  # noqa: ARG002
        return self.org.store.history.touches(record_id)

    def request_mark(self) -> object:
        return len([one for one in self.emulator.wire.requests() if one.method not in _READS])

    def add_text_field(self, kind: ObjectKind, name: str) -> None:
        source = sources_of(kind, ConnectionSettings())[0]
        self.org.add_field(source.name, Field(name=name, label=name, type="string", length=80))

    def add_option(self, kind: ObjectKind, field: str, option: Option) -> None:
        source = sources_of(kind, ConnectionSettings())[0]
        add_option(self.org, source.name, field, PicklistOption(option.value, option.label))

    def save_list(self, kind: ObjectKind, title: str, field: str, value: str) -> None:
        source = sources_of(kind, ConnectionSettings())[0]
        known = self.org.require(source.name).field(field)
        assert known is not None
        labels = [one.label for one in known.options if one.value == value] or [value]
        body = {
            "listViewApiName": "By_hand",
            "label": title,
            "displayColumns": ["Name"],
            "filteredByInfo": [{"fieldApiName": field, "operandLabels": labels, "operator": "Equals"}],
            "visibility": "Public",
        }
        answer = self.http("POST", f"ui-api/list-info/{source.name}", json=body)
        assert answer.status_code == 201, answer.text

    def list_titles(self, kind: ObjectKind) -> list[str]:
        source = sources_of(kind, ConnectionSettings())[0]
        return sorted(view.label for view in self.org.list_views.values() if view.sobject == source.name)

    def http(self, method: str, path: str, *, user: str | None = None, **more: Any) -> requests.Response:
        """A plain request as a user, the integration user unless told otherwise."""
        token = self.org.sessions.open(self.org.org_id, user or self.integration).token
        headers = {"Authorization": f"Bearer {token}", "Host": self.org.domain}
        url = f"{self.url}/services/data/v67.0/{path}"
        return requests.request(method, url, headers=headers, timeout=20, **more)

    def _values(
        self, sobject: str, fields: Mapping[str, str], record: Mapping[str, FieldValue]
    ) -> dict[str, Value]:
        known = self.org.require(sobject).fields
        values = {fields[column]: _value(value) for column, value in record.items()}
        return {name: value for name, value in values.items() if name.lower() in known}


def _value(value: FieldValue) -> Value:
    return value if isinstance(value, str | int | float | bool) or value is None else value.isoformat()
