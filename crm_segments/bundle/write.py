"""Writing bundles and the files that the import tools of Salesforce and HubSpot take.

Every file is safe to open in a spreadsheet: see `crm_segments.bundle.escape`.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from crm_segments.bundle.columns import COLUMNS, FILE_NAMES, SEGMENT_COLUMNS, derived_numbers, id_column
from crm_segments.bundle.errors import BundleError
from crm_segments.bundle.files import as_cells, put_csv, put_files
from crm_segments.bundle.manifest import MANIFEST_NAME, Manifest, manifest_text, read_manifest
from crm_segments.bundle.model import Reject
from crm_segments.bundle.wording import shown

__all__ = ["write_bundle", "write_data_loader", "write_hubspot_import", "write_rejects"]

_RECORD_ID = "record_id"
_REJECT_COLUMNS = ("file", "line", "record_id", "column", "reason", "fix", "raw")


def write_bundle(
    directory: Path,
    tables: Mapping[str, pa.Table],
    segments: Mapping[str, pa.Table],
    *,
    as_of: date,
    name: str,
    force: bool = False,
) -> list[Path]:
    """Write a bundle that `read_bundle` reads back as the same tables.

    Columns of modification times and numbers that repeat a text are left out; a number without its text
    becomes the text. The files of an earlier export in the folder are replaced, its others removed.

    Args:
        directory: The folder; made when missing.
        tables: Records by kind (`account`, `deal`, ...).
        segments: For some of these kinds, a table with `record_id` and the columns of a segment, which are
            appended to the records. Lines for records that are not in `tables` are left out.
        as_of: The day that the data describe.
        name: Name of the bundle.
        force: Write over files that are not an earlier export.

    Returns:
        The files that were written, bundle.json last.

    Raises:
        BundleError: Other files are in the way, or the folder cannot be written to.
    """
    names = [FILE_NAMES[kind] for kind in COLUMNS if kind in tables]
    earlier = _check_folder(directory, names, force=force)
    files = {
        directory / FILE_NAMES[kind]: _bundle_cells(kind, tables[kind], segments.get(kind))
        for kind in COLUMNS
        if kind in tables
    }
    manifest = directory / MANIFEST_NAME
    put_files(files, {manifest: manifest_text(name, as_of, names)})
    for stale in set(earlier.files) & set(FILE_NAMES.values()) - set(names):
        (directory / stale).unlink(missing_ok=True)
    return [*files, manifest]


def _check_folder(directory: Path, names: Sequence[str], *, force: bool) -> Manifest:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BundleError(
            f"The folder {shown(str(directory))} cannot be made: {error.strerror}.",
            hint="Choose another folder.",
        ) from error
    if force:
        try:
            return read_manifest(directory)
        except BundleError:
            return Manifest()
    earlier = read_manifest(directory)
    ours = {*earlier.files, MANIFEST_NAME} if earlier.is_own_export else set()
    foreign = [name for name in (*names, MANIFEST_NAME) if name not in ours and (directory / name).exists()]
    if foreign:
        raise BundleError(
            f"{shown(str(directory))} already holds {', '.join(foreign)}, which no earlier export wrote.",
            hint="Choose an empty folder, move them away, or write over them with --force.",
        )
    return earlier


def _bundle_cells(kind: str, table: pa.Table, segments: pa.Table | None) -> dict[str, pa.ChunkedArray]:
    numbers = derived_numbers(kind)
    columns: dict[str, pa.ChunkedArray] = {}
    for name in table.column_names:
        if name == "modified_at" or name in numbers:
            continue
        columns[name] = as_cells(table[name])
        number = f"{name}_number"
        if number in numbers and number in table.column_names:
            columns[name] = pc.coalesce(columns[name], pc.cast(table[number], pa.string()))
    if segments is not None:
        places = pc.index_in(table[id_column(kind)], value_set=segments[_RECORD_ID].combine_chunks())
        for name in SEGMENT_COLUMNS:
            columns[name] = as_cells(segments[name].take(places))
    return columns


def write_data_loader(
    path: Path, segments: pa.Table, field_names: Mapping[str, str], *, force: bool = False
) -> Path:
    """Write a CSV file for an update with Salesforce's Data Loader: `Id`, then the fields by API name.

    Args:
        path: The file.
        segments: A table with `record_id` and columns of a segment.
        field_names: API names by column, e.g. `{"segment_key": "CRM_Segment__c"}`; others are left out.
        force: Write over a file that is not an earlier export.

    Raises:
        BundleError: Another file is in the way, or the place cannot be written to.
    """
    return _write_import(path, "Id", segments, field_names, force=force)


def write_hubspot_import(
    path: Path, segments: pa.Table, field_names: Mapping[str, str], *, force: bool = False
) -> Path:
    """Write a CSV file for HubSpot's import: `Record ID`, then the properties by name.

    Takes the same as `write_data_loader`, with names of properties: `{"segment_key": "crm_segment"}`.

    Raises:
        BundleError: Another file is in the way, or the place cannot be written to.
    """
    return _write_import(path, "Record ID", segments, field_names, force=force)


def _write_import(
    path: Path, id_header: str, segments: pa.Table, field_names: Mapping[str, str], *, force: bool
) -> Path:
    columns = {id_header: segments[_RECORD_ID]}
    columns.update({header: segments[name] for name, header in field_names.items()})
    return put_csv(path, columns, force=force)


def write_rejects(path: Path, rejects: Sequence[Reject]) -> Path:
    """Write bad lines to a CSV file, each with its place, its reason and what to do.

    Raises:
        BundleError: Another file is in the way, or the place cannot be written to.
    """
    columns = {
        name: pa.chunked_array([pa.array([_cell(reject, name) for reject in rejects], pa.string())])
        for name in _REJECT_COLUMNS
    }
    return put_csv(path, columns, force=False)


def _cell(reject: Reject, name: str) -> str | None:
    value = getattr(reject, name)
    return None if value is None else str(value)
