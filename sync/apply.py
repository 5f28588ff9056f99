"""Carries out a plan that has begun: fields, batches, lists. Everything it needs is in the plan.

The calling thread is the only one that writes the ledger; a small pool carries the requests. Each round
makes the intents of its batches durable in one transaction, sends them, and settles them as they come back.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pyarrow as pa

from connectors.contract import ListBuilder
from connectors.errors import (
    CrmSegmentsError,
    ProtocolError,
    SchemaError,
    StopRequested,
    UnknownOutcomeError,
)
from connectors.model import FieldValue, FieldWrite, Progress, WriteOutcome, WriteResult
from sync.doubt import read_back, settle_doubt
from sync.fields import field_specs, list_specs
from sync.ledger import BatchInDoubt, Ledger, Outcome
from sync.plan import PARTS, Plan
from sync.session import Session
from sync.stages import BuildLists, MakeFields, Stage, WriteBatches, stages_of

__all__ = ["carry_out"]


@dataclass(frozen=True, slots=True)
class Execution:
    """One attempt at one plan."""

    session: Session
    ledger: Ledger
    plan: Plan
    stem: str
    run_id: str


def carry_out(execution: Execution) -> None:
    """Do what is left of the plan.

    Raises:
        StopRequested: Someone asked to stop; the batches in flight were finished first.
        CrmSegmentsError: The CRM or the state store refused; the next run goes on from here.
    """
    ws, plan, ledger = execution.session.ws, execution.plan, execution.ledger
    settle_doubt(ws, ledger, plan, ledger.in_doubt())
    settled = set(ledger.final_rows())
    settled |= _hold_edited(execution, settled)
    for stage in stages_of(plan, ws.connector, ws.settings, settled=settled):
        _carry_out_stage(execution, stage)


def _carry_out_stage(execution: Execution, stage: Stage) -> None:
    ws, plan = execution.session.ws, execution.plan
    match stage:
        case MakeFields():
            _stop_if_asked(execution, 0)
            limit = ws.connector.limits.max_text_length
            specs = field_specs(plan.head, execution.stem, limit, execution.session.installation_id)
            ws.retry.call(lambda: ws.connector.ensure_fields(plan.head.object, specs))
        case WriteBatches():
            # What is refused from here on is refused by the fields as they are now.
            execution.ledger.schema_hash = _fields_now(execution)
            _write_batches(execution, stage.batches)
        case BuildLists():
            builder = ws.connector
            if isinstance(builder, ListBuilder):
                ws.retry.call(lambda: builder.ensure_lists(list_specs(plan.head)))


def _hold_edited(execution: Execution, settled: set[int]) -> set[int]:
    """Rows whose fields someone changed since the pull are held, not overwritten.

    A pull that is younger than the connector's `trusted_pull_seconds` is not checked again (ADR 0003).
    """
    ws, plan = execution.session.ws, execution.plan
    pulled_at = datetime.fromisoformat(plan.head.pulled_at)
    if ws.clock() - pulled_at < timedelta(seconds=ws.connector.limits.trusted_pull_seconds):
        return set()
    open_rows = [
        row
        for stage in stages_of(plan, ws.connector, ws.settings, settled=settled)
        if isinstance(stage, WriteBatches)
        for batch in stage.batches
        for row in batch
    ]
    if not open_rows:
        return set()
    changes = plan.take(open_rows).to_pylist()
    held = read_back(ws, plan, [change["record_id"] for change in changes])
    edited = [
        row
        for row, change in zip(open_rows, changes, strict=True)
        if held.has(change) and not (held.agrees(change, "seen_") or held.agrees(change, ""))
    ]
    if edited:
        (number,) = execution.ledger.begin([edited])
        execution.ledger.settle(number, edited, [Outcome.HELD] * len(edited))
    return set(edited)


def _write_batches(execution: Execution, batches: Sequence[Sequence[int]]) -> None:
    ws, ledger = execution.session.ws, execution.ledger
    width = ws.connector.limits.max_parallel_writes
    waiting = list(batches)
    total = sum(len(batch) for batch in batches)
    inflight: dict[Future[list[WriteResult]], BatchInDoubt] = {}
    done, failure = 0, None
    with ThreadPoolExecutor(max_workers=width) as pool:
        while waiting or inflight:
            failure = failure or (_stop_error(execution, total - done) if waiting else None)
            if failure and not inflight:
                raise failure
            room = 0 if failure else width - len(inflight)
            chosen, waiting = waiting[:room], waiting[room:]
            for number, rows in zip(ledger.begin(chosen) if chosen else [], chosen, strict=True):
                batch = BatchInDoubt(number, tuple(rows))
                inflight[pool.submit(_send, execution, batch)] = batch
            finished, _ = wait(inflight, return_when=FIRST_COMPLETED)
            for future in finished:
                batch = inflight.pop(future)
                failure = _settle(execution, batch, future) or failure
                done += len(batch.rows)
                ws.observer(Progress("write", done, total, execution.plan.head.object))
    if failure:
        raise failure


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
    slice_: pa.Table = plan.take(rows)
    return [
        FieldWrite(change["record_id"], {names[part]: _field_value(part, change[part]) for part in PARTS})
        for change in slice_.to_pylist()
    ]


def _field_value(part: str, text: str | None) -> FieldValue:
    return date.fromisoformat(text) if part == "since" and text else text


def _settle(
    execution: Execution, batch: BatchInDoubt, future: Future[list[WriteResult]]
) -> CrmSegmentsError | None:
    """Record how a batch came back; returns what must stop the run."""
    error = _record(execution, batch, future.result)
    return _send_rest(execution, batch) if isinstance(error, UnknownOutcomeError) else error


def _record(
    execution: Execution, batch: BatchInDoubt, answer: Callable[[], list[WriteResult]]
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
    if all(result.outcome is WriteOutcome.REJECTED for result in results) and _have_fields_moved(execution):
        ledger.settle(batch.batch_no, batch.rows, [Outcome.NOT_SENT] * len(batch.rows), requests=1)
        return SchemaError(
            "One of our fields was removed or changed in the CRM while records were written.",
            hint="Run again: fields that are missing are made anew.",
            code="schema.field.moved",
            details={"fields": sorted(plan.head.field_names.values())},
            next_command="crm-segments run",
        )
    ledger.settle_results(batch.batch_no, batch.rows, results)
    return None


def _send_rest(execution: Execution, batch: BatchInDoubt) -> CrmSegmentsError | None:
    """After a lost answer: rows that were not reached are sent once more, in a batch of their own."""
    settled = execution.ledger.final_rows()
    missing = [row for row in batch.rows if row not in settled]
    if not missing:
        return None
    (number,) = execution.ledger.begin([missing])
    rest = BatchInDoubt(number, tuple(missing))
    return _record(execution, rest, lambda: _send(execution, rest))


def _fields_now(execution: Execution) -> str:
    ws, head = execution.session.ws, execution.plan.head
    description = ws.retry.call(lambda: ws.connector.describe(head.object))
    return description.fingerprint(tuple(head.field_names.values()))


def _have_fields_moved(execution: Execution) -> bool:
    return _fields_now(execution) != execution.ledger.schema_hash


def _stop_if_asked(execution: Execution, left: int) -> None:
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
