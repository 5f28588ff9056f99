"""An org for tests of pulls whose records are read by bulk jobs, and what a pull gave."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from connectors.config import ConnectionSettings
from connectors.model import DeletedRecord, ObjectKind, Page
from connectors.salesforce.bulk_query import BulkReading
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.connector import SalesforceConnector
from tests.salesforce import SalesforceWorld

__all__ = ["BulkWorld", "deleted_of", "ids_of", "table_of"]


@dataclass
class BulkWorld(SalesforceWorld):
    """Its connector reads everything with jobs, in parts of 20 records, and waits by the org's clock."""

    waits: list[float] = field(default_factory=list)

    def open(self, **more: Any) -> SalesforceConnector:
        known: dict[str, Any] = {"crm": "salesforce", "endpoint": self.url}
        settings = ConnectionSettings(**{**known, "client_id": "key", "client_secret": "secret", **more})
        how = BulkReading(from_records=0, part_records=20, sleep=self._sleep)
        opened = SalesforceConnector(SalesforceClient(settings), settings, bulk_reading=how)
        self.opened.append(opened)
        return opened

    def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.advance(seconds)


def table_of(pages: Iterable[Page]) -> pa.Table:
    """All records of a pull."""
    return pa.concat_tables([page.table for page in pages])


def ids_of(pages: Iterable[Page], kind: ObjectKind = ObjectKind.ACCOUNT) -> list[str]:
    """Their ids, in order."""
    return [str(one) for one in table_of(pages)[f"{kind.value}_id"].to_pylist()]


def deleted_of(pages: Iterable[Page]) -> dict[str, str | None]:
    """What went, and into which record."""
    gone: list[DeletedRecord] = [one for page in pages for one in page.deleted]
    assert len({one.record_id for one in gone}) == len(gone)
    return {one.record_id: one.merged_into for one in gone}
