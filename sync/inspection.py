"""Looking at what was done, without touching anything: status, history, segments, what is held."""

from dataclasses import dataclass

import pyarrow as pa
import sqlalchemy as sa

from segmentation.model import SegmentModel
from sync import exceptions
from sync.placements import load_decided
from sync.planning import count_segments
from sync.refits import RefitProposal, waiting_proposal
from sync.results import SegmentCount
from sync.state import models, plans, schema
from sync.state.assignments import load_assignments
from sync.state.models import ModelStatus
from sync.state.plans import StoredPlan
from sync.state.runs import RunRow, list_runs, unfinished_run
from sync.workspace import Workspace

__all__ = [
    "HeldRecord",
    "Status",
    "current_assignments",
    "get_history",
    "get_status",
    "list_held",
    "list_segments",
    "scope_ids",
]


SHOWN_HELD = 5


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """A record whose fields someone else changed; what they hold is kept."""

    object: str
    record_id: str
    since: str


@dataclass(frozen=True, slots=True)
class Status:
    """How things stand for one connection."""

    connection_label: str
    last_run: RunRow | None
    last_good_run: RunRow | None
    unfinished_run: RunRow | None
    open_plans: tuple[StoredPlan, ...]
    segments: tuple[SegmentCount, ...]
    held_count: int
    rejected_count: int
    waiting_refit: RefitProposal | None
    held: tuple[HeldRecord, ...] = ()
    """The first few of those that are held."""


def get_status(ws: Workspace) -> Status:
    """How things stand, from the state store alone."""
    identity = ws.connector.identify()
    connection_id = identity.connection_id
    with ws.store.begin() as tx:
        scopes = scope_ids(tx, ws, connection_id)
        good = list_runs(tx, connection_id, 1, status="complete")
        newest = list_runs(tx, connection_id, 1)
        unfinished = [run for scope_id in scopes.values() if (run := unfinished_run(tx, scope_id))]
        refits = [
            waiting_proposal(row, ws.segmentation(name), row.status)
            for name, scope_id in scopes.items()
            if (row := models.find_model(tx, scope_id, ModelStatus.REFIT, ModelStatus.APPROVED))
        ]
        held = sa.select(sa.func.count()).select_from(schema.hold)
        return Status(
            connection_label=identity.label,
            last_run=newest[0] if newest else None,
            last_good_run=good[0] if good else None,
            unfinished_run=unfinished[0] if unfinished else None,
            open_plans=tuple(plans.list_open_plans(tx, connection_id)),
            segments=tuple(_segments(tx, ws, scopes)),
            held_count=tx.execute(held.where(schema.hold.c.scope_id.in_(scopes.values()))).scalar_one(),
            rejected_count=exceptions.count_by_state(tx, list(scopes.values())).get("rejected", 0),
            waiting_refit=refits[0] if refits else None,
            held=_held(tx, ws, scopes, SHOWN_HELD),
        )


def list_held(ws: Workspace, limit: int = SHOWN_HELD) -> tuple[HeldRecord, ...]:
    """The records that are held since the last run, longest first."""
    connection_id = ws.connector.identify().connection_id
    with ws.store.begin() as tx:
        return _held(tx, ws, scope_ids(tx, ws, connection_id), limit)


def get_history(ws: Workspace, limit: int) -> list[RunRow]:
    """Runs of this connection, newest first."""
    connection_id = ws.connector.identify().connection_id
    with ws.store.begin() as tx:
        return list_runs(tx, connection_id, limit)


def list_segments(ws: Workspace) -> list[SegmentCount]:
    """The segments as they are assigned now."""
    connection_id = ws.connector.identify().connection_id
    with ws.store.begin() as tx:
        return _segments(tx, ws, scope_ids(tx, ws, connection_id))


def current_assignments(ws: Workspace) -> dict[str, pa.Table]:
    """Which segment each record is in and how sure that is, in `plan.ASSIGNMENT_SCHEMA` by segmentation."""
    connection_id = ws.connector.identify().connection_id
    with ws.store.begin() as tx:
        scopes = scope_ids(tx, ws, connection_id)
        return {name: load_assignments(tx, scope_id) for name, scope_id in scopes.items()}


def _held(tx: sa.Connection, ws: Workspace, scopes: dict[str, int], limit: int) -> tuple[HeldRecord, ...]:
    table = schema.hold
    kinds = {scope_id: ws.segmentation(name).object for name, scope_id in scopes.items()}
    rows = tx.execute(
        sa.select(table.c.scope_id, table.c.record_id, table.c.since)
        .where(table.c.scope_id.in_(list(kinds)))
        .order_by(table.c.since, table.c.record_id)
        .limit(limit)
    )
    return tuple(HeldRecord(kinds[row.scope_id], row.record_id, row.since) for row in rows)


def scope_ids(tx: sa.Connection, ws: Workspace, connection_id: str) -> dict[str, int]:
    """The keys of the state of each segmentation that has one, by its name."""
    table = schema.scope
    rows = tx.execute(
        sa.select(table.c.segmentation, table.c.scope_id).filter_by(connection_id=connection_id)
    )
    known = {row.segmentation: row.scope_id for row in rows}
    return {each.name: known[each.name] for each in ws.segmentations if each.name in known}


def _segments(tx: sa.Connection, ws: Workspace, scopes: dict[str, int]) -> list[SegmentCount]:
    found: list[SegmentCount] = []
    for name, scope_id in scopes.items():
        row = models.find_model(tx, scope_id, ModelStatus.CURRENT)
        if row is not None:
            model = SegmentModel.from_json(row.body)
            decided = load_decided(tx, ws.segmentation(name), scope_id, model)
            found += count_segments(ws.segmentation(name), decided, load_assignments(tx, scope_id))
    return found
