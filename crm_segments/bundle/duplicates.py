"""The same record on several lines: once is kept, and what contradicts is a bad line."""

from collections.abc import Sequence

import pyarrow as pa

from crm_segments.bundle.columns import NOUNS, id_column
from crm_segments.bundle.model import Reject
from crm_segments.bundle.table import FileTable
from crm_segments.bundle.wording import counted, shown

__all__ = ["merge_parts"]


def merge_parts(kind: str, parts: Sequence[FileTable]) -> tuple[pa.Table, list[Reject], list[str]]:
    """Put the files of one kind together, each record once.

    Returns:
        The table, lines that contradict an earlier one of the same id, and notes.
    """
    table = parts[0].table
    if len(parts) > 1:
        table = pa.concat_tables([part.table for part in parts], promote_options="default")
    name = id_column(kind)
    ids = table[name].to_pylist()
    if len(set(ids)) == len(ids):
        return table, [], []
    places = [(part, row) for part in parts for row in part.rows]
    first: dict[str, int] = {}
    kept, problems, repeated = [], [], 0
    for index, record_id in enumerate(ids):
        earlier = first.setdefault(record_id, index)
        if earlier == index:
            kept.append(index)
            continue
        different = _different_columns(table, earlier, index)
        if different:
            problems.append(_contradiction(name, record_id, places[earlier], places[index], different))
        else:
            repeated += 1
    notes = []
    if repeated:
        lines = counted(repeated, "line that repeats", "lines that repeat")
        notes.append(f"{NOUNS[kind].capitalize()}: {lines} an earlier one word for word left out.")
    return table.take(pa.array(kept, pa.int64())), problems, notes


def _different_columns(table: pa.Table, one: int, other: int) -> list[str]:
    return [name for name in table.column_names if table[name][one].as_py() != table[name][other].as_py()]


def _contradiction(
    name: str,
    record_id: str,
    earlier: tuple[FileTable, int],
    later: tuple[FileTable, int],
    columns: list[str],
) -> Reject:
    part, row = later
    first_part, first_row = earlier
    line = first_part.raw.lines[first_row]
    file = first_part.raw.file
    where = f"line {line}" if file == part.raw.file else f"line {line} of {shown(file)}"
    listed = ", ".join(columns[:3]) + (", …" if len(columns) > 3 else "")
    return Reject(
        part.raw.file,
        part.raw.lines[row],
        record_id,
        name,
        f"{where} has the same id with other content ({listed})",
        "Keep the right one of the two lines and remove the other",
        part.raw.raw_line(row),
    )
