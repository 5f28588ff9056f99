"""What the tests of the embedded CRM make: a clock that obeys, tables, our fields."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa

from connectors.local.connector import LocalConnector
from connectors.model import FieldSpec, FieldType, ObjectKind, Option, Page, id_column

ACCOUNT = ObjectKind.ACCOUNT
DAY = date(2026, 11, 2)


class Clock:
    """A clock that stands still unless it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **step: float) -> None:
        self.now += timedelta(**step)


def accounts(*records: Mapping[str, object]) -> dict[ObjectKind, pa.Table]:
    """Account records as an import brings them; a record without an id gets one from its place."""
    rows = [{"account_id": f"a{number}", **record} for number, record in enumerate(records, start=1)]
    return {ACCOUNT: pa.Table.from_pylist(rows)}


def managed_specs() -> list[FieldSpec]:
    """A field of ours of each type."""
    return [
        FieldSpec(
            f"our_{type_.value}",
            f"Our {type_.value}",
            type_,
            max_length=255 if type_ is FieldType.TEXT else None,
            options=(Option("big", "Big"), Option("small", "Small")) if type_ is FieldType.PICKLIST else (),
            description="Made by a test.",
            installation_id="installation-1",
            is_custom=True,
        )
        for type_ in FieldType
    ]


def ids_of(pages: Sequence[Page], kind: ObjectKind = ACCOUNT) -> list[str]:
    """All ids of a pull, in their order."""
    return [record for page in pages for record in page.table.column(id_column(kind)).to_pylist()]


def modified_at(crm: LocalConnector, record_id: str, kind: ObjectKind = ACCOUNT) -> datetime:
    """When a record was last touched."""
    (stamp,) = [
        row["modified_at"] for row in crm.table(kind).to_pylist() if row[id_column(kind)] == record_id
    ]
    assert isinstance(stamp, datetime)
    return stamp
