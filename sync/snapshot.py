"""The snapshot: what was last read from the CRM, as a base and deltas in Parquet files.

A pull asks only for what changed since the last one and lays it beside the base; reading merges them, so
features that age can be computed for every record. The head (file names, counts, hashes, watermarks) is
kept in the state store and moves only when all its files are complete on disk; files that no head names
are rubbish of a pull that was cut off. A lost or damaged snapshot costs a full pull, never more.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from connectors.errors import DataError, ProtocolError, StopRequested, TransientError
from connectors.model import ObjectKind, Page, Progress, id_column
from sync.workspace import Workspace, new_id

__all__ = ["Snapshot", "SnapshotHead", "load_snapshot", "load_table", "pull_snapshot", "sweep"]

MAX_DELTAS = 8
"""From this many deltas on, the next pull lays down a fresh base."""


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    rows: int
    sha256: str
    deleted: tuple[str, ...] = ()
    """Ids that this delta removes."""


@dataclass(frozen=True, slots=True)
class _ObjectHead:
    fields: tuple[str, ...]
    watermark: str
    files: tuple[_File, ...]


@dataclass(frozen=True, slots=True)
class SnapshotHead:
    """Which files make up the snapshot."""

    objects: Mapping[str, _ObjectHead]
    pulled_at: str

    def hash(self) -> str:
        """Moves when any pulled content does."""
        content = {kind: [file.sha256 for file in head.files] for kind, head in sorted(self.objects.items())}
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]

    def to_json(self) -> str:
        """For the state store."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "SnapshotHead":
        """Read what `to_json` wrote."""
        raw = json.loads(text)
        objects = {
            kind: _ObjectHead(
                fields=tuple(head["fields"]),
                watermark=head["watermark"],
                files=tuple(_File(**{**file, "deleted": tuple(file["deleted"])}) for file in head["files"]),
            )
            for kind, head in raw["objects"].items()
        }
        return cls(objects=objects, pulled_at=raw["pulled_at"])


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A head and the merged records behind it."""

    head: SnapshotHead
    tables: Mapping[ObjectKind, pa.Table]


def pull_snapshot(
    ws: Workspace,
    connection_id: str,
    head_json: str | None,
    wanted: Mapping[ObjectKind, Sequence[str]],
) -> Snapshot:
    """Bring the snapshot up to date with the CRM.

    Args:
        ws: The workspace; files go below its `snapshot_dir`.
        connection_id: Whose snapshot.
        head_json: The head of the last pull, if any.
        wanted: Which objects, each with the extra fields that are read beside the canonical columns.

    Returns:
        The new snapshot. Its head is not saved yet; the caller does so and then calls `sweep`.

    Raises:
        StopRequested: Someone asked to stop; what was saved before stays valid.
    """
    folder = _folder(ws.snapshot_dir, connection_id)
    old = SnapshotHead.from_json(head_json) if head_json else None
    heads: dict[str, _ObjectHead] = {}
    tables: dict[ObjectKind, pa.Table] = {}
    pulled_at = ws.store.now()
    for kind, fields in wanted.items():
        known = old.objects.get(kind.value) if old else None
        heads[kind.value], tables[kind] = _advance(ws, folder, kind, tuple(fields), known)
    return Snapshot(SnapshotHead(heads, pulled_at), tables)


def load_snapshot(ws: Workspace, connection_id: str, head_json: str | None) -> Snapshot | None:
    """The last saved pull, or None where it is lost or damaged."""
    if head_json is None:
        return None
    head = SnapshotHead.from_json(head_json)
    folder = _folder(ws.snapshot_dir, connection_id)
    tables: dict[ObjectKind, pa.Table] = {}
    for name, each in head.objects.items():
        table = _load(folder, ObjectKind(name), each)
        if table is None:
            return None
        tables[ObjectKind(name)] = table
    return Snapshot(head, tables)


def load_table(ws: Workspace, connection_id: str, head_json: str | None, kind: ObjectKind) -> pa.Table | None:
    """The records of one kind as last pulled, or None where they are lost, damaged or were not pulled."""
    head = SnapshotHead.from_json(head_json).objects.get(kind.value) if head_json else None
    return _load(_folder(ws.snapshot_dir, connection_id), kind, head) if head else None


def sweep(snapshot_dir: Path, connection_id: str, head: SnapshotHead) -> None:
    """Remove files that the saved head does not name."""
    named = {file.name for each in head.objects.values() for file in each.files}
    for path in _folder(snapshot_dir, connection_id).iterdir():
        if path.name not in named:
            with suppress(OSError):
                path.unlink()


def _folder(snapshot_dir: Path, connection_id: str) -> Path:
    folder = snapshot_dir / hashlib.sha256(connection_id.encode()).hexdigest()[:12]
    for path in (snapshot_dir, folder):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _advance(
    ws: Workspace, folder: Path, kind: ObjectKind, fields: tuple[str, ...], known: _ObjectHead | None
) -> tuple[_ObjectHead, pa.Table]:
    merged = _load(folder, kind, known) if known and known.fields == fields else None
    if known is None or merged is None:
        return _pull_base(ws, folder, kind, fields)
    if len(known.files) > MAX_DELTAS:
        base = _write(folder, kind, [merged])
        known = replace(known, files=(base,))
    try:
        pages, deleted, watermark = _read_pages(ws, kind, fields, since=known.watermark)
    except DataError:
        # An older copy of the CRM was put back: what we know of it is worth nothing.
        return _pull_base(ws, folder, kind, fields)
    delta = _concat(pages, kind)
    if delta.num_rows == 0 and not deleted:
        return replace(known, watermark=watermark), merged
    file = replace(_write(folder, kind, [delta]), deleted=tuple(sorted(deleted)))
    head = _ObjectHead(fields, watermark, (*known.files, file))
    return head, _merge(merged, delta, file.deleted, kind)


def _pull_base(
    ws: Workspace, folder: Path, kind: ObjectKind, fields: tuple[str, ...]
) -> tuple[_ObjectHead, pa.Table]:
    pages, deleted, watermark = _read_pages(ws, kind, fields, since=None)
    table = _merge(_concat(pages, kind), None, tuple(deleted), kind)
    return _ObjectHead(fields, watermark, (_write(folder, kind, [table]),)), table


def _read_pages(
    ws: Workspace, kind: ObjectKind, fields: tuple[str, ...], *, since: str | None
) -> tuple[list[pa.Table], set[str], str]:
    pages: list[pa.Table] = []
    deleted: set[str] = set()
    watermark, done = since or "", 0
    for page in _pages(ws, kind, fields, since):
        if ws.should_stop():
            raise StopRequested(
                "Stopped while reading from the CRM; nothing was written.",
                hint="The next run reads again.",
                next_command="crm-segments run",
            )
        pages.append(page.table)
        deleted |= {each.record_id for each in page.deleted}
        # A record deleted and restored within one pull is live.
        deleted -= set(page.table[id_column(kind)].to_pylist()) if deleted else set()
        watermark = page.watermark
        done += page.table.num_rows
        ws.observer(Progress("read", done, None, kind))
    return pages, deleted, watermark


def _pages(ws: Workspace, kind: ObjectKind, fields: tuple[str, ...], since: str | None) -> Iterator[Page]:
    """The pages of a pull; one that was refused is asked for again from the last checkpoint."""
    checkpoint: str | None = None
    stream: Iterator[Page] | None = None

    def step() -> Page | None:
        nonlocal stream
        if stream is None:
            stream = ws.connector.pull(kind, fields, since=since, checkpoint=checkpoint)
        try:
            return next(stream, None)
        except TransientError:
            stream = None
            raise

    while (page := ws.retry.call(step)) is not None:
        checkpoint = page.checkpoint
        yield page


def _concat(pages: list[pa.Table], kind: ObjectKind) -> pa.Table:
    # A field that came into being between two pages is null in the earlier one.
    table = pa.concat_tables(pages, promote_options="default").combine_chunks()
    doubled = table.num_rows - pc.count_distinct(table[id_column(kind)]).as_py()
    if doubled:
        raise ProtocolError(
            f"{doubled:,} {kind.value} records came twice in one pull from the CRM; nothing of it was kept.",
            hint="Run again: everything is asked for anew. Report this if it happens twice.",
            code="pull.doubled",
        )
    return table


def _merge(base: pa.Table, delta: pa.Table | None, deleted: tuple[str, ...], kind: ObjectKind) -> pa.Table:
    column = id_column(kind)
    replaced = pa.array(deleted, pa.string())
    if delta is not None:
        replaced = pa.concat_arrays([replaced, delta[column].combine_chunks()])
    kept = base.filter(pc.invert(pc.is_in(base[column], replaced))) if len(replaced) else base
    return kept if delta is None else _concat([kept, delta], kind)


def _write(folder: Path, kind: ObjectKind, tables: list[pa.Table]) -> _File:
    name = f"{kind.value}-{new_id()}.parquet"
    path, partial = folder / name, folder / f"{name}.partial"
    with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        with pq.ParquetWriter(file, tables[0].schema, compression="zstd") as writer:
            for table in tables:
                writer.write_table(table)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
    return _File(name, sum(table.num_rows for table in tables), _sha256(path))


def _load(folder: Path, kind: ObjectKind, head: _ObjectHead) -> pa.Table | None:
    """The merged records, or None where a file is lost or is not what was written."""
    merged: pa.Table | None = None
    for file in head.files:
        path = folder / file.name
        try:
            if _sha256(path) != file.sha256:
                return None
            table = pq.read_table(path)
        except (OSError, pa.ArrowInvalid):
            return None
        merged = table if merged is None else _merge(merged, table, file.deleted, kind)
    return merged


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
