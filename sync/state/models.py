"""Segment models in the state store: proposed, current, retired, and refits that wait for a decision."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from sync.state import schema

__all__ = [
    "ModelRow",
    "ModelStatus",
    "adopt_model",
    "find_model",
    "remember_keys",
    "save_model",
    "set_status",
    "taken_keys",
]


class ModelStatus(StrEnum):
    """Where a model stands."""

    PROPOSED = "proposed"
    """The first model, part of a plan that is not applied yet."""
    REFIT = "refit"
    """Would replace the current model; waits for a decision."""
    APPROVED = "approved"
    """An approved refit; the next plan carries it."""
    CURRENT = "current"
    """Assigns records."""
    RETIRED = "retired"
    """Was current once."""
    REJECTED = "rejected"
    """A refit that was declined or overtaken."""


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A stored model."""

    model_id: str
    status: ModelStatus
    created_at: str
    settings_fingerprint: str
    snapshot_hash: str
    parent_model_id: str | None
    migration: tuple[tuple[str, str, int], ...]
    """For a refit: old key, new key, number of records."""
    body: str
    """The model as JSON."""


def save_model(tx: sa.Connection, scope_id: int, row: ModelRow) -> None:
    """Store a new model."""
    tx.execute(
        schema.model.insert().values(
            model_id=row.model_id,
            scope_id=scope_id,
            status=row.status.value,
            created_at=row.created_at,
            settings_fingerprint=row.settings_fingerprint,
            snapshot_hash=row.snapshot_hash,
            parent_model_id=row.parent_model_id,
            migration=json.dumps(row.migration) if row.migration else None,
            body=row.body,
        )
    )


def find_model(tx: sa.Connection, scope_id: int, *statuses: ModelStatus) -> ModelRow | None:
    """The newest model of one of these statuses."""
    table = schema.model
    row = tx.execute(
        sa.select(table)
        .where(table.c.scope_id == scope_id, table.c.status.in_([status.value for status in statuses]))
        # Ids are time-ordered (UUIDv7): they break ties within a millisecond.
        .order_by(table.c.created_at.desc(), table.c.model_id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else _to_row(row)


def get_model(tx: sa.Connection, model_id: str) -> ModelRow:
    """The model of this id."""
    return _to_row(tx.execute(sa.select(schema.model).filter_by(model_id=model_id)).one())


def _to_row(row: sa.Row[tuple[object, ...]]) -> ModelRow:
    migration = json.loads(row.migration) if row.migration else []
    return ModelRow(
        model_id=row.model_id,
        status=ModelStatus(row.status),
        created_at=row.created_at,
        settings_fingerprint=row.settings_fingerprint,
        snapshot_hash=row.snapshot_hash,
        parent_model_id=row.parent_model_id,
        migration=tuple((old, new, count) for old, new, count in migration),
        body=row.body,
    )


def set_status(
    tx: sa.Connection, model_id: str, status: ModelStatus, *, actor: str | None = None, now: str | None = None
) -> None:
    """Move a model on; `actor` and `now` where a person decided."""
    values: dict[str, str | None] = {"status": status.value}
    if actor is not None:
        values |= {"decided_by": actor, "decided_at": now}
    tx.execute(schema.model.update().filter_by(model_id=model_id).values(**values))


def adopt_model(tx: sa.Connection, scope_id: int, model_id: str, titles: Sequence[tuple[str, str]]) -> None:
    """Make a model current, retire the one before, and mark its keys as taken for good."""
    table = schema.model
    current = find_model(tx, scope_id, ModelStatus.CURRENT)
    if current is not None and current.model_id != model_id:
        set_status(tx, current.model_id, ModelStatus.RETIRED)
    set_status(tx, model_id, ModelStatus.CURRENT)
    tx.execute(
        table.update()
        .where(
            table.c.scope_id == scope_id,
            table.c.model_id != model_id,
            table.c.status == ModelStatus.PROPOSED.value,
        )
        .values(status=ModelStatus.REJECTED.value)
    )
    remember_keys(tx, scope_id, model_id, titles)


def remember_keys(tx: sa.Connection, scope_id: int, model_id: str, titles: Sequence[tuple[str, str]]) -> None:
    """Mark keys as taken for good, each with its title of today."""
    known = taken_keys(tx, scope_id)
    for key, title in titles:
        if key in known:
            tx.execute(schema.segment_key.update().filter_by(scope_id=scope_id, key=key).values(title=title))
        else:
            tx.execute(
                schema.segment_key.insert().values(scope_id=scope_id, key=key, title=title, model_id=model_id)
            )


def taken_keys(tx: sa.Connection, scope_id: int) -> dict[str, str]:
    """Every key that was ever adopted in this scope, with its newest title."""
    table = schema.segment_key
    found = tx.execute(sa.select(table.c.key, table.c.title).filter_by(scope_id=scope_id))
    return {row.key: row.title for row in found}
