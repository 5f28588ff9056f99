"""The embedded CRM keeps the contract of connectors."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from connectors.local import open_connector
from connectors.local.connector import LocalConnector
from connectors.local.limits import PAGE_RECORDS
from connectors.model import FieldValue, ObjectKind, Option, id_column
from connectors.testing import ConnectorSuite, ListSuite, World


@dataclass
class LocalWorld:
    """One file in a folder of its own."""

    path: Path
    connector: LocalConnector
    kind: ObjectKind = ObjectKind.ACCOUNT
    text_field: str = "industry"
    page_records: int = PAGE_RECORDS
    seeded: int = 0

    def reopen(self) -> LocalConnector:
        return open_connector(path=self.path)

    def seed(self, kind: ObjectKind, records: Sequence[Mapping[str, FieldValue]]) -> list[str]:
        ids = [f"{kind.value}-{number:05}" for number in range(self.seeded, self.seeded + len(records))]
        self.seeded += len(records)
        key = id_column(kind)
        rows = [{key: record_id, **record} for record_id, record in zip(ids, records, strict=True)]
        self.connector.load({kind: pa.Table.from_pylist(rows)}, as_of=date(2026, 11, 2))
        return ids

    def edit(self, kind: ObjectKind, record_id: str, values: Mapping[str, FieldValue]) -> None:
        self.connector.edit(kind, record_id, values, "Jo")

    def delete(self, kind: ObjectKind, record_id: str) -> None:
        self.connector.delete(kind, [record_id])

    def merge(self, kind: ObjectKind, winner: str, loser: str) -> None:
        self.connector.merge(kind, winner, loser)

    def whole_record(self, kind: ObjectKind, record_id: str) -> Mapping[str, object]:
        key = id_column(kind)
        (record,) = [row for row in self.connector.table(kind).to_pylist() if row[key] == record_id]
        return {name: value for name, value in record.items() if name != "modified_at"}

    def touch_mark(self, kind: ObjectKind, record_id: str) -> object:
        query = f"SELECT modified_at FROM accounts WHERE {id_column(kind)} = ?"  # noqa: S608
        return self._ask(query, record_id), len(self.connector.history(kind, record_id))

    def request_mark(self) -> object:
        return self._ask("SELECT value FROM file_info WHERE name = ?", "last_modified_at")

    def add_text_field(self, kind: ObjectKind, name: str) -> None:
        table = pa.table({id_column(kind): pa.array([], pa.string()), name: pa.array([], pa.string())})
        self.connector.load({kind: table}, as_of=date(2026, 11, 2))

    def add_option(self, kind: ObjectKind, field: str, option: Option) -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(
                "INSERT INTO field_options (object, field, value, label) VALUES (?, ?, ?, ?)",
                (kind.value, field, option.value, option.label),
            )

    def save_list(self, kind: ObjectKind, title: str, field: str, value: str) -> None:
        self.connector.save_view(title, kind, field, value)

    def list_titles(self, kind: ObjectKind) -> list[str]:
        return sorted(view.title for view in self.connector.views() if view.object is kind)

    def _ask(self, query: str, value: str) -> object:
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(query, (value,)).fetchall()


class TestLocal(ConnectorSuite, ListSuite):
    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[World]:
        path = tmp_path / "crm.db"
        with open_connector(path=path, create=True) as connector:
            yield LocalWorld(path, connector)
