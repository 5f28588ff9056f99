"""Reading columns of a pulled table as numpy arrays, whatever is missing."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = [
    "Flags",
    "Floats",
    "Indexes",
    "Texts",
    "day_numbers",
    "flag_values",
    "kept_where",
    "numbers",
    "positions",
    "texts",
]

Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Indexes: TypeAlias = npt.NDArray[np.int64]
Texts: TypeAlias = npt.NDArray[np.object_]


def texts(table: pa.Table, name: str) -> Texts:
    """The column as text with None where nothing is known; all None where there is no such column."""
    if name not in table.column_names:
        return np.full(table.num_rows, None, dtype=object)
    column = table.column(name)
    if not pa.types.is_string(column.type):
        column = pc.cast(column, pa.string())
    found: Texts = column.to_numpy(zero_copy_only=False)
    return found


def numbers(table: pa.Table, name: str) -> Floats:
    """The column as numbers with NaN where nothing is known."""
    if name not in table.column_names:
        return np.full(table.num_rows, np.nan)
    column = pc.cast(table.column(name), pa.float64())
    found: Floats = column.to_numpy(zero_copy_only=False).astype(np.float64)
    return found


def flag_values(table: pa.Table, name: str) -> Floats:
    """The column as 1, 0 and NaN."""
    if name not in table.column_names:
        return np.full(table.num_rows, np.nan)
    column = pc.cast(pc.cast(table.column(name), pa.int8()), pa.float64())
    found: Floats = column.to_numpy(zero_copy_only=False).astype(np.float64)
    return found


def day_numbers(table: pa.Table, name: str) -> Floats:
    """The column's calendar days, counted from 1970, with NaN where nothing is known."""
    if name not in table.column_names:
        return np.full(table.num_rows, np.nan)
    days = pc.cast(pc.cast(table.column(name), pa.date32(), safe=False), pa.int32())
    found: Floats = pc.cast(days, pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)
    return found


def positions(table: pa.Table, name: str, ids: pa.Array | pa.ChunkedArray) -> Indexes:
    """For each row of `table` the position in `ids` of the id that it names; -1 where it names none."""
    if name not in table.column_names:
        return np.full(table.num_rows, -1, dtype=np.int64)
    found = pc.index_in(table.column(name), value_set=pa.chunked_array([ids]).combine_chunks())
    at: Indexes = pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return at


def kept_where(values: Texts, mask: Flags) -> Texts:
    """The texts with None wherever the mask does not hold."""
    found: Texts = values.copy()
    found[~mask] = None
    return found
