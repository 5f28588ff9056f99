"""Runs: one row for each plan that was begun, and for each attempt that stopped before."""

import json
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from sync.results import ChangeCounts
from sync.state import schema

__all__ = [
    "RunRow",
    "begin_run",
    "close_unfinished",
    "finish_run",
    "last_applied_scope_count",
    "list_runs",
    "newest_generation",
    "unfinished_run",
]

RUNNING = "running"
"""Status of a run that has begun and not ended, or was killed."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as history shows it."""

    run_id: str
    segmentation: str | None
    plan_id: str | None
    command: str
    actor: str
    status: str
    exit_code: int | None
    error_code: str | None
    as_of: str | None
    changes: ChangeCounts
    write_requests: int
    started_at: str
    ended_at: str | None


def begin_run(tx: sa.Connection, values: dict[str, object]) -> None:
    """Record that a run has begun, or goes on under its id."""
    table = schema.run
    known = tx.execute(sa.select(table.c.run_id).filter_by(run_id=values["run_id"])).scalar()
    if known is None:
        tx.execute(table.insert().values(status=RUNNING, **values))
    else:
        tx.execute(
            table.update()
            .filter_by(run_id=known)
            .values(
                status=RUNNING,
                fencing=values["fencing"],
                generation=values["generation"],
                ended_at=None,
                exit_code=None,
                error_code=None,
            )
        )


def close_unfinished(tx: sa.Connection, scope_id: int, now: str) -> None:
    """Another plan is begun: what an earlier one left undone is part of that now."""
    run, plan = schema.run, schema.plan
    left = (
        sa.select(plan.c.plan_id).where(plan.c.scope_id == scope_id, plan.c.status == "applying")
    ).scalar_subquery()
    tx.execute(
        run.update()
        .where(run.c.plan_id.in_(left))
        .values(status="stopped", exit_code=6, error_code="plan.superseded", ended_at=now)
    )
    tx.execute(
        plan.update()
        .where(plan.c.scope_id == scope_id, plan.c.status == "applying")
        .values(status="superseded", assignments=None)
    )


def finish_run(tx: sa.Connection, run_id: str, **values: object) -> None:
    """Record how a run ended."""
    counts = values.pop("changes", None)
    if isinstance(counts, ChangeCounts):
        values["counts"] = json.dumps(asdict(counts))
    tx.execute(schema.run.update().filter_by(run_id=run_id).values(**values))


def unfinished_run(tx: sa.Connection, scope_id: int) -> RunRow | None:
    """The newest run whose plan was begun and not brought to an end."""
    run, plan = schema.run, schema.plan
    query = (
        _select()
        .join(plan, plan.c.plan_id == run.c.plan_id)
        .where(run.c.scope_id == scope_id, plan.c.status == "applying")
    )
    return _first(tx, query)


def last_applied_scope_count(tx: sa.Connection, scope_id: int) -> int | None:
    """Records in scope at the last run that was carried out; None before the first."""
    run, plan = schema.run, schema.plan
    return tx.execute(
        sa.select(run.c.in_scope_count)
        .join(plan, plan.c.plan_id == run.c.plan_id)
        .where(run.c.scope_id == scope_id, plan.c.status == "applied")
        .order_by(run.c.started_at.desc(), run.c.run_id.desc())
        .limit(1)
    ).scalar()


def last_applied_head(tx: sa.Connection, scope_id: int) -> str | None:
    """The head of the plan that was carried out last, as JSON; None before the first."""
    run, plan = schema.run, schema.plan
    found: str | None = tx.execute(
        sa.select(plan.c.head)
        .join(run, plan.c.plan_id == run.c.plan_id)
        .where(run.c.scope_id == scope_id, plan.c.status == "applied")
        .order_by(run.c.started_at.desc(), run.c.run_id.desc())
        .limit(1)
    ).scalar()
    return found


def newest_generation(tx: sa.Connection, scope_id: int) -> int:
    """The generation of the newest plan that was begun in this scope; 0 before the first.

    Generations count over the whole connection, but a plan of another segmentation makes none stale.
    """
    newest = sa.select(sa.func.max(schema.run.c.generation)).filter_by(scope_id=scope_id)
    return int(tx.execute(newest).scalar() or 0)


def list_runs(
    tx: sa.Connection, connection_id: str, limit: int, *, status: str | None = None
) -> list[RunRow]:
    """Runs of a connection, newest first."""
    run = schema.run
    query = _select().where(run.c.connection_id == connection_id)
    if status is not None:
        query = query.where(run.c.status == status)
    query = query.order_by(run.c.started_at.desc(), run.c.run_id.desc()).limit(limit)
    return [_to_row(row) for row in tx.execute(query)]


def _select() -> sa.Select[tuple[object, ...]]:
    run, scope = schema.run, schema.scope
    return sa.select(run, scope.c.segmentation).join(scope, scope.c.scope_id == run.c.scope_id, isouter=True)


def _first(tx: sa.Connection, query: sa.Select[tuple[object, ...]]) -> RunRow | None:
    run = schema.run
    row = tx.execute(query.order_by(run.c.started_at.desc(), run.c.run_id.desc()).limit(1)).one_or_none()
    return None if row is None else _to_row(row)


def _to_row(row: sa.Row[tuple[object, ...]]) -> RunRow:
    return RunRow(
        run_id=row.run_id,
        segmentation=row.segmentation,
        plan_id=row.plan_id,
        command=row.command,
        actor=row.actor,
        status=row.status,
        exit_code=row.exit_code,
        error_code=row.error_code,
        as_of=row.as_of,
        changes=ChangeCounts(**json.loads(row.counts)) if row.counts else ChangeCounts(),
        write_requests=row.write_requests,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )
