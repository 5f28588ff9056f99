"""Carries out a plan that has begun: fields, records, lists. Everything it needs is in the plan."""

from datetime import datetime, timedelta

from connectors.contract import ListBuilder
from sync.doubt import read_back
from sync.fields import field_specs, list_specs
from sync.jobs import resolve_doubt, send_jobs
from sync.ledger import Outcome
from sync.sending import Execution, fields_now, send_batches, stop_if_asked
from sync.stages import BuildLists, MakeFields, Stage, WriteBatches, WriteJobs, stages_of

__all__ = ["Execution", "carry_out"]


def carry_out(execution: Execution) -> None:
    """Do what is left of the plan.

    Raises:
        StopRequested: Someone asked to stop; the batches in flight were finished first.
        CrmSegmentsError: The CRM or the state store refused; the next run goes on from here.
    """
    ws, plan, ledger = execution.session.ws, execution.plan, execution.ledger
    resolve_doubt(ws, ledger, plan)
    settled = set(ledger.final_rows())
    settled |= _hold_edited(execution, settled)
    for stage in stages_of(plan, ws.connector, ws.settings, settled=settled):
        _carry_out_stage(execution, stage)


def _carry_out_stage(execution: Execution, stage: Stage) -> None:
    ws, plan = execution.session.ws, execution.plan
    match stage:
        case MakeFields():
            stop_if_asked(execution, 0)
            limit = ws.connector.limits.max_text_length
            specs = field_specs(plan.head, execution.stem, limit, execution.session.installation_id)
            ws.retry.call(lambda: ws.connector.ensure_fields(plan.head.object, specs))
        case WriteBatches():
            # What is refused from here on is refused by the fields as they are now.
            execution.ledger.schema_hash = fields_now(execution)
            send_batches(execution, stage.batches)
        case WriteJobs():
            execution.ledger.schema_hash = fields_now(execution)
            send_jobs(execution, stage.jobs)
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
        if isinstance(stage, WriteBatches | WriteJobs)
        for row in stage.rows
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
