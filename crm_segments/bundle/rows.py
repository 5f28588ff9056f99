"""Lines of a CSV file as columns of text, with the bad lines set apart."""

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from crm_segments.bundle.decoding import TextForm, inspect_text
from crm_segments.bundle.errors import BundleError
from crm_segments.bundle.model import Reject
from crm_segments.bundle.wording import counted, shown

__all__ = ["LONGEST_CELL", "RawTable", "read_rows"]

LONGEST_CELL = 131_072
"""Most characters of a cell. It is the csv module's own limit and Salesforce's longest text field, and it
keeps a quotation mark that is never closed from swallowing a whole file."""

_ROWS_PER_CHUNK = 16_384
_RAW_LENGTH = 4_000
_UNREADABLE = re.compile("[\0\ud800-\udfff]")
_DELIMITERS = (",", ";", "\t")
_DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab"}
_EXCEL_HINT = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_REPORT_FOOTER = re.compile(r"Copyright \(c\) 2000-\d{4} salesforce", re.IGNORECASE)


@dataclass(slots=True)
class RawTable:
    """A file as text, column by column; a cell without content is an empty text."""

    file: str
    header: tuple[str, ...]
    delimiter: str
    columns: list[pa.ChunkedArray]
    lines: list[int]
    """For each row, the line where it begins."""
    problems: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def raw_line(self, row: int) -> str:
        """One row as CSV text again, for the file of bad lines."""
        text = io.StringIO()
        writer = csv.writer(text, delimiter=self.delimiter, lineterminator="")
        writer.writerow([column[row].as_py() for column in self.columns])
        return text.getvalue()[:_RAW_LENGTH]


class _Lines:
    """Physical lines, counted, of which those after the first of a row can be given back."""

    def __init__(self, stream: Iterator[str]) -> None:
        self._stream = stream
        self._returned: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._stream)
        self.number += 1
        self.taken.append(line)
        return line

    def give_back_after_first(self) -> None:
        """Read all but the first line of the current row again, as if the row had ended there."""
        self._returned.extendleft(reversed(self.taken[1:]))
        self.number -= len(self.taken) - 1
        del self.taken[1:]


def read_rows(path: Path) -> RawTable:
    """Read one CSV file, whatever its encoding, line ends and delimiter are.

    Lines with too many or too few cells, unbalanced quotation marks or unreadable characters become problems
    of the result; after one, reading goes on at the next line.

    Raises:
        BundleError: The file is empty or no text, or its header is unusable.
    """
    form = inspect_text(path)
    with _open(path, form) as stream:
        delimiter = _find_delimiter(stream, path.name)
    with _open(path, form) as stream:
        reader = _RowReader(path.name, delimiter, _Lines(iter(stream)), form)
        raw = reader.read()
    raw.notes[:0] = form.notes
    _drop_report_footer(raw)
    return raw


def _open(path: Path, form: TextForm) -> io.TextIOWrapper:
    # surrogateescape keeps bytes that mean nothing visible, so that their line can be named.
    return path.open(
        encoding=form.encoding, errors="surrogateescape" if form.is_damaged else "strict", newline=""
    )


def _find_delimiter(stream: io.TextIOWrapper, name: str) -> str:
    """The delimiter that gives the first line with content the most cells, unless the file declares one."""
    for line in stream:
        text = line.strip("\r\n")
        declared = _EXCEL_HINT.fullmatch(text)
        if declared:
            return declared.group(1)
        if text.strip():
            return max(_DELIMITERS, key=lambda delimiter: _count_cells(text, delimiter))
    raise _empty(name)


def _empty(name: str) -> BundleError:
    return BundleError(
        f"{shown(name)} is empty.", hint="Export it again, or take the file out of the folder."
    )


def _count_cells(text: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([text], delimiter=delimiter)))
    except csv.Error:
        return 0


class _RowReader:
    """Reads one file row by row into columns."""

    def __init__(self, file: str, delimiter: str, lines: _Lines, form: TextForm) -> None:
        self._lines = lines
        self._reader = csv.reader(lines, delimiter=delimiter, strict=True)
        self._is_damaged = form.is_damaged
        self._raw = RawTable(file, (), delimiter, [], [])
        self._chunks: list[list[pa.Array]] = []
        self._blank_count = 0

    def read(self) -> RawTable:
        """The whole file."""
        self._read_header()
        width = len(self._raw.header)
        self._chunks = [[] for _ in range(width)]
        rows: list[list[str]] = []
        for line, row in self._rows():
            cells = row if len(row) == width else self._mend_width(line, row, width)
            if cells is None:
                continue
            rows.append(cells)
            self._raw.lines.append(line)
            if len(rows) == _ROWS_PER_CHUNK:
                self._keep(rows)
                rows = []
        self._keep(rows)
        self._raw.columns = [pa.chunked_array(chunks, pa.string()) for chunks in self._chunks]
        if self._blank_count:
            lines = counted(self._blank_count, "line")
            self._raw.notes.append(f"{shown(self._raw.file)}: {lines} without any content left out.")
        return self._raw

    def _keep(self, rows: list[list[str]]) -> None:
        for chunks, cells in zip(self._chunks, zip(*rows, strict=True), strict=False):
            chunks.append(pa.array(cells, pa.string()))

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Every row with content and the line where it begins; broken ones become problems."""
        while True:
            self._lines.taken.clear()
            line = self._lines.number + 1
            try:
                row = next(self._reader)
            except StopIteration:
                return
            except csv.Error:
                self._reject_quotes(line)
                continue
            if self._is_damaged and _UNREADABLE.search("".join(self._lines.taken)):
                self._reject(
                    line,
                    "it holds zero bytes or bytes that are not characters",
                    "Export the file again as CSV UTF-8, or type the damaged word anew",
                )
            elif any(row):
                yield line, row
            elif row:
                self._blank_count += 1

    def _read_header(self) -> None:
        for line, row in self._rows():
            if line == 1 and _EXCEL_HINT.fullmatch("".join(self._lines.taken).strip("\r\n")):
                continue
            if not self._raw.problems:
                self._raw.header = _checked_header(row, self._raw.file)
                return
            break
        if self._raw.problems:
            raise BundleError(
                f"The header of {shown(self._raw.file)} cannot be read.",
                hint="Export the file again as CSV UTF-8.",
                problems=self._raw.problems,
            )
        raise _empty(self._raw.file)

    def _mend_width(self, line: int, row: list[str], width: int) -> list[str] | None:
        """The row without surplus empty cells at its end, or None when it is broken."""
        if len(row) > width and not any(row[width:]):
            return row[:width]
        if len(self._lines.taken) > 1:
            self._reject_quotes(line)
            return None
        delimiter = _DELIMITER_NAMES.get(self._raw.delimiter, "delimiter")
        fix = (
            f"Put the text that holds a {delimiter} in quotation marks"
            if len(row) > width
            else "Complete the line, or put it together again with the following one in quotation marks"
        )
        self._reject(line, f"it has {counted(len(row), 'cell')} where the header has {width}", fix)
        return None

    def _reject_quotes(self, line: int) -> None:
        taken = sum(len(part) for part in self._lines.taken)
        self._lines.give_back_after_first()
        reason = "its quotation marks do not balance"
        if taken > LONGEST_CELL:
            reason = f"a cell that begins here is longer than {LONGEST_CELL:,} characters, or is never closed"
        self._reject(
            line,
            reason,
            "Close the quotation mark, double each one inside a text, or shorten the text",
        )

    def _reject(self, line: int, reason: str, fix: str) -> None:
        raw = "".join(self._lines.taken).strip("\r\n")[:_RAW_LENGTH]
        readable = _UNREADABLE.sub("\N{REPLACEMENT CHARACTER}", raw)
        self._raw.problems.append(Reject(self._raw.file, line, None, None, reason, fix, readable))


def _checked_header(row: list[str], file: str) -> tuple[str, ...]:
    names = [name.strip() for name in row]
    seen: dict[str, int] = {}
    for position, name in enumerate(names, start=1):
        earlier = seen.setdefault(name.casefold(), position) if name else position
        if earlier != position:
            raise BundleError(
                f"{shown(file)}: the header names the column {shown(name)} twice, "
                f"as columns {earlier} and {position}.",
                hint="Rename or remove one of them.",
            )
    return tuple(names)


def _drop_report_footer(raw: RawTable) -> None:
    """Take the closing lines of a Salesforce report for what they are."""
    last_row = raw.lines[-1] if raw.lines else 0
    footer = [problem for problem in raw.problems if problem.line > last_row]
    if any(_REPORT_FOOTER.search(problem.raw) for problem in footer):
        raw.problems = [problem for problem in raw.problems if problem.line <= last_row]
        raw.notes.append(
            f"{shown(raw.file)}: closing lines of a Salesforce report left out, from line {footer[0].line}."
        )
