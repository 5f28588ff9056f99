"""Resolves doubt: a request may have been carried out, or not, and only the CRM knows.

Wait until the CRM can no longer be working on it, read the records back, compare: what holds the new
values was written, what holds the old ones was not, and anything else is someone else's edit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from connectors.model import id_column
from sync.ledger import BatchInDoubt, Ledger, Outcome
from sync.plan import PARTS, Plan
from sync.workspace import Workspace

__all__ = ["Held", "read_back", "settle_doubt"]


def settle_doubt(ws: Workspace, ledger: Ledger, plan: Plan, batches: Sequence[BatchInDoubt]) -> None:
    """Bring batches in doubt to an outcome without sending anything.

    Records that the request never reached become `Outcome.NOT_SENT` and go into a new batch.
    """
    if not batches:
        return
    ws.sleep(ws.connector.limits.settle_seconds)
    for batch in batches:
        rows = list(batch.rows)
        slice_ = plan.take(rows)
        held = read_back(ws, plan, slice_["record_id"].to_pylist())
        ledger.settle(batch.batch_no, rows, [_judge(change, held) for change in slice_.to_pylist()])


@dataclass(frozen=True, slots=True)
class Held:
    """What the CRM holds in our fields."""

    parts: tuple[str, ...]
    """Parts whose field is there; others cannot be compared."""
    values: Mapping[str, tuple[str | None, ...]]
    """By record id, in the order of `parts`; records that are gone are missing."""

    def has(self, change: Mapping[str, str | None]) -> bool:
        """Whether the record is there."""
        return str(change["record_id"]) in self.values

    def agrees(self, change: Mapping[str, str | None], prefix: str) -> bool:
        """Whether the fields that are there hold the change's values of before (`seen_`) or after."""
        return self.values[str(change["record_id"])] == tuple(change[prefix + part] for part in self.parts)


def read_back(ws: Workspace, plan: Plan, ids: Sequence[str]) -> Held:
    """Read our fields of these records now, as far as the fields are there."""
    kind, names = plan.head.object, plan.head.field_names
    description = ws.retry.call(lambda: ws.connector.describe(kind))
    parts = tuple(part for part in PARTS if description.field(names[part]))
    fields = [names[part] for part in parts]
    found: dict[str, tuple[str | None, ...]] = {}
    size = ws.connector.limits.max_read_records
    for start in range(0, len(ids), size):
        table = _read(ws, plan, ids[start : start + size], fields)
        columns = [table[name].to_pylist() for name in (id_column(kind), *fields)]
        found |= {row[0]: tuple(row[1:]) for row in zip(*columns, strict=True)}
    return Held(parts, found)


def _read(ws: Workspace, plan: Plan, ids: Sequence[str], fields: Sequence[str]) -> pa.Table:
    return ws.retry.call(lambda: ws.connector.read(plan.head.object, ids, fields))


def _judge(change: Mapping[str, str | None], held: Held) -> Outcome:
    if not held.has(change):
        return Outcome.GONE
    if held.agrees(change, ""):
        # Where one of the fields has vanished, what was written to it has vanished with it.
        return Outcome.WRITTEN if held.parts == PARTS else Outcome.NOT_SENT
    return Outcome.NOT_SENT if held.agrees(change, "seen_") else Outcome.HELD
