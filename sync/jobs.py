"""Writes many records as jobs that the CRM works on by itself, and takes up jobs that a crash left behind.

The order is what makes a crash harmless: intent durable, empty job made, its reference durable, records
handed in. Whoever comes later finds the job by its reference and asks it what became of the records, instead
of reading them all back or sending them again.
"""

from collections.abc import Sequence

from connectors.contract import BulkWrite
from connectors.errors import CrmSegmentsError, StopRequested, UnknownOutcomeError
from connectors.model import JobState, Progress, WriteOutcome, WriteResult
from sync.doubt import settle_doubt
from sync.ledger import BatchInDoubt, Ledger, Outcome
from sync.plan import Plan
from sync.sending import Execution, field_writes, retry_busy, settle_answer, stop_if_asked
from sync.workspace import Workspace

__all__ = ["resolve_doubt", "send_jobs"]

FIRST_WAIT_SECONDS = 0.5
MAX_WAIT_SECONDS = 20.0
"""Jobs take seconds to minutes: asked at once, then ever less often."""


def send_jobs(execution: Execution, jobs: Sequence[Sequence[int]]) -> None:
    """Write these rows of the plan's changes, one job after the other.

    Raises:
        StopRequested: Someone asked to stop. A job that is under way goes on in the CRM; the next run takes
            its results.
        CrmSegmentsError: The CRM or the state store refused; the next run goes on from here.
    """
    left = sum(len(job) for job in jobs)
    busy: list[int] = []
    for rows in jobs:
        stop_if_asked(execution, left)
        missing = _send_job(execution, rows, busy)
        if missing:
            # The CRM gave the job up, or never began it: what it did not reach goes into one more.
            missing = _send_job(execution, missing, busy)
        if missing:
            raise UnknownOutcomeError(
                f"The CRM gave up a job before it reached {len(missing):,} of its records, twice.",
                hint="Nothing was written to them. Run again later; the CRM's own page of jobs says why.",
                code="write.job_given_up",
                next_command="crm-segments run",
            )
        left -= len(rows)
    retry_busy(execution, busy)


def resolve_doubt(ws: Workspace, ledger: Ledger, plan: Plan) -> None:
    """Bring everything that an earlier attempt left in doubt to an outcome, without sending anything.

    Raises:
        StopRequested: Someone asked to stop while a job was still under way.
        CrmSegmentsError: The CRM or the state store refused.
    """
    unclear = []
    for batch in ledger.in_doubt():
        results = _collect(ws, plan, batch) if batch.job_reference else None
        if results is None:
            unclear.append(batch)
        else:
            ledger.settle_results(batch.batch_no, batch.rows, results, busy_as=Outcome.NOT_SENT)
    settle_doubt(ws, ledger, plan, unclear)


def _send_job(execution: Execution, rows: Sequence[int], busy: list[int]) -> list[int]:
    """One job; gives the rows that it certainly did not reach."""
    ws, ledger, plan = execution.session.ws, execution.ledger, execution.plan
    (number,) = ledger.begin([rows])
    batch = BatchInDoubt(number, tuple(rows))
    left_out: list[WriteResult | None] = [None] * len(rows)
    try:
        left_out = _begin_job(execution, batch)
    except UnknownOutcomeError:
        # The job itself knows whether it began.
        pass
    except CrmSegmentsError:
        ledger.settle(number, rows, [Outcome.NOT_SENT] * len(rows))
        raise
    batch = BatchInDoubt(number, tuple(rows), ledger.job_reference(number))
    results = _collect(ws, plan, batch) if batch.job_reference else None
    if results is None:
        settle_doubt(ws, ledger, plan, [batch])
        settled = ledger.final_rows()
        return [row for row in rows if row not in settled]
    verdicts = [left or result for left, result in zip(left_out, results, strict=True)]
    return _settle_job(execution, batch, verdicts, busy)


def _begin_job(execution: Execution, batch: BatchInDoubt) -> list[WriteResult | None]:
    """Make the job, remember it, hand the records in; gives a verdict for each that was left out of it."""
    ws, ledger, plan = execution.session.ws, execution.ledger, execution.plan
    connector, kind = _bulk(ws), plan.head.object
    fields = list(plan.head.field_names.values())
    reference = ws.retry.call(lambda: connector.open_job(kind, fields))
    ledger.name_job(batch.batch_no, reference)
    writes = field_writes(plan, batch.rows)
    try:
        return ws.retry.call(lambda: connector.submit_job(reference, kind, writes))
    except UnknownOutcomeError:
        raise
    except CrmSegmentsError:
        # Refused, so nothing of it was begun; an empty job would only be in people's way.
        ws.retry.call(lambda: connector.abandon_job(reference))
        raise


def _collect(ws: Workspace, plan: Plan, batch: BatchInDoubt) -> list[WriteResult | None] | None:
    """Wait for the job and take its results; None where only reading the records back can tell."""
    connector, reference = _bulk(ws), str(batch.job_reference)
    ids = plan.take(batch.rows)["record_id"].to_pylist()
    state = _wait_for(ws, connector, batch, plan)
    if state is JobState.OPEN:
        ws.retry.call(lambda: connector.abandon_job(reference))
        return [None] * len(ids)
    if state is JobState.GONE:
        return None
    return ws.retry.call(lambda: connector.job_results(reference, ids))


def _wait_for(ws: Workspace, connector: BulkWrite, batch: BatchInDoubt, plan: Plan) -> JobState:
    reference, pause = str(batch.job_reference), FIRST_WAIT_SECONDS
    while True:
        state = ws.retry.call(lambda: connector.job_state(reference))
        if state is not JobState.WORKING:
            return state
        if ws.should_stop():
            raise StopRequested(
                f"Stopped as asked; the CRM goes on with a job of {len(batch.rows):,} records.",
                hint="The next run takes its results and goes on.",
                code="stopped.job_under_way",
                next_command="crm-segments run",
            )
        ws.observer(Progress("write", 0, None, plan.head.object))
        ws.sleep(pause)
        pause = min(pause * 1.5, MAX_WAIT_SECONDS)


def _settle_job(
    execution: Execution, batch: BatchInDoubt, results: Sequence[WriteResult | None], busy: list[int]
) -> list[int]:
    pairs = list(zip(batch.rows, results, strict=True))
    answered = [result for result in results if result is not None]
    if len(answered) == len(results):
        error = settle_answer(execution, batch, answered, Outcome.NOT_SENT)
        if error is not None:
            raise error
    else:
        execution.ledger.settle_results(batch.batch_no, batch.rows, results, busy_as=Outcome.NOT_SENT)
    busy += [row for row, result in pairs if result is not None and result.outcome is WriteOutcome.BUSY]
    return [row for row, result in pairs if result is None]


def _bulk(ws: Workspace) -> BulkWrite:
    connector = ws.connector
    if isinstance(connector, BulkWrite):
        return connector
    raise CrmSegmentsError(
        "The connector of this run cannot ask for the job that an earlier run began.",
        hint="Run with the version of the connector that began it.",
        code="write.job_unreachable",
    )
