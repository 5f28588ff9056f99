"""Writes a batch, a verdict for each record, whatever HubSpot makes of the batch as a whole.

One bad record refuses a whole batch of HubSpot's, and nothing says which it was ("CRM objects: batch update"
and its recorded refusals, read 2026-11): such a batch is cut in halves until the guilty one is alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.errors import CrmSegmentsError, UnknownOutcomeError, UsageError
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.errors import ApiError, RefusedError, lost, of_entry
from connectors.hubspot.limits import LIMITS
from connectors.hubspot.objects import SourceObject
from connectors.hubspot.read import look
from connectors.hubspot.schema import Schema
from connectors.hubspot.values import Fitter, is_same
from connectors.model import FieldWrite, WriteOutcome, WriteResult

__all__ = ["write_batch"]

_ABOUT_ROWS = frozenset({400, 404, 409})
"""Statuses with which one record refuses a batch."""

_TEXTS = {
    "INVALID_OPTION": "The property {} has no such option: crm-segments fields create puts it back.",
    "PROPERTY_DOESNT_EXIST": "There is no property {}: crm-segments fields create makes it again.",
    "READ_ONLY_VALUE": "HubSpot fills the property {} itself.",
    "VALUE_TOO_LONG": "The property {} does not hold so long a text.",
    "REQUIRED_PROPERTY_MISSING": "An administrator has made {} required, and the record lacks it: fill it.",
}


def write_batch(
    client: HubSpotClient, schema: Schema, source: SourceObject, batch: Sequence[FieldWrite]
) -> list[WriteResult]:
    """Write one batch; one result per input, in order.

    Records are read first: an id that went into a merge leads to the survivor, whose values it must not
    change, and what is right already needs no write.

    Raises:
        UsageError: The batch is too large, or names a record twice.
        UnknownOutcomeError: An answer was lost, or does not account for every record.
    """
    if not batch:
        return []
    _check_distinct(batch)
    writing = _Writing(client, schema, source, batch)
    writing.fit(fresh=False)
    writing.leave_out_what_needs_no_write()
    writing.send(list(writing.wanted))
    return [writing.verdicts[write.record_id] for write in batch]


def _check_distinct(batch: Sequence[FieldWrite]) -> None:
    if len(batch) > LIMITS.max_batch_records:
        raise UsageError(
            f"A batch of {len(batch):,} records was given; {LIMITS.max_batch_records:,} are the most.",
            hint="Split it into smaller batches.",
            code="hubspot.batch.size",
        )
    ids = [write.record_id for write in batch]
    doubled = sorted({one for one in ids if ids.count(one) > 1})
    if doubled:
        raise UsageError(
            f"A batch names record {doubled[0]} more than once.",
            hint="Put all values of a record into one write.",
            code="hubspot.batch.doubled",
            details={"records": doubled},
        )


class _Writing:
    """One batch on its way."""

    def __init__(
        self, client: HubSpotClient, schema: Schema, source: SourceObject, batch: Sequence[FieldWrite]
    ) -> None:
        self._client = client
        self._schema = schema
        self._source = source
        self._batch = batch
        self._has_looked_again = False
        self._has_written = False
        self.wanted: dict[str, dict[str, str]] = {}
        """What is still to be written, by record id."""
        self.verdicts: dict[str, WriteResult] = {}

    def fit(self, *, fresh: bool) -> None:
        """Check all values that have no verdict yet; nothing is sent."""
        names = {name for write in self._batch for name in write.values}
        name = self._source.name
        known = self._schema.properties(name, fresh=True) if fresh else self._schema.with_fields(name, names)
        fitter = Fitter(known)
        for write in self._batch:
            record_id = write.record_id
            if record_id in self.verdicts:
                continue
            if not (record_id.isascii() and record_id.isdigit()):
                text = "This is no id of HubSpot: those are whole numbers."
                self._reject(record_id, "record.id", message=text)
            elif not write.values:
                self._settle(record_id, WriteOutcome.UNCHANGED)
            elif isinstance(found := fitter.fit(write.values), dict):
                self.wanted.setdefault(record_id, found)
            else:
                field, misfit = found
                self._reject(record_id, misfit.code, field, misfit.message)

    def leave_out_what_needs_no_write(self) -> None:
        """Records that are gone, and values that are right already."""
        if not self.wanted:
            return
        self._client.budget.require()
        names = {name for values in self.wanted.values() for name in values}
        known = self._schema.properties(self._source.name)
        held = look(self._client, self._source, list(self.wanted), sorted(names))
        for record_id, values in list(self.wanted.items()):
            found = held.values.get(record_id)
            if found is None:
                self._gone(record_id, held.merged.get(record_id))
                continue
            differing = {
                name: value
                for name, value in values.items()
                if not is_same(value, found.get(name), known.spec(name))
            }
            if differing:
                self.wanted[record_id] = differing
            else:
                self._settle(record_id, WriteOutcome.UNCHANGED)

    def send(self, ids: Sequence[str]) -> None:
        """Write these, in as many requests as it takes.

        Raises:
            UnknownOutcomeError: Nobody knows what became of some of them.
            CrmSegmentsError: Nothing was written at all.
        """
        if not ids:
            return
        try:
            self._send(ids)
        except RefusedError as refusal:
            if refusal.status not in _ABOUT_ROWS:
                self._postpone(ids, refusal)
            else:
                self._find_guilty(ids, refusal)
        except UnknownOutcomeError:
            raise
        except CrmSegmentsError as error:
            self._postpone(ids, error)

    def _send(self, ids: Sequence[str]) -> None:
        self._client.budget.require()
        purpose = f"write {len(ids)} {self._source.name}"
        inputs = [
            {"id": record_id, "properties": self.wanted[record_id], "objectWriteTraceId": record_id}
            for record_id in ids
        ]
        path = f"/crm/v3/objects/{self._source.name}/batch/update"
        answer = self._client.send(
            "POST", path, purpose=purpose, content={"inputs": inputs}, is_write=True
        ).json()
        self._has_written = True
        self._take(ids, answer)
        if any(record_id not in self.verdicts for record_id in ids):
            # Something was written, and nobody can say what: the records have to be read back.
            raise lost(purpose, "it does not account for every record")

    def _take(self, ids: Sequence[str], answer: Mapping[str, Any]) -> None:
        asked = set(ids)
        for one in answer.get("results") or ():
            found, trace = str(one.get("id")), str(one.get("objectWriteTraceId") or one.get("id"))
            if trace in asked and trace != found:
                self._gone(trace, found)
            elif found in asked:
                self._settle(found, WriteOutcome.WRITTEN)
        for one in answer.get("errors") or ():
            error = of_entry(one)
            for record_id in asked.intersection(error.ids):
                self._gone(record_id, None)
            for record_id in asked.intersection(error.traces):
                self._refuse(record_id, error)

    def _find_guilty(self, ids: Sequence[str], refusal: RefusedError) -> None:
        """Nothing of a refused batch was written: send what still fits, then halves of it."""
        error = refusal.api_error
        for record_id in set(ids).intersection(error.ids):
            self._gone(record_id, None)
        if not self._has_looked_again:
            # An option or a property may have gone since: that settles the records without many requests.
            self._has_looked_again = True
            self.fit(fresh=True)
        rest = [record_id for record_id in ids if record_id not in self.verdicts]
        if len(rest) < len(ids):
            self.send(rest)
        elif len(rest) == 1:
            self._refuse(rest[0], error, not_found=refusal.status == 404)
        else:
            middle = len(rest) // 2
            self.send(rest[:middle])
            self.send(rest[middle:])

    def _postpone(self, ids: Sequence[str], error: CrmSegmentsError) -> None:
        """Turned away before anything happened to these; others of the batch may be written already."""
        if not self._has_written:
            raise error
        for record_id in ids:
            self._settle(record_id, WriteOutcome.BUSY, code=error.code, message=error.message)

    def _refuse(self, record_id: str, error: ApiError, *, not_found: bool = False) -> None:
        if not_found or error.category == "OBJECT_NOT_FOUND":
            self._gone(record_id, None)
            return
        problem = error.problems[0] if error.problems else None
        code, field = (problem.code, problem.field) if problem else (error.category or "REFUSED", "")
        what = f"the value of {field}" if field else "the values"
        general = f"HubSpot refuses {what} ({code}); rules of the account: Settings > Properties."
        text = _TEXTS[code].format(field) if code in _TEXTS else general
        self._reject(record_id, code, field, text)

    def _reject(self, record_id: str, code: str, field: str = "", message: str = "") -> None:
        self._settle(record_id, WriteOutcome.REJECTED, code=code, field=field, message=message)

    def _gone(self, record_id: str, merged_into: str | None) -> None:
        self._settle(record_id, WriteOutcome.GONE, merged_into=merged_into)

    def _settle(self, record_id: str, outcome: WriteOutcome, **more: Any) -> None:
        self.verdicts[record_id] = WriteResult(record_id, outcome, **more)
        self.wanted.pop(record_id, None)
