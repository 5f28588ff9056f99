"""Saved plans and their approvals."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import sqlalchemy as sa

from connectors.errors import LedgerError, UsageError
from sync.plan import (
    ASSIGNMENT_SCHEMA,
    CHANGE_SCHEMA,
    Plan,
    PlanHead,
    PlanStatus,
    plan_hash,
    table_from_bytes,
    table_to_bytes,
)
from sync.state import schema

__all__ = [
    "StoredPlan",
    "approve",
    "find_plan",
    "list_open_plans",
    "load_plan",
    "save_plan",
    "set_plan_status",
    "supersede_open_plans",
]

_OPEN = (PlanStatus.PROPOSED.value, PlanStatus.APPROVED.value)


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A saved plan and where it stands."""

    plan: Plan
    status: PlanStatus
    hash: str
    approved_by: str | None = None
    approved_at: str | None = None

    @property
    def is_applyable(self) -> bool:
        """Whether no guard stands in its way, or a person has approved exactly this plan."""
        return self.status is PlanStatus.APPROVED or not self.plan.head.guards


def save_plan(tx: sa.Connection, scope_id: int, plan: Plan) -> StoredPlan:
    """Store a plan as proposed; open plans of the same scope give way.

    Where one of today's says the same, it stays instead, so that looking again keeps the id that was shown.
    """
    waiting = _newest_open(tx, scope_id)
    if waiting is not None and _says_the_same(waiting.plan, plan):
        return waiting
    supersede_open_plans(tx, scope_id)
    head, changes = plan.head.to_json(), table_to_bytes(plan.changes)
    digest = plan_hash(head, changes)
    tx.execute(
        schema.plan.insert().values(
            plan_id=plan.plan_id,
            scope_id=scope_id,
            status=PlanStatus.PROPOSED.value,
            created_at=plan.head.created_at,
            hash=digest,
            head=head,
            changes=changes,
            assignments=table_to_bytes(plan.assignments),
        )
    )
    return StoredPlan(plan, PlanStatus.PROPOSED, digest)


def _newest_open(tx: sa.Connection, scope_id: int) -> StoredPlan | None:
    table = schema.plan
    found = tx.execute(
        sa.select(table.c.plan_id)
        .where(table.c.scope_id == scope_id, table.c.status.in_(_OPEN))
        .order_by(table.c.created_at.desc(), table.c.plan_id.desc())
        .limit(1)
    ).scalar()
    try:
        return None if found is None else load_plan(tx, found)
    except LedgerError:
        # A damaged plan gives way to the new one, which is what its message asks for.
        return None


def _says_the_same(old: Plan, new: Plan) -> bool:
    def essence(head: PlanHead) -> PlanHead:
        # A guard's hint names the plan's id.
        guards = tuple(replace(guard, hint="") for guard in head.guards)
        return replace(head, plan_id="", created_at=head.created_at[:10], pulled_at="", guards=guards)

    return essence(old.head) == essence(new.head) and old.changes.equals(new.changes)


def supersede_open_plans(tx: sa.Connection, scope_id: int) -> int:
    """Put aside plans that were never begun; returns how many."""
    table = schema.plan
    found = tx.execute(
        table.update()
        .where(table.c.scope_id == scope_id, table.c.status.in_(_OPEN))
        .values(status=PlanStatus.SUPERSEDED.value, assignments=None)
    )
    return found.rowcount


def set_plan_status(tx: sa.Connection, plan_id: str, status: PlanStatus) -> None:
    """Move a plan on; the assignments of one that is over are not kept twice."""
    values: dict[str, object] = {"status": status.value}
    if status in {PlanStatus.APPLIED, PlanStatus.SUPERSEDED}:
        values["assignments"] = None
    tx.execute(schema.plan.update().filter_by(plan_id=plan_id).values(**values))


def approve(tx: sa.Connection, stored: StoredPlan, *, actor: str, now: str) -> None:
    """Record that a person agreed to exactly these bytes."""
    plan_id = stored.plan.plan_id
    tx.execute(schema.approval.delete().filter_by(plan_id=plan_id))
    tx.execute(
        schema.approval.insert().values(plan_id=plan_id, hash=stored.hash, actor=actor, approved_at=now)
    )
    set_plan_status(tx, plan_id, PlanStatus.APPROVED)


def _changes_from(blob: bytes) -> pa.Table:
    table = table_from_bytes(blob)
    if "parent_id" not in table.column_names:
        # Saved before records were sent together with what belongs to the same account.
        table = table.append_column("parent_id", pa.nulls(table.num_rows, pa.string()))
    return table.cast(CHANGE_SCHEMA)


def find_plan(tx: sa.Connection, connection_id: str, prefix: str | None) -> StoredPlan:
    """The plan whose id begins with `prefix`; without one, the newest that could be applied.

    Raises:
        UsageError: None, or several.
    """
    table = schema.plan
    ids = _plan_ids(tx, connection_id, prefix)
    if not ids:
        what = f'that begins with "{prefix}"' if prefix else "that waits to be applied"
        raise UsageError(
            f"There is no plan {what}.",
            hint="Make one.",
            code="plan.unknown",
            next_command="crm-segments plan",
        )
    if prefix is not None and len(ids) > 1:
        raise UsageError(
            f'{len(ids)} plans begin with "{prefix}".',
            hint=f"Write more of the id, for example {ids[0]}.",
            code="plan.ambiguous",
        )
    return load_plan(tx, tx.execute(sa.select(table.c.plan_id).filter_by(plan_id=ids[0])).scalar_one())


def list_open_plans(tx: sa.Connection, connection_id: str) -> list[StoredPlan]:
    """Plans that could be applied, newest first."""
    return [load_plan(tx, plan_id) for plan_id in _plan_ids(tx, connection_id, None)]


def _plan_ids(tx: sa.Connection, connection_id: str, prefix: str | None) -> Sequence[str]:
    table, scope = schema.plan, schema.scope
    query = (
        sa.select(table.c.plan_id)
        .join(scope, scope.c.scope_id == table.c.scope_id)
        .where(scope.c.connection_id == connection_id)
        .order_by(table.c.created_at.desc(), table.c.plan_id.desc())
    )
    if prefix is None:
        query = query.where(table.c.status.in_(_OPEN))
    else:
        query = query.where(table.c.plan_id.startswith(prefix, autoescape=True))
    return tx.execute(query).scalars().all()


def load_plan(tx: sa.Connection, plan_id: str) -> StoredPlan:
    """Read a plan and check that it is what was saved, and what was approved.

    Raises:
        LedgerError: Its bytes changed since.
    """
    row = tx.execute(sa.select(schema.plan).filter_by(plan_id=plan_id)).one()
    approval = tx.execute(sa.select(schema.approval).filter_by(plan_id=plan_id)).one_or_none()
    if plan_hash(row.head, row.changes) != row.hash or (approval and approval.hash != row.hash):
        raise LedgerError(
            f"The saved plan {plan_id} is damaged: its content is not what was saved.",
            hint="Make a new plan: crm-segments plan",
            code="plan.damaged",
        )
    assignments = row.assignments
    plan = Plan(
        head=PlanHead.from_json(row.head),
        changes=_changes_from(row.changes),
        assignments=table_from_bytes(assignments) if assignments else ASSIGNMENT_SCHEMA.empty_table(),
    )
    return StoredPlan(
        plan,
        PlanStatus(row.status),
        row.hash,
        approval.actor if approval else None,
        approval.approved_at if approval else None,
    )
