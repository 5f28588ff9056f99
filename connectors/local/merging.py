"""The SQL of an import: compares the imported records with those in the file, set against set.

Record by record in Python would take minutes for what SQLite does in a second.
"""
# ruff: noqa: S608 - every name is quoted by `quoted`, every value is a parameter

from collections.abc import Sequence

from connectors.local.schema import TABLES, Column
from connectors.local.statements import quoted
from connectors.model import FieldType, ObjectKind, id_column

__all__ = [
    "CLEAN_UP",
    "append_history",
    "count_absent",
    "count_known",
    "create_staging",
    "delete_absent",
    "find_changed",
    "insert_new",
    "insert_staging",
    "update_changed",
]

CLEAN_UP = ("DROP TABLE IF EXISTS temp.changed", "DROP TABLE IF EXISTS temp.staging")
"""Removes what one kind of record left behind, so that the next begins with nothing."""


def create_staging(kind: ObjectKind, columns: Sequence[Column]) -> str:
    """A table for the imported records, with the types of the real one, so that values compare alike."""
    key = id_column(kind)
    lines = [
        f"{quoted(column.name)} {column.sql_type}{' NOT NULL PRIMARY KEY' if column.name == key else ''}"
        for column in columns
    ]
    return f"CREATE TEMP TABLE staging ({', '.join(lines)}) WITHOUT ROWID"


def insert_staging(count: int) -> str:
    """One imported record. Bind: its values."""
    return f"INSERT INTO temp.staging VALUES ({', '.join('?' * count)})"


def find_changed(kind: ObjectKind, names: Sequence[str]) -> str:
    """The ids of known records that differ from what is imported, or that were deleted."""
    key = quoted(id_column(kind))
    differs = "".join(f" OR old.{quoted(name)} IS NOT new.{quoted(name)}" for name in names)
    return (
        f"CREATE TEMP TABLE changed AS SELECT old.{key} AS id"
        f" FROM temp.staging AS new JOIN {TABLES[kind]} AS old ON old.{key} = new.{key}"
        f" WHERE old._is_deleted{differs}"
    )


def count_known(kind: ObjectKind) -> str:
    """How many of the imported records are in the file, deleted or not."""
    key = quoted(id_column(kind))
    return f"SELECT count(*) FROM temp.staging AS new JOIN {TABLES[kind]} AS old ON old.{key} = new.{key}"


def append_history(kind: ObjectKind, column: Column) -> str:
    """The history of one field. Bind: object, field, actor, time."""
    key, name = quoted(id_column(kind)), quoted(column.name)
    return (
        "INSERT INTO field_history (object, record_id, field, old, new, actor, changed_at)"
        f" SELECT ?, new.{key}, ?, {_text(column, 'old')}, {_text(column, 'new')}, ?, ?"
        f" FROM temp.changed AS c JOIN temp.staging AS new ON new.{key} = c.id"
        f" JOIN {TABLES[kind]} AS old ON old.{key} = c.id WHERE old.{name} IS NOT new.{name}"
    )


def update_changed(kind: ObjectKind, names: Sequence[str]) -> str:
    """The new values of the records that differ. Bind: the modification time."""
    key = quoted(id_column(kind))
    changes = "".join(f"{quoted(name)} = new.{quoted(name)}, " for name in names)
    return (
        f"UPDATE {TABLES[kind]} AS old SET {changes}_is_deleted = 0, _merged_into = NULL, modified_at = ?"
        f" FROM temp.staging AS new WHERE new.{key} = old.{key}"
        f" AND old.{key} IN (SELECT id FROM temp.changed)"
    )


def insert_new(kind: ObjectKind, names: Sequence[str]) -> str:
    """The records that the file did not have. Bind: the modification time."""
    key = quoted(id_column(kind))
    columns = ", ".join([key, *(quoted(name) for name in names)])
    return (
        f"INSERT INTO {TABLES[kind]} ({columns}, modified_at) SELECT {columns}, ? FROM temp.staging"
        f" WHERE {key} NOT IN (SELECT {key} FROM {TABLES[kind]})"
    )


def count_absent(kind: ObjectKind) -> str:
    """How many live records were not imported."""
    return f"SELECT count(*) FROM {TABLES[kind]} WHERE {_absent(kind)}"


def delete_absent(kind: ObjectKind) -> str:
    """Delete the live records that were not imported. Bind: the modification time."""
    return f"UPDATE {TABLES[kind]} SET _is_deleted = 1, modified_at = ? WHERE {_absent(kind)}"


def _absent(kind: ObjectKind) -> str:
    key = quoted(id_column(kind))
    return f"NOT _is_deleted AND {key} NOT IN (SELECT {key} FROM temp.staging)"


def _text(column: Column, side: str) -> str:
    cell = f"{side}.{quoted(column.name)}"
    if column.spec.type is FieldType.BOOLEAN:
        return f"CASE {cell} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"
    return f"CAST({cell} AS TEXT)"
