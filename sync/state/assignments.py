"""Which segment each record is in, and the history of its moves."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from sync.plan import ASSIGNMENT_SCHEMA
from sync.state import schema

__all__ = ["RecordMove", "adopt_assignments", "load_assignments", "record_history"]


def load_assignments(tx: sa.Connection, scope_id: int) -> pa.Table:
    """The current assignments, in `ASSIGNMENT_SCHEMA`."""
    table = schema.assignment
    rows = tx.execute(
        sa.select(
            table.c.record_id,
            table.c.key,
            table.c.score,
            table.c.band,
            table.c.runner_up,
            table.c.since,
        ).filter_by(scope_id=scope_id)
    ).all()
    columns: list[tuple[object, ...]] = list(zip(*rows, strict=True)) or [()] * 6
    return pa.table(
        [pa.array(values, field.type) for values, field in zip(columns, ASSIGNMENT_SCHEMA, strict=True)],
        schema=ASSIGNMENT_SCHEMA,
    )


@dataclass(frozen=True, slots=True)
class RecordMove:
    """One line of a record's history."""

    since: str
    new_key: str
    cause: str
    """`first`, `moved`, or `refit` where new segments were approved."""


def record_history(tx: sa.Connection, scope_id: int, record_id: str) -> list[RecordMove]:
    """Every segment that a record was in, oldest first."""
    table = schema.segment_history
    rows = tx.execute(
        sa.select(table.c.since, table.c.new_key, table.c.cause)
        .filter_by(scope_id=scope_id, record_id=record_id)
        .order_by(table.c.history_id)
    )
    return [RecordMove(row.since, row.new_key, row.cause) for row in rows]


def adopt_assignments(
    tx: sa.Connection,
    scope_id: int,
    assignments: pa.Table,
    *,
    model_id: str,
    run_id: str,
    is_refit: bool = False,
) -> None:
    """Make these assignments current; records that moved get a line in the history.

    Records that are not among them (out of scope, deleted) keep their last assignment.
    """
    before = load_assignments(tx, scope_id).select(["record_id", "segment_key", "band", "runner_up"])
    joined = assignments.join(before, "record_id", join_type="left outer", right_suffix="_before")
    is_new = pc.is_null(joined["segment_key_before"])
    moved = pc.fill_null(pc.not_equal(joined["segment_key"], joined["segment_key_before"]), True)
    differs = moved
    for column in ("band", "runner_up"):
        same = pc.equal(pc.fill_null(joined[column], ""), pc.fill_null(joined[f"{column}_before"], ""))
        differs = pc.or_(differs, pc.invert(same))
    _write_history(tx, scope_id, joined.filter(moved), run_id, "refit" if is_refit else "moved")
    _insert(tx, scope_id, joined.filter(is_new), model_id)
    _update(tx, scope_id, joined.filter(pc.and_(differs, pc.invert(is_new))), model_id)


def _write_history(tx: sa.Connection, scope_id: int, moved: pa.Table, run_id: str, cause: str) -> None:
    rows = [
        {
            "scope_id": scope_id,
            "record_id": row["record_id"],
            "old_key": row["segment_key_before"],
            "new_key": row["segment_key"],
            "since": row["since"],
            "cause": "first" if row["segment_key_before"] is None else cause,
            "run_id": run_id,
        }
        for row in moved.sort_by("record_id").to_pylist()
    ]
    if rows:
        tx.execute(schema.segment_history.insert(), rows)


def _insert(tx: sa.Connection, scope_id: int, new: pa.Table, model_id: str) -> None:
    if new.num_rows:
        tx.execute(schema.assignment.insert(), [_values(row, scope_id, model_id) for row in new.to_pylist()])


def _update(tx: sa.Connection, scope_id: int, changed: pa.Table, model_id: str) -> None:
    table = schema.assignment
    if changed.num_rows == 0:
        return
    statement = (
        table.update()
        .where(table.c.scope_id == sa.bindparam("b_scope"), table.c.record_id == sa.bindparam("b_record"))
        .values(
            {name: sa.bindparam(name) for name in ("key", "score", "band", "runner_up", "since", "model_id")}
        )
    )
    rows = []
    for row in changed.to_pylist():
        values = _values(row, scope_id, model_id)
        rows.append(values | {"b_scope": values.pop("scope_id"), "b_record": values.pop("record_id")})
    tx.execute(statement, rows)


def _values(row: dict[str, object], scope_id: int, model_id: str) -> dict[str, object]:
    return {
        "scope_id": scope_id,
        "record_id": row["record_id"],
        "key": row["segment_key"],
        "score": row["score"],
        "band": row["band"],
        "runner_up": row["runner_up"],
        "since": row["since"],
        "model_id": model_id,
    }
