"""Reads a bundle of CSV files into the embedded CRM, in one transaction."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.errors import UsageError
from connectors.model import ObjectKind
from crm_segments.assembly.opening import open_embedded_crm
from crm_segments.bundle import Bundle, BundleError, read_bundle, write_rejects
from crm_segments.bundle.files import FileInTheWayError
from crm_segments.settings import LoadedSettings

if TYPE_CHECKING:
    from connectors.local.load import LoadReport

__all__ = ["ImportOptions", "ImportReport", "bundle_failure", "import_bundle", "own_field_names"]

_PARTS = ("", "_confidence", "_reason", "_since", "_play")


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import."""

    mirror: bool = False
    """Delete records that the files do not have, of the objects that they do have."""
    dry_run: bool = False
    rejects: Path | None = None
    """Skip bad lines and write them here."""
    as_of: date | None = None
    """Outranks the bundle's own day."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would do."""

    folder: Path
    crm_path: Path
    bundle: Bundle
    loaded: "LoadReport"
    options: ImportOptions
    is_new_file: bool
    as_of: date
    as_of_source: str

    @property
    def ignored(self) -> Mapping[ObjectKind, tuple[str, ...]]:
        """Columns that were left out because they are ours, or the CRM's own."""
        return {kind: names for kind, names in self.loaded.ignored.items() if names}


def own_field_names(settings: LoadedSettings) -> tuple[str, ...]:
    """Names of all fields that we write under these settings."""
    return tuple(f"{one.field}{part}" for one in settings.settings.segmentation for part in _PARTS)


def import_bundle(
    settings: LoadedSettings, folder: Path, options: ImportOptions, *, today: date
) -> ImportReport:
    """Read the folder's files and store them; nothing is stored when anything is wrong.

    Raises:
        UsageError: The files cannot be read as they are; names the first bad lines.
    """
    settings.require_crm()
    try:
        bundle = read_bundle(
            folder,
            rejects=options.rejects is not None,
            today=today,
            own_fields=own_field_names(settings),
        )
    except BundleError as error:
        raise bundle_failure(error, folder) from error
    _refuse_empty(bundle, folder, mirror=options.mirror)
    if options.rejects is not None and not options.dry_run:
        _keep_rejects(options.rejects, bundle, folder)
    as_of = options.as_of or bundle.as_of
    is_new = not settings.crm_path.exists()
    if is_new and options.dry_run:
        # A dry run leaves nothing behind, not even an empty CRM.
        with tempfile.TemporaryDirectory() as scratch:
            loaded = _load(_elsewhere(settings, Path(scratch) / "crm.db"), bundle, as_of, options)
    else:
        loaded = _load(settings, bundle, as_of, options)
    source = "--as-of" if options.as_of else bundle.as_of_source
    return ImportReport(folder, settings.crm_path, bundle, loaded, options, is_new, as_of, source)


def _load(settings: LoadedSettings, bundle: Bundle, as_of: date, options: ImportOptions) -> "LoadReport":
    tables = {ObjectKind(kind): table for kind, table in bundle.tables.items()}
    with open_embedded_crm(settings, create=True) as crm:
        return crm.load(tables, as_of=as_of, mirror=options.mirror, dry_run=options.dry_run)


def _elsewhere(settings: LoadedSettings, path: Path) -> LoadedSettings:
    connection = settings.settings.connection.model_copy(update={"path": path})
    return replace(settings, settings=settings.settings.model_copy(update={"connection": connection}))


def bundle_failure(error: BundleError, folder: Path) -> UsageError:
    """The reader's error as one of the product, with its bad lines."""
    lines = "".join(f"\n  {problem}" for problem in error.problems)
    return UsageError(
        error.message + lines,
        hint=error.hint,
        code="bundle.unreadable",
        details={
            "folder": str(folder),
            "problems": [f"{problem.file}:{problem.line}" for problem in error.problems],
        },
    )


def _refuse_empty(bundle: Bundle, folder: Path, *, mirror: bool) -> None:
    empty = sorted(kind for kind, table in bundle.tables.items() if table.num_rows == 0)
    if len(empty) == len(bundle.tables):
        raise UsageError(
            f"There is no record in {folder}: its files have headers only.",
            hint="Export the data again, with its rows.",
            code="bundle.empty",
        )
    if mirror and empty:
        what = ", ".join(empty)
        raise UsageError(
            f"{folder} has a file without records ({what}), and --mirror would delete every {empty[0]}.",
            hint="Take that file out of the folder, or import without --mirror.",
            code="bundle.empty",
        )


def _keep_rejects(path: Path, bundle: Bundle, folder: Path) -> None:
    if not bundle.rejects:
        return
    try:
        write_rejects(path, bundle.rejects)
    except FileInTheWayError as error:
        raise UsageError(
            f"{path} exists and does not hold bad lines of an earlier import; nothing was imported.",
            hint="Give --rejects the name of a file that is not there yet, or move that one away.",
            code="usage.file_exists",
        ) from error
    except BundleError as error:
        raise bundle_failure(error, folder) from error
