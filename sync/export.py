"""A plan as files: a zip that carries it whole, and a CSV for people to read."""

import csv
import io
import re
import zipfile
from pathlib import Path

from connectors.errors import UsageError
from sync.plan import PARTS, table_to_bytes
from sync.record_names import record_names
from sync.state.plans import StoredPlan
from sync.workspace import Workspace

__all__ = ["export_plan"]

CSV_COLUMNS = (
    "record_id",
    "name",
    "owner",
    "what",
    "old_segment",
    "new_segment",
    "new_segment_name",
    "confidence",
    "reason",
    "since",
    "agree?",
)
_WHAT = {"set": "write", "adopt": "already right", "hold": "held", "wait": "rejected before"}
# Full-width signs count as formulas in East Asian editions; quotes and blanks before a sign may be dropped.
_FORMULA = re.compile("['\"\\s\u00a0\u3000\ufeff]*[=+\\-@\\t\\r＝＋－＠]")  # noqa: RUF001 - they are meant
_NEGATIVE_NUMBER = re.compile(r"-[0-9]+([.,][0-9]+)*([eE][+-]?[0-9]+)?")


def export_plan(
    ws: Workspace, stored: StoredPlan, *, zip_path: Path | None = None, csv_path: Path | None = None
) -> list[Path]:
    """Write the plan to files; returns what was written.

    The zip holds `plan.json` (the head and the hash that an approval binds to), `changes.parquet` and
    `changes.csv`. Names and owners of accounts are looked up now and are in the CSV only.

    Raises:
        UsageError: A file cannot be written.
    """
    table = _as_csv(ws, stored)
    written: list[Path] = []
    if csv_path is not None:
        written.append(_write(csv_path, table.encode("utf-8-sig")))
    if zip_path is not None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            head = stored.plan.head.to_json()
            archive.writestr("plan.json", f'{{"hash":"{stored.hash}","head":{head}}}\n')
            archive.writestr("changes.parquet", table_to_bytes(stored.plan.changes))
            archive.writestr("changes.csv", table.encode("utf-8-sig"))
        written.append(_write(zip_path, buffer.getvalue()))
    return written


def _write(path: Path, content: bytes) -> Path:
    if not path.name or path.is_dir():
        raise UsageError(
            f"{path} is a folder; a file is needed.",
            hint="Add a file name, for example changes.csv.",
            code="export.unwritable",
        )
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}.",
            hint="Name a folder that exists and that you can write.",
            code="export.unwritable",
        ) from error
    return path


def _as_csv(ws: Workspace, stored: StoredPlan) -> str:
    head = stored.plan.head
    people = record_names(ws, head.connection_id, head.object)
    titles = {option.value: option.label for option in head.options}
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for change in stored.plan.changes.to_pylist():
        name, owner = people.get(change["record_id"], ("", ""))
        old, new = change["seen_key"], change["key"]
        values = [
            change["record_id"],
            name,
            owner,
            _WHAT[change["action"]],
            old,
            new,
            titles.get(new or "", ""),
        ]
        values += [change[part] for part in PARTS[1:]]
        writer.writerow([_safe(value) for value in [*values, ""]])
    return buffer.getvalue()


def _safe(value: str | None) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = value or ""
    is_formula = _FORMULA.match(text) and not _NEGATIVE_NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text
