"""Jobs of Bulk API 2.0: what is known of each, and in which state it shows itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crm_segments.sandbox.clock import Clock
from crm_segments.sandbox.salesforce.errors import ApiError, not_found
from crm_segments.sandbox.salesforce.ids import IdCounter
from crm_segments.sandbox.salesforce.settings import OrgSettings
from crm_segments.sandbox.salesforce.values import moment_text

__all__ = ["DELIMITERS", "BulkJob", "BulkJobs", "IngestJob", "QueryJob", "wrong_state"]

DELIMITERS = {
    "COMMA": ",",
    "SEMICOLON": ";",
    "TAB": "\t",
    "PIPE": "|",
    "CARET": "^",
    "BACKQUOTE": "`",
}


@dataclass(slots=True, kw_only=True)
class BulkJob:
    """What jobs of both kinds have."""

    record_id: str
    operation: str
    sobject: str
    user: str
    version: str
    created_at: datetime
    changed_at: datetime
    delimiter: str = "COMMA"
    line_ending: str = "LF"
    state: str = "Open"
    """The true state; clients may be shown an earlier one."""
    polls: int = 0
    ready_at: datetime | None = None
    error: str | None = None
    processed: int = 0
    failed: int = 0

    def common(self) -> dict[str, object]:
        """What every answer about the job says."""
        return {
            "id": self.record_id,
            "operation": self.operation,
            "object": self.sobject,
            "createdById": self.user,
            "createdDate": moment_text(self.created_at),
            "systemModstamp": moment_text(self.changed_at),
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
        }


@dataclass(slots=True, kw_only=True)
class IngestJob(BulkJob):
    """A job that writes."""

    external_id: str | None = None
    assignment_rule: str | None = None
    data: bytes | None = None
    headers: Sequence[str] = ()
    succeeded: list[tuple[str, bool, Sequence[str]]] = field(default_factory=list)
    """Id, whether it was created, and the cells."""
    refused: list[tuple[str, str, Sequence[str]]] = field(default_factory=list)
    """Id, error, and the cells."""
    unprocessed: list[Sequence[str]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class QueryJob(BulkJob):
    """A job that reads."""

    headers: Sequence[str] = ()
    records: Sequence[Sequence[str]] = ()


class BulkJobs:
    """All jobs of one org."""

    def __init__(self, clock: Clock, settings: OrgSettings, ids: IdCounter) -> None:
        self._clock = clock
        self._settings = settings
        self._ids = ids
        self._waiting: list[tuple[BulkJob, Callable[[], None]]] = []
        self.jobs: dict[str, BulkJob] = {}
        self.batch_count = 0
        self.query_count = 0

    def draw_id(self) -> str:
        """The id of a new job."""
        return self._ids.draw("750")

    def add(self, job: BulkJob) -> None:
        """Remembers a job."""
        self.jobs[job.record_id] = job

    def ingest(self, record_id: str) -> IngestJob:
        """The writing job of this id.

        Raises:
            ApiError: There is none: NOT_FOUND.
        """
        job = self.jobs.get(record_id)
        if not isinstance(job, IngestJob):
            raise not_found()
        return job

    def query(self, record_id: str) -> QueryJob:
        """The reading job of this id.

        Raises:
            ApiError: There is none: NOT_FOUND.
        """
        job = self.jobs.get(record_id)
        if not isinstance(job, QueryJob):
            raise not_found()
        return job

    def start(self, job: BulkJob, work: Callable[[], None]) -> None:
        """Hands a job to Salesforce, which does the work when its time has come."""
        job.state = "UploadComplete"
        job.ready_at = self._clock.now() + timedelta(seconds=self._settings.bulk_seconds)
        self._waiting.append((job, work))
        self.settle()

    def settle(self) -> None:
        """Does the work of all jobs whose time has come, whether or not anybody asks for them."""
        now = self._clock.now()
        due = [(job, work) for job, work in self._waiting if job.ready_at is None or job.ready_at <= now]
        self._waiting = [(job, work) for job, work in self._waiting if (job, work) not in due]
        for job, work in due:
            if job.state == "UploadComplete":
                work()
                job.changed_at = now

    def abort(self, job: BulkJob) -> None:
        """Stops a job that is not complete.

        Raises:
            ApiError: It is.
        """
        if job.state not in {"Open", "UploadComplete", "InProgress"} and self.is_shown_complete(job):
            raise wrong_state(job)
        job.state = "Aborted"
        job.changed_at = self._clock.now()

    def shown_state(self, job: BulkJob) -> str:
        """The state that the client is told; each question counts."""
        if job.state in {"Open", "Aborted"}:
            return job.state
        job.polls += 1
        if job.polls <= self._settings.bulk_polls or job.state == "UploadComplete":
            return "UploadComplete" if job.polls == 1 and self._settings.bulk_polls > 1 else "InProgress"
        return job.state

    def is_shown_complete(self, job: BulkJob) -> bool:
        """Whether the client has had to wait long enough to see the end."""
        return job.state in {"JobComplete", "Failed", "Aborted"} and (
            job.state == "Aborted" or job.polls > self._settings.bulk_polls
        )


def wrong_state(job: BulkJob) -> ApiError:
    """The job is not in a state for this."""
    message = f"The job is in state {job.state}; this is not possible now"
    return ApiError(400, "INVALIDJOBSTATE", message)
