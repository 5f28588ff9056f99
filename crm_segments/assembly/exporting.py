"""Writes the embedded CRM back to CSV files, with the segment of each record, ready for another CRM."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.compute as pc

from connectors.model import ObjectKind, id_column
from crm_segments.assembly.importing import bundle_failure
from crm_segments.assembly.opening import WorkspaceOptions, open_embedded_crm, open_workspace
from crm_segments.bundle import BundleError, write_bundle, write_data_loader, write_hubspot_import
from crm_segments.settings import LoadedSettings
from segmentation.config import SegmentationSettings, with_followers
from sync import current_assignments

if TYPE_CHECKING:
    from connectors.local.connector import LocalConnector

__all__ = ["ExportReport", "ExportTarget", "export_records", "salesforce_field"]

ExportTarget = Literal["data-loader", "hubspot"]

_WRITTEN = {
    "segment_key": "",
    "segment_confidence": "confidence",
    "segment_reason": "reason",
    "segment_since": "since",
}
"""Column of an export to the part of our fields that it comes from."""


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written where."""

    folder: Path
    files: tuple[Path, ...]
    counts: Mapping[str, int]
    """Records by kind."""
    labelled: Mapping[str, int]
    """Of those, how many carry a segment."""
    target: ExportTarget | None


def export_records(
    settings: LoadedSettings, folder: Path, *, target: ExportTarget | None, force: bool
) -> ExportReport:
    """Write the bundle, and on request a file per object that another CRM imports as it is.

    Raises:
        UsageError: A file in the folder is in the way, or it cannot be written to.
    """
    scores = _scores(settings)
    with open_embedded_crm(settings) as crm:
        tables = {kind: table for kind in ObjectKind if (table := crm.table(kind)).num_rows}
        segments: dict[ObjectKind, pa.Table] = {}
        stems: dict[ObjectKind, str] = {}
        for one in reversed(with_followers(settings.settings.segmentation)):
            kind = ObjectKind(one.object)
            if kind in tables and crm.field_name(one.field) in tables[kind].column_names:
                segments[kind] = _segment_columns(crm, one, tables[kind], scores.get(one.name))
                stems[kind] = one.field
        as_of = date.fromisoformat(crm.as_of())
        plain = {kind.value: _without_own(crm, table, stems.get(kind)) for kind, table in tables.items()}
    try:
        files = write_bundle(
            folder,
            plain,
            {kind.value: table for kind, table in segments.items()},
            as_of=as_of,
            name=settings.crm_path.stem,
            force=force,
        )
        files += [
            _write_for(target, folder, kind, segments[kind], stems[kind], force=force)
            for kind in (segments if target else ())
        ]
    except BundleError as error:
        raise bundle_failure(error, folder) from error
    return ExportReport(
        folder,
        tuple(files),
        {kind.value: table.num_rows for kind, table in tables.items()},
        {kind.value: table.num_rows - table["segment_key"].null_count for kind, table in segments.items()},
        target,
    )


def _scores(settings: LoadedSettings) -> dict[str, pa.Table]:
    """How sure each assignment is, by segmentation; the CRM holds only the band."""
    if not settings.state_path.exists():
        return {}
    with open_workspace(settings, WorkspaceOptions(command="export")) as workspace:
        return current_assignments(workspace)


def _segment_columns(
    crm: "LocalConnector", one: SegmentationSettings, table: pa.Table, scores: pa.Table | None
) -> pa.Table:
    kind = ObjectKind(one.object)
    ids = table[id_column(kind)].combine_chunks()
    columns: dict[str, pa.ChunkedArray | pa.Array] = {"record_id": ids}
    for column, part in _WRITTEN.items():
        name = crm.field_name(one.field, part)
        has_it = name in table.column_names
        columns[column] = table[name] if has_it else pa.nulls(len(ids), pa.string())
    field = crm.describe(kind).field(crm.field_name(one.field))
    options = {option.value: option.label for option in field.options} if field else {}
    keys = columns["segment_key"].to_pylist()
    columns["segment_name"] = pa.array([options.get(key or "") for key in keys], pa.string())
    columns["segment_confidence_score"] = _scores_of(ids, keys, scores)
    return pa.table(columns)


def _scores_of(ids: pa.Array, keys: list[str | None], scores: pa.Table | None) -> pa.Array:
    if scores is None or not scores.num_rows:
        return pa.nulls(len(ids), pa.float64())
    places = pc.index_in(ids, value_set=scores["record_id"].combine_chunks())
    found = scores.take(places)
    # A key that someone changed by hand has no score of ours.
    same = pc.fill_null(pc.equal(found["segment_key"], pa.array(keys, pa.string())), False)
    return pc.if_else(same, pc.round(found["score"], 4), None)


def _without_own(crm: "LocalConnector", table: pa.Table, stem: str | None) -> pa.Table:
    if stem is None:
        return table
    own = {crm.field_name(stem, part) for part in ("", "confidence", "reason", "since", "play")}
    return table.drop_columns([name for name in table.column_names if name in own])


def _write_for(
    target: ExportTarget | None, folder: Path, kind: ObjectKind, table: pa.Table, stem: str, *, force: bool
) -> Path:
    place = folder / f"for-{target}"
    place.mkdir(exist_ok=True)
    labelled = table.filter(pc.is_valid(table["segment_key"]))
    if target == "data-loader":
        names = {column: salesforce_field(stem, part) for column, part in _WRITTEN.items()}
        return write_data_loader(place / f"{kind.value}s.csv", labelled, names, force=force)
    names = {column: f"{stem}_{part}" if part else stem for column, part in _WRITTEN.items()}
    return write_hubspot_import(place / f"{kind.value}s.csv", labelled, names, force=force)


def salesforce_field(stem: str, part: str) -> str:
    """The API name that a field of ours has in Salesforce: `CRM_Segment_Reason__c`."""
    words = [*stem.split("_"), *([part] if part else [])]
    return "_".join("CRM" if word == "crm" else word.capitalize() for word in words) + "__c"
