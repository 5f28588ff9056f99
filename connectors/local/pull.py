"""Streams records in pages, whole and each once, and goes on where it was interrupted.

Pages follow the order of the ids, which never change: a record that somebody edits while the pages are read
keeps its place, so it is neither lost nor doubled. The watermark is taken before the first page; what changes
after it comes again with the next pull.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

import pyarrow as pa

from connectors.errors import DataError, UsageError
from connectors.local import statements
from connectors.local.arrow import canonical_names, canonical_table, text_table
from connectors.local.client import FileClient
from connectors.local.fields import columns_of, require_columns
from connectors.local.file_format import read_info
from connectors.local.limits import LIMITS, PAGE_RECORDS
from connectors.local.schema import Column
from connectors.local.values import Stored
from connectors.model import DeletedRecord, ObjectKind, Page, Watermark, id_column

__all__ = ["pull_pages", "read_records", "read_table"]

_STAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


@dataclass(frozen=True, slots=True)
class _Position:
    """Where a pull stands; the text of it is the checkpoint."""

    object: str
    since: str | None
    watermark: str
    after: str = ""

    def __str__(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))


def pull_pages(
    client: FileClient,
    kind: ObjectKind,
    fields: Sequence[str],
    since: Watermark | None,
    checkpoint: str | None,
) -> Iterator[Page]:
    """All records of a kind, or those touched after `since`, as the contract says.

    Raises:
        UsageError: The watermark or the checkpoint is not one of this CRM, or not of this pull.
        DataError: The watermark is ahead of the file, which therefore is an older copy.
    """
    position = _start(client, kind, since) if checkpoint is None else _resume(kind, since, checkpoint)
    is_last = False
    while not is_last:
        page, position, is_last = _read_page(client, kind, fields, position)
        yield page


def read_records(client: FileClient, kind: ObjectKind, ids: Sequence[str], fields: Sequence[str]) -> pa.Table:
    """What the file holds now for these ids: the id, then the fields, all as text.

    Raises:
        SchemaError: One of the fields does not exist.
        UsageError: More ids than one request takes.
    """
    if len(ids) > LIMITS.max_read_records:
        raise UsageError(
            f"{len(ids)} records were asked for at once; {LIMITS.max_read_records} are the most.",
            hint="Ask for fewer at a time.",
            code="local.read.size",
        )
    key = id_column(kind)
    with client.reading() as connection:
        names = [key, *(name for name in dict.fromkeys(fields) if name != key)]
        columns = require_columns(columns_of(connection, kind), kind, names)
        found = connection.execute(
            statements.select_by_ids(kind, [*names, "_is_deleted"], len(ids)), list(ids)
        ).fetchall()
    return text_table(columns, [row[:-1] for row in found if not row[-1]])


def read_table(client: FileClient, kind: ObjectKind) -> pa.Table:
    """All live records with the canonical columns and then every other field."""
    with client.reading() as connection:
        extra = [column for column in columns_of(connection, kind).values() if column.spec.is_custom]
        names = [*canonical_names(kind), *(column.name for column in extra)]
        rows = connection.execute(statements.select_live(kind, names)).fetchall()
    return canonical_table(kind, extra, rows)


def _start(client: FileClient, kind: ObjectKind, since: Watermark | None) -> _Position:
    if since is not None and not _STAMP.fullmatch(since):
        raise UsageError(
            "The mark of the last pull is not one of the embedded CRM.",
            hint="Pull all records again.",
            code="local.watermark.foreign",
        )
    with client.reading() as connection:
        watermark = read_info(connection, "last_modified_at")
    if since is not None and since > watermark:
        raise DataError(
            f"{client.path} is older than the last pull from it: somebody put an older copy of it back.",
            hint="Put the newer file back, or pull all records again.",
            code="local.watermark.ahead",
        )
    return _Position(kind.value, since, watermark)


def _resume(kind: ObjectKind, since: Watermark | None, checkpoint: str) -> _Position:
    try:
        position = _Position(**json.loads(checkpoint))
    except (ValueError, TypeError):
        position = None
    if (
        position is None
        or (position.object, position.since) != (kind.value, since)
        or not all(isinstance(part, str) for part in (position.watermark, position.after))
    ):
        raise UsageError(
            "The place to go on from is not one of this pull.",
            hint="Start the pull from its beginning.",
            code="local.checkpoint.foreign",
        )
    return position


def _read_page(
    client: FileClient, kind: ObjectKind, fields: Sequence[str], position: _Position
) -> tuple[Page, _Position, bool]:
    with client.reading() as connection:
        extra = _extra_columns(columns_of(connection, kind), kind, fields)
        names = [*canonical_names(kind), *(column.name for column in extra), "_merged_into", "_is_deleted"]
        is_incremental = position.since is not None
        bounds = [position.after] if position.since is None else [position.after, position.since]
        rows: list[tuple[Stored, ...]] = connection.execute(
            statements.select_page(kind, names, is_incremental=is_incremental), [*bounds, PAGE_RECORDS + 1]
        ).fetchall()
    is_last = len(rows) <= PAGE_RECORDS
    rows = rows[:PAGE_RECORDS]
    if rows:
        position = replace(position, after=str(rows[-1][0]))
    page = Page(
        table=canonical_table(kind, extra, [row[:-2] for row in rows if not row[-1]]),
        watermark=position.watermark,
        checkpoint=str(position),
        deleted=tuple(_deleted(row) for row in rows if row[-1]),
    )
    return page, position, is_last


def _extra_columns(columns: dict[str, Column], kind: ObjectKind, fields: Sequence[str]) -> list[Column]:
    known = set(canonical_names(kind))
    return [columns[name] for name in dict.fromkeys(fields) if name in columns and name not in known]


def _deleted(row: tuple[Stored, ...]) -> DeletedRecord:
    merged_into = row[-2]
    return DeletedRecord(str(row[0]), None if merged_into is None else str(merged_into))
