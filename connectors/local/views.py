"""Saved views: lists of the records of which one field has one value."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.errors import SchemaError
from connectors.local import statements
from connectors.local.fields import columns_of, require_columns
from connectors.model import ListChange, ListSpec, ObjectKind

__all__ = ["SavedView", "ensure_lists", "read_views", "save_view"]


@dataclass(frozen=True, slots=True)
class SavedView:
    """A saved view and how many records it shows now."""

    title: str
    object: ObjectKind
    field: str
    value: str
    key: str | None
    """Set on the views that `ensure_lists` keeps; None on those that people saved."""
    record_count: int


def ensure_lists(connection: sqlite3.Connection, specs: Sequence[ListSpec]) -> list[ListChange]:
    """Make one view per spec, found by its key; the second time nothing changes.

    Raises:
        SchemaError: The field does not exist, or a view of that key shows something else.
    """
    changes = []
    for spec in specs:
        require_columns(columns_of(connection, spec.object), spec.object, [spec.field])
        found = connection.execute(
            "SELECT title, field, value FROM saved_views WHERE object = ? AND key = ?",
            (spec.object.value, spec.key),
        ).fetchone()
        changes.append(ListChange(spec, _ensure_list(connection, spec, found)))
    return changes


def save_view(connection: sqlite3.Connection, title: str, kind: ObjectKind, field: str, value: str) -> None:
    """Save a view for people; `ensure_lists` never touches it.

    Raises:
        SchemaError: The field does not exist.
    """
    require_columns(columns_of(connection, kind), kind, [field])
    connection.execute(
        "INSERT INTO saved_views (title, object, field, value) VALUES (?, ?, ?, ?)",
        (title, kind.value, field, value),
    )


def read_views(connection: sqlite3.Connection) -> tuple[SavedView, ...]:
    """All saved views, in the order of their making."""
    rows = connection.execute(
        "SELECT title, object, field, value, key FROM saved_views ORDER BY position"
    ).fetchall()
    views = []
    for title, object_, field, value, key in rows:
        kind = ObjectKind(object_)
        count = connection.execute(statements.count_live(kind, field), (value,)).fetchone()[0]
        views.append(SavedView(title, kind, field, value, key, int(count)))
    return tuple(views)


def _ensure_list(connection: sqlite3.Connection, spec: ListSpec, found: tuple[str, str, str] | None) -> str:
    if found is None:
        connection.execute(
            "INSERT INTO saved_views (key, title, object, field, value) VALUES (?, ?, ?, ?, ?)",
            (spec.key, spec.title, spec.object.value, spec.field, spec.value),
        )
        return "create"
    title, field, value = found
    if (field, value) != (spec.field, spec.value):
        raise SchemaError(
            f"The saved view {title!r} of {spec.object} shows records by {field}, not by {spec.field}.",
            hint="Remove that view, or choose another name for the new one; it was not touched.",
            code="schema.list.other",
            details={"object": spec.object.value, "list": spec.key},
        )
    if title == spec.title:
        return "none"
    connection.execute(
        "UPDATE saved_views SET title = ? WHERE object = ? AND key = ?",
        (spec.title, spec.object.value, spec.key),
    )
    return "rename"
