"""The chain over all settled batches: it holds after old batches were removed, and shows tampering."""

import hashlib
from typing import NamedTuple

import sqlalchemy as sa

from sync.state import schema

__all__ = ["BatchFacts", "batch_digest", "extend_audit", "first_broken_link"]


class BatchFacts(NamedTuple):
    """What a digest binds together."""

    run_id: str
    batch_no: int
    plan_hash: str
    rows: str
    outcomes: str


def batch_digest(facts: BatchFacts) -> str:
    """Stands for one settled batch: which rows of which plan, and what became of them."""
    return hashlib.sha256("\x1f".join(map(str, facts)).encode()).hexdigest()


def extend_audit(tx: sa.Connection, run_id: str, batch_no: int, digest: str, now: str) -> None:
    """Add a link for a batch that is settled in the same transaction."""
    table = schema.audit
    last = tx.execute(sa.select(table.c.chain).order_by(table.c.sequence.desc()).limit(1)).scalar()
    actor = tx.execute(sa.select(schema.run.c.actor).filter_by(run_id=run_id)).scalar_one()
    values = {"run_id": run_id, "batch_no": batch_no, "actor": actor, "at": now, "digest": digest}
    tx.execute(table.insert().values(chain=_chain(last, *values.values()), **values))


def first_broken_link(tx: sa.Connection) -> int | None:
    """The number of the first link that is not what was recorded; None where all of them hold.

    A batch that is still there is compared with its link as well.
    """
    audit, batch, run, plan = schema.audit, schema.batch, schema.run, schema.plan
    rows = tx.execute(
        sa.select(audit, batch.c.rows, batch.c.outcomes, plan.c.hash)
        .join(
            batch,
            sa.and_(batch.c.run_id == audit.c.run_id, batch.c.batch_no == audit.c.batch_no),
            isouter=True,
        )
        .join(run, run.c.run_id == audit.c.run_id, isouter=True)
        .join(plan, plan.c.plan_id == run.c.plan_id, isouter=True)
        .order_by(audit.c.sequence)
    )
    last: str | None = None
    for row in rows:
        facts = BatchFacts(row.run_id, row.batch_no, row.hash, row.rows, row.outcomes)
        is_there = row.rows is not None and row.hash is not None
        is_changed = is_there and batch_digest(facts) != row.digest
        if is_changed or row.chain != _chain(last, row.run_id, row.batch_no, row.actor, row.at, row.digest):
            return int(row.sequence)
        last = row.chain
    return None


def _chain(last: str | None, *values: object) -> str:
    return hashlib.sha256("\x1f".join((last or "", *map(str, values))).encode()).hexdigest()
