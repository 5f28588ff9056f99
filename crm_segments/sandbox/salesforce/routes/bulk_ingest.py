"""Bulk API 2.0: jobs that write."""

import csv
import io
from collections.abc import Iterable, Sequence

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import documented, recorded
from crm_segments.sandbox.salesforce.asks import Ask, Routes
from crm_segments.sandbox.salesforce.bulk import DELIMITERS, IngestJob, wrong_state
from crm_segments.sandbox.salesforce.bulk_work import process
from crm_segments.sandbox.salesforce.errors import ApiError, malformed_json

__all__ = ["ROUTES"]

ROUTES = Routes()
_ALL = "/services/data/v{version}/jobs/ingest"
_ONE = _ALL + "/{job_id}"
_KEYS = frozenset(
    {
        *("operation", "object", "contentType", "columnDelimiter", "lineEnding", "externalIdFieldName"),
        "assignmentRuleId",
    }
)
_OPERATIONS = frozenset({"insert", "update", "upsert", "delete"})
_LARGEST = 150_000_000
# Without a charset, although the files are UTF-8: clients that guess get umlauts wrong.
_CSV = {"Content-Type": "text/csv"}


@ROUTES.add(
    "POST", _ALL, documented("Bulk API 2.0: Create a Job; shape as in bulk_v2.json: ingest_create_200")
)
def create(ask: Ask) -> Reply:
    """A new job, open for its file."""
    body = ask.json_object()
    unknown = sorted(body.keys() - _KEYS)
    if unknown:
        raise malformed_json(f'Unrecognized field "{unknown[0]}" at [line:1, column:2]')
    operation = str(body.get("operation"))
    if operation not in _OPERATIONS:
        raise ApiError(400, "INVALIDJOB", f"InvalidJob : Unsupported operation {operation}")
    sobject = ask.org.store.sobject(str(body.get("object")))
    if sobject is None or sobject.traits.is_tooling or not ask.org.access.allows(ask.user, sobject, "Read"):
        raise ApiError(
            400, "INVALIDENTITY", f"InvalidEntity : Entity '{body.get('object')}' is not supported"
        )
    job = IngestJob(
        record_id=ask.org.bulk.draw_id(),
        operation=operation,
        sobject=sobject.name,
        user=ask.user,
        version=ask.version,
        created_at=ask.org.now(),
        changed_at=ask.org.now(),
        delimiter=_choice(body, "columnDelimiter", DELIMITERS, "COMMA"),
        line_ending=_choice(body, "lineEnding", ("LF", "CRLF"), "LF"),
        external_id=_external_id(ask, body, operation),
        assignment_rule=str(body["assignmentRuleId"]) if body.get("assignmentRuleId") else None,
    )
    _choice(body, "contentType", ("CSV",), "CSV")
    ask.org.bulk.add(job)
    return json_reply(
        200, {**_head(job), "contentUrl": f"services/data/v{ask.version}/jobs/ingest/{job.record_id}/batches"}
    )


@ROUTES.add("GET", _ALL, documented("Bulk API 2.0: Get Information About All Jobs"))
def read_all(ask: Ask) -> Reply:
    """All writing jobs, the newest first."""
    jobs = [job for job in ask.org.bulk.jobs.values() if isinstance(job, IngestJob)]
    entries = [{**_head(job), "jobType": "V2Ingest"} for job in reversed(jobs)]
    return json_reply(200, {"done": True, "records": entries, "nextRecordsUrl": None})


@ROUTES.add(
    "PUT", _ONE + "/batches", documented("Bulk API 2.0: Upload Job Data; bulk_v2.json: ingest_upload_201")
)
def upload(ask: Ask) -> Reply:
    """The file of a job; it is taken once."""
    job = _own(ask)
    kind = (ask.call.header("Content-Type") or "").partition(";")[0].strip().lower()
    if kind != "text/csv":
        message = f"Content-Type header specified in HTTP request is not supported: {kind or 'none'}"
        raise ApiError(415, "UNSUPPORTED_MEDIA_TYPE", message)
    if job.state != "Open" or job.data is not None:
        raise wrong_state(job)
    if len(ask.call.body) * 4 // 3 > _LARGEST:
        raise ApiError(400, "CLIENTINPUTERROR", "ClientInputError : Data exceeds the limit of 150 MB")
    job.data = ask.call.body
    return Reply(201)


@ROUTES.add("PATCH", _ONE, documented("Bulk API 2.0: Close or Abort a Job; bulk_v2.json: ingest_close_200"))
def close(ask: Ask) -> Reply:
    """Hands the job over, or gives it up."""
    job = _own(ask)
    state = ask.json_object().get("state")
    if state == "Aborted":
        ask.org.bulk.abort(job)
    elif state == "UploadComplete":
        if job.state != "Open" or job.data is None:
            raise wrong_state(job)
        ask.org.bulk.start(job, lambda: process(ask.org, job))
        return json_reply(200, {**_head(job), "state": "UploadComplete"})
    else:
        raise ApiError(400, "INVALIDJOBSTATE", "InvalidJobState : Only UploadComplete and Aborted can be set")
    return json_reply(200, _head(job))


@ROUTES.add("GET", _ONE, recorded("bulk_v2.json: ingest_job_complete_200"))
def read(ask: Ask) -> Reply:
    """How far a job has come."""
    job = _own(ask)
    state = ask.org.bulk.shown_state(job)
    is_done = state in {"JobComplete", "Failed", "Aborted"}
    content = {
        **_head(job),
        "state": state,
        "jobType": "V2Ingest",
        "lineEnding": job.line_ending,
        "columnDelimiter": job.delimiter,
        "numberRecordsProcessed": job.processed if is_done else 0,
        "numberRecordsFailed": job.failed if is_done else 0,
        "retries": 0,
        "totalProcessingTime": 139 if is_done else 0,
        "apiActiveProcessingTime": 81 if is_done else 0,
        "apexProcessingTime": 0,
    }
    if is_done and job.error:
        content["errorMessage"] = job.error
    return json_reply(200, content)


@ROUTES.add("DELETE", _ONE, documented("Bulk API 2.0: Delete a Job"))
def delete(ask: Ask) -> Reply:
    """Forgets a job that has ended."""
    job = _own(ask)
    if job.state not in {"JobComplete", "Aborted", "Failed"}:
        raise wrong_state(job)
    del ask.org.bulk.jobs[job.record_id]
    return Reply(204)


@ROUTES.add("GET", _ONE + "/successfulResults", documented("Bulk API 2.0: Get Job Successful Record Results"))
def successful(ask: Ask) -> Reply:
    """The rows that were written."""
    job = _ended(ask)
    rows = ([record_id, str(created).lower(), *cells] for record_id, created, cells in job.succeeded)
    return _file(["sf__Id", "sf__Created", *job.headers], rows)


@ROUTES.add("GET", _ONE + "/failedResults", documented("Bulk API 2.0: Get Job Failed Record Results"))
def failed(ask: Ask) -> Reply:
    """The rows that were refused, each with its reason."""
    job = _ended(ask)
    rows = ([record_id, error, *cells] for record_id, error, cells in job.refused)
    return _file(["sf__Id", "sf__Error", *job.headers], rows)


@ROUTES.add(
    "GET", _ONE + "/unprocessedrecords", documented("Bulk API 2.0: Get Job Unprocessed Record Results")
)
def unprocessed(ask: Ask) -> Reply:
    """The rows that nobody looked at, because the job ended before."""
    job = _ended(ask)
    return _file(job.headers, job.unprocessed)


def _own(ask: Ask) -> IngestJob:
    return ask.org.bulk.ingest(ask.param("job_id"))


def _ended(ask: Ask) -> IngestJob:
    job = _own(ask)
    if not ask.org.bulk.is_shown_complete(job):
        raise wrong_state(job)
    return job


def _head(job: IngestJob) -> dict[str, object]:
    shown = job.common()
    if job.external_id:
        shown["externalIdFieldName"] = job.external_id
    return {**shown, "lineEnding": job.line_ending, "columnDelimiter": job.delimiter}


def _external_id(ask: Ask, body: dict[str, object], operation: str) -> str | None:
    given = body.get("externalIdFieldName")
    if operation != "upsert":
        return None
    sobject = ask.org.require(str(body.get("object")))
    field = ask.org.access.readable(ask.user, sobject).get(str(given).lower())
    if field is None or not (field.external_id or field.id_lookup):
        raise ApiError(
            400, "INVALIDJOB", f"InvalidJob : Field name provided, {given} is not an External ID field"
        )
    return field.name


def _choice(body: dict[str, object], name: str, allowed: Iterable[str], default: str) -> str:
    value = body.get(name, default)
    if value not in set(allowed):
        raise ApiError(400, "INVALIDJOB", f"InvalidJob : {value} is not a valid {name}")
    return str(value)


def _file(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> Reply:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(headers)
    writer.writerows(rows)
    return Reply(200, out.getvalue().encode(), _CSV)
