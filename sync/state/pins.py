"""Pins in the state store: which record a person has put where, why, by whom, until when."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from sync.state import schema

__all__ = ["PinRow", "delete_pin", "list_pins", "save_pin"]


@dataclass(frozen=True, slots=True)
class PinRow:
    """A stored pin."""

    record_id: str
    key: str
    reason: str
    until: date | None
    actor: str
    pinned_at: str


def list_pins(tx: sa.Connection, scope_id: int) -> list[PinRow]:
    """All pins of a scope, those that have ended too, by record."""
    table = schema.pin
    rows = tx.execute(sa.select(table).filter_by(scope_id=scope_id).order_by(table.c.record_id)).all()
    return [
        PinRow(
            row.record_id,
            row.key,
            row.reason,
            date.fromisoformat(row.until) if row.until else None,
            row.actor,
            row.pinned_at,
        )
        for row in rows
    ]


def save_pin(tx: sa.Connection, scope_id: int, row: PinRow) -> None:
    """Pin a record; an earlier pin of it gives way."""
    delete_pin(tx, scope_id, row.record_id)
    tx.execute(
        schema.pin.insert().values(
            scope_id=scope_id,
            record_id=row.record_id,
            key=row.key,
            reason=row.reason,
            until=row.until.isoformat() if row.until else None,
            actor=row.actor,
            pinned_at=row.pinned_at,
        )
    )


def delete_pin(tx: sa.Connection, scope_id: int, record_id: str) -> bool:
    """Take a pin away; whether there was one."""
    found = tx.execute(schema.pin.delete().filter_by(scope_id=scope_id, record_id=record_id))
    return found.rowcount > 0
