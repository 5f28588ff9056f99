"""The embedded CRM with bulk jobs: real writes into a real file, by jobs that take their time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from connectors.errors import UnavailableError, UnknownOutcomeError
from connectors.model import CallBudget, FieldWrite, JobState, Limits, ObjectKind, WriteResult
from tests.sync.faulty import FaultyConnector

__all__ = ["BulkConnector", "Job", "Killed"]


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Job:
    """One job as the CRM keeps it."""

    fields: tuple[str, ...]
    state: JobState = JobState.OPEN
    batch: tuple[FieldWrite, ...] = ()
    polls: int = 2
    """How often it is still seen at work."""
    results: dict[str, WriteResult] = field(default_factory=dict)


@dataclass
class BulkConnector(FaultyConnector):
    """Jobs from four records on, with six records each at most."""

    jobs: dict[str, Job] = field(default_factory=dict)
    reaches: int = 1_000_000
    """How many records a job gets to before the CRM gives it up."""
    lose_submit: str = ""
    """What happens to the next submission: its answer is lost `before` or `after` it was taken, the CRM is
    away (`refuse`), or the process is `killed` before it."""
    on_submit: Callable[[str], None] = lambda _reference: None
    leaves_out: dict[str, WriteResult] = field(default_factory=dict)
    """Records that no job takes, with their verdict."""
    budget: CallBudget | None = None
    abandoned: list[str] = field(default_factory=list)

    @property
    def limits(self) -> Limits:
        return replace(super().limits, min_bulk_records=4, max_job_records=6, trusted_pull_seconds=600)

    def call_budget(self) -> CallBudget | None:
        return self.budget

    def open_job(self, kind: ObjectKind, fields: Sequence[str]) -> str:  # noqa: ARG002
        reference = f"job-{len(self.jobs)}"
        self.jobs[reference] = Job(tuple(fields))
        return reference

    def submit_job(
        self,
        reference: str,
        kind: ObjectKind,  # noqa: ARG002
        batch: Sequence[FieldWrite],
    ) -> list[WriteResult | None]:
        job = self.jobs[reference]
        fault, self.lose_submit = self.lose_submit, ""
        if fault == "killed":
            raise Killed
        if fault == "refuse":
            raise UnavailableError("The CRM is away.", hint="Try later.")
        if fault == "before":
            raise UnknownOutcomeError("The answer was lost.", hint="Ask the job.")
        assert all(set(write.values) == set(job.fields) for write in batch)
        left_out = [self.leaves_out.get(write.record_id) for write in batch]
        job.batch = tuple(write for write, left in zip(batch, left_out, strict=True) if left is None)
        if job.batch:
            job.state = JobState.WORKING
        self.on_submit(reference)
        if fault == "after":
            raise UnknownOutcomeError("The answer was lost.", hint="Ask the job.")
        return left_out

    def job_state(self, reference: str) -> JobState:
        job = self.jobs.get(reference)
        if job is None:
            return JobState.GONE
        if job.state is JobState.WORKING:
            job.polls -= 1
            if job.polls < 0:
                self._work(reference, job)
        return job.state

    def job_results(self, reference: str, ids: Sequence[str]) -> list[WriteResult | None]:
        return [self.jobs[reference].results.get(record_id) for record_id in ids]

    def abandon_job(self, reference: str) -> None:
        assert self.jobs[reference].state is JobState.OPEN
        self.jobs[reference].state = JobState.ENDED
        self.abandoned.append(reference)

    def _work(self, reference: str, job: Job) -> None:
        reached = job.batch[: self.reaches]
        for start in range(0, len(reached), self.batch_records):
            part = reached[start : start + self.batch_records]
            for result in self._carry_out(ObjectKind.ACCOUNT, part, reference):
                job.results[result.record_id] = result
        job.state = JobState.ENDED
