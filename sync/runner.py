"""One command's worth of work: finish what was begun, plan anew, apply."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date

import sqlalchemy as sa

from connectors.errors import CrmSegmentsError, GuardError, StalePlanError
from segmentation.config import FollowingSettings, SegmentationSettings
from sync import exceptions
from sync.apply import Execution, carry_out
from sync.begin import Begun, begin_plan, check_approved, check_fresh, resume_plan, status_of
from sync.following import make_following_plan
from sync.jobs import resolve_doubt
from sync.ledger import Ledger, Outcome
from sync.plan import Action, Plan, PlanStatus
from sync.planning import make_plan, refresh_snapshot, resolve_as_of
from sync.results import ChangeCounts, FinishedRun, RunResult, RunStatus
from sync.session import Session, open_session
from sync.snapshot import Snapshot
from sync.state import plans, schema
from sync.state.plans import StoredPlan
from sync.state.runs import RunRow, begin_run, finish_run, unfinished_run
from sync.workspace import Workspace, new_id

__all__ = ["apply_plan", "approve_plan", "get_plan", "make_plans", "run"]

Confirm = Callable[[list[StoredPlan]], bool]
"""Shows plans to a person and returns the answer; `--yes` always says True."""

_EXIT_ORDER = (1, 2, 4, 6, 75, 5, 0)


def make_plans(ws: Workspace, *, as_of: date | None = None) -> list[StoredPlan]:
    """Pull, segment and compare, one saved plan per segmentation. Writes nothing to the CRM.

    Raises:
        CrmSegmentsError: As its class says.
    """
    with open_session(ws) as session:
        for settings in ws.segmentations:
            _settle_earlier(session, settings)
        day = resolve_as_of(session, as_of)
        snapshot = refresh_snapshot(session)
        made: dict[str, StoredPlan] = {}
        for settings in ws.segmentations:
            made[settings.name] = _make_plan(session, settings, snapshot, day, made)
        return list(made.values())


def _make_plan(
    session: Session,
    settings: SegmentationSettings,
    snapshot: Snapshot,
    day: date,
    made: Mapping[str, StoredPlan],
) -> StoredPlan:
    if isinstance(settings, FollowingSettings):
        return make_following_plan(session, settings, snapshot, day, made[settings.follows.name])
    return make_plan(session, settings, snapshot, day)


def get_plan(ws: Workspace, prefix: str | None = None) -> StoredPlan:
    """A saved plan by the beginning of its id; without one, the newest that could be applied.

    Raises:
        UsageError: There is none, or there are several.
    """
    connection_id = ws.connector.identify().connection_id
    with ws.store.begin() as tx:
        return plans.find_plan(tx, connection_id, prefix)


def approve_plan(ws: Workspace, prefix: str | None) -> StoredPlan:
    """Record that the actor agrees to exactly this plan.

    Raises:
        StalePlanError: It was superseded or applied meanwhile.
    """
    connection_id = ws.connector.identify().connection_id
    # One transaction: a run that begins this plan meanwhile comes before or after, never in between.
    with ws.store.begin() as tx:
        stored = plans.find_plan(tx, connection_id, prefix)
        if stored.status not in {PlanStatus.PROPOSED, PlanStatus.APPROVED}:
            raise _over(stored)
        plans.approve(tx, stored, actor=ws.actor, now=ws.store.now())
        return plans.load_plan(tx, stored.plan.plan_id)


def apply_plan(ws: Workspace, prefix: str | None, *, confirm: Confirm) -> RunResult:
    """Apply exactly the saved plan; without one, plan anew, show it, ask, and apply.

    Returns:
        The result; guard stops, stale plans and interruptions are in its `error`.

    Raises:
        UsageError: There is no such plan.
        LockedError: Another run is at work.
    """
    if prefix is None:
        return run(ws, confirm=confirm)
    plan_id = get_plan(ws, prefix).plan.plan_id
    with open_session(ws) as session:
        # Again under the lock: another run may have taken it up meanwhile.
        stored = get_plan(ws, plan_id)
        settings = ws.segmentation(stored.plan.head.segmentation)
        unfinished = _unfinished(session, settings)
        if unfinished is not None and unfinished.plan_id == plan_id:
            return _combine([], [_resume(session, settings, unfinished.run_id, stored)])
        return _combine([], [_apply(session, stored, settings, confirm)])


def run(ws: Workspace, *, as_of: date | None = None, confirm: Confirm) -> RunResult:
    """Do the whole job: finish what an earlier run began, apply what was approved, plan anew and apply.

    Returns:
        The result; guard stops, unfit data and interruptions are in its `error`.

    Raises:
        LockedError: Another run is at work.
        ConfigError, DataError: The settings do not fit the state store.
    """
    with open_session(ws) as session:
        finished: list[RunResult] = []
        put_aside: list[str] = []
        try:
            for settings in ws.segmentations:
                finished += _finish_earlier(session, settings, put_aside)
            if any(result.error for result in finished):
                return _combine([], finished)
            day = resolve_as_of(session, as_of)
            snapshot = refresh_snapshot(session)
        except CrmSegmentsError as error:
            return _combine(finished, [_stopped(session, error)])
        results: list[RunResult] = []
        made: dict[str, StoredPlan] = {}
        for settings in ws.segmentations:
            if _waits_for(settings, made):
                continue
            try:
                made[settings.name] = _make_plan(session, settings, snapshot, day, made)
            except CrmSegmentsError as error:
                results.append(_stopped(session, error, settings))
        applied: set[str] = set()
        for name, stored in made.items():
            settings = ws.segmentation(name)
            if _waits_for(settings, applied):
                continue
            # An earlier plan of this very run moved the generation; this one was made in the same breath.
            results.append(_apply(session, stored, settings, confirm, same_breath=True))
            applied |= {name} if results[-1].error is None else set()
        return _combine(finished, results, put_aside)


def _waits_for(settings: SegmentationSettings, done: Collection[str]) -> bool:
    """Whether these are contacts whose accounts are not done: their own segment comes after."""
    return isinstance(settings, FollowingSettings) and settings.follows.name not in done


def _finish_earlier(
    session: Session, settings: SegmentationSettings, put_aside: list[str]
) -> list[RunResult]:
    """Resume a run that was cut off, and apply a plan that was approved; a stale one is put aside, aloud."""
    results: list[RunResult] = []
    unfinished = _unfinished(session, settings)
    if unfinished is not None and unfinished.plan_id is not None:
        with session.ws.store.begin() as tx:
            begun = plans.load_plan(tx, unfinished.plan_id)
        result = _resume(session, settings, unfinished.run_id, begun)
        if isinstance(result.error, StalePlanError):
            put_aside.append(f"{result.error.message} What was left of it was planned anew.")
        else:
            results.append(result)
    with session.ws.store.begin() as tx:
        open_plans = plans.list_open_plans(tx, session.connection.connection_id)
    for stored in open_plans:
        if stored.status is PlanStatus.APPROVED and stored.plan.head.segmentation == settings.name:
            result = _apply(session, stored, settings, lambda _plans: True)
            if isinstance(result.error, StalePlanError):
                put_aside.append(f"{result.error.message} It was put aside although it was approved.")
            else:
                results.append(result)
            break
    return results


def _settle_earlier(session: Session, settings: SegmentationSettings) -> None:
    """Before planning: read back what an earlier run left in doubt, so that the plan knows the truth."""
    unfinished = _unfinished(session, settings)
    if unfinished is not None and unfinished.plan_id is not None:
        with session.ws.store.begin() as tx:
            stored = plans.load_plan(tx, unfinished.plan_id)
        ledger = _ledger(session, settings, unfinished.run_id, stored.plan)
        resolve_doubt(session.ws, ledger, stored.plan)
        ledger.fold()


def _unfinished(session: Session, settings: SegmentationSettings) -> RunRow | None:
    with session.ws.store.begin() as tx:
        return unfinished_run(tx, session.scope_id(settings, tx))


def _ledger(session: Session, settings: SegmentationSettings, run_id: str, plan: Plan) -> Ledger:
    return Ledger(session.ws.store, session.lock, session.scope_id(settings), run_id, plan)


def _resume(session: Session, settings: SegmentationSettings, run_id: str, stored: StoredPlan) -> RunResult:
    """Go on with a run that was cut off; one whose plan went stale is closed, and its result says so."""
    ws = session.ws
    _settle_earlier(session, settings)
    with ws.store.begin() as tx:
        generation = tx.execute(sa.select(schema.run.c.generation).filter_by(run_id=run_id)).scalar()
    try:
        check_fresh(session, stored.plan, settings, generation=int(generation or 0))
    except StalePlanError as error:
        result = _result(
            session, settings, stored.plan, _ledger(session, settings, run_id, stored.plan), run_id
        )
        result = replace(result, status=RunStatus.STOPPED, exit_code=error.exit_code, error=error)
        _finish(session, result, PlanStatus.SUPERSEDED)
        return result
    begun = resume_plan(session, stored, settings, run_id, int(generation or 0))
    return _execute(session, stored, settings, begun)


def _apply(
    session: Session,
    stored: StoredPlan,
    settings: SegmentationSettings,
    confirm: Confirm,
    *,
    same_breath: bool = False,
) -> RunResult:
    try:
        if stored.status not in {PlanStatus.PROPOSED, PlanStatus.APPROVED}:
            raise _over(stored)
        if not same_breath:
            check_fresh(session, stored.plan, settings, generation=stored.plan.head.ledger_generation)
        check_approved(session, stored)
        if _has_work(stored.plan) and not confirm([stored]):
            raise GuardError(
                "Nothing was written: the answer was no.",
                hint="The plan is saved.",
                code="run.declined",
                next_command=f"crm-segments apply {stored.plan.plan_id}",
            )
    except CrmSegmentsError as error:
        return _stopped(session, error, settings, stored)
    begun = begin_plan(session, stored, settings, new_id())
    return _execute(session, stored, settings, begun)


def _has_work(plan: Plan) -> bool:
    return bool(plan.head.field_steps) or plan.rows(Action.SET).num_rows > 0


def _execute(session: Session, stored: StoredPlan, settings: SegmentationSettings, begun: Begun) -> RunResult:
    plan = stored.plan
    ledger = _ledger(session, settings, begun.run_id, plan)
    execution = Execution(session, ledger, plan, settings.field, begun.run_id)
    error: CrmSegmentsError | None = None
    try:
        carry_out(execution)
    except CrmSegmentsError as caught:
        error = caught
    ledger.fold()
    result = _result(session, settings, plan, ledger, begun.run_id)
    if error is not None:
        result = replace(result, status=RunStatus(status_of(error)), exit_code=error.exit_code, error=error)
    _finish(session, result, None if error else PlanStatus.APPLIED)
    return result


def _finish(session: Session, result: RunResult, plan_status: PlanStatus | None) -> None:
    """Put the end of a run on record, and what it means for its plan."""
    ws, error = session.ws, result.error
    with ws.store.begin() as tx:
        session.lock.check(tx)
        if plan_status is not None:
            plans.set_plan_status(tx, result.plan_ids[0], plan_status)
        finish_run(
            tx,
            result.run_id,
            status=result.status.value,
            exit_code=result.exit_code,
            error_code=error.code if isinstance(error, CrmSegmentsError) else None,
            changes=result.changes,
            write_requests=result.write_requests,
            ended_at=ws.store.now(),
        )


def _result(
    session: Session, settings: SegmentationSettings, plan: Plan, ledger: Ledger, run_id: str
) -> RunResult:
    counts = ledger.counts()
    rejected_now = list(ledger.final_rows().values()).count(Outcome.REJECTED)
    partial = rejected_now > session.ws.settings.max_rejected
    with session.ws.store.begin() as tx:
        groups = exceptions.rejected_groups(tx, session.scope_id(settings, tx)) if counts.rejected else ()
    return RunResult(
        run_id=run_id,
        status=RunStatus.PARTIAL if partial else RunStatus.COMPLETE,
        exit_code=5 if partial else 0,
        segments=plan.head.segments,
        changes=counts,
        write_requests=ledger.write_requests(),
        plan_ids=(plan.plan_id,),
        notes=plan.head.notes,
        rejected=groups,
    )


def _stopped(
    session: Session,
    error: CrmSegmentsError,
    settings: SegmentationSettings | None = None,
    stored: StoredPlan | None = None,
) -> RunResult:
    """A run that ended before anything was begun; it is on record all the same."""
    ws, run_id = session.ws, new_id()
    head = stored.plan.head if stored else None
    counts = _counts_before(stored.plan) if stored else ChangeCounts()
    status = status_of(error)
    with ws.store.begin() as tx:
        begin_run(
            tx,
            {
                "run_id": run_id,
                "connection_id": session.connection.connection_id,
                "scope_id": session.scope_id(settings, tx) if settings else None,
                "plan_id": None,
                "command": ws.command,
                "actor": ws.actor,
                "as_of": head.as_of if head else None,
                "fencing": session.lock.fencing,
                "generation": None,
                "in_scope_count": None,
                "started_at": ws.store.now(),
            },
        )
        finish_run(
            tx,
            run_id,
            status=status,
            exit_code=error.exit_code,
            error_code=error.code,
            changes=counts,
            ended_at=ws.store.now(),
        )
    return RunResult(
        run_id=run_id,
        status=RunStatus(status),
        exit_code=error.exit_code,
        segments=head.segments if head else (),
        changes=counts,
        plan_ids=(head.plan_id,) if head else (),
        notes=head.notes if head else (),
        error=error,
    )


def _counts_before(plan: Plan) -> ChangeCounts:
    held, waiting = plan.rows(Action.HOLD).num_rows, plan.rows(Action.WAIT).num_rows
    pending = plan.rows(Action.SET).num_rows
    return ChangeCounts(planned=pending + held + waiting, held=held, rejected=waiting, pending=pending)


def _over(stored: StoredPlan) -> StalePlanError:
    return StalePlanError(
        f"Plan {stored.plan.plan_id} is over: it was {stored.status.value}.",
        hint="Make a new plan.",
        code=f"plan.{stored.status.value}",
        next_command="crm-segments plan",
    )


def _combine(finished: list[RunResult], results: list[RunResult], put_aside: Sequence[str] = ()) -> RunResult:
    """Several segmentations, and what was finished first, as one result."""
    everything = [*results, *finished]
    worst = min(everything, key=lambda result: _EXIT_ORDER.index(result.exit_code))
    changes = ChangeCounts()
    for result in everything:
        changes = changes + result.changes
    return replace(
        worst,
        run_id=results[0].run_id,
        segments=tuple(segment for result in results for segment in result.segments),
        changes=changes,
        write_requests=sum(result.write_requests for result in everything),
        plan_ids=tuple(plan_id for result in results for plan_id in result.plan_ids),
        finished_first=tuple(
            FinishedRun(result.run_id, result.plan_ids[0], result.changes) for result in finished
        ),
        notes=tuple(dict.fromkeys([*put_aside, *(note for result in results for note in result.notes)])),
        rejected=tuple(group for result in everything for group in result.rejected),
    )
