"""The SQL that has names of objects and fields in it.

Names cannot be bound as parameters: here and in `merging` they are quoted into the text. Values always are.
"""
# ruff: noqa: S608 - every name is quoted by `quoted`, every value is a parameter

from collections.abc import Sequence

from connectors.local.schema import TABLES
from connectors.model import ObjectKind, id_column

__all__ = [
    "add_column",
    "count_live",
    "insert_record",
    "merge_into",
    "quoted",
    "select_by_ids",
    "select_live",
    "select_page",
    "select_where",
    "soft_delete",
    "update_record",
]


def quoted(name: str) -> str:
    """The name as an SQL identifier, whatever characters are in it."""
    return '"' + name.replace('"', '""') + '"'


def _names(columns: Sequence[str]) -> str:
    return ", ".join(quoted(name) for name in columns)


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def select_page(kind: ObjectKind, columns: Sequence[str], *, is_incremental: bool) -> str:
    """Records in the order of their ids. Bind: the id before, [the modification time before], how many."""
    key = quoted(id_column(kind))
    scope = "modified_at > ?" if is_incremental else "NOT _is_deleted"
    return f"SELECT {_names(columns)} FROM {TABLES[kind]} WHERE {key} > ? AND {scope} ORDER BY {key} LIMIT ?"


def select_live(kind: ObjectKind, columns: Sequence[str]) -> str:
    """All records that are not deleted, in the order of their ids."""
    key = quoted(id_column(kind))
    return f"SELECT {_names(columns)} FROM {TABLES[kind]} WHERE NOT _is_deleted ORDER BY {key}"


def select_by_ids(kind: ObjectKind, columns: Sequence[str], count: int) -> str:
    """The records of `count` ids, deleted ones too. Bind: the ids."""
    key = quoted(id_column(kind))
    return f"SELECT {_names(columns)} FROM {TABLES[kind]} WHERE {key} IN ({_marks(count)})"


def select_where(kind: ObjectKind, columns: Sequence[str], field: str) -> str:
    """The live records of which one field has a value. Bind: the value."""
    return f"SELECT {_names(columns)} FROM {TABLES[kind]} WHERE NOT _is_deleted AND {quoted(field)} = ?"


def count_live(kind: ObjectKind, field: str | None = None) -> str:
    """How many records there are, or how many with a value in `field`. Bind: [the value]."""
    scope = "" if field is None else f" AND {quoted(field)} = ?"
    return f"SELECT count(*) FROM {TABLES[kind]} WHERE NOT _is_deleted{scope}"


def insert_record(kind: ObjectKind, columns: Sequence[str]) -> str:
    """A new record. Bind: its values."""
    return f"INSERT INTO {TABLES[kind]} ({_names(columns)}) VALUES ({_marks(len(columns))})"


def update_record(kind: ObjectKind, columns: Sequence[str]) -> str:
    """New values of one record. Bind: the values, the modification time, the id."""
    changes = ", ".join(f"{quoted(name)} = ?" for name in [*columns, "modified_at"])
    return f"UPDATE {TABLES[kind]} SET {changes} WHERE {quoted(id_column(kind))} = ?"


def soft_delete(kind: ObjectKind) -> str:
    """Mark one record as gone. Bind: what it was merged into, the modification time, the id."""
    key = quoted(id_column(kind))
    return f"UPDATE {TABLES[kind]} SET _is_deleted = 1, _merged_into = ?, modified_at = ? WHERE {key} = ?"


def merge_into(kind: ObjectKind) -> str:
    """Lead those merged earlier on to the record that survives now. Bind: the new id, the old id."""
    return f"UPDATE {TABLES[kind]} SET _merged_into = ? WHERE _merged_into = ?"


def add_column(kind: ObjectKind, name: str, sql_type: str) -> str:
    """A column for a new field."""
    return f"ALTER TABLE {TABLES[kind]} ADD COLUMN {quoted(name)} {sql_type}"
