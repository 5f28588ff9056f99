"""Checks imported tables and brings their columns to the form in which the file stores them."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from connectors.errors import UsageError
from connectors.local.limits import MAX_LONG_TEXT_LENGTH
from connectors.local.schema import BUILT_IN_COLUMNS, Column
from connectors.model import CANONICAL_SCHEMAS, ObjectKind, id_column

__all__ = ["StagedTable", "stage_table"]

_NAMED = 20
"""How many records an error names; the rest is counted."""


@dataclass(frozen=True, slots=True)
class StagedTable:
    """An imported table in stored form: the id column first, then the fields that it brings."""

    kind: ObjectKind
    names: tuple[str, ...]
    columns: tuple[pa.Array, ...]
    ignored: tuple[str, ...]
    """Columns that an import may not set: ours, and those that the CRM keeps itself."""

    @property
    def count(self) -> int:
        """How many records."""
        return len(self.columns[0])


def stage_table(kind: ObjectKind, table: pa.Table, columns: dict[str, Column]) -> StagedTable:
    """Check one table and convert its columns.

    Raises:
        UsageError: Ids are missing, empty or doubled, or a column holds what its field cannot.
    """
    key = id_column(kind)
    _check_header(kind, table)
    ignored = tuple(name for name in table.column_names if _is_ignored(kind, name, columns))
    names = [key, *(name for name in table.column_names if name != key and name not in ignored)]
    arrays = [_stored(kind, table, name) for name in names]
    _check_ids(kind, arrays[0])
    for name, array in zip(names, arrays, strict=True):
        if pa.types.is_string(array.type):
            _check_text(kind, name, array, arrays[0])
    return StagedTable(kind, tuple(names), tuple(arrays), ignored)


def _is_ignored(kind: ObjectKind, name: str, columns: dict[str, Column]) -> bool:
    if name in columns and columns[name].spec.is_managed:
        return True
    # The typed twins of sizes and amounts do not exist here, and modification times are the file's own.
    is_twin = name.endswith("_number") and name in CANONICAL_SCHEMAS[kind].names
    return is_twin or name == "modified_at"


def _check_header(kind: ObjectKind, table: pa.Table) -> None:
    names = list(table.column_names)
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise UsageError(
            f"The table of {kind} records has the column {doubled[0]} twice.",
            hint="Rename or remove one of them.",
            code="import.column.doubled",
        )
    if id_column(kind) not in names:
        raise UsageError(
            f"The table of {kind} records has no column {id_column(kind)}.",
            hint=f"Name the column that holds the record ids {id_column(kind)}.",
            code="import.column.missing",
            details={"columns": names},
        )


def _stored(kind: ObjectKind, table: pa.Table, name: str) -> pa.Array:
    column = BUILT_IN_COLUMNS[kind].get(name)
    wanted = CANONICAL_SCHEMAS[kind].field(name).type if column else pa.string()
    try:
        array = table.column(name).combine_chunks().cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UsageError(
            f"Column {name} of the {kind} records does not hold what its field takes.",
            hint=f"Give the column as {wanted}.",
            code="import.column.type",
            details={"object": kind.value, "field": name},
        ) from error
    return _as_stored(array)


def _as_stored(array: pa.Array) -> pa.Array:
    if pa.types.is_boolean(array.type):
        return array.cast(pa.int8())
    if pa.types.is_timestamp(array.type):
        # Values with a zone are kept in UTC; without the zone they print as UTC, all at the same width.
        text = array.cast(pa.timestamp("us")).cast(pa.string())
        return pc.binary_join_element_wise(pc.replace_substring(text, " ", "T"), "Z", "")
    if pa.types.is_date(array.type):
        return array.cast(pa.string())
    if pa.types.is_string(array.type):
        return pc.if_else(pc.equal(array, ""), pa.scalar(None, pa.string()), array)
    return array


def _check_ids(kind: ObjectKind, ids: pa.Array) -> None:
    if ids.null_count:
        rows = pc.indices_nonzero(ids.is_null()).to_pylist()
        raise UsageError(
            f"{ids.null_count} {kind} records have no id, the first in row {rows[0] + 1}.",
            hint=f"Fill the column {id_column(kind)}, or leave these rows out.",
            code="import.id.missing",
            details={"rows": [row + 1 for row in rows[:_NAMED]]},
        )
    if pc.count_distinct(ids).as_py() == len(ids):
        return
    counted = pc.value_counts(ids)
    doubled = counted.field("values").filter(pc.greater(counted.field("counts"), 1)).to_pylist()
    raise UsageError(
        f"{len(doubled)} ids of {kind} records occur more than once: {_some(doubled)}.",
        hint="Keep one row for each record.",
        code="import.id.doubled",
        details={"records": doubled[:_NAMED]},
    )


def _check_text(kind: ObjectKind, name: str, array: pa.Array, ids: pa.Array) -> None:
    is_long = pc.greater(pc.utf8_length(array), MAX_LONG_TEXT_LENGTH)
    has_nul = pc.match_substring(array, "\x00")
    for mask, rule, code in (
        (is_long, f"more than {MAX_LONG_TEXT_LENGTH} characters", "value.too_long"),
        (has_nul, "the NUL character", "value.characters"),
    ):
        found = ids.filter(mask).to_pylist()
        if found:
            raise UsageError(
                f"Field {name} of {len(found)} {kind} records holds {rule}: {_some(found)}.",
                hint="Correct these values, or leave the records out.",
                code=code,
                details={"object": kind.value, "field": name, "records": found[:_NAMED]},
            )


def _some(ids: Sequence[str]) -> str:
    # Ids may be anything at this point, also a text of megabytes.
    shown = ", ".join(record_id[:40] for record_id in ids[:_NAMED])
    return shown if len(ids) <= _NAMED else f"{shown} and {len(ids) - _NAMED} more"
