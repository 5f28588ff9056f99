"""CSV files put in place whole, and never over a file of someone else."""

import contextlib
import csv
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from crm_segments.bundle.errors import BundleError
from crm_segments.bundle.escape import mark_formulas
from crm_segments.bundle.wording import shown

__all__ = ["FileInTheWayError", "as_cells", "put_csv", "put_files", "refuse_foreign_file", "staged_csv"]

# With both characters in the line end, the csv module quotes cells that hold either of them.
_LINE_END = "\r\n"


def as_cells(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as the texts of a file: ISO dates, true and false, no zero bytes, formulas marked."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return mark_formulas(pc.replace_substring(column, "\0", "\N{REPLACEMENT CHARACTER}"))
    if pa.types.is_timestamp(column.type):
        text = pc.replace_substring_regex(pc.cast(column, pa.string()), r"(\.0+)?Z$", "Z")
        return pc.replace_substring(text, " ", "T")
    return pc.cast(column, pa.string())


@contextlib.contextmanager
def staged_csv(path: Path, cells: Mapping[str, pa.ChunkedArray]) -> Iterator[Path]:
    """A complete file under a passing name beside `path`; removed at the end unless it was moved."""
    with _staged(path) as passing:
        with passing.open("x", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator=_LINE_END)
            writer.writerow(cells)
            writer.writerows(zip(*(column.to_pylist() for column in cells.values()), strict=True))
            stream.flush()
            os.fsync(stream.fileno())
        yield passing


@contextlib.contextmanager
def _staged(path: Path) -> Iterator[Path]:
    passing = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield passing
    finally:
        passing.unlink(missing_ok=True)


def put_files(files: Mapping[Path, Mapping[str, pa.ChunkedArray]], closing: Mapping[Path, str]) -> None:
    """Write all files, then move all into place; `closing` holds plain texts that are moved last.

    Raises:
        BundleError: The folder cannot be written to.
    """
    with contextlib.ExitStack() as stack, _said_aloud():
        staged = [(stack.enter_context(staged_csv(path, cells)), path) for path, cells in files.items()]
        for path, text in closing.items():
            passing = stack.enter_context(_staged(path))
            passing.write_text(text, encoding="utf-8")
            staged.append((passing, path))
        for passing, path in staged:
            passing.replace(path)


@contextlib.contextmanager
def _said_aloud() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        place = shown(str(error.filename or "the folder"))
        raise BundleError(
            f"{place} cannot be written: {error.strerror}.",
            hint="Check the folder, its permissions and free space.",
        ) from error


class FileInTheWayError(BundleError):
    """A file of someone else has the name that a file of ours would get."""


def put_csv(path: Path, columns: Mapping[str, pa.ChunkedArray], *, force: bool) -> Path:
    """Write one CSV file; an existing one is replaced when it has the same header.

    Raises:
        FileInTheWayError: Another file is in the way.
        BundleError: The place cannot be written to.
    """
    if not force:
        refuse_foreign_file(path, ",".join(columns))
    put_files({path: {name: as_cells(column) for name, column in columns.items()}}, {})
    return path


def refuse_foreign_file(path: Path, header: str) -> None:
    """Stop before overwriting a file whose first line is not this header.

    Raises:
        FileInTheWayError: There is such a file.
    """
    with _said_aloud():
        if not path.exists():
            return
        first = b""
        if path.is_file():
            with path.open("rb") as stream:
                first = stream.readline(65_536)
            if not first or first.decode("utf-8", errors="replace").strip() == header:
                return
    raise FileInTheWayError(
        f"{shown(str(path))} exists and is not an earlier export of ours.",
        hint="Choose another name, move it away, or write over it with --force.",
    )
