"""Resolves doubt: a request may have been carried out, or not, and only the CRM knows.

Wait until the CRM can no longer be working on it, read the records back, compare: what holds the new
values was written, what holds the old ones was not, and anything else is someone else's edit.
"""

from collections.abc import Sequence

import pyarrow as pa

from connectors.contract import Connector
from connectors.model import id_column
from sync.ledger import BatchInDoubt, Ledger, Outcome
from sync.plan import PARTS, Plan
from sync.workspace import Workspace

__all__ = ["read_back", "settle_doubt"]


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


def read_back(ws: Workspace, plan: Plan, ids: Sequence[str]) -> dict[str, tuple[str | None, ...]]:
    """What the CRM holds now in our fields, by record id; records that are gone are missing."""
    names = plan.head.field_names
    fields = [names[part] for part in PARTS]
    found: dict[str, tuple[str | None, ...]] = {}
    size = ws.connector.limits.max_read_records
    for start in range(0, len(ids), size):
        table = _read(ws, ws.connector, plan, ids[start : start + size], fields)
        columns = [table[name].to_pylist() for name in (id_column(plan.head.object), *fields)]
        found |= {row[0]: tuple(row[1:]) for row in zip(*columns, strict=True)}
    return found


def _read(
    ws: Workspace, connector: Connector, plan: Plan, ids: Sequence[str], fields: Sequence[str]
) -> pa.Table:
    return ws.retry.call(lambda: connector.read(plan.head.object, ids, fields))


def _judge(change: dict[str, str | None], held: dict[str, tuple[str | None, ...]]) -> Outcome:
    now = held.get(str(change["record_id"]))
    if now is None:
        return Outcome.GONE
    if now == tuple(change[part] for part in PARTS):
        return Outcome.WRITTEN
    if now == tuple(change[f"seen_{part}"] for part in PARTS):
        return Outcome.NOT_SENT
    return Outcome.HELD
