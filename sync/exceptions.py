"""Records that were not plainly written: why, and when they are tried again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
import sqlalchemy as sa

from connectors.model import WriteResult
from sync.diff import value_digest
from sync.results import RejectedGroup
from sync.state import schema

__all__ = [
    "Stamp",
    "count_by_state",
    "forget_others",
    "has_any",
    "load_waiting",
    "record",
    "rejected_groups",
]

RETRY_AFTER = timedelta(days=7)
"""A rejected record is tried again after this long even if nothing changed (decided in ADR 0005)."""

_KEPT = {"rejected", "locked", "gone"}
_CLEARED = {"written", "unchanged"}


@dataclass(frozen=True, slots=True)
class Stamp:
    """When and under which schema something was refused."""

    run_id: str
    schema_hash: str
    at: str


def record(
    tx: sa.Connection,
    scope_id: int,
    changes: pa.Table,
    *,
    outcomes: Sequence[str],
    results: Sequence[WriteResult | None],
    stamp: Stamp,
) -> None:
    """Remember exceptions of a batch, and forget those of records that were written now."""
    table = schema.exception
    ids = changes["record_id"].to_pylist()
    over = [
        each for each, outcome in zip(ids, outcomes, strict=True) if outcome in _KEPT or outcome in _CLEARED
    ]
    # Nearly no record has an exception: one look instead of many.
    if has_any(tx, scope_id):
        _delete(tx, scope_id, over)
    kept = [at for at, outcome in enumerate(outcomes) if outcome in _KEPT]
    if not kept:
        return
    digests = value_digest(changes.take(kept)).to_pylist()
    rows = []
    for at, digest in zip(kept, digests, strict=True):
        result = results[at]
        rows.append(
            {
                "scope_id": scope_id,
                "record_id": ids[at],
                "state": outcomes[at],
                "code": result.code if result else "",
                "field": result.field if result else "",
                "message": result.message if result else "",
                "wanted": digest,
                "schema_hash": stamp.schema_hash,
                "run_id": stamp.run_id,
                "at": stamp.at,
            }
        )
    tx.execute(table.insert(), rows)


def has_any(tx: sa.Connection, scope_id: int) -> bool:
    """Whether any record has an exception on file."""
    query = sa.select(sa.literal(1)).select_from(schema.exception).filter_by(scope_id=scope_id).limit(1)
    return tx.execute(query).first() is not None


def forget_others(tx: sa.Connection, scope_id: int, open_ids: Collection[str]) -> None:
    """Forget the exceptions of all other records: they were put right by hand, left the scope, are gone."""
    table = schema.exception
    known = tx.execute(sa.select(table.c.record_id).filter_by(scope_id=scope_id)).scalars().all()
    _delete(tx, scope_id, sorted(set(known).difference(open_ids)))


def load_waiting(tx: sa.Connection, scope_id: int, *, schema_hash: str, now: datetime) -> pa.Table:
    """Rejected records, with the values that were refused, that are not to be tried again yet.

    They are tried again when the value, our fields in the CRM, or a week has passed.
    """
    table = schema.exception
    since = (now - RETRY_AFTER).isoformat(timespec="milliseconds")
    rows = tx.execute(
        sa.select(table.c.record_id, table.c.wanted).where(
            table.c.scope_id == scope_id,
            table.c.state == "rejected",
            table.c.schema_hash == schema_hash,
            table.c.at > since,
        )
    ).all()
    return pa.table(
        {
            "record_id": pa.array([row.record_id for row in rows], pa.string()),
            "digest": pa.array([row.wanted for row in rows], pa.string()),
        }
    )


def rejected_groups(tx: sa.Connection, scope_id: int) -> tuple[RejectedGroup, ...]:
    """Rejected records grouped by what the CRM said, most frequent first."""
    table = schema.exception
    rows = tx.execute(
        sa.select(table).filter_by(scope_id=scope_id, state="rejected").order_by(table.c.record_id)
    ).all()
    groups: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        groups.setdefault((row.code, row.field, row.message), []).append(row.record_id)
    found = [
        RejectedGroup(code, field, message, len(ids), tuple(ids[:5]))
        for (code, field, message), ids in groups.items()
    ]
    return tuple(sorted(found, key=lambda group: (-group.count, group.code, group.field)))


def count_by_state(tx: sa.Connection, scope_ids: Sequence[int]) -> dict[str, int]:
    """How many records are rejected, locked or gone."""
    table = schema.exception
    rows = tx.execute(
        sa.select(table.c.state, sa.func.count())
        .where(table.c.scope_id.in_(scope_ids))
        .group_by(table.c.state)
    ).all()
    return {row[0]: row[1] for row in rows}


def _delete(tx: sa.Connection, scope_id: int, record_ids: Sequence[str]) -> None:
    table = schema.exception
    for start in range(0, len(record_ids), 500):
        ids = record_ids[start : start + 500]
        tx.execute(table.delete().where(table.c.scope_id == scope_id, table.c.record_id.in_(ids)))
