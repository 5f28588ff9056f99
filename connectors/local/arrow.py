"""Rows of the file as Arrow tables: canonical columns with their types, further fields as text."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from connectors.local.schema import Column
from connectors.local.values import Stored, text_of
from connectors.model import CANONICAL_SCHEMAS, FieldType, ObjectKind

__all__ = ["canonical_names", "canonical_table", "text_table"]


def canonical_names(kind: ObjectKind) -> list[str]:
    """The canonical columns that the file has, in their order; the others are null in this CRM."""
    return [name for name in CANONICAL_SCHEMAS[kind].names if not name.endswith("_number")]


def canonical_table(
    kind: ObjectKind, extra: Sequence[Column], rows: Sequence[tuple[Stored, ...]]
) -> pa.Table:
    """The canonical columns, then the extra fields as text.

    Args:
        kind: Which records.
        extra: Fields after the canonical ones.
        rows: Values in the order of `canonical_names` and `extra`.
    """
    schema = CANONICAL_SCHEMAS[kind]
    names = canonical_names(kind)
    columns = _columns(rows, len(names) + len(extra))
    found = dict(zip(names, columns, strict=False))
    arrays = [
        _typed(found[field.name], field.type) if field.name in found else pa.nulls(len(rows), field.type)
        for field in schema
    ]
    arrays += [
        _as_text(column.spec.type, cells) for column, cells in zip(extra, columns[len(names) :], strict=True)
    ]
    fields = [*schema, *(pa.field(column.name, pa.string()) for column in extra)]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def text_table(columns: Sequence[Column], rows: Sequence[tuple[Stored, ...]]) -> pa.Table:
    """All columns as text, the first being the id."""
    cells = _columns(rows, len(columns))
    return pa.table(
        {
            column.name: _as_text(column.spec.type, values)
            for column, values in zip(columns, cells, strict=True)
        }
    )


def _columns(rows: Sequence[tuple[Stored, ...]], count: int) -> list[tuple[Stored, ...]]:
    return list(zip(*rows, strict=True)) if rows else [()] * count


def _typed(cells: tuple[Stored, ...], type_: pa.DataType) -> pa.Array:
    if pa.types.is_boolean(type_):
        return pa.array(cells, pa.int8()).cast(pa.bool_())
    if pa.types.is_date(type_) or pa.types.is_timestamp(type_):
        return pc.cast(pa.array(cells, pa.string()), type_)
    return pa.array(cells, type_)


def _as_text(type_: FieldType, cells: tuple[Stored, ...]) -> pa.Array:
    if type_ in (FieldType.NUMBER, FieldType.BOOLEAN):
        cells = tuple(text_of(type_, cell) for cell in cells)
    return pa.array(cells, pa.string())
