"""The field history: who gave which field of which record which value, and when."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from connectors.model import ObjectKind

__all__ = ["Author", "FieldHistoryEntry", "append_history", "read_history"]


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes something, and by which request."""

    name: str
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class FieldHistoryEntry:
    """One change of one field."""

    object: ObjectKind
    record_id: str
    field: str
    old: str | None
    new: str | None
    actor: str
    """Who did it: a person, `import`, or what the connector was opened with."""
    request_id: str | None
    """Name of the request that did it; None for changes by hand and for imports."""
    changed_at: datetime


def append_history(
    connection: sqlite3.Connection,
    kind: ObjectKind,
    changes: Iterable[tuple[str, str, str | None, str | None]],
    author: Author,
    stamp: str,
) -> None:
    """Store changes of fields: record id, field, old text and new text of each."""
    connection.executemany(
        "INSERT INTO field_history (object, record_id, field, old, new, actor, request_id, changed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(kind.value, *change, author.name, author.request_id, stamp) for change in changes],
    )


def read_history(
    connection: sqlite3.Connection, kind: ObjectKind, record_id: str | None, field: str | None
) -> list[FieldHistoryEntry]:
    """The changes of one object, oldest first; of one record and of one field where they are named."""
    query = (
        "SELECT record_id, field, old, new, actor, request_id, changed_at FROM field_history WHERE object = ?"
    )
    wanted: list[str] = [kind.value]
    if record_id is not None:
        query += " AND record_id = ?"
        wanted.append(record_id)
    if field is not None:
        query += " AND field = ?"
        wanted.append(field)
    return [
        FieldHistoryEntry(kind, record, name, old, new, actor, request, datetime.fromisoformat(stamp))
        for record, name, old, new, actor, request, stamp in connection.execute(
            f"{query} ORDER BY position", wanted
        )
    ]
