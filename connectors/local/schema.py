"""The tables of the file and the built-in fields of each object.

The file is meant to be opened in any SQLite tool: one table per object, one column per field, dates and
times as ISO text, yes/no as 1 and 0. Columns that begin with an underscore belong to the CRM itself.
"""

# ruff: noqa: S608 - every name in a statement is a constant of this module

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from connectors.local.limits import MAX_LONG_TEXT_LENGTH
from connectors.model import CANONICAL_SCHEMAS, FieldSpec, FieldType, ObjectKind, id_column

__all__ = [
    "APPLICATION_ID",
    "BUILT_IN_COLUMNS",
    "FORMAT_STEPS",
    "FORMAT_VERSION",
    "LABELS",
    "REFERENCES",
    "TABLES",
    "Column",
    "column_of_field",
]

APPLICATION_ID = 0x43524D53
"""Written into the file's header ("CRMS"), so that any other SQLite file is told from ours."""

TABLES: Mapping[ObjectKind, str] = {
    ObjectKind.ACCOUNT: "accounts",
    ObjectKind.CONTACT: "contacts",
    ObjectKind.DEAL: "deals",
    ObjectKind.ACTIVITY: "activities",
    ObjectKind.LEAD: "leads",
    ObjectKind.PRODUCT: "products",
    ObjectKind.LINE_ITEM: "line_items",
}

LABELS: Mapping[ObjectKind, tuple[str, str]] = {
    ObjectKind.ACCOUNT: ("Account", "Accounts"),
    ObjectKind.CONTACT: ("Contact", "Contacts"),
    ObjectKind.DEAL: ("Deal", "Deals"),
    ObjectKind.ACTIVITY: ("Activity", "Activities"),
    ObjectKind.LEAD: ("Lead", "Leads"),
    ObjectKind.PRODUCT: ("Product", "Products"),
    ObjectKind.LINE_ITEM: ("Line item", "Line items"),
}

_SQL_TYPES: Mapping[FieldType, str] = {
    FieldType.TEXT: "TEXT",
    FieldType.PICKLIST: "TEXT",
    FieldType.NUMBER: "REAL",
    FieldType.DATE: "TEXT",
    FieldType.DATETIME: "TEXT",
    FieldType.BOOLEAN: "INTEGER",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A field and how the file keeps it."""

    spec: FieldSpec
    sql_type: str
    is_whole: bool = False
    """A number without a fraction."""
    is_read_only: bool = False
    """The CRM keeps it; nobody writes to it."""

    @property
    def name(self) -> str:
        """The name of the field, which is the name of the column."""
        return self.spec.name


def column_of_field(spec: FieldSpec) -> Column:
    """How the file keeps a field that was added to it."""
    return Column(spec, _SQL_TYPES[spec.type])


def _field_type(arrow: pa.DataType) -> FieldType:
    if pa.types.is_boolean(arrow):
        return FieldType.BOOLEAN
    if pa.types.is_date(arrow):
        return FieldType.DATE
    if pa.types.is_timestamp(arrow):
        return FieldType.DATETIME
    return FieldType.NUMBER if pa.types.is_integer(arrow) else FieldType.TEXT


def _label(name: str) -> str:
    words = name.replace("_id", " ID").replace("_90d", " in 90 days").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _built_in(kind: ObjectKind) -> dict[str, Column]:
    columns = {}
    for field in CANONICAL_SCHEMAS[kind]:
        # This CRM keeps sizes and amounts as the text that was imported, so it has no typed twin of them.
        if field.name.endswith("_number"):
            continue
        type_ = _field_type(field.type)
        spec = FieldSpec(
            name=field.name,
            label=_label(field.name),
            type=type_,
            max_length=MAX_LONG_TEXT_LENGTH if type_ is FieldType.TEXT else None,
        )
        is_whole = type_ is FieldType.NUMBER
        columns[field.name] = Column(
            spec,
            sql_type="INTEGER" if is_whole else _SQL_TYPES[type_],
            is_whole=is_whole,
            is_read_only=field.name in (id_column(kind), "created_at", "modified_at"),
        )
    return columns


BUILT_IN_COLUMNS: Mapping[ObjectKind, Mapping[str, Column]] = {kind: _built_in(kind) for kind in ObjectKind}


def _references(kind: ObjectKind) -> tuple[tuple[ObjectKind, str], ...]:
    names = {id_column(kind), "parent_id"} if kind is ObjectKind.ACCOUNT else {id_column(kind)}
    return tuple(
        (other, name)
        for other, columns in BUILT_IN_COLUMNS.items()
        for name in columns
        if name in names and name != id_column(other)
    )


REFERENCES: Mapping[ObjectKind, tuple[tuple[ObjectKind, str], ...]] = {
    kind: _references(kind) for kind in ObjectKind
}
"""Fields of other objects (and `parent_id` of accounts) that hold ids of this one."""


_NOW = "strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'"
_LAST = "(SELECT value FROM file_info WHERE name = 'last_modified_at')"
_AFTER_LAST = "strftime('%Y-%m-%dT%H:%M:%f', value, '+0.001 seconds') || '000Z'"


def _stamp_foreign_changes(kind: ObjectKind) -> tuple[str, str]:
    """Triggers for people who open the file with another program: what they change is modified now.

    Without them the next incremental pull would not see it. Our own statements bring a time and pass by.
    """
    table, key = TABLES[kind], id_column(kind)
    body = (
        f"UPDATE file_info SET value = max({_NOW}, {_AFTER_LAST}) WHERE name = 'last_modified_at'; "
        f"UPDATE {table} SET modified_at = {_LAST} WHERE {key} = NEW.{key};"
    )
    changed = f"CREATE TRIGGER {table}_changed_elsewhere AFTER UPDATE ON {table}"
    added = f"CREATE TRIGGER {table}_added_elsewhere AFTER INSERT ON {table}"
    return (
        f"{changed} WHEN NEW.modified_at IS OLD.modified_at BEGIN {body} END",
        f"{added} WHEN NEW.modified_at IS NULL BEGIN {body} END",
    )


def _create_table(kind: ObjectKind) -> tuple[str, ...]:
    table = TABLES[kind]
    lines = [f"{name} {column.sql_type}" for name, column in BUILT_IN_COLUMNS[kind].items()]
    lines[0] += " NOT NULL PRIMARY KEY"
    lines += ["_is_deleted INTEGER NOT NULL DEFAULT 0", "_merged_into TEXT"]
    return (
        f"CREATE TABLE {table} ({', '.join(lines)}) WITHOUT ROWID",
        f"CREATE INDEX {table}_by_modified_at ON {table} (modified_at)",
        *_stamp_foreign_changes(kind),
    )


_FIRST_FORMAT: tuple[str, ...] = (
    "CREATE TABLE file_info (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE custom_fields (
        position INTEGER PRIMARY KEY, object TEXT NOT NULL, name TEXT NOT NULL, label TEXT NOT NULL,
        type TEXT NOT NULL, max_length INTEGER, description TEXT NOT NULL, installation_id TEXT,
        UNIQUE (object, name))""",
    """CREATE TABLE field_options (
        position INTEGER PRIMARY KEY, object TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,
        label TEXT NOT NULL, UNIQUE (object, field, value))""",
    """CREATE TABLE field_history (
        position INTEGER PRIMARY KEY, object TEXT NOT NULL, record_id TEXT NOT NULL, field TEXT NOT NULL,
        old TEXT, new TEXT, actor TEXT NOT NULL, request_id TEXT, changed_at TEXT NOT NULL)""",
    "CREATE INDEX field_history_by_record ON field_history (object, record_id)",
    """CREATE TABLE saved_views (
        position INTEGER PRIMARY KEY, key TEXT, title TEXT NOT NULL, object TEXT NOT NULL,
        field TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (object, key))""",
    *(statement for kind in ObjectKind for statement in _create_table(kind)),
)

FORMAT_STEPS: tuple[tuple[str, ...], ...] = (_FIRST_FORMAT,)
"""Step n leads from format n to format n + 1. A released step is never edited: a new one follows it."""

FORMAT_VERSION = len(FORMAT_STEPS)
