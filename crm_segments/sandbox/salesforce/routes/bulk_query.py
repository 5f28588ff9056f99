"""Bulk API 2.0: jobs that read."""

import base64
import binascii
import csv
import io
from collections.abc import Sequence
from decimal import Decimal

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import documented
from crm_segments.sandbox.salesforce.asks import Ask, Routes
from crm_segments.sandbox.salesforce.bulk import DELIMITERS, QueryJob, wrong_state
from crm_segments.sandbox.salesforce.errors import ApiError, malformed_json
from crm_segments.sandbox.salesforce.soql.model import FunctionItem, Query
from crm_segments.sandbox.salesforce.soql.parser import parse
from crm_segments.sandbox.salesforce.soql.run import run_query

__all__ = ["ROUTES"]

ROUTES = Routes()
_ALL = "/services/data/v{version}/jobs/query"
_ONE = _ALL + "/{job_id}"
_KEYS = frozenset({"operation", "query", "contentType", "columnDelimiter", "lineEnding"})


@ROUTES.add("POST", _ALL, documented("Bulk API 2.0: Create a Query Job"))
def create(ask: Ask) -> Reply:
    """A new job, which begins at once."""
    body = ask.json_object()
    unknown = sorted(body.keys() - _KEYS)
    if unknown:
        raise malformed_json(f'Unrecognized field "{unknown[0]}" at [line:1, column:2]')
    operation, soql = body.get("operation"), body.get("query")
    if operation not in {"query", "queryAll"} or not isinstance(soql, str):
        raise ApiError(400, "INVALIDJOB", "InvalidJob : operation must be query or queryAll, with a query")
    bulk = ask.org.bulk
    if bulk.query_count >= ask.org.settings.bulk_daily_query_jobs:
        raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", "DailyBulkV2QueryJobs Limit exceeded.")
    parsed = _checked(soql)
    result = run_query(ask.asker(), parsed, deleted_too=operation == "queryAll")
    delimiter = str(body.get("columnDelimiter", "COMMA"))
    line_ending = str(body.get("lineEnding", "LF"))
    if (
        delimiter not in DELIMITERS
        or line_ending not in {"LF", "CRLF"}
        or body.get("contentType", "CSV") != "CSV"
    ):
        raise ApiError(
            400, "INVALIDJOB", "InvalidJob : Unsupported contentType, columnDelimiter or lineEnding"
        )
    job = QueryJob(
        record_id=bulk.draw_id(),
        operation=str(operation),
        sobject=result.sobject.name,
        user=ask.user,
        version=ask.version,
        created_at=ask.org.now(),
        changed_at=ask.org.now(),
        delimiter=delimiter,
        line_ending=line_ending,
    )
    if result.shape is None or result.shape.has_children:
        raise ApiError(400, "API_ERROR", "Aggregate and nested queries are not supported in Bulk Query")
    columns = result.shape.columns
    if any(column.resolved.field.type == "address" for column in columns):
        message = "Selecting compound data not supported in Bulk Query"
        raise ApiError(400, "FUNCTIONALITY_NOT_ENABLED", message)
    job.headers = [column.header for column in columns]
    bulk.query_count += 1
    bulk.add(job)

    def work() -> None:
        # The values are those of the moment in which the job runs.
        job.records = [[_cell(column.read(row)) for column in columns] for row in result.rows]
        job.processed = len(job.records)
        job.state = "JobComplete"

    bulk.start(job, work)
    return json_reply(200, {**_head(job), "state": "UploadComplete"})


@ROUTES.add("GET", _ALL, documented("Bulk API 2.0: Get Information About All Query Jobs"))
def read_all(ask: Ask) -> Reply:
    """All reading jobs, the newest first."""
    jobs = [job for job in ask.org.bulk.jobs.values() if isinstance(job, QueryJob)]
    entries = [{**_head(job), "jobType": "V2Query"} for job in reversed(jobs)]
    return json_reply(200, {"done": True, "records": entries, "nextRecordsUrl": None})


@ROUTES.add("GET", _ONE, documented("Bulk API 2.0: Get Information About a Query Job"))
def read(ask: Ask) -> Reply:
    """How far a job has come."""
    job = ask.org.bulk.query(ask.param("job_id"))
    state = ask.org.bulk.shown_state(job)
    is_done = state == "JobComplete"
    content = {
        **_head(job),
        "state": state,
        "jobType": "V2Query",
        "numberRecordsProcessed": job.processed if is_done else 0,
        "retries": 0,
        "totalProcessingTime": 100 if is_done else 0,
        "isPkChunkingSupported": True,
    }
    return json_reply(200, content)


@ROUTES.add("PATCH", _ONE, documented("Bulk API 2.0: Abort a Query Job"))
def abort(ask: Ask) -> Reply:
    """Gives a job up."""
    job = ask.org.bulk.query(ask.param("job_id"))
    if ask.json_object().get("state") != "Aborted":
        raise ApiError(400, "INVALIDJOBSTATE", "InvalidJobState : Only Aborted can be set")
    ask.org.bulk.abort(job)
    return json_reply(200, _head(job))


@ROUTES.add("DELETE", _ONE, documented("Bulk API 2.0: Delete a Query Job"))
def delete(ask: Ask) -> Reply:
    """Forgets a job that has ended."""
    job = ask.org.bulk.query(ask.param("job_id"))
    if job.state not in {"JobComplete", "Aborted", "Failed"}:
        raise wrong_state(job)
    del ask.org.bulk.jobs[job.record_id]
    return Reply(204)


@ROUTES.add(
    "GET",
    _ONE + "/results",
    documented("Bulk API 2.0: Get Results for a Query Job; headers as in bulk_v2.json: query_results_200"),
)
def results(ask: Ask) -> Reply:
    """A part of the result, and where the next one begins."""
    job = ask.org.bulk.query(ask.param("job_id"))
    if not ask.org.bulk.is_shown_complete(job) or job.state != "JobComplete":
        raise wrong_state(job)
    wanted = ask.call.query.get("maxRecords")
    if wanted is not None and (not wanted.isdigit() or int(wanted) < 1):
        raise ApiError(400, "INVALIDREQUEST", "maxRecords must be a positive number")
    size = int(wanted) if wanted else ask.org.settings.bulk_result_rows
    start = _position(ask.call.query.get("locator"), len(job.records))
    part = job.records[start : start + size]
    next_start = start + len(part)
    locator = "null" if next_start >= len(job.records) else _locator(next_start)
    headers = {
        "Content-Type": "text/csv",
        "Sforce-NumberOfRecords": str(len(part)),
        "Sforce-Locator": locator,
    }
    return Reply(200, _csv(job, part), headers)


def _checked(soql: str) -> Query:
    parsed = parse(soql)
    counts = any(
        isinstance(item, FunctionItem) and item.function.startswith("COUNT") for item in parsed.select
    )
    if counts or parsed.group_by or parsed.offset:
        raise ApiError(400, "API_ERROR", "COUNT, GROUP BY and OFFSET are not supported in Bulk Query")
    return parsed


def _csv(job: QueryJob, rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    ending = "\n" if job.line_ending == "LF" else "\r\n"
    writer = csv.writer(
        out, delimiter=DELIMITERS[job.delimiter], quoting=csv.QUOTE_ALL, lineterminator=ending
    )
    writer.writerow(job.headers)
    writer.writerows(rows)
    return out.getvalue().encode()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _number(value)
    text = str(value)
    # Files write moments with a Z where JSON writes an offset.
    return text.removesuffix("+0000") + "Z" if text.endswith(".000+0000") else text


def _number(value: float) -> str:
    """As Java writes it: with an exponent from ten million on (forcedotcom/cli#3367)."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    fraction = "".join(str(digit) for digit in digits[1:]) or "0"
    return f"{'-' * sign}{digits[0]}.{fraction}E{int(exponent) + len(digits) - 1}"


def _locator(position: int) -> str:
    return base64.urlsafe_b64encode(str(position).encode()).decode().rstrip("=")


def _position(locator: str | None, total: int) -> int:
    if locator is None:
        return 0
    try:
        position = int(base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)))
    except (ValueError, binascii.Error):
        position = -1
    if not 0 < position < total:
        raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    return position


def _head(job: QueryJob) -> dict[str, object]:
    return {**job.common(), "lineEnding": job.line_ending, "columnDelimiter": job.delimiter}
