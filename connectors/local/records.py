"""What people do with records: create, edit, delete, merge."""

import uuid
from collections.abc import Mapping, Sequence

from connectors.errors import UsageError
from connectors.local import statements
from connectors.local.client import Transaction
from connectors.local.fields import columns_of
from connectors.local.history import Author
from connectors.local.schema import REFERENCES, Column
from connectors.local.values import Refusal, Stored, canonical_value
from connectors.local.write import check_values, store_values
from connectors.model import FieldValue, ObjectKind, id_column

__all__ = ["create_record", "delete_records", "edit_record", "merge_records"]


def create_record(
    transaction: Transaction, kind: ObjectKind, values: Mapping[str, FieldValue], author: Author
) -> str:
    """Make a record and return its id, which is new unless `values` has one.

    Raises:
        UsageError: A field does not take its value, or there is a record of that id.
    """
    key = id_column(kind)
    columns = columns_of(transaction.connection, kind)
    record_id = _new_id(columns[key], values.get(key))
    # A record of another id is never made over one that is there, deleted or not.
    if _find(transaction, kind, [record_id]):
        raise UsageError(
            f"There is a {kind} {record_id} already.", hint="Give it another id.", code="record.doubled"
        )
    # The time of change comes last: a change that brings no new time is taken for another program's.
    fixed: dict[str, Stored] = {key: record_id, "created_at": transaction.stamp, "modified_at": ""}
    transaction.connection.execute(statements.insert_record(kind, list(fixed)), list(fixed.values()))
    rest = {name: value for name, value in values.items() if name != key}
    if not rest or not edit_record(transaction, kind, record_id, rest, author):
        transaction.connection.execute(statements.update_record(kind, []), [transaction.stamp, record_id])
    return record_id


def edit_record(
    transaction: Transaction,
    kind: ObjectKind,
    record_id: str,
    values: Mapping[str, FieldValue],
    author: Author,
) -> bool:
    """Change fields of one record by hand; False where it held these values already.

    Raises:
        UsageError: There is no such record, or a field does not take its value.
    """
    _require(transaction, kind, record_id)
    columns = columns_of(transaction.connection, kind)
    accepted = check_values(columns, values)
    if isinstance(accepted, tuple):
        raise _refused(kind, record_id, accepted[0], accepted[1])
    names = list(accepted)
    held = transaction.connection.execute(
        statements.select_by_ids(kind, [id_column(kind), *names], 1), [record_id]
    ).fetchone()[1:]
    changes = [
        (columns[name], old, accepted[name])
        for name, old in zip(names, held, strict=True)
        if old != accepted[name]
    ]
    if changes:
        store_values(transaction, kind, record_id, changes, author)
    return bool(changes)


def delete_records(transaction: Transaction, kind: ObjectKind, ids: Sequence[str]) -> int:
    """Delete records, and say how many there were; those that are gone already are left as they are."""
    deleted = 0
    for record_id in dict.fromkeys(ids):
        if _find(transaction, kind, [record_id]).get(record_id) is False:
            transaction.connection.execute(statements.soft_delete(kind), (None, transaction.stamp, record_id))
            deleted += 1
    return deleted


def merge_records(
    transaction: Transaction, kind: ObjectKind, winner: str, loser: str, author: Author
) -> None:
    """Delete `loser` in favour of `winner`, which keeps its own values and gets what belonged to the other.

    Raises:
        UsageError: They are the same record, or one of them is gone.
    """
    if winner == loser:
        raise UsageError(
            f"{kind} {winner} cannot be merged with itself.",
            hint="Name two different records.",
            code="record.same",
        )
    _require(transaction, kind, winner)
    _require(transaction, kind, loser)
    for other, field in REFERENCES[kind]:
        _hand_over(transaction, (other, field), winner, loser, author)
    connection = transaction.connection
    connection.execute(statements.soft_delete(kind), (winner, transaction.stamp, loser))
    connection.execute(statements.merge_into(kind), (winner, loser))
    # Nothing of the survivor changes, but readers of what was modified should look at it again.
    connection.execute(statements.update_record(kind, []), (transaction.stamp, winner))


def _hand_over(
    transaction: Transaction, reference: tuple[ObjectKind, str], winner: str, loser: str, author: Author
) -> None:
    kind, field = reference
    column = columns_of(transaction.connection, kind)[field]
    query = statements.select_where(kind, [id_column(kind)], field)
    for (record_id,) in transaction.connection.execute(query, (loser,)).fetchall():
        # The survivor may have been a child of the record that is merged into it.
        new = None if record_id == winner else winner
        store_values(transaction, kind, record_id, [(column, loser, new)], author)


def _new_id(column: Column, wanted: FieldValue) -> str:
    if wanted is None:
        return uuid.uuid4().hex
    stored = canonical_value(column, wanted)
    if not isinstance(stored, str):
        message = stored.message if isinstance(stored, Refusal) else f"Field {column.name} is empty."
        raise UsageError(message, hint="Give the record an id, or none at all.", code="record.id")
    return stored


def _find(transaction: Transaction, kind: ObjectKind, ids: Sequence[str]) -> dict[str, bool]:
    query = statements.select_by_ids(kind, [id_column(kind), "_is_deleted"], len(ids))
    return {
        record_id: bool(is_deleted) for record_id, is_deleted in transaction.connection.execute(query, ids)
    }


def _require(transaction: Transaction, kind: ObjectKind, record_id: str) -> None:
    if _find(transaction, kind, [record_id]).get(record_id) is not False:
        raise UsageError(
            f"There is no {kind} {record_id}.",
            hint="Look the id up; records that were deleted or merged cannot be changed.",
            code="record.unknown",
            details={"object": kind.value, "record": record_id},
        )


def _refused(kind: ObjectKind, record_id: str, field: str, refusal: Refusal) -> UsageError:
    return UsageError(
        f"{kind} {record_id}: {refusal.message}",
        hint="Nothing was changed.",
        code=refusal.code,
        details={"object": kind.value, "record": record_id, "field": field},
    )
