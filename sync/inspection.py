"""Looking at what was done, without touching anything: status, history, segments, why this record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

import segmentation
from connectors.errors import DataError, UsageError
from connectors.model import UNCLASSIFIED_KEY, ObjectKind
from segmentation.config import FollowingSettings, SegmentationSettings
from segmentation.model import SegmentModel
from sync import exceptions
from sync.placements import Decided, load_decided
from sync.planning import PULLED_OBJECTS, count_segments
from sync.records import find_record
from sync.refits import RefitProposal, waiting_proposal
from sync.results import SegmentCount
from sync.snapshot import Snapshot, load_snapshot
from sync.state import models, plans, schema
from sync.state.assignments import RecordMove, load_assignments, record_history
from sync.state.models import ModelStatus
from sync.state.plans import StoredPlan
from sync.state.runs import RunRow, list_runs, unfinished_run
from sync.workspace import Workspace

__all__ = [
    "Explanation",
    "HeldRecord",
    "Status",
    "current_assignments",
    "explain",
    "get_history",
    "get_status",
    "last_as_of",
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


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a record is in its segment."""

    record_id: str
    name: str
    segment_key: str
    segment_title: str
    since: str
    band: str
    reason: str
    runner_up_title: str | None
    how_close: str
    facts: tuple[tuple[str, str, str], ...]
    """What is looked at, the record's value, what is typical of the segment."""
    held_since: str | None = None
    """Since when the CRM's own value is kept, where someone else changed our fields."""
    would_move: tuple[str, ...] = ()
    """What single change would move it, the nearest first."""
    history: tuple[tuple[str, str, str], ...] = ()
    """Since when it was in which segment, and why; oldest first."""


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


def explain(ws: Workspace, query: str, name: str | None = None) -> Explanation:
    """Why a record is where it is, by its id, its name or its web domain.

    Raises:
        UsageError: No such record, several, or nothing was segmented yet.
        DataError: The last pull is lost; the next plan reads everything again.
    """
    settings = ws.segmentation(name)
    if isinstance(settings, FollowingSettings):
        return _explain_contact(ws, settings, query)
    kind = ObjectKind(settings.object)
    connection_id = ws.connector.identify().connection_id
    with ws.store.begin() as tx:
        scope_id = scope_ids(tx, ws, connection_id).get(settings.name)
        row = models.find_model(tx, scope_id, ModelStatus.CURRENT) if scope_id else None
        current = load_assignments(tx, scope_id) if scope_id else None
        head = ws.store.snapshot_head(tx, connection_id)
        as_of = last_as_of(tx, scope_id) if scope_id else None
    if scope_id is None or row is None or current is None or as_of is None:
        raise UsageError(
            "Nothing was segmented yet.",
            hint="Make a plan and apply it.",
            code="explain.nothing",
            next_command="crm-segments run",
        )
    snapshot = _last_pull(ws, connection_id, head)
    record_id, record_name = find_record(snapshot.tables[kind], kind, query)
    assigned = current.filter(pc.equal(current["record_id"], record_id)).to_pylist()
    if not assigned:
        raise _unassigned(record_name, record_id)
    model, day = SegmentModel.from_json(row.body), date.fromisoformat(as_of)
    with ws.store.begin() as tx:
        held_since = _held_since(tx, scope_id, record_id)
        decided = load_decided(tx, settings, scope_id, model)
        moves = record_history(tx, scope_id, record_id)
    found = _explained(ws, settings, snapshot, decided, assigned[0], day)
    history = _told(moves, decided.titles)
    return replace(found, name=record_name, held_since=held_since, history=history)


def _last_pull(ws: Workspace, connection_id: str, head: str | None) -> Snapshot:
    snapshot = load_snapshot(ws, connection_id, head)
    if snapshot is None:
        raise DataError(
            "The last pull is not on this machine any more.",
            hint="The next plan reads everything again.",
            code="snapshot.lost",
            next_command="crm-segments plan",
        )
    return snapshot


def _unassigned(name: str, record_id: str) -> UsageError:
    return UsageError(
        f"{name} ({record_id}) has no segment: it is new, or outside the scope.",
        hint="A new record gets one with the next run.",
        code="explain.unassigned",
        next_command="crm-segments run",
    )


def _explain_contact(ws: Workspace, settings: FollowingSettings, query: str) -> Explanation:
    """A contact that inherits is explained by its account."""
    connection_id = ws.connector.identify().connection_id
    with ws.store.begin() as tx:
        scopes = scope_ids(tx, ws, connection_id)
        scope_id = scopes.get(settings.name, 0)
        current = load_assignments(tx, scope_id)
        titles = models.taken_keys(tx, scopes.get(settings.follows.name, 0))
        head = ws.store.snapshot_head(tx, connection_id)
    contacts = _last_pull(ws, connection_id, head).tables[ObjectKind.CONTACT]
    contact_id, name = find_record(contacts, ObjectKind.CONTACT, query)
    assigned = current.filter(pc.equal(current["record_id"], contact_id)).to_pylist()
    owners = contacts.filter(pc.equal(contacts["contact_id"], contact_id))["account_id"].to_pylist()
    if not assigned or owners[0] is None:
        raise _unassigned(name, contact_id)
    account = explain(ws, owners[0], settings.follows.name)
    key = assigned[0]["segment_key"]
    with ws.store.begin() as tx:
        held_since = _held_since(tx, scope_id, contact_id)
    return replace(
        account,
        record_id=contact_id,
        name=name,
        segment_key=key,
        segment_title=titles.get(key, account.segment_title),
        since=assigned[0]["since"],
        reason=f"Its account: {account.reason}",
        how_close=f"It follows its account, {account.name} ({account.record_id}). {account.how_close}",
        held_since=held_since,
    )


def _explained(
    ws: Workspace,
    settings: SegmentationSettings,
    snapshot: Snapshot,
    decided: Decided,
    assigned: dict[str, str],
    as_of: date,
) -> Explanation:
    kind = ObjectKind(settings.object)
    tables = {each: snapshot.tables[each] for each in PULLED_OBJECTS[kind] if each in snapshot.tables}
    records = segmentation.Records(kind, tables)
    features = segmentation.compute_features(records, settings, currency=ws.currency, as_of=as_of)
    record_id, key = assigned["record_id"], assigned["segment_key"]
    found = segmentation.explain_record(decided.model, features, record_id, key)
    placements = decided.place(features)
    by_hand = _by_hand(decided, placements, assigned)
    return Explanation(
        record_id=record_id,
        name=record_id,
        segment_key=key,
        segment_title=decided.titles.get(key, key),
        since=assigned["since"],
        band=assigned["band"],
        reason=placements.reasons(decided.model, features, [record_id], [key])[0],
        runner_up_title=found.runner_up_title,
        how_close=by_hand or found.closeness,
        facts=tuple((each.title, each.value, each.typical) for each in found.features),
        would_move=() if by_hand else found.would_move,
    )


def _told(moves: Sequence[RecordMove], titles: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    """Since when, which segment, and why, oldest first."""
    why = {"first": "the first one", "refit": "new segments were approved"}
    return tuple(
        (move.since, titles.get(move.new_key, move.new_key), why.get(move.cause, "its own facts changed"))
        for move in moves
    )


def _by_hand(decided: Decided, placements: "segmentation.Placements", assigned: dict[str, str]) -> str | None:
    """Where a rule or a pin decides, or decided at the last run: what would be without it."""
    why = placements.why([assigned["record_id"]])[0]
    key, other = assigned["segment_key"], assigned["runner_up"]
    if why is not None:
        without = (
            f" Without it: {decided.titles.get(other, other)}."
            if other and other != key != UNCLASSIFIED_KEY
            else ""
        )
        return f"{why}.{without}"
    if key not in decided.model.keys:
        return "The rule or the pin that put it here is gone; the next run puts it elsewhere."
    return None


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


def _held_since(tx: sa.Connection, scope_id: int, record_id: str) -> str | None:
    table = schema.hold
    return tx.execute(sa.select(table.c.since).filter_by(scope_id=scope_id, record_id=record_id)).scalar()


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


def last_as_of(tx: sa.Connection, scope_id: int) -> str | None:
    """The day of the last run that was begun; None before the first."""
    run, plan = schema.run, schema.plan
    return tx.execute(
        sa.select(run.c.as_of)
        .join(plan, plan.c.plan_id == run.c.plan_id)
        .where(run.c.scope_id == scope_id, plan.c.status.in_(["applied", "applying"]))
        .order_by(run.c.started_at.desc(), run.c.run_id.desc())
        .limit(1)
    ).scalar()
