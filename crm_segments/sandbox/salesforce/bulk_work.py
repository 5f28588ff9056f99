"""What a writing bulk job does with its file."""

import csv
import io
from collections.abc import Sequence

from crm_segments.sandbox.salesforce.bulk import DELIMITERS, IngestJob
from crm_segments.sandbox.salesforce.dml import SaveOptions, Writer, row_is_busy
from crm_segments.sandbox.salesforce.errors import RowError
from crm_segments.sandbox.salesforce.fields import Field
from crm_segments.sandbox.salesforce.ids import long_id
from crm_segments.sandbox.salesforce.org import SalesforceOrg
from crm_segments.sandbox.salesforce.sobjects import SObject
from crm_segments.sandbox.salesforce.values import from_csv

__all__ = ["CLEAR", "process"]

CLEAR = "#N/A"
"""What stands in a cell that is to be emptied; an empty cell changes nothing."""


def process(org: SalesforceOrg, job: IngestJob) -> None:
    """Works through the file of a job and leaves the results in it."""
    try:
        rows = _read(job)
        sobject = org.require(job.sobject)
        fields = _columns(org, job, sobject)
    except _JobError as error:
        job.state, job.error = "Failed", str(error)
        return
    work = _Work(org, job, sobject, fields)
    for position, row in enumerate(rows):
        limit = org.settings.bulk_fail_after_rows
        if limit is not None and position >= limit:
            job.unprocessed = rows[position:]
            job.state, job.error = "Failed", "TransactionRollback : the job was stopped by the server"
            return
        work.do(position, row)
    org.bulk.batch_count += -(-len(rows) // org.settings.bulk_batch_rows) if rows else 0
    job.state = "JobComplete"


class _JobError(Exception):
    pass


class _Work:
    """The rows of one job, one after the other."""

    def __init__(
        self, org: SalesforceOrg, job: IngestJob, sobject: SObject, fields: Sequence[Field | None]
    ) -> None:
        self._org = org
        self._job = job
        self._sobject = sobject
        self._fields = fields
        assigns = org.settings.beliefs.bulk_runs_assignment_rules or job.assignment_rule is not None
        self._writer = Writer(org, SaveOptions(job.user, auto_assign=assigns))
        self._first_batch: dict[str, int] = {}

    def do(self, position: int, row: Sequence[str]) -> None:
        """Writes one row, or notes why not."""
        self._job.processed += 1
        record_id = self._id_of(row)
        try:
            self._contend(position, record_id)
            saved, created = self._save(row, record_id)
        except RowError as error:
            self._job.failed += 1
            self._job.refused.append((record_id, error.in_csv(), row))
        else:
            self._job.succeeded.append((saved, created, row))

    def _id_of(self, row: Sequence[str]) -> str:
        for field, cell in zip(self._fields, row, strict=True):
            if field is not None and field.name == "Id":
                return cell
        return ""

    def _save(self, row: Sequence[str], record_id: str) -> tuple[str, bool]:
        if self._job.operation == "delete":
            self._writer.delete(record_id)
            return long_id(record_id), False
        raw = {
            field.name: None if cell == CLEAR else cell
            for field, cell in zip(self._fields, row, strict=True)
            if field is not None and cell != ""
        }
        if self._job.operation == "upsert":
            record_id = self._find(raw) or ""
        is_new = self._job.operation == "insert" or (self._job.operation == "upsert" and not record_id)
        values = self._writer.read_row(self._sobject, raw, _convert, is_new=is_new)
        if is_new:
            return self._writer.save(self._writer.check_insert(self._sobject, values)), True
        return self._writer.save(self._writer.check_update(self._sobject, record_id, values)), False

    def _find(self, raw: dict[str, str | None]) -> str | None:
        name = self._job.external_id or "Id"
        wanted = raw.get(name)
        if wanted is None:
            return None
        for found, row in self._org.store.table(self._sobject.name).items():
            if str(row.get(name, "")).casefold() == wanted.casefold() and not row.get("IsDeleted"):
                return found
        return None

    def _contend(self, position: int, record_id: str) -> None:
        """Batches of one job run side by side: an account can belong to one of them only."""
        if not self._org.settings.bulk_batches_contend:
            return
        row = self._org.store.find(record_id) or {}
        parent = str(row.get("AccountId") or "")
        batch = position // self._org.settings.bulk_batch_rows
        if parent and self._first_batch.setdefault(parent, batch) != batch:
            raise row_is_busy(parent)


def _convert(field: Field, raw: object) -> str | int | float | bool | None:
    return None if raw is None else from_csv(field, str(raw))


def _read(job: IngestJob) -> list[Sequence[str]]:
    try:
        text = (job.data or b"").decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _JobError("InvalidBatch : Failed to parse CSV: the file is not UTF-8") from None
    is_crlf = text.partition("\n")[0].endswith("\r")
    if is_crlf is not (job.line_ending == "CRLF") and text:
        shown = f"LineEnding is invalid on user data. Current LineEnding setting is {job.line_ending}"
        raise _JobError(f"ClientInputError : {shown}")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[job.delimiter], strict=True)
    try:
        rows: list[Sequence[str]] = [row for row in reader if row]
    except csv.Error as error:
        raise _JobError(f"InvalidBatch : Failed to parse CSV: {error}") from None
    if not rows:
        raise _JobError("InvalidBatch : Failed to read the header row")
    job.headers = rows[0]
    width = len(rows[0])
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != width:
            raise _JobError(f"InvalidBatch : CSV row {number} has {len(row)} columns, the header has {width}")
    return rows[1:]


def _columns(org: SalesforceOrg, job: IngestJob, sobject: SObject) -> list[Field | None]:
    readable = org.access.readable(job.user, sobject)
    fields: list[Field | None] = []
    for name in job.headers:
        field = readable.get(name.lower())
        if field is None:
            raise _JobError(f"InvalidBatch : Field name not found : {name}")
        fields.append(field)
    return fields
