"""Writes field values: one transaction for a batch, one verdict for each record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.errors import UsageError
from connectors.local import statements
from connectors.local.client import Transaction
from connectors.local.fields import columns_of
from connectors.local.history import Author, append_history
from connectors.local.limits import LIMITS
from connectors.local.schema import Column
from connectors.local.values import Refusal, Stored, canonical_value, text_of
from connectors.model import FieldValue, FieldWrite, ObjectKind, WriteOutcome, WriteResult, id_column

__all__ = ["check_batch", "check_values", "store_values", "write_batch"]


def check_batch(batch: Sequence[FieldWrite]) -> None:
    """Refuse a batch that no caller should have made, before anything is touched.

    Raises:
        UsageError: The batch is too large, or names a record twice.
    """
    if len(batch) > LIMITS.max_batch_records:
        raise UsageError(
            f"A batch of {len(batch)} records was given; {LIMITS.max_batch_records} are the most.",
            hint="Split it into smaller batches.",
            code="local.batch.size",
        )
    ids = [write.record_id for write in batch]
    doubled = sorted({record_id for record_id in ids if ids.count(record_id) > 1})
    if doubled:
        raise UsageError(
            f"A batch names record {doubled[0]} more than once.",
            hint="Put all values of a record into one write.",
            code="local.batch.doubled",
            details={"records": doubled},
        )


def write_batch(
    transaction: Transaction, kind: ObjectKind, batch: Sequence[FieldWrite], author: Author
) -> list[WriteResult]:
    """Write what differs; one result per input, in order."""
    columns = columns_of(transaction.connection, kind)
    # The names that exist: a write that names another field is refused below, without asking SQLite for it.
    names = sorted({name for write in batch for name in write.values if name in columns})
    held = _held_values(transaction, kind, names, [write.record_id for write in batch])
    return [
        _write_one(transaction, kind, write, columns, held.get(write.record_id), author) for write in batch
    ]


def check_values(
    columns: Mapping[str, Column], values: Mapping[str, FieldValue]
) -> dict[str, Stored] | tuple[str, Refusal]:
    """The values as they are stored, or the first field that does not take its value, and why."""
    accepted: dict[str, Stored] = {}
    for name, value in values.items():
        column = columns.get(name)
        if column is None:
            return name, Refusal(
                "field.unknown", f"There is no field {name}. Make the field, then try again."
            )
        if column.is_read_only:
            return name, Refusal(
                "field.read_only", f"Field {name} is kept by the CRM itself. Leave it out of what you write."
            )
        stored = canonical_value(column, value)
        if isinstance(stored, Refusal):
            return name, stored
        accepted[name] = stored
    return accepted


def store_values(
    transaction: Transaction,
    kind: ObjectKind,
    record_id: str,
    changes: Sequence[tuple[Column, Stored, Stored]],
    author: Author,
) -> None:
    """Store changes of one record (field, old, new) together with their history."""
    transaction.connection.execute(
        statements.update_record(kind, [column.name for column, _, _ in changes]),
        [*(new for _, _, new in changes), transaction.stamp, record_id],
    )
    append_history(
        transaction.connection,
        kind,
        [
            (record_id, column.name, text_of(column.spec.type, old), text_of(column.spec.type, new))
            for column, old, new in changes
        ],
        author,
        transaction.stamp,
    )


@dataclass(frozen=True, slots=True)
class _Held:
    """What one record holds before the write."""

    is_deleted: bool
    merged_into: str | None
    values: Mapping[str, Stored]


def _held_values(
    transaction: Transaction, kind: ObjectKind, names: Sequence[str], ids: Sequence[str]
) -> dict[str, _Held]:
    columns = [id_column(kind), "_is_deleted", "_merged_into", *names]
    rows = transaction.connection.execute(statements.select_by_ids(kind, columns, len(ids)), list(ids))
    return {
        record_id: _Held(bool(is_deleted), merged_into, dict(zip(names, values, strict=True)))
        for record_id, is_deleted, merged_into, *values in rows
    }


def _write_one(
    transaction: Transaction,
    kind: ObjectKind,
    write: FieldWrite,
    columns: Mapping[str, Column],
    held: _Held | None,
    author: Author,
) -> WriteResult:
    if held is None or held.is_deleted:
        return _gone(kind, write.record_id, held)
    accepted = check_values(columns, write.values)
    if isinstance(accepted, tuple):
        field, refusal = accepted
        return WriteResult(write.record_id, WriteOutcome.REJECTED, refusal.code, field, refusal.message)
    changes = [
        (columns[name], held.values[name], value)
        for name, value in accepted.items()
        if value != held.values[name]
    ]
    if not changes:
        return WriteResult(write.record_id, WriteOutcome.UNCHANGED)
    store_values(transaction, kind, write.record_id, changes, author)
    return WriteResult(write.record_id, WriteOutcome.WRITTEN)


def _gone(kind: ObjectKind, record_id: str, held: _Held | None) -> WriteResult:
    if held is None:
        return WriteResult(
            record_id, WriteOutcome.GONE, "record.unknown", message=f"There is no {kind} {record_id}."
        )
    if held.merged_into is None:
        return WriteResult(
            record_id, WriteOutcome.GONE, "record.deleted", message=f"{kind} {record_id} was deleted."
        )
    return WriteResult(
        record_id,
        WriteOutcome.GONE,
        "record.merged",
        message=f"{kind} {record_id} was merged into {held.merged_into}.",
        merged_into=held.merged_into,
    )
