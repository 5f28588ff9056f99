"""Sends the batches of a plan: side by side up to the CRM's limit, and what was busy again in smaller ones.

The calling thread is the only one that writes the ledger; a small pool carries the requests. Each round makes
the intents of its batches durable in one transaction, sends them, and settles them as they come back.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from connectors.errors import (
    CrmSegmentsError,
    ProtocolError,
    SchemaError,
    StopRequested,
    UnknownOutcomeError,
)
from connectors.model import FieldValue, FieldWrite, Progress, WriteOutcome, WriteResult
from sync.doubt import settle_doubt
from sync.ledger import BatchInDoubt, Ledger, Outcome
from sync.plan import PARTS, Plan
from sync.session import Session

__all__ = ["Execution", "field_writes", "fields_now", "send_batches", "settle_answer", "stop_if_asked"]

BUSY_ROUNDS = ((50, 2), (10, 1))
"""Records in a request and requests at once, round by round, for records that another request held. Smaller
transactions hold fewer parents at a time; one after the other they cannot get into each other's way."""

BUSY_PAUSE_SECONDS = 2.0
"""Whatever held the records gets this long to let go of them."""


@dataclass(frozen=True, slots=True)
class Execution:
    """One attempt at one plan."""

    session: Session
    ledger: Ledger
    plan: Plan
    stem: str
    run_id: str


@dataclass(frozen=True, slots=True)
class _Round:
    """How the batches of one round are sent."""

    width: int
    """Requests in flight at once."""
    is_last: bool
    """Whether what is busy now waits for the next run."""


def send_batches(execution: Execution, batches: Sequence[Sequence[int]]) -> None:
    """Write these rows of the plan's changes.

    Raises:
        StopRequested: Someone asked to stop; the batches in flight were finished first.
        CrmSegmentsError: The CRM or the state store refused; the next run goes on from here.
    """
    width = execution.session.ws.connector.limits.max_parallel_writes
    busy = _send_round(execution, batches, _Round(width, is_last=False))
    retry_busy(execution, busy)


def retry_busy(execution: Execution, busy: Sequence[int]) -> None:
    """Write rows that were held by another request, in smaller requests; what stays busy counts as locked.

    Raises:
        CrmSegmentsError: As `send_batches`.
    """
    for number, (size, width) in enumerate(BUSY_ROUNDS, start=1):
        if not busy:
            return
        execution.session.ws.sleep(BUSY_PAUSE_SECONDS)
        batches = [busy[start : start + size] for start in range(0, len(busy), size)]
        busy = _send_round(execution, batches, _Round(width, is_last=number == len(BUSY_ROUNDS)))


def _send_round(execution: Execution, batches: Sequence[Sequence[int]], how: _Round) -> list[int]:
    """Send each batch once; gives the rows that were busy."""
    ws, ledger = execution.session.ws, execution.ledger
    groups = _groups_of(execution.plan)
    waiting = [tuple(batch) for batch in batches]
    total = sum(len(batch) for batch in batches)
    inflight: dict[Future[list[WriteResult]], BatchInDoubt] = {}
    busy: list[int] = []
    done, failure = 0, None
    with ThreadPoolExecutor(max_workers=how.width) as pool:
        while waiting or inflight:
            failure = failure or (_stop_error(execution, total - done) if waiting else None)
            if failure and not inflight:
                raise failure
            room = 0 if failure else how.width - len(inflight)
            chosen = _choose(waiting, room, [batch.rows for batch in inflight.values()], groups)
            for number, rows in zip(ledger.begin(chosen) if chosen else [], chosen, strict=True):
                batch = BatchInDoubt(number, rows)
                inflight[pool.submit(_send, execution, batch)] = batch
            finished, _ = wait(inflight, return_when=FIRST_COMPLETED)
            for future in finished:
                batch = inflight.pop(future)
                failure = _settle(execution, batch, future, busy, how) or failure
                done += len(batch.rows)
                ws.observer(Progress("write", done, total, execution.plan.head.object))
    if failure:
        raise failure
    return busy


def _groups_of(plan: Plan) -> list[str | None] | None:
    """What each row's record belongs to; None where no record belongs to another."""
    column = plan.changes["parent_id"]
    groups: list[str | None] | None = None if column.null_count == len(column) else column.to_pylist()
    return groups


def _choose(
    waiting: list[tuple[int, ...]],
    room: int,
    inflight: Sequence[tuple[int, ...]],
    groups: list[str | None] | None,
) -> list[tuple[int, ...]]:
    """Takes from `waiting` what may be sent now: two requests at once never share a parent."""
    if groups is None:
        chosen, waiting[:] = waiting[:room], waiting[room:]
        return chosen
    held = {groups[row] for rows in inflight for row in rows}
    chosen = []
    for rows in list(waiting):
        if len(chosen) == room:
            break
        wanted = {groups[row] for row in rows} - {None}
        if wanted.isdisjoint(held):
            chosen.append(rows)
            waiting.remove(rows)
        # What has to wait keeps its place: nothing that shares a parent with it overtakes it.
        held |= wanted
    return chosen


def _send(execution: Execution, batch: BatchInDoubt) -> list[WriteResult]:
    plan, ws = execution.plan, execution.session.ws
    writes = field_writes(plan, batch.rows)
    request_id = f"{execution.run_id}/{batch.batch_no}"
    results = ws.retry.call(
        lambda: ws.connector.write(plan.head.object, writes, request_id=request_id),
    )
    if [result.record_id for result in results] != [write.record_id for write in writes]:
        raise ProtocolError(
            f"The CRM answered a batch of {len(writes)} records with results of other records.",
            hint="Run again: what was written is read back first. Report this if it happens twice.",
            code="write.results_mismatch",
        )
    return results


def field_writes(plan: Plan, rows: Sequence[int]) -> list[FieldWrite]:
    """The writes for these rows of the plan's changes, by the CRM's field names."""
    names = plan.head.field_names
    slice_: pa.Table = plan.take(rows).select(["record_id", *PARTS])
    return [
        FieldWrite(change["record_id"], {names[part]: _field_value(part, change[part]) for part in PARTS})
        for change in slice_.to_pylist()
    ]


def _field_value(part: str, text: str | None) -> FieldValue:
    return date.fromisoformat(text) if part == "since" and text else text


def _settle(
    execution: Execution,
    batch: BatchInDoubt,
    future: Future[list[WriteResult]],
    busy: list[int],
    how: _Round,
) -> CrmSegmentsError | None:
    """Record how a batch came back; returns what must stop the run."""
    error = _record(execution, batch, future.result, busy, how)
    if not isinstance(error, UnknownOutcomeError):
        return error
    # Rows that the lost request did not reach are sent once more, in a batch of their own.
    settled = execution.ledger.final_rows()
    missing = [row for row in batch.rows if row not in settled]
    if not missing:
        return None
    (number,) = execution.ledger.begin([missing])
    rest = BatchInDoubt(number, tuple(missing))
    return _record(execution, rest, lambda: _send(execution, rest), busy, how)


def _record(
    execution: Execution,
    batch: BatchInDoubt,
    answer: Callable[[], list[WriteResult]],
    busy: list[int],
    how: _Round,
) -> CrmSegmentsError | None:
    """Record the answer to a batch, or what came instead of one, which is returned."""
    ws, ledger, plan = execution.session.ws, execution.ledger, execution.plan
    try:
        results = answer()
    except (UnknownOutcomeError, ProtocolError) as error:
        ledger.count_request(batch.batch_no)
        settle_doubt(ws, ledger, plan, [batch])
        return error
    except CrmSegmentsError as error:
        # Any other refusal promises that nothing of the batch was touched.
        ledger.settle(batch.batch_no, batch.rows, [Outcome.NOT_SENT] * len(batch.rows))
        return error
    busy_as = Outcome.LOCKED if how.is_last else Outcome.NOT_SENT
    moved = settle_answer(execution, batch, results, busy_as)
    if moved is None and not how.is_last:
        busy += [
            row
            for row, result in zip(batch.rows, results, strict=True)
            if result.outcome is WriteOutcome.BUSY
        ]
    return moved


def settle_answer(
    execution: Execution, batch: BatchInDoubt, results: Sequence[WriteResult], busy_as: Outcome
) -> CrmSegmentsError | None:
    """Record the CRM's answer for each row; returns an error where all were refused as our fields moved.

    Args:
        execution: The attempt.
        batch: What was asked.
        results: One per row.
        busy_as: What a record that another request held amounts to.
    """
    ledger = execution.ledger
    if all(result.outcome is WriteOutcome.REJECTED for result in results) and _have_fields_moved(execution):
        ledger.settle(batch.batch_no, batch.rows, [Outcome.NOT_SENT] * len(batch.rows), requests=1)
        return SchemaError(
            "One of our fields was removed or changed in the CRM while records were written.",
            hint="Run again: fields that are missing are made anew.",
            code="schema.field.moved",
            details={"fields": sorted(execution.plan.head.field_names.values())},
            next_command="crm-segments run",
        )
    ledger.settle_results(batch.batch_no, batch.rows, results, busy_as=busy_as)
    return None


def fields_now(execution: Execution) -> str:
    """Fingerprint of our fields as the CRM describes them now."""
    ws, head = execution.session.ws, execution.plan.head
    description = ws.retry.call(lambda: ws.connector.describe(head.object))
    return description.fingerprint(tuple(head.field_names.values()))


def _have_fields_moved(execution: Execution) -> bool:
    return fields_now(execution) != execution.ledger.schema_hash


def stop_if_asked(execution: Execution, left: int) -> None:
    """End here if someone asked to.

    Raises:
        StopRequested: Someone did; says how many records are left.
    """
    error = _stop_error(execution, left)
    if error:
        raise error


def _stop_error(execution: Execution, left: int) -> CrmSegmentsError | None:
    if not execution.session.ws.should_stop():
        return None
    return StopRequested(
        f"Stopped as asked; {left:,} records are still to be written.",
        hint="The next run goes on where this one stopped.",
        next_command="crm-segments run",
    )
