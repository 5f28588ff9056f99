"""Writes many records as one job ("Bulk API 2.0 Ingest", Bulk API 2.0 Developer Guide, read 2026-11).

Nothing is written before the last of three requests: the empty job, its file, the word that the file is
whole. So a job that is still open has written nothing, and one that has begun is asked what became of its
records.
"""

import logging
from collections.abc import Sequence
from typing import Any

from connectors.errors import ProtocolError, UnknownOutcomeError, UsageError
from connectors.model import FieldWrite, JobState, WriteOutcome, WriteResult
from connectors.salesforce.bulk_files import csv_file, read_results
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.errors import RefusedError, lost
from connectors.salesforce.gone import with_survivors
from connectors.salesforce.ids import long_id
from connectors.salesforce.limits import LIMITS, MAX_JOB_BYTES
from connectors.salesforce.objects import SourceObject
from connectors.salesforce.row_errors import RowError, from_csv, verdict
from connectors.salesforce.schema import Schema, SObject
from connectors.salesforce.values import can_be_csv
from connectors.salesforce.write import Prepared, check_distinct, prepare, require_updateable

__all__ = ["abandon_job", "job_results", "job_state", "open_job", "submit_job"]

_log = logging.getLogger(__name__)
_JOBS = "jobs/ingest"
_STATES = {
    "Open": JobState.OPEN,
    "UploadComplete": JobState.WORKING,
    "InProgress": JobState.WORKING,
    "JobComplete": JobState.ENDED,
    "Failed": JobState.ENDED,
    "Aborted": JobState.ENDED,
}
_NOT_NOW = "INVALIDJOBSTATE"
_BY_JSON_ONLY = "BULK_CANNOT_CARRY"


def open_job(client: SalesforceClient, source: SourceObject) -> str:
    """Make an empty job and return its id. If the answer is lost an empty job remains, which does nothing.

    Raises:
        QuotaExhaustedError: Only the reserve of API calls is left.
    """
    client.budget.require()
    content = {
        "object": source.name,
        "operation": "update",
        "contentType": "CSV",
        "columnDelimiter": "COMMA",
        "lineEnding": "LF",
    }
    answer = client.send("POST", _JOBS, purpose=f"open a bulk job for {source.name}", content=content)
    found = answer.json()
    job_id = found.get("id") if isinstance(found, dict) else None
    if not isinstance(job_id, str) or not job_id:
        raise _odd_answer("the id of a new job")
    return long_id(job_id)


def submit_job(
    client: SalesforceClient,
    schema: Schema,
    source: SourceObject,
    reference: str,
    batch: Sequence[FieldWrite],
) -> list[WriteResult | None]:
    """Upload what fits and close the job, which begins it.

    Returns:
        A verdict for each record that was not handed in; None for those that were. If there is no such record
        the job stays open.

    Raises:
        UsageError: Too many records or bytes, a record twice, or records with unlike fields.
        UnknownOutcomeError: The answer was lost, or the job has a file already: `job_state` tells.
    """
    check_distinct(batch, LIMITS.max_job_records)
    names = _common_fields(batch)
    # Hours may have passed since the description was read, and a job is worth one more question.
    sobject = schema.sobject(source.name, fresh=True)
    require_updateable(sobject)
    prepared = prepare(sobject, batch)
    verdicts = _without_json_only(prepared, batch)
    if not prepared.positions:
        return verdicts
    content = csv_file(names, prepared.ids, prepared.values)
    if len(content) > MAX_JOB_BYTES:
        raise UsageError(
            f"A job of {len(content):,} bytes was given; {MAX_JOB_BYTES:,} are the most.",
            hint="Split it into smaller jobs.",
            code="salesforce.job.size",
        )
    client.budget.require()
    _upload(client, reference, content)
    _close(client, reference)
    _log.info(
        "salesforce.job.submitted",
        extra={
            "job": reference,
            "object": source.name,
            "records": len(prepared.ids),
            "left_out": len(batch) - len(prepared.ids),
        },
    )
    return verdicts


def job_state(client: SalesforceClient, reference: str) -> JobState:
    """Where the job stands."""
    job = _read(client, reference)
    return JobState.GONE if job is None else _state_of(job)


def job_results(
    client: SalesforceClient, schema: Schema, reference: str, ids: Sequence[str]
) -> list[WriteResult | None]:
    """What became of these records, from the three files of results.

    Raises:
        UsageError: The job has not ended, or is not there any more.
        ProtocolError: The files do not agree with the job's own counts, or name other records.
    """
    job = _read(client, reference)
    if job is None or _state_of(job) is not JobState.ENDED:
        raise UsageError(
            f"Job {reference} has no results: it has not ended, or Salesforce has forgotten it.",
            hint="Ask job_state first.",
            code="salesforce.job.not_ended",
        )
    written, failed, untouched = (
        read_results(client, f"{_JOBS}/{reference}/{name}")
        for name in ("successfulResults", "failedResults", "unprocessedrecords")
    )
    asked = {long_id(record_id): record_id for record_id in ids}
    _reconcile(job, asked, [written, failed, untouched])
    sobject = schema.sobject(str(job.get("object")))
    results: dict[str, WriteResult] = {
        found: WriteResult(asked[found], WriteOutcome.WRITTEN) for found, _ in written
    }
    for found, error in failed:
        results[found] = _verdict(asked[found], from_csv(error), sobject)
    _log.info(
        "salesforce.job.ended",
        extra={
            "job": reference,
            "written": len(written),
            "failed": len(failed),
            "untouched": len(untouched),
        },
    )
    return with_survivors(client, sobject, [results.get(record_id) for record_id in asked])


def abandon_job(client: SalesforceClient, reference: str) -> None:
    """Abort a job that has not begun, and make sure of it.

    Raises:
        UnknownOutcomeError: It has begun meanwhile, or nobody knows.
    """
    job = _read(client, reference)
    if job is not None and _state_of(job) is JobState.OPEN:
        purpose = f"abort the bulk job {reference}"
        try:
            _set_state(client, reference, "Aborted", purpose)
        except (UnknownOutcomeError, RefusedError):
            # Whether it was heard, and what came between, the job itself tells.
            _log.info("salesforce.job.abort_unclear", extra={"job": reference})
        job = _read(client, reference)
    if job is None:
        return
    if job.get("state") not in {"Aborted", "Failed"} or _count(job, "numberRecordsProcessed"):
        raise lost(f"abort the bulk job {reference}", "the job has begun")


def _common_fields(batch: Sequence[FieldWrite]) -> list[str]:
    names = list(batch[0].values) if batch else []
    if any(write.values.keys() != batch[0].values.keys() for write in batch):
        # A missing cell would be an empty one, which Salesforce leaves alone.
        raise UsageError(
            "The records of a job have unlike fields.",
            hint="Give every record of a job the same fields; None clears one.",
            code="salesforce.job.fields",
        )
    return names


def _without_json_only(prepared: Prepared, batch: Sequence[FieldWrite]) -> list[WriteResult | None]:
    """Takes out what a file cannot carry: smaller requests in JSON can."""
    verdicts = prepared.verdicts
    kept = [all(can_be_csv(value) for value in values.values()) for values in prepared.values]
    if all(kept):
        return verdicts
    for position, is_kept in zip(prepared.positions, kept, strict=True):
        if not is_kept:
            message = "A text of this record cannot stand in the file of a bulk job; it is sent by itself."
            verdicts[position] = WriteResult(
                batch[position].record_id, WriteOutcome.BUSY, _BY_JSON_ONLY, message=message
            )
    rows = zip(prepared.positions, prepared.ids, prepared.values, kept, strict=True)
    left = [(position, record_id, values) for position, record_id, values, is_kept in rows if is_kept]
    prepared.positions = [position for position, _, _ in left]
    prepared.ids = [record_id for _, record_id, _ in left]
    prepared.values = [values for _, _, values in left]
    return verdicts


def _upload(client: SalesforceClient, reference: str, content: bytes) -> None:
    purpose = f"upload {len(content):,} bytes to the bulk job {reference}"
    try:
        client.send(
            "PUT",
            f"{_JOBS}/{reference}/batches",
            purpose=purpose,
            body=content,
            headers={"Content-Type": "text/csv; charset=UTF-8"},
            is_write=True,
        )
    except RefusedError as error:
        raise _begun(error, purpose) from error


def _close(client: SalesforceClient, reference: str) -> None:
    purpose = f"begin the bulk job {reference}"
    try:
        _set_state(client, reference, "UploadComplete", purpose)
    except RefusedError as error:
        raise _begun(error, purpose) from error


def _set_state(client: SalesforceClient, reference: str, state: str, purpose: str) -> None:
    client.send("PATCH", f"{_JOBS}/{reference}", purpose=purpose, content={"state": state}, is_write=True)


def _begun(error: RefusedError, purpose: str) -> ProtocolError | UnknownOutcomeError:
    """A job that takes nothing more got it from an attempt before, whose answer did not arrive."""
    if error.api_code == _NOT_NOW:
        return lost(purpose, "the job has a file already, or has begun")
    return error


def _read(client: SalesforceClient, reference: str) -> dict[str, Any] | None:
    """What Salesforce says of the job; None where it knows none."""
    try:
        found = client.get(f"{_JOBS}/{reference}", purpose=f"ask for the bulk job {reference}").json()
    except RefusedError as error:
        if error.status == 404:
            return None
        raise
    if not isinstance(found, dict):
        raise _odd_answer("a bulk job")
    return found


def _state_of(job: dict[str, Any]) -> JobState:
    state = _STATES.get(str(job.get("state")))
    if state is None:
        raise _odd_answer("the state of a bulk job")
    return state


def _count(job: dict[str, Any], name: str) -> int:
    count = job.get(name, 0)
    if not isinstance(count, int):
        raise _odd_answer("the counts of a bulk job")
    return count


def _reconcile(
    job: dict[str, Any], asked: dict[str, str], files: Sequence[Sequence[tuple[str, str]]]
) -> None:
    """Prove that the files are whole: then a record in none of them was certainly not reached.

    Raises:
        ProtocolError: They are not.
    """
    written, failed, _ = files
    named = [record_id for file in files for record_id, _ in file]
    counts = (_count(job, "numberRecordsProcessed"), _count(job, "numberRecordsFailed"))
    is_whole = counts == (len(written) + len(failed), len(failed))
    if is_whole and len(set(named)) == len(named) and asked.keys() >= set(named):
        return
    raise ProtocolError(
        f"The results of the bulk job {job.get('id')} do not account for its records: {counts[0]:,} "
        f"were processed, {counts[1]:,} failed; the files hold {len(written) + len(failed):,} and "
        f"{len(failed):,}.",
        hint="Run again: the files may be complete by then. Nothing is sent again whose outcome is unknown.",
        code="salesforce.job.results",
        details={"job": str(job.get("id")), "asked": len(asked), "named": len(named)},
        next_command="crm-segments run",
    )


def _verdict(record_id: str, error: RowError, sobject: SObject) -> WriteResult:
    result = verdict(record_id, error, sobject.label)
    if error.code != "DUPLICATES_DETECTED":
        return result
    # Jobs know no word that allows duplicates, single requests do ("Duplicate Rule Header", read 2026-11).
    message = "A duplicate rule refused the change in a bulk job; by itself it may pass."
    return WriteResult(record_id, WriteOutcome.BUSY, error.code, message=message)


def _odd_answer(what: str) -> ProtocolError:
    return ProtocolError(
        f"Salesforce answered without {what}, or with one that is not documented.",
        hint="Run again; if it stays, please report it.",
        code="salesforce.job.answer",
    )
