"""Everything that the report shows of one segmentation, gathered from the state store and the last pull."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

import segmentation
from connectors.errors import ConfigError, DataError, UsageError
from connectors.model import UNCLASSIFIED_KEY, ObjectKind, id_column
from segmentation.config import FollowingSettings, SegmentationSettings
from segmentation.model import SegmentModel
from sync.placements import load_decided
from sync.plan import Plan
from sync.planning import PULLED_OBJECTS, count_segments
from sync.results import SegmentCount
from sync.snapshot import Snapshot, load_snapshot
from sync.state import models, schema
from sync.state.assignments import load_assignments
from sync.state.models import ModelStatus
from sync.state.plans import StoredPlan, list_open_plans
from sync.workspace import Workspace

__all__ = ["CloseCall", "ReportedSegments", "gather_report"]

MOST_CLOSE_CALLS = 200


@dataclass(frozen=True, slots=True)
class CloseCall:
    """A record that nearly is in another segment."""

    record_id: str
    segment_key: str
    runner_up: str
    score: float
    """How sure its segment is, 0 to 1."""


@dataclass(frozen=True, slots=True)
class ReportedSegments:
    """One segmentation as the report shows it."""

    connection_label: str
    settings: SegmentationSettings
    as_of: date
    is_applied: bool
    """False before the first run: then it shows what the waiting plan would write."""
    titles: Mapping[str, str]
    segments: tuple[SegmentCount, ...]
    profiles: tuple["segmentation.SegmentProfile", ...]
    money: "segmentation.MoneyReport | None"
    landscape: "segmentation.Landscape | None"
    labels: Mapping[str, str]
    """The key of every record that the picture shows."""
    evidence: str
    quality: "segmentation.QualityReport"
    notes: tuple[str, ...]
    moves: tuple[tuple[str | None, str, int], ...]
    """Old key (None where there was none), new key, number of records, at the last run that moved any."""
    moved_on: str | None
    close_calls: tuple[CloseCall, ...]
    close_call_count: int
    comparison: "segmentation.Comparison | None"
    names: Mapping[str, str]
    """Names of accounts that are shown; people are never named."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """Which segments hold, and who is in them."""

    model: SegmentModel
    assigned: pa.Table
    as_of: date
    is_applied: bool
    moves: tuple[tuple[str | None, str, int], ...]
    moved_on: str | None


def gather_report(ws: Workspace, name: str | None = None) -> ReportedSegments:
    """What there is to say about the segments that hold, or about those that wait to be applied.

    Raises:
        UsageError: Nothing was segmented yet, or the segmentation has no segments of its own.
        DataError: The last pull is lost; the next plan reads everything again.
        ConfigError: The field of `compare` is not there.
    """
    settings = ws.segmentation(name)
    if isinstance(settings, FollowingSettings):
        raise UsageError(
            f'"{settings.name}" has no segments of its own: its contacts get those of their accounts.',
            hint="Ask for the report on the accounts.",
            code="report.follows",
            next_command=f"crm-segments report --segmentation {settings.follows.name}",
        )
    identity = ws.connector.identify()
    with ws.store.begin() as tx:
        scope_id = tx.execute(
            sa.select(schema.scope.c.scope_id).filter_by(
                connection_id=identity.connection_id, segmentation=settings.name
            )
        ).scalar()
        standing = None if scope_id is None else _standing(tx, scope_id, identity.connection_id, settings)
        head = ws.store.snapshot_head(tx, identity.connection_id)
    if scope_id is None or standing is None:
        raise UsageError(
            "There is nothing to report yet: no segments were found.",
            hint="A plan finds them; nothing is written by it.",
            code="report.nothing",
            next_command="crm-segments plan",
        )
    snapshot = load_snapshot(ws, identity.connection_id, head)
    if snapshot is None:
        raise DataError(
            "The last pull is not on this machine any more.",
            hint="The next plan reads everything again.",
            code="snapshot.lost",
            next_command="crm-segments plan",
        )
    return _assemble(ws, settings, scope_id, standing, snapshot)


def _standing(
    tx: sa.Connection, scope_id: int, connection_id: str, settings: SegmentationSettings
) -> _Standing | None:
    row = models.find_model(tx, scope_id, ModelStatus.CURRENT)
    if row is None:
        waiting = [
            stored
            for stored in list_open_plans(tx, connection_id)
            if stored.plan.head.segmentation == settings.name
        ]
        return _of_plan(tx, waiting[0]) if waiting else None
    run, plan = schema.run, schema.plan
    found = tx.execute(
        sa.select(run.c.as_of)
        .join(plan, plan.c.plan_id == run.c.plan_id)
        .where(run.c.scope_id == scope_id, plan.c.status.in_(["applied", "applying"]))
        .order_by(run.c.started_at.desc(), run.c.run_id.desc())
        .limit(1)
    ).scalar_one()
    moves, moved_on = _last_moves(tx, scope_id)
    return _Standing(
        SegmentModel.from_json(row.body),
        load_assignments(tx, scope_id),
        date.fromisoformat(found),
        is_applied=True,
        moves=moves,
        moved_on=moved_on,
    )


def _of_plan(tx: sa.Connection, stored: StoredPlan) -> _Standing:
    plan: Plan = stored.plan
    body = models.get_model(tx, plan.head.model_id).body
    day = date.fromisoformat(plan.head.as_of)
    return _Standing(SegmentModel.from_json(body), plan.assignments, day, False, (), None)


def _last_moves(
    tx: sa.Connection, scope_id: int
) -> tuple[tuple[tuple[str | None, str, int], ...], str | None]:
    """What the newest run that moved records did, and on which day."""
    table = schema.segment_history
    newest = (
        sa.select(table.c.run_id)
        .where(table.c.scope_id == scope_id)
        .order_by(table.c.history_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = tx.execute(
        sa.select(table.c.old_key, table.c.new_key, sa.func.count(), sa.func.max(table.c.since))
        .where(table.c.scope_id == scope_id, table.c.run_id == newest)
        .group_by(table.c.old_key, table.c.new_key)
    ).all()
    moves = sorted(((old, new, count) for old, new, count, _ in rows), key=lambda move: -move[2])
    return tuple(moves), max((day for *_, day in rows), default=None)


def _assemble(
    ws: Workspace, settings: SegmentationSettings, scope_id: int, standing: _Standing, snapshot: Snapshot
) -> ReportedSegments:
    kind = ObjectKind(settings.object)
    tables = {each: snapshot.tables[each] for each in PULLED_OBJECTS[kind] if each in snapshot.tables}
    records = segmentation.Records(kind, tables)
    try:
        features = segmentation.compute_features(
            records, settings, currency=ws.currency, as_of=standing.as_of, observer=ws.observer
        )
    except ConfigError as error:
        raise ws.placed(error) from None
    with ws.store.begin() as tx:
        decided = load_decided(tx, settings, scope_id, standing.model)
    # Records that are gone from the CRM keep their line in the state, but are nobody's concern here.
    assigned = standing.assigned.filter(
        pc.is_in(standing.assigned["record_id"], features.ids.cast(pa.string()))
    )
    keys = [*(segment.key for segment in decided.segments)]
    keys += sorted({*pc.unique(assigned["segment_key"]).to_pylist()} - {*keys, UNCLASSIFIED_KEY})
    keys.append(UNCLASSIFIED_KEY)
    at = pc.index_in(features.ids.cast(pa.string()), value_set=assigned["record_id"].combine_chunks())
    labels = assigned["segment_key"].combine_chunks().take(at).to_numpy(zero_copy_only=False)
    money = segmentation.money_by_segment(
        records, settings, currency=ws.currency, as_of=standing.as_of, assigned=assigned, keys=keys
    )
    worth = money.worth if money else {}
    comparison = None
    if settings.compare:
        comparison = segmentation.compare_with_field(tables[kind], settings.compare, assigned, worth, keys)
    landscape = segmentation.draw_landscape(features, standing.model.transforms)
    calls = _close_calls(assigned, worth)
    shown = [*(landscape.record_ids if landscape else ()), *(call.record_id for call in calls)]
    shown += [each.record_id for each in comparison.disagreements] if comparison else []
    return ReportedSegments(
        connection_label=ws.connector.identify().label,
        settings=settings,
        as_of=standing.as_of,
        is_applied=standing.is_applied,
        titles=decided.titles,
        segments=count_segments(settings, decided, assigned),
        profiles=segmentation.profile_segments(features, standing.model.transforms, labels, keys),
        money=money,
        landscape=landscape,
        labels=_labels(features.ids.to_pylist(), labels.tolist(), landscape),
        evidence=standing.model.evidence,
        quality=features.quality,
        notes=decided.place(features).notes,
        moves=standing.moves,
        moved_on=standing.moved_on,
        close_calls=calls,
        close_call_count=int(pc.sum(_is_close(assigned)).as_py() or 0),
        comparison=comparison,
        names=_names(tables[kind], kind, shown),
    )


def _labels(
    ids: Sequence[str], labels: Sequence[str | None], landscape: "segmentation.Landscape | None"
) -> dict[str, str]:
    shown = {*landscape.record_ids} if landscape else set()
    pairs = zip(ids, labels, strict=True)
    return {record_id: key or UNCLASSIFIED_KEY for record_id, key in pairs if record_id in shown}


def _is_close(assigned: pa.Table) -> pa.ChunkedArray:
    is_close = pc.equal(assigned["band"], "close call")
    return pc.and_(is_close, pc.not_equal(assigned["segment_key"], UNCLASSIFIED_KEY))


def _close_calls(assigned: pa.Table, worth: Mapping[str, object]) -> tuple[CloseCall, ...]:
    """Records that nearly are elsewhere, most valuable first."""
    rows = assigned.filter(pc.and_(_is_close(assigned), pc.is_valid(assigned["runner_up"]))).to_pylist()
    rows.sort(key=lambda row: (-float(str(worth.get(row["record_id"], 0))), row["score"], row["record_id"]))
    return tuple(
        CloseCall(row["record_id"], row["segment_key"], row["runner_up"], row["score"])
        for row in rows[:MOST_CLOSE_CALLS]
    )


def _names(table: pa.Table, kind: ObjectKind, ids: Sequence[str]) -> dict[str, str]:
    """Names of accounts. Contacts and leads are people, and stay their ids."""
    if kind is not ObjectKind.ACCOUNT or "name" not in table.column_names:
        return {}
    rows = table.filter(pc.is_in(table[id_column(kind)], pa.array(sorted({*ids}), pa.string())))
    pairs = zip(rows[id_column(kind)].to_pylist(), rows["name"].to_pylist(), strict=True)
    return {record_id: name for record_id, name in pairs if name}
