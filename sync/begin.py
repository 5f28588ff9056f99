"""The moment a plan becomes an obligation: what must hold, and the one transaction that begins it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from connectors.errors import CrmSegmentsError, GuardError, StalePlanError
from connectors.model import UNCLASSIFIED_KEY
from segmentation.config import SegmentationSettings
from segmentation.model import SegmentModel
from sync import exceptions
from sync.diff import VALUE_SCHEMA
from sync.ledger import remember_written
from sync.plan import PARTS, Action, Plan, PlanStatus
from sync.session import Session
from sync.state import models
from sync.state.assignments import adopt_assignments
from sync.state.connections import bump_generation
from sync.state.holds import replace_holds
from sync.state.models import ModelStatus
from sync.state.plans import StoredPlan, set_plan_status
from sync.state.runs import begin_run, close_unfinished, newest_generation

__all__ = ["begin_plan", "check_approved", "check_fresh", "resume_plan"]


def check_approved(session: Session, stored: StoredPlan) -> None:
    """Refuse a plan that trips a guard, or that needs approval, and has none.

    Raises:
        GuardError: Says what to look at and the command that approves this one plan.
    """
    plan_id = stored.plan.plan_id
    if stored.status is PlanStatus.APPROVED:
        return
    approve = f"crm-segments approve {plan_id} --apply"
    if stored.plan.head.guards:
        stop = stored.plan.head.guards[0]
        more = [each.message for each in stored.plan.head.guards[1:]]
        raise GuardError(
            " ".join((stop.message, *more)),
            hint=stop.hint,
            code=stop.code,
            details={"plan_id": plan_id},
            next_command=approve,
        )
    if session.ws.settings.require_approval:
        raise GuardError(
            f"Plan {plan_id} waits for approval (require_approval under [sync]).",
            hint="Look at it with crm-segments plan; then approve it.",
            code="approval.required",
            details={"plan_id": plan_id},
            next_command=approve,
        )


def check_fresh(session: Session, plan: Plan, settings: SegmentationSettings, *, generation: int) -> None:
    """Refuse a plan that was made from something that has moved since.

    Args:
        session: The connection under lock.
        plan: What is about to be applied.
        settings: The segmentation as it is configured now.
        generation: The generation that the plan's own work has reached.

    Raises:
        StalePlanError: Says what moved.
    """
    for has_moved, what, code in _conditions(session, plan, settings, generation):
        if has_moved:
            raise StalePlanError(
                f"Plan {plan.plan_id} is stale: {what}.",
                hint="Make a new plan.",
                code=f"plan.stale.{code}",
                details={"plan_id": plan.plan_id},
                next_command="crm-segments plan",
            )


def _conditions(
    session: Session, plan: Plan, settings: SegmentationSettings, generation: int
) -> Iterator[tuple[bool, str, str]]:
    """Each thing that may have moved: whether it did, in words, and its code."""
    ws, head = session.ws, plan.head
    is_other = head.connection_id != session.connection.connection_id
    yield is_other, f"it was made for {head.connection_label}, another CRM account", "connection"
    is_retuned = head.settings_fingerprint != settings.plan_fingerprint(ws.currency)
    yield is_retuned, "the settings that decide who is in which segment changed", "settings"
    with ws.store.begin() as tx:
        scope_id = session.scope_id(settings, tx)
        newest = newest_generation(tx, scope_id)
        current = models.find_model(tx, session.model_scope_id(settings, tx), ModelStatus.CURRENT)
    yield newest != generation, "another plan was applied after it was made", "generation"
    model_id = current.model_id if current else None
    is_remade = model_id not in {head.base_model_id, head.model_id}
    yield is_remade, "the segments were made anew after it was made", "model"
    yield _fields_moved(session, plan), "its fields changed in the CRM after it was made", "schema"
    age = ws.clock() - datetime.fromisoformat(head.created_at)
    yield age > timedelta(days=ws.settings.max_plan_age_days), f"it is {age.days} days old", "age"


def _fields_moved(session: Session, plan: Plan) -> bool:
    """Whether a field of ours was removed or retyped; those that the plan itself makes do not count."""
    ws, head = session.ws, plan.head
    description = ws.retry.call(lambda: ws.connector.describe(head.object))
    there = tuple(name for name in head.field_names.values() if name not in head.missing_fields)
    return description.fingerprint(there) != head.schema_hash


@dataclass(frozen=True, slots=True)
class Begun:
    """A run under way."""

    run_id: str
    generation: int


def begin_plan(session: Session, stored: StoredPlan, settings: SegmentationSettings, run_id: str) -> Begun:
    """Begin a plan in one transaction: its model and assignments become current, its run is on record."""
    ws, plan = session.ws, stored.plan
    with ws.store.begin() as tx:
        session.lock.check(tx)
        scope_id = session.scope_id(settings, tx)
        generation = bump_generation(tx, plan.head.connection_id)
        close_unfinished(tx, scope_id, ws.store.now())
        begin_run(tx, _run_values(session, stored, scope_id, run_id, generation))
        set_plan_status(tx, plan.plan_id, PlanStatus.APPLYING)
        if session.model_scope_id(settings, tx) == scope_id:
            if plan.head.model_id != plan.head.base_model_id:
                _adopt_model(tx, scope_id, plan.head.model_id)
            models.remember_keys(tx, scope_id, plan.head.model_id, _titles(plan))
        adopt_assignments(
            tx,
            scope_id,
            plan.assignments,
            model_id=plan.head.model_id,
            run_id=run_id,
            is_refit=plan.head.base_model_id not in {None, plan.head.model_id},
        )
        remember_written(tx, scope_id, plan.rows(Action.ADOPT), run_id)
        remember_written(tx, scope_id, _recovered(plan), run_id)
        open_rows = pa.concat_tables([plan.rows(Action.SET), plan.rows(Action.WAIT)])
        exceptions.forget_others(tx, scope_id, set(open_rows["record_id"].to_pylist()))
        replace_holds(tx, scope_id, plan.rows(Action.HOLD), ws.store.now())
    return Begun(run_id, generation)


def _titles(plan: Plan) -> list[tuple[str, str]]:
    """All segments of the plan, those of rules too: their keys are taken from now on."""
    options = plan.head.options
    return [(option.value, option.label) for option in options if option.value != UNCLASSIFIED_KEY]


def _recovered(plan: Plan) -> pa.Table:
    """After a lost state: what the CRM carries from us in records that are about to be written anew."""
    rows = plan.rows(Action.SET)
    # Outside a recovery, a value that was there before us is held and never set.
    rows = rows.filter(pc.equal(rows["cause"], "foreign"))
    return pa.table([rows["record_id"], *(rows[f"seen_{part}"] for part in PARTS)], schema=VALUE_SCHEMA)


def resume_plan(
    session: Session, stored: StoredPlan, settings: SegmentationSettings, run_id: str, generation: int
) -> Begun:
    """Go on with a run that was cut off, under its id."""
    ws = session.ws
    with ws.store.begin() as tx:
        session.lock.check(tx)
        scope_id = session.scope_id(settings, tx)
        begin_run(tx, _run_values(session, stored, scope_id, run_id, generation))
    return Begun(run_id, generation)


def _run_values(
    session: Session, stored: StoredPlan, scope_id: int, run_id: str, generation: int
) -> dict[str, object]:
    head = stored.plan.head
    return {
        "run_id": run_id,
        "connection_id": head.connection_id,
        "scope_id": scope_id,
        "plan_id": head.plan_id,
        "command": session.ws.command,
        "actor": session.ws.actor,
        "as_of": head.as_of,
        "fencing": session.lock.fencing,
        "generation": generation,
        "in_scope_count": head.in_scope_count,
        "started_at": session.ws.store.now(),
    }


def _adopt_model(tx: sa.Connection, scope_id: int, model_id: str) -> None:
    model = SegmentModel.from_json(models.get_model(tx, model_id).body)
    titles = [(segment.key, segment.title) for segment in model.segments]
    models.adopt_model(tx, scope_id, model_id, titles)


def status_of(error: CrmSegmentsError) -> str:
    """The run status that an error amounts to."""
    return {6: "stopped", 75: "paused"}.get(error.exit_code, "failed")
