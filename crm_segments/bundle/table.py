"""One file as a typed table: columns mapped, values read, bad lines set apart."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from crm_segments.bundle.cells import (
    TypedColumn,
    distinct_words,
    first_of_several,
    read_counts,
    read_flags,
    read_ids,
    read_times,
    text_cells,
)
from crm_segments.bundle.columns import COLUMNS, REFERENCES, id_column
from crm_segments.bundle.dates import DAY_FIRST, MONTH_FIRST, OrderEvidence, find_order
from crm_segments.bundle.headers import Dialect, Target, find_dialect, map_header
from crm_segments.bundle.kinds import check_id_column
from crm_segments.bundle.model import ColumnMapping, Reject
from crm_segments.bundle.outcomes import add_outcomes
from crm_segments.bundle.rows import RawTable
from crm_segments.bundle.wording import counted, shown

__all__ = ["FileTable", "ReadingRules", "build_table", "find_date_order"]


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """What holds for all files of one folder."""

    is_own_export: bool = False
    """We wrote these files, so formula marks are taken away again."""
    own_fields: tuple[str, ...] = ()
    """Names of our own segment fields beyond the default ones."""


@dataclass(slots=True)
class FileTable:
    """What one file gives."""

    raw: RawTable
    kind: str
    table: pa.Table
    rows: list[int]
    """For each record of the table, its row in `raw`."""
    mapping: list[ColumnMapping] = field(default_factory=list)
    problems: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find_date_order(raw: RawTable, kind: str, rules: ReadingRules) -> OrderEvidence:
    """What the date columns of one file prove together about the order of day and month."""
    targets = [
        one for one in map_header(kind, raw.header, rules.own_fields) if one.field and _is_time(kind, one)
    ]
    evidence = _find_orders(kind, targets, _texts(raw, targets, rules))
    return sum(evidence.values(), OrderEvidence())


def build_table(raw: RawTable, kind: str, rules: ReadingRules, folder_order: OrderEvidence) -> FileTable:
    """Type the columns of one file.

    Args:
        raw: The file.
        kind: What its records are.
        rules: What holds for all files of the folder.
        folder_order: What the dates of all files prove about the order of day and month.

    Raises:
        BundleError: The file has no column with the record's id.
    """
    dialect = find_dialect(raw.header)
    targets = map_header(kind, raw.header, rules.own_fields)
    check_id_column(kind, targets, raw.header, raw.file)
    texts = _texts(raw, targets, rules)
    orders = _Orders(_find_orders(kind, targets, texts), folder_order, raw.delimiter)
    typed = _ColumnReader(kind, dialect, orders).read_all(targets, texts)
    columns = {target.field: typed[target.field].values for target in targets if target.field}
    problems = [*raw.problems, *_find_problems(raw, kind, targets, typed)]
    good = _good_rows(len(raw.lines), problems[len(raw.problems) :], raw)
    table = pa.table(columns)
    table, derived = add_outcomes(table) if kind == "deal" else (table, ())
    if len(good) < len(raw.lines):
        table = table.take(pa.array(good, pa.int64()))
    notes = [*raw.notes, *_notes(raw.file, kind, dialect, table)]
    notes += [
        f"{shown(raw.file)}, {shown(name)}: {column.note}." for name, column in typed.items() if column.note
    ]
    mapping = _mapping(raw.file, kind, targets, derived)
    return FileTable(raw, kind, table, good, mapping, problems, notes)


def _texts(raw: RawTable, targets: Iterable[Target], rules: ReadingRules) -> dict[int, pa.ChunkedArray]:
    """The texts of every column that is kept, by its place in the file."""
    return {
        target.position: text_cells(raw.columns[target.position], is_marked=rules.is_own_export)
        for target in targets
        if target.field
    }


def _find_orders(
    kind: str, targets: Iterable[Target], texts: Mapping[int, pa.ChunkedArray]
) -> dict[str, OrderEvidence]:
    """What each date column proves about the order of day and month."""
    return {
        target.field: find_order(distinct_words(texts[target.position]))
        for target in targets
        if target.field and _is_time(kind, target)
    }


def _is_time(kind: str, target: Target) -> bool:
    return target.is_known and pa.types.is_temporal(COLUMNS[kind][target.field or ""])


@dataclass(frozen=True, slots=True)
class _Orders:
    """Chooses the order of day and month for each date column of a file."""

    columns: Mapping[str, OrderEvidence]
    folder: OrderEvidence
    delimiter: str

    def choose(self, name: str) -> tuple[str, str]:
        """The order for one column, and why."""
        own = self.columns[name]
        if own.order:
            count = own.day_first if own.order == DAY_FIRST else own.month_first
            return own.order, f"{counted(count, 'value')} of the column cannot be read otherwise"
        file_order = sum(self.columns.values(), OrderEvidence()).order
        if file_order:
            return file_order, "other dates of the file are written that way"
        if self.folder.order:
            return self.folder.order, "dates of other files are written that way"
        if self.delimiter == ";":
            return DAY_FIRST, "every value can be read both ways and the file is separated by semicolons"
        return MONTH_FIRST, "every value can be read both ways and that is what most exports write"


@dataclass(frozen=True, slots=True)
class _ColumnReader:
    """Reads the columns of one file by their types."""

    kind: str
    dialect: Dialect
    orders: _Orders

    def read_all(
        self, targets: Iterable[Target], texts: Mapping[int, pa.ChunkedArray]
    ) -> dict[str, TypedColumn]:
        """Every column that is kept, by its name in the table."""
        return {
            target.field: self._read(target, texts[target.position]) for target in targets if target.field
        }

    def _read(self, target: Target, texts: pa.ChunkedArray) -> TypedColumn:
        name = target.field or ""
        if not target.is_known:
            return TypedColumn(texts)
        if name in REFERENCES:
            return self._read_ids(target, texts)
        kind = COLUMNS[self.kind][name]
        if pa.types.is_temporal(kind):
            order, because = self.orders.choose(name)
            return read_times(texts, order, is_day=pa.types.is_date(kind), because=because)
        if pa.types.is_boolean(kind):
            return read_flags(texts, name)
        return read_counts(texts) if pa.types.is_integer(kind) else TypedColumn(texts)

    def _read_ids(self, target: Target, texts: pa.ChunkedArray) -> TypedColumn:
        name = target.field or ""
        notes = []
        if name != id_column(self.kind) and target.column.startswith("Associated "):
            texts, count = first_of_several(texts)
            if count:
                notes.append(f"{counted(count, 'record')} with several ids, the first one was taken")
        is_salesforce = self.dialect.name == "salesforce"
        column = read_ids(texts, REFERENCES[name], is_salesforce=is_salesforce)
        if column.note:
            notes.append(column.note)
        return TypedColumn(column.values, column.bad_rows, column.reason, column.fix, "; ".join(notes))


def _find_problems(
    raw: RawTable, kind: str, targets: Iterable[Target], typed: Mapping[str, TypedColumn]
) -> list[Reject]:
    wanted = id_column(kind)
    ids = typed[wanted].values
    problems = []
    for target in targets:
        if target.field is None:
            continue
        column = typed[target.field]
        for row in column.bad_rows:
            record_id = None if target.field == wanted else ids[row].as_py()
            problems.append(_reject(raw, row, record_id, target.column, column.reason, column.fix))
    id_header = next(target.column for target in targets if target.field == wanted)
    bad_ids = set(typed[wanted].bad_rows)
    if ids.null_count:
        reason, fix = (
            "it has no id, so it cannot be told from other records",
            "Fill in the id, or remove the line",
        )
        problems.extend(
            _reject(raw, row, None, id_header, reason, fix)
            for row, is_valid in enumerate(ids.is_valid().to_pylist())
            if not is_valid and row not in bad_ids
        )
    return problems


def _reject(raw: RawTable, row: int, record_id: str | None, column: str, reason: str, fix: str) -> Reject:
    return Reject(raw.file, raw.lines[row], record_id, column, reason, fix, raw.raw_line(row))


def _good_rows(count: int, problems: Iterable[Reject], raw: RawTable) -> list[int]:
    bad_lines = {problem.line for problem in problems}
    return (
        [row for row in range(count) if raw.lines[row] not in bad_lines] if bad_lines else list(range(count))
    )


def _notes(file: str, kind: str, dialect: Dialect, table: pa.Table) -> list[str]:
    notes = []
    if dialect.name != "plain":
        notes.append(f"{shown(file)}: read as {dialect.said}.")
    empty = [
        name for name in table.column_names if name in COLUMNS[kind] and table[name].null_count == len(table)
    ]
    if empty and len(table):
        notes.append(f"{shown(file)}: no line has a value for {', '.join(empty)}.")
    return notes


def _mapping(file: str, kind: str, targets: Iterable[Target], derived: Iterable[str]) -> list[ColumnMapping]:
    """Known columns, then what became of the others; a column that fills two fields occurs twice."""
    mapping = [ColumnMapping(file, target.column, kind, target.field, target.note) for target in targets]
    stage = next((target.column for target in targets if target.field == "stage"), "")
    mapping.extend(ColumnMapping(file, stage, kind, name, "read from the stage") for name in derived)
    return mapping
