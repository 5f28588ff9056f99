"""Writes a batch in one request, a verdict each ("sObject Collections", REST API guide, read 2026-11)."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import AccessError, SchemaError, UsageError
from connectors.model import FieldWrite, WriteOutcome, WriteResult
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.errors import RefusedError, lost
from connectors.salesforce.gone import with_survivors
from connectors.salesforce.ids import is_record_id, long_id
from connectors.salesforce.limits import LIMITS
from connectors.salesforce.objects import SourceObject
from connectors.salesforce.row_errors import from_json, verdict
from connectors.salesforce.schema import Schema, SObject
from connectors.salesforce.values import Fitted, Fitter

__all__ = ["Prepared", "check_distinct", "prepare", "require_updateable", "write_batch"]

_log = logging.getLogger(__name__)

_FIELD_REFUSALS = frozenset({"INVALID_FIELD", "INVALID_TYPE", "NOT_FOUND"})
"""Codes of requests refused because a field or an object is not there for this user."""


@dataclass(slots=True)
class Prepared:
    """A batch after the check of its values: verdicts of those that do not fit, and what is to be sent."""

    verdicts: list[WriteResult | None]
    """In the order of the batch; None where the record is to be sent."""
    positions: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    """18 characters each."""
    values: list[dict[str, Fitted]] = field(default_factory=list)


def write_batch(
    client: SalesforceClient,
    schema: Schema,
    source: SourceObject,
    batch: Sequence[FieldWrite],
) -> list[WriteResult]:
    """Write one batch; one result per input, in order.

    Raises:
        UsageError: The batch is too large, or names a record twice.
        AccessError: The user may not change records of this object.
        SchemaError: The request was refused for a field that the org's description shows as usable.
        UnknownOutcomeError: The answer was lost, or does not account for every record.
    """
    if not batch:
        return []
    check_distinct(batch, LIMITS.max_batch_records)
    sobject = schema.sobject(source.name)
    if any(name not in sobject.fields for write in batch for name in write.values):
        # Fields that were made a moment ago are not in what is remembered.
        sobject = schema.sobject(source.name, fresh=True)
    require_updateable(sobject)
    prepared = prepare(sobject, batch)
    try:
        answer = _send(client, sobject, prepared)
    except RefusedError as error:
        # Nothing was touched, so looking again and sending what still fits is safe.
        schema.forget(source.name)
        sobject = schema.sobject(source.name)
        require_updateable(sobject)
        prepared = _fewer(prepared, prepare(sobject, batch), error, sobject)
        answer = _send_again(client, sobject, prepared)
    return _results(client, sobject, batch, prepared, answer)


def check_distinct(batch: Sequence[FieldWrite], most: int) -> None:
    """Refuse a batch that no caller should have made, before anything is sent.

    Raises:
        UsageError: It is too large, or names a record twice: by whatever form of its id.
    """
    if len(batch) > most:
        raise UsageError(
            f"A batch of {len(batch):,} records was given; {most:,} are the most.",
            hint="Split it into smaller batches.",
            code="salesforce.batch.size",
        )
    seen: set[str] = set()
    doubled: set[str] = set()
    for write in batch:
        record_id = long_id(write.record_id)
        (doubled if record_id in seen else seen).add(record_id)
    if doubled:
        raise UsageError(
            f"A batch names record {min(doubled)} more than once.",
            hint="Put all values of a record into one write.",
            code="salesforce.batch.doubled",
            details={"records": sorted(doubled)},
        )


def require_updateable(sobject: SObject) -> None:
    """Refuse to write to an object that the user may not change.

    Raises:
        AccessError: That is so.
    """
    if not sobject.is_updateable:
        raise AccessError(
            f"The user of the connection may not change any {sobject.label}.",
            hint="Give it the right to edit: Setup > Permission Sets > CRM Segments Integration > Object "
            f"Settings > {sobject.label_plural} > Edit.",
            code="salesforce.access.edit",
            details={"object": sobject.name},
            next_command="crm-segments doctor",
        )


def prepare(sobject: SObject, batch: Sequence[FieldWrite]) -> Prepared:
    """Check all values of a batch against the object's description; nothing is sent."""
    fitter = Fitter(sobject)
    prepared = Prepared([None] * len(batch))
    for position, write in enumerate(batch):
        found = _unfit(fitter, sobject, write)
        if isinstance(found, WriteResult):
            prepared.verdicts[position] = found
            continue
        prepared.positions.append(position)
        prepared.ids.append(long_id(write.record_id))
        prepared.values.append(found)
    return prepared


def _unfit(fitter: Fitter, sobject: SObject, write: FieldWrite) -> dict[str, Fitted] | WriteResult:
    """The values to send, or the verdict on a record that is not sent."""
    if not is_record_id(write.record_id):
        message = f"This is no id of a {sobject.label}: ids of Salesforce have 15 or 18 letters and digits."
        return WriteResult(write.record_id, WriteOutcome.REJECTED, "record.id", message=message)
    if not write.values:
        return WriteResult(write.record_id, WriteOutcome.UNCHANGED)
    fitted = fitter.fit(write.values)
    if isinstance(fitted, dict):
        return fitted
    name, misfit = fitted
    return WriteResult(write.record_id, WriteOutcome.REJECTED, misfit.code, name, misfit.message)


def _fewer(before: Prepared, after: Prepared, error: RefusedError, sobject: SObject) -> Prepared:
    """What still fits after a refusal, if the new description tells what was refused.

    Raises:
        SchemaError: It does not, although the refusal is about a field.
        RefusedError: It does not, and the refusal is about something else.
    """
    if len(after.positions) < len(before.positions):
        _log.warning(
            "salesforce.fields_moved",
            extra={"object": sobject.name, "records": len(before.positions) - len(after.positions)},
        )
        return after
    raise _moved(error, sobject) if error.api_code in _FIELD_REFUSALS else error


def _moved(error: RefusedError, sobject: SObject) -> SchemaError:
    return SchemaError(
        f"Salesforce refuses a field of {sobject.label} that its own description shows as usable.",
        hint="Nothing was written by this request. A field that was just made or removed can take minutes to "
        "reach every part of Salesforce: run again. If it stays, run crm-segments doctor.",
        code="salesforce.fields.moved",
        details={"object": sobject.name, "fields": sorted(error.fields), "api_code": error.api_code},
        next_command="crm-segments run",
    )


def _send_again(client: SalesforceClient, sobject: SObject, prepared: Prepared) -> list[Any]:
    try:
        return _send(client, sobject, prepared)
    except RefusedError as error:
        raise _moved(error, sobject) if error.api_code in _FIELD_REFUSALS else error from None


def _send(client: SalesforceClient, sobject: SObject, prepared: Prepared) -> list[Any]:
    if not prepared.positions:
        return []
    client.budget.require()
    kind = {"type": sobject.name}
    records = [
        {"attributes": kind, "id": record_id, **values}
        for record_id, values in zip(prepared.ids, prepared.values, strict=True)
    ]
    purpose = f"write {len(records)} records of {sobject.name}"
    answer = client.send(
        "PATCH",
        "composite/sobjects",
        purpose=purpose,
        content={"allOrNone": False, "records": records},
        is_write=True,
    )
    found = answer.json()
    if not _accounts_for(prepared.ids, found):
        # Something was written, and nobody can say what: the records have to be read back.
        raise lost(purpose, "it does not account for every record")
    return list(found)


def _accounts_for(ids: Sequence[str], found: object) -> bool:
    """Whether there is one verdict for each record, at its place."""
    if not isinstance(found, list) or len(found) != len(ids):
        return False
    return all(
        isinstance(one, dict)
        and isinstance(one.get("success"), bool)
        # A refused record comes without an id.
        and long_id(str(one.get("id") or record_id)) == record_id
        for record_id, one in zip(ids, found, strict=True)
    )


def _results(
    client: SalesforceClient,
    sobject: SObject,
    batch: Sequence[FieldWrite],
    prepared: Prepared,
    answer: Sequence[dict[str, Any]],
) -> list[WriteResult]:
    verdicts = list(prepared.verdicts)
    for position, one in zip(prepared.positions, answer, strict=True):
        record_id = batch[position].record_id
        verdicts[position] = (
            WriteResult(record_id, WriteOutcome.WRITTEN)
            if one["success"]
            else verdict(record_id, from_json(one.get("errors")), sobject.label)
        )
    return [one for one in with_survivors(client, sobject, verdicts) if one is not None]
