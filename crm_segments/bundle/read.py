"""Reading a folder of CSV files as one bundle."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from crm_segments.bundle.columns import COLUMNS, FILE_NAMES, NOUNS, id_column
from crm_segments.bundle.dates import OrderEvidence
from crm_segments.bundle.duplicates import merge_parts
from crm_segments.bundle.errors import SHOWN_PROBLEMS, BundleError
from crm_segments.bundle.kinds import kind_by_header, kind_by_name
from crm_segments.bundle.manifest import read_manifest
from crm_segments.bundle.model import Bundle, ColumnMapping, Reject
from crm_segments.bundle.rows import RawTable, read_rows
from crm_segments.bundle.table import FileTable, ReadingRules, build_table, find_date_order
from crm_segments.bundle.wording import counted, shown

__all__ = ["read_bundle"]

_SUFFIXES = {".csv", ".tsv", ".txt"}
_FILES_HINT = "Put accounts.csv (companies) or leads.csv there, or the exports of your CRM as they are."


def read_bundle(
    directory: Path, *, rejects: bool = False, today: date, own_fields: Collection[str] = ()
) -> Bundle:
    """Read a folder of CSV files: our own bundles, plain files, or exports of HubSpot and Salesforce.

    Args:
        directory: The folder.
        rejects: Skip bad lines and return them, instead of refusing the whole bundle.
        today: What the data count as describing when no bundle.json says it.
        own_fields: Names of our own segment fields, where they are not the default ones; never read.

    Raises:
        BundleError: A file is missing or unusable, or there are bad lines.
    """
    manifest = read_manifest(_checked(directory))
    rules = ReadingRules(manifest.is_own_export, tuple(own_fields))
    collected = _Collected([], [], [])
    parts = _read_parts(directory, rules, collected)
    if not {"account", "lead"} & parts.keys():
        seen = ", ".join(shown(part.raw.file) for files in parts.values() for part in files)
        raise BundleError(
            f"{shown(str(directory))} holds neither accounts nor leads"
            + (f"; it holds {seen}." if seen else "."),
            hint=_FILES_HINT,
        )
    tables = {kind: _merge(kind, parts[kind], collected) for kind in COLUMNS if kind in parts}
    if collected.problems and not rejects:
        raise _refusal(collected.problems)
    collected.notes.extend(_reference_notes(tables))
    return Bundle(
        manifest.name or directory.resolve().name,
        manifest.as_of or today,
        "bundle.json" if manifest.as_of else "the day of the import",
        tables,
        tuple(collected.mapping),
        tuple(collected.problems),
        tuple(collected.notes),
    )


@dataclass(frozen=True, slots=True)
class _Collected:
    """What the files of a bundle bring up."""

    mapping: list[ColumnMapping]
    problems: list[Reject]
    notes: list[str]


def _checked(directory: Path) -> Path:
    if not directory.exists():
        raise BundleError(
            f"There is no folder {shown(str(directory))}.", hint="Check the spelling of the folder's name."
        )
    if not directory.is_dir():
        raise BundleError(
            f"{shown(str(directory))} is a file, not a folder.",
            hint=f"Name the folder that holds it. {_FILES_HINT}",
        )
    return directory


def _read_parts(directory: Path, rules: ReadingRules, collected: _Collected) -> dict[str, list[FileTable]]:
    found = []
    for path in sorted(directory.iterdir()):
        if path.name.startswith(".") or path.suffix.lower() not in _SUFFIXES or not path.is_file():
            continue
        file = _read_file(path, collected)
        if file:
            found.append(file)
    order = sum((find_date_order(raw, kind, rules) for raw, kind in found), OrderEvidence())
    parts: dict[str, list[FileTable]] = {}
    for raw, kind in found:
        parts.setdefault(kind, []).append(build_table(raw, kind, rules, order))
    return parts


def _read_file(path: Path, collected: _Collected) -> tuple[RawTable, str] | None:
    """One file and the kind of its records, or None where it holds something else."""
    kind = kind_by_name(path.name)
    try:
        raw = read_rows(path)
    except OSError as error:
        raise BundleError(
            f"{shown(path.name)} cannot be read: {error.strerror}.", hint="Check its permissions."
        ) from error
    except BundleError as error:
        if kind:
            raise
        collected.notes.append(f"{shown(path.name)} left out: {error.message}")
        return None
    kind = kind or kind_by_header(raw.header)
    if kind is None:
        collected.notes.append(
            f"{shown(path.name)} left out: neither its name nor its columns say which records it holds."
        )
        return None
    return raw, kind


def _merge(kind: str, parts: list[FileTable], collected: _Collected) -> pa.Table:
    headers = {part.raw.header for part in parts}
    if len(headers) > 1 and kind != "activity":
        names = " and ".join(shown(part.raw.file) for part in parts)
        raise BundleError(
            f"Several files with different columns hold {NOUNS[kind]}: {names}.",
            hint=f"Keep one of them, or call it {FILE_NAMES[kind]} and move the others away.",
        )
    for part in parts:
        collected.mapping.extend(part.mapping)
        collected.problems.extend(part.problems)
        collected.notes.extend(part.notes)
    if len(parts) > 1:
        names = ", ".join(shown(part.raw.file) for part in parts)
        collected.notes.append(f"{NOUNS[kind].capitalize()} read from {len(parts)} files: {names}.")
    table, problems, notes = merge_parts(kind, parts)
    collected.problems.extend(problems)
    collected.notes.extend(notes)
    return table


def _refusal(problems: list[Reject]) -> BundleError:
    number = len({(problem.file, problem.line) for problem in problems})
    lines = counted(number, "line")
    these, they, them = ("this line", "it is", "it") if number == 1 else ("these lines", "they are", "them")
    files = ", ".join(sorted({shown(problem.file) for problem in problems}))
    first = f" Here are the first {SHOWN_PROBLEMS}." if len(problems) > SHOWN_PROBLEMS else ""
    return BundleError(
        f"{lines} of {files} cannot be read as {they}, so nothing was imported.{first}",
        hint=f"Mend {these} and import again, or skip {them} with --rejects FILE, which lists {them} there.",
        problems=problems,
    )


def _reference_notes(tables: Mapping[str, pa.Table]) -> Iterable[str]:
    """How many records point to no account, or to one that is not in the bundle."""
    accounts = tables["account"][id_column("account")] if "account" in tables else None
    for kind in ("contact", "deal"):
        table = tables.get(kind)
        if table is None:
            continue
        noun = NOUNS[kind]
        total = len(table)
        if "account_id" not in table.column_names:
            if total:
                yield f"All {total:,} {noun} are kept without an account: no column holds its id."
            continue
        references = table["account_id"]
        if references.null_count:
            yield f"{references.null_count:,} of {total:,} {noun} have no account; they are kept."
        if accounts is not None:
            known = pc.is_in(references.drop_null(), value_set=accounts.combine_chunks())
            absent = len(known) - (pc.sum(known).as_py() or 0)
            if absent:
                yield f"{absent:,} of {total:,} {noun} name an account that is not in the bundle; kept."
