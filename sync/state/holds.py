"""Records whose field someone else changed: they are left alone and wait for a person's decision."""

from collections.abc import Sequence

import pyarrow as pa
import sqlalchemy as sa

from sync.state import schema

__all__ = ["add_holds", "replace_holds"]


def replace_holds(tx: sa.Connection, scope_id: int, held: pa.Table, now: str) -> None:
    """Make these the records that are held; one that was held before keeps its day.

    Args:
        tx: The transaction.
        scope_id: Whose records.
        held: `record_id` and `cause` of every record to hold.
        now: The moment, for those that are new.
    """
    table = schema.hold
    since = dict(tx.execute(sa.select(table.c.record_id, table.c.since).filter_by(scope_id=scope_id)).all())
    tx.execute(table.delete().filter_by(scope_id=scope_id))
    rows = [
        {
            "scope_id": scope_id,
            "record_id": change["record_id"],
            "reason": change["cause"],
            "since": since.get(change["record_id"], now),
        }
        for change in held.select(["record_id", "cause"]).to_pylist()
    ]
    if rows:
        tx.execute(table.insert(), rows)


def add_holds(tx: sa.Connection, scope_id: int, record_ids: Sequence[str], now: str) -> None:
    """Hold further records, which someone edited between the plan and its writing."""
    rows = [
        {"scope_id": scope_id, "record_id": record_id, "reason": "edited", "since": now}
        for record_id in record_ids
    ]
    if rows:
        tx.execute(schema.hold.insert(), rows)
