"""Imports whole tables: records are matched by id, and only those that differ are touched."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from connectors.local import merging
from connectors.local.client import Transaction
from connectors.local.fields import add_fields, columns_of, imported_field
from connectors.local.file_format import write_info
from connectors.local.history import Author
from connectors.local.schema import Column
from connectors.local.staging import StagedTable, stage_table
from connectors.model import ObjectKind, id_column

__all__ = ["LoadCounts", "LoadReport", "load_tables"]

_AUTHOR = Author("import")


@dataclass(frozen=True, slots=True)
class LoadCounts:
    """What an import did to the records of one kind."""

    created: int
    changed: int
    """Records that differed, and records that were deleted and are back."""
    unchanged: int
    deleted: int


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What an import did, or would do."""

    as_of: date
    counts: Mapping[ObjectKind, LoadCounts]
    ignored: Mapping[ObjectKind, tuple[str, ...]]
    """Columns that were left out: our own fields, and what the CRM keeps itself."""
    new_fields: Mapping[ObjectKind, tuple[str, ...]]
    """Text fields that were added for columns that no field had."""


def load_tables(
    transaction: Transaction, tables: Mapping[ObjectKind, pa.Table], as_of: date, *, mirror: bool
) -> LoadReport:
    """Store tables of records, as `LocalConnector.load` says.

    Raises:
        UsageError: A table cannot be stored as it is; nothing was stored.
    """
    counts, ignored, new_fields = {}, {}, {}
    for kind, table in tables.items():
        connection = transaction.connection
        staged = stage_table(kind, table, columns_of(connection, kind))
        new_fields[kind] = _add_missing_fields(connection, staged)
        ignored[kind] = staged.ignored
        counts[kind] = _load_table(transaction, staged, mirror=mirror)
    write_info(transaction.connection, "as_of", as_of.isoformat())
    return LoadReport(as_of, counts, ignored, new_fields)


def _add_missing_fields(connection: sqlite3.Connection, staged: StagedTable) -> tuple[str, ...]:
    known = columns_of(connection, staged.kind)
    missing = tuple(name for name in staged.names if name not in known)
    add_fields(connection, staged.kind, [imported_field(name) for name in missing])
    return missing


def _load_table(transaction: Transaction, staged: StagedTable, *, mirror: bool) -> LoadCounts:
    connection = transaction.connection
    columns = columns_of(connection, staged.kind)
    fields = [columns[name] for name in staged.names if name != id_column(staged.kind)]
    _fill_staging(connection, staged, columns)
    kind = staged.kind
    connection.execute(merging.find_changed(kind, [field.name for field in fields]))
    changed = _count(connection, "SELECT count(*) FROM temp.changed")
    known = _count(connection, merging.count_known(kind))
    if changed:
        for field in fields:
            connection.execute(
                merging.append_history(kind, field), (kind.value, field.name, _AUTHOR.name, transaction.stamp)
            )
        connection.execute(merging.update_changed(kind, [f.name for f in fields]), (transaction.stamp,))
    created = staged.count - known
    if created:
        connection.execute(merging.insert_new(kind, [f.name for f in fields]), (transaction.stamp,))
    deleted = 0
    if mirror and _count(connection, merging.count_absent(kind)):
        deleted = connection.execute(merging.delete_absent(kind), (transaction.stamp,)).rowcount
    _clean_up(connection)
    return LoadCounts(created, changed, known - changed, deleted)


def _fill_staging(connection: sqlite3.Connection, staged: StagedTable, columns: Mapping[str, Column]) -> None:
    _clean_up(connection)
    connection.execute(merging.create_staging(staged.kind, [columns[name] for name in staged.names]))
    rows = zip(*(column.to_pylist() for column in staged.columns), strict=True)
    connection.executemany(merging.insert_staging(len(staged.names)), rows)


def _clean_up(connection: sqlite3.Connection) -> None:
    for statement in merging.CLEAN_UP:
        connection.execute(statement)


def _count(connection: sqlite3.Connection, query: str) -> int:
    return int(connection.execute(query).fetchone()[0])
