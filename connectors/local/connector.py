"""The embedded CRM as a connector, and what people and imports may do with it beyond the contract."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from types import TracebackType
from typing import Self

import pyarrow as pa

from connectors.local import fields as field_store
from connectors.local import pull, records, statements, views
from connectors.local.checks import examine
from connectors.local.client import FileClient
from connectors.local.file_format import read_info
from connectors.local.history import Author, FieldHistoryEntry, read_history
from connectors.local.limits import LIMITS
from connectors.local.load import LoadReport, load_tables
from connectors.local.write import check_batch, write_batch
from connectors.model import (
    ConnectionIdentity,
    FieldChange,
    FieldSpec,
    FieldValue,
    FieldWrite,
    Finding,
    Limits,
    ListChange,
    ListSpec,
    ObjectDescription,
    ObjectKind,
    Page,
    Watermark,
    WriteResult,
)

__all__ = ["LocalConnector"]


class LocalConnector:
    """One file of the embedded CRM. Made by `connectors.local.open_connector`.

    Errors of the file (locked, full disk, no permission) are raised by every method as the error classes
    say; a method that changes something either did all of it or nothing.
    """

    def __init__(self, client: FileClient, *, actor: str) -> None:
        self._client = client
        self._actor = actor

    def __enter__(self) -> Self:
        """Open the file if it is not open."""
        self._client.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._client.close()

    @property
    def limits(self) -> Limits:
        """What the embedded CRM allows."""
        return LIMITS

    def identify(self) -> ConnectionIdentity:
        """The UUID that the file got when it was made; copies of the file share it."""
        with self._client.reading() as connection:
            return ConnectionIdentity("local", read_info(connection, "account"), self._client.path.name)

    def as_of(self) -> str:
        """The date of the last import; before the first one, the day on which the file was made."""
        with self._client.reading() as connection:
            return read_info(connection, "as_of")

    def check(self) -> list[Finding]:
        """Look at the file: whole, writable, private, filled."""
        return examine(self._client)

    def describe(self, kind: ObjectKind) -> ObjectDescription:
        """The fields of an object: built in, imported, ours."""
        with self._client.reading() as connection:
            return field_store.description_of(connection, kind)

    def field_name(self, stem: str, part: str = "") -> str:
        """The name of one of our fields."""
        return f"{stem}_{part}" if part else stem

    def pull(
        self,
        kind: ObjectKind,
        fields: Sequence[str] = (),
        *,
        since: Watermark | None = None,
        checkpoint: str | None = None,
    ) -> Iterator[Page]:
        """Stream records in pages, as the contract says.

        Raises:
            UsageError: `since` or `checkpoint` is not one of this CRM, or not of this pull.
            DataError: `since` is ahead of the file: an older copy of the file was put back.
        """
        return pull.pull_pages(self._client, kind, fields, since, checkpoint)

    def read(self, kind: ObjectKind, ids: Sequence[str], fields: Sequence[str]) -> pa.Table:
        """What the file holds now for these ids, all as text.

        Raises:
            SchemaError: One of the fields does not exist.
            UsageError: More ids than `limits.max_read_records`.
        """
        return pull.read_records(self._client, kind, ids, fields)

    def ensure_fields(
        self, kind: ObjectKind, specs: Sequence[FieldSpec], *, dry_run: bool = False
    ) -> list[FieldChange]:
        """Make our fields as wanted, all or none.

        Raises:
            SchemaError: A field is in the way.
            UsageError: A wanted field does not say which installation it is for.
        """
        with self._client.writing(dry_run=dry_run) as transaction:
            return field_store.ensure_fields(transaction.connection, kind, specs)

    def adopt_fields(self, kind: ObjectKind, names: Sequence[str], installation_id: str) -> list[str]:
        """Mark fields of another installation as made by this one, all or none.

        Raises:
            SchemaError: One of them was not made by an installation of this product.
        """
        with self._client.writing() as transaction:
            return field_store.adopt_fields(transaction.connection, kind, names, installation_id)

    def write(self, kind: ObjectKind, batch: Sequence[FieldWrite], *, request_id: str) -> list[WriteResult]:
        """Write one batch in one transaction; one result per input, in order.

        Raises:
            UsageError: The batch is larger than `limits.max_batch_records`, or names a record twice.
            UnavailableError: The file is locked or the disk refused; nothing was written.
            UnknownOutcomeError: The disk did not confirm the write.
        """
        check_batch(batch)
        if not batch:
            return []
        with self._client.writing() as transaction:
            return write_batch(transaction, kind, batch, Author(self._actor, request_id))

    def ensure_lists(self, specs: Sequence[ListSpec], *, dry_run: bool = False) -> list[ListChange]:
        """Make one saved view per spec, found by object and key, all or none.

        Raises:
            SchemaError: The field does not exist, or a view of that key shows something else.
        """
        with self._client.writing(dry_run=dry_run) as transaction:
            return views.ensure_lists(transaction.connection, specs)

    def views(self) -> tuple[views.SavedView, ...]:
        """All saved views with the number of records that each shows."""
        with self._client.reading() as connection:
            return views.read_views(connection)

    def save_view(self, title: str, kind: ObjectKind, field: str, value: str) -> None:
        """Save a view of one's own; `ensure_lists` never touches it.

        Raises:
            SchemaError: The field does not exist.
        """
        with self._client.writing() as transaction:
            views.save_view(transaction.connection, title, kind, field, value)

    def load(
        self,
        tables: Mapping[ObjectKind, pa.Table],
        *,
        as_of: date,
        mirror: bool = False,
        dry_run: bool = False,
    ) -> LoadReport:
        """Import tables of records in one transaction.

        Records are matched by id and touched only where they differ. Columns are the canonical ones; any
        other becomes a text field; a field without a column keeps its values; our own fields are never
        set. Records that were deleted and are imported again are back.

        Args:
            tables: Records by kind, each with its id column.
            as_of: The day that the data describe.
            mirror: Delete the records of these kinds that the tables do not have.
            dry_run: Store nothing, only report.

        Raises:
            UsageError: A table cannot be stored as it is.
            SchemaError: A column cannot become a field.
        """
        with self._client.writing(dry_run=dry_run) as transaction:
            return load_tables(transaction, tables, as_of, mirror=mirror)

    def create(self, kind: ObjectKind, values: Mapping[str, FieldValue], actor: str) -> str:
        """Make a record and return its id: the one in `values`, else a new one.

        Raises:
            UsageError: A field does not take its value, or there is a record of that id.
        """
        with self._client.writing() as transaction:
            return records.create_record(transaction, kind, values, Author(actor))

    def edit(self, kind: ObjectKind, record_id: str, values: Mapping[str, FieldValue], actor: str) -> bool:
        """Change fields of a record by hand; False where it held these values already.

        Raises:
            UsageError: There is no such record, or a field does not take its value.
        """
        with self._client.writing() as transaction:
            return records.edit_record(transaction, kind, record_id, values, Author(actor))

    def delete(self, kind: ObjectKind, ids: Sequence[str]) -> int:
        """Delete records, and say how many there were."""
        with self._client.writing() as transaction:
            return records.delete_records(transaction, kind, ids)

    def merge(self, kind: ObjectKind, winner: str, loser: str) -> None:
        """Merge `loser` into `winner`, which keeps its values and gets what belonged to the other.

        Raises:
            UsageError: They are the same record, or one of them is gone.
        """
        with self._client.writing() as transaction:
            records.merge_records(transaction, kind, winner, loser, Author(self._actor))

    def history(
        self, kind: ObjectKind, record_id: str | None = None, field: str | None = None
    ) -> list[FieldHistoryEntry]:
        """Who changed what and when, oldest first."""
        with self._client.reading() as connection:
            return read_history(connection, kind, record_id, field)

    def count(self, kind: ObjectKind) -> int:
        """How many records there are."""
        with self._client.reading() as connection:
            return int(connection.execute(statements.count_live(kind)).fetchone()[0])

    def table(self, kind: ObjectKind) -> pa.Table:
        """All records with the canonical columns, then every other field as text."""
        return pull.read_table(self._client, kind)
