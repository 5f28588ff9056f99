"""Answers of Salesforce as Arrow tables: first cells by the type of their field, then canonical columns."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from connectors.errors import ProtocolError
from connectors.model import DeletedRecord, ObjectKind, id_column
from connectors.salesforce.currency import Rates
from connectors.salesforce.ids import long_ids
from connectors.salesforce.selection import CellKind, Output, Selection

__all__ = [
    "HalfAnswerError",
    "cells_of_csv",
    "cells_of_records",
    "no_cells",
    "pages_of",
    "split_gone",
    "text_of",
]

_EXACT = float(2**53)
_LONGEST_HEADER = 100_000
"""A query is not longer either (SOQL and SOSL Reference, "SOQL SELECT Syntax", read 2026-11)."""
_STAMP = "SystemModstamp"
_MONEY = frozenset({"annual_revenue", "amount", "price"})
_IDS = frozenset({*(id_column(kind) for kind in ObjectKind), "parent_id", "owner"})


class HalfAnswerError(Exception):
    """A file of results is cut short, or something else stands in its place; asking again is safe."""


def no_cells(kinds: Mapping[str, CellKind]) -> pa.Table:
    """Cells of no records."""
    # Made from batches, because arrays from Python lists load pandas, which a pull has no use for.
    return pa.Table.from_batches([], pa.schema([(path, kind.type) for path, kind in kinds.items()]))


def cells_of_records(
    records: Sequence[Mapping[str, Any]], kinds: Mapping[str, CellKind], purpose: str
) -> pa.Table:
    """Records of a JSON answer as a table with one column per path.

    Raises:
        ProtocolError: They are not of the shape or the types that Salesforce describes.
    """
    try:
        columns = {path: _column(_values(records, path), kind) for path, kind in kinds.items()}
    except (KeyError, TypeError, ValueError) as error:
        # Arrow's own errors are ValueErrors and TypeErrors; they quote values, so none is passed on.
        raise _odd(purpose, type(error).__name__) from None
    return pa.table(columns)


def cells_of_csv(content: bytes, kinds: Mapping[str, CellKind], purpose: str, *, is_first: bool) -> pa.Table:
    """A file of a bulk query as a table with one column per path.

    Args:
        content: The file.
        kinds: What was asked for.
        purpose: For errors.
        is_first: Whether a line of names must stand at its head; later parts may come without.

    Raises:
        HalfAnswerError: It is not whole.
        ProtocolError: Its cells are not of the types that Salesforce describes.
    """
    names, has_header = _header(content, kinds)
    if is_first and not has_header:
        raise HalfAnswerError
    types = {path: kind.type for path, kind in kinds.items()}
    skipped = 1 if has_header else 0
    if has_header and content.find(b"\n", 0, len(content) - 1) < 0:
        return no_cells(kinds)
    try:
        found = _parse(content, names, types, skipped)
    except pa.ArrowInvalid:
        if _has_open_quotes(content) or not _is_table(content, names, skipped):
            raise HalfAnswerError from None
        raise _odd(purpose, "cells") from None
    if _is_cut(content, found):
        raise HalfAnswerError
    return found.select(list(kinds))


def split_gone(
    cells: pa.Table, selection: Selection, lower: datetime
) -> tuple[pa.Table, tuple[DeletedRecord, ...]]:
    """Records that are there, and those that went since `lower`: deleted, merged, or no longer counting."""
    path = {name.lower(): name for name in cells.column_names}
    is_deleted = pc.fill_null(cells[path["isdeleted"]], False) if "isdeleted" in path else None
    is_gone = (
        pa.chunked_array([pa.repeat(pa.scalar(False), cells.num_rows)]) if is_deleted is None else is_deleted
    )
    for name, wanted in selection.source.requires.items():
        is_gone = pc.or_(is_gone, pc.not_equal(pc.fill_null(cells[path[name.lower()]], not wanted), wanted))
    stamp = selection.path_of("modified_at")
    recent = pc.and_(is_gone, pc.greater_equal(cells[stamp], pa.scalar(lower, CellKind.MOMENT.type)))
    gone = cells.filter(recent)
    ids = long_ids(gone[selection.path_of(id_column(selection.source.kind))]).to_pylist()
    master = path.get("masterrecordid")
    masters = long_ids(gone[master]).to_pylist() if master else [None] * len(ids)
    deleted = tuple(DeletedRecord(one, other) for one, other in zip(ids, masters, strict=True))
    return cells.filter(pc.invert(is_gone)), deleted


def pages_of(cells: pa.Table, selection: Selection, rates: Rates | None) -> pa.Table:
    """The columns of a page."""
    maker = _Maker(cells, selection, rates)
    return pa.table([maker.column(output) for output in selection.outputs], schema=selection.schema)


def text_of(column: pa.ChunkedArray, kind: CellKind) -> pa.ChunkedArray:
    """Cells as text: ISO days and moments, `true` and `false`, numbers without a useless `.0`."""
    if kind is CellKind.TEXT:
        return column
    if kind is CellKind.NUMBER:
        return _number_text(column)
    if kind is CellKind.MOMENT:
        return pc.strftime(pc.cast(column, pa.timestamp("ms", tz="UTC")), "%Y-%m-%dT%H:%M:%SZ")
    return pc.cast(column, pa.string())


class _Maker:
    """Makes the columns of one page."""

    def __init__(self, cells: pa.Table, selection: Selection, rates: Rates | None) -> None:
        self._cells = cells
        self._selection = selection
        self._kinds = {**selection.cells, **selection.extra}
        self._codes = self._raw(selection.path_of("currency"))
        self._rates = rates if self._codes is not None else None
        self._person = next((name for name in cells.column_names if name.endswith("IsPersonAccount")), None)

    def column(self, output: Output) -> pa.ChunkedArray | pa.Array:
        raw = self._raw(output.path)
        if raw is None or output.path is None:
            return pa.nulls(self._cells.num_rows, output.field.type)
        kind = self._kinds[output.path]
        base = output.name.removesuffix("_number")
        if base in _MONEY and kind is CellKind.NUMBER and self._rates and self._codes is not None:
            raw = self._rates.converted(raw, self._codes)
        if output.name == "currency" and self._rates:
            raw = self._rates.codes_after(raw)
        if output.name == "name" and output.path == "Name" and self._person:
            raw = pc.if_else(pc.fill_null(self._cells[self._person], False), None, raw)
        if pa.types.is_string(output.field.type):
            text = text_of(raw, kind)
            return long_ids(text) if output.name in _IDS else text
        return pc.cast(raw, output.field.type, safe=False)

    def _raw(self, path: str | None) -> pa.ChunkedArray | None:
        return None if path is None else self._cells[path]


def _values(records: Sequence[Mapping[str, Any]], path: str) -> list[Any]:
    first, *rest = path.split(".")
    values = [record[first] for record in records]
    for name in rest:
        values = [None if value is None else value[name] for value in values]
    return values


def _column(values: list[Any], kind: CellKind) -> pa.Array:
    if kind is CellKind.NUMBER:
        return pa.array([None if value is None else float(value) for value in values], kind.type)
    if kind in {CellKind.DATE, CellKind.MOMENT}:
        return pc.cast(pa.array(values, pa.string()), kind.type)
    return pa.array(values, kind.type)


def _header(content: bytes, kinds: Mapping[str, CellKind]) -> tuple[list[str], bool]:
    """The columns of a file, in its own order, and whether it names them."""
    line = content[:_LONGEST_HEADER].partition(b"\n")[0].decode("utf-8-sig", "replace").rstrip("\r")
    found = [name.strip('"').lower() for name in line.split(",")]
    known = {path.lower(): path for path in kinds}
    if sorted(found) == sorted(known):
        return [known[name] for name in found], True
    return list(kinds), False


def _is_cut(content: bytes, found: pa.Table) -> bool:
    """Whether the last row is not whole; a file that ends within quotes reads like a whole one."""
    if found.column_names[-1] == _STAMP:
        # The usual case, without looking at each byte: half a moment is none, and no record lacks this one.
        return bool(found[_STAMP].null_count)
    return _has_open_quotes(content)


def _has_open_quotes(content: bytes) -> bool:
    return content.count(b'"') % 2 == 1


def _is_table(content: bytes, names: list[str], skipped: int) -> bool:
    try:
        _parse(content, names, dict.fromkeys(names, pa.string()), skipped)
    except pa.ArrowInvalid:
        return False
    return True


def _parse(content: bytes, names: list[str], types: Mapping[str, pa.DataType], skipped: int) -> pa.Table:
    return pa_csv.read_csv(
        pa.BufferReader(content),
        # One block: a row must not be longer than one, and nobody promises how long a row is.
        read_options=pa_csv.ReadOptions(
            use_threads=False, block_size=len(content) + 1, column_names=names, skip_rows=skipped
        ),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types=types,
            null_values=[""],
            true_values=["true"],
            false_values=["false"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )


def _number_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    bounds = pc.min_max(column).as_py()
    is_small = bounds["min"] is None or max(abs(bounds["min"]), abs(bounds["max"])) < _EXACT
    if is_small and pc.all(pc.equal(pc.floor(column), column)).as_py() is not False:
        return pc.cast(pc.cast(column, pa.int64()), pa.string())
    # Arrow would write large fractions with an exponent.
    texts = [None if one is None else _plain(one) for one in column.to_pylist()]
    return pa.chunked_array([pa.array(texts, pa.string())])


def _plain(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < _EXACT else repr(number)


def _odd(purpose: str, what: str) -> ProtocolError:
    return ProtocolError(
        f"Salesforce answered the request to {purpose} outside its own description of the object ({what}).",
        hint="Run again: the description is read anew. Report this if it happens twice.",
        code="salesforce.answer.odd",
    )
