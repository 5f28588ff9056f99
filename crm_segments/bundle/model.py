"""What reading a bundle gives: tables, what became of each column, bad lines, and what must be said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from crm_segments.bundle.wording import shown

__all__ = ["Bundle", "ColumnMapping", "Reject"]


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What became of one column of one file."""

    file: str
    column: str
    """The header as it stands in the file."""
    object: str
    """Kind of record: `account`, `contact`, `deal`, ..."""
    field: str | None
    """Column of the table that it fills; None when it was ignored."""
    note: str = ""
    """`kept as text`, `ignored: ...`, or what was done on the way; empty for a plain match."""

    def __str__(self) -> str:
        """The mapping as one line for people."""
        target = f"{self.object}.{self.field}" if self.field else ""
        parts = [part for part in (target, self.note) if part]
        return f"{shown(self.file)}: {shown(self.column)} -> {', '.join(parts)}"


@dataclass(frozen=True, slots=True)
class Reject:
    """One line that cannot be read as it is, and the way to mend it. Its text holds no cell's content."""

    file: str
    line: int
    """Line of the file where the record begins, counted from 1."""
    record_id: str | None
    column: str | None
    reason: str
    fix: str
    raw: str = field(default="", repr=False)
    """The line itself: may hold personal data, so it goes into the file of bad lines and nowhere else."""

    def __str__(self) -> str:
        """Place, reason and fix as one line for people."""
        place = f"{shown(self.file)}, line {self.line}"
        if self.column:
            place += f", column {shown(self.column)}"
        if self.record_id:
            place += f" (record {shown(self.record_id)})"
        return f"{place}: {self.reason}. {self.fix}."


@dataclass(frozen=True, slots=True)
class Bundle:
    """One set of CSV files, read. Nothing in it refers to the files any more."""

    name: str
    """From bundle.json, else the folder's name."""
    as_of: date
    """The day that the data describe."""
    as_of_source: str
    """Where that day came from, in words: `bundle.json` or `the day of the import`."""
    tables: Mapping[str, pa.Table]
    """By kind of record (`account`, `deal`, ...): known columns that the files have, in the fixed order and
    with their types, then all others as text. A column that a file lacks is absent, not empty."""
    mapping: tuple[ColumnMapping, ...]
    rejects: tuple[Reject, ...]
    """Bad lines that were skipped; empty unless skipping was asked for."""
    notes: tuple[str, ...]
    """What a person should know about how the files were read, one sentence each."""
