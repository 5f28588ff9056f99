"""Columns of text as columns of their type. Each distinct text is read once, however often it occurs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from crm_segments.bundle.dates import DAY_FIRST, MONTH_FIRST, read_dates
from crm_segments.bundle.escape import unmark_formulas
from crm_segments.bundle.values import BadValueError, is_rounded_id, long_salesforce_id, read_count, read_flag
from crm_segments.bundle.wording import counted

__all__ = [
    "TypedColumn",
    "distinct_words",
    "first_of_several",
    "read_counts",
    "read_flags",
    "read_ids",
    "read_times",
    "text_cells",
]

Value = TypeVar("Value")

_NO_DATE = "it is not a date, or not written in a known way"
_DATE_FIX = "Write it as year-month-day, like 2026-11-30, or leave it empty"


@dataclass(frozen=True, slots=True)
class TypedColumn:
    """A column after reading, with the rows that could not be read."""

    values: pa.Array
    bad_rows: tuple[int, ...] = ()
    reason: str = ""
    fix: str = ""
    note: str = ""
    """What to say about how it was read; empty when nothing needs saying."""


def text_cells(cells: pa.ChunkedArray, *, is_marked: bool) -> pa.ChunkedArray:
    """Raw cells as texts: nothing instead of an empty text, our own formula marks taken away."""
    texts = pc.if_else(pc.equal(cells, ""), pa.scalar(None, pa.string()), cells)
    return unmark_formulas(texts) if is_marked else texts


def distinct_words(texts: pa.ChunkedArray) -> list[str | None]:
    """The distinct texts of a column."""
    words: list[str | None] = pc.unique(texts).to_pylist()
    return words


def read_flags(texts: pa.ChunkedArray, column: str) -> TypedColumn:
    """A column of yes and no."""
    values, bad = _read_words(texts, lambda word: read_flag(word, column), pa.bool_())
    return TypedColumn(values, bad, "it says neither yes nor no", "Write true or false, or leave it empty")


def read_counts(texts: pa.ChunkedArray) -> TypedColumn:
    """A column of whole numbers."""
    values, bad = _read_words(texts, read_count, pa.int64())
    return TypedColumn(values, bad, "it is not a whole number", "Write digits only, or leave it empty")


def read_ids(texts: pa.ChunkedArray, kind: str, *, is_salesforce: bool) -> TypedColumn:
    """A column of record ids of this kind, or of references to such records."""
    trimmed = pc.utf8_trim_whitespace(texts)
    ids = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
    note = ""
    if is_salesforce:
        short_count = pc.sum(pc.equal(pc.utf8_length(ids), 15)).as_py() or 0
        ids, _ = _read_words(ids, lambda word: long_salesforce_id(word, kind), pa.string())
        if short_count:
            note = f"{counted(short_count, 'id')} of 15 characters completed to 18"
    suspects = [word for word in distinct_words(ids) if word is not None and is_rounded_id(word)]
    bad = _rows_where(pc.is_in(ids, pa.array(suspects, pa.string()))) if suspects else ()
    return TypedColumn(
        ids,
        bad,
        "a spreadsheet has rounded this id, so nobody can tell which record it was",
        "Export the file again and do not save it from a spreadsheet",
        note,
    )


def first_of_several(texts: pa.ChunkedArray) -> tuple[pa.ChunkedArray, int]:
    """The first id of each cell that lists several between semicolons, and how many cells did."""
    is_list = pc.match_substring(texts, ";")
    count = pc.sum(is_list).as_py() or 0
    if not count:
        return texts, 0
    firsts = pc.list_element(pc.split_pattern(texts, ";", max_splits=1), 0)
    return pc.utf8_trim_whitespace(firsts), count


def read_times(texts: pa.ChunkedArray, order: str, *, is_day: bool, because: str) -> TypedColumn:
    """A column of days, or of moments in UTC.

    Args:
        texts: The column.
        order: Order of day and month where a value could be read both ways.
        is_day: Whether days are wanted rather than moments.
        because: Why that order was chosen.
    """
    encoded = _encode(texts)
    words = encoded.dictionary.to_pylist()
    dates = read_dates(words, order)
    found = [(moment.day if is_day else moment.at) if moment else None for moment in dates.moments]
    values = pa.array(found, pa.date32() if is_day else pa.timestamp("us", tz="UTC"))
    bad = [word is not None and moment is None for word, moment in zip(words, dates.moments, strict=True)]
    notes = []
    if dates.slash_count:
        other = MONTH_FIRST if order == DAY_FIRST else DAY_FIRST
        notes.append(f"dates read as {order}, not {other}, because {because}")
    if len(dates.forms) > 1:
        notes.append(f"dates in {len(dates.forms)} forms ({', '.join(dates.forms)})")
    elif dates.forms and dates.forms[0] in {"spreadsheet day numbers", "milliseconds since 1970"}:
        notes.append(f"dates read from {dates.forms[0]}")
    return TypedColumn(
        values.take(encoded.indices), _bad_rows(encoded, bad), _NO_DATE, _DATE_FIX, "; ".join(notes)
    )


def _encode(texts: pa.ChunkedArray) -> pa.DictionaryArray:
    whole = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    return whole.dictionary_encode()


def _read_words(
    texts: pa.ChunkedArray, read: Callable[[str], Value], kind: pa.DataType
) -> tuple[pa.Array, tuple[int, ...]]:
    encoded = _encode(texts)
    values: list[Value | None] = []
    bad = []
    for word in encoded.dictionary.to_pylist():
        try:
            values.append(read(word) if word.strip() else None)
            bad.append(False)
        except BadValueError:
            values.append(None)
            bad.append(True)
    return pa.array(values, kind).take(encoded.indices), _bad_rows(encoded, bad)


def _bad_rows(encoded: pa.DictionaryArray, bad: list[bool]) -> tuple[int, ...]:
    return _rows_where(pa.array(bad, pa.bool_()).take(encoded.indices)) if any(bad) else ()


def _rows_where(mask: pa.Array | pa.ChunkedArray) -> tuple[int, ...]:
    return tuple(pc.indices_nonzero(pc.fill_null(mask, fill_value=False)).to_pylist())
