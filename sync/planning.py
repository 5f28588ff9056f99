"""Makes plans: pull, segment, compare. Writes nothing to the CRM."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

import segmentation
from connectors.errors import ConfigError, DataError
from connectors.model import CANONICAL_SCHEMAS, FieldAction, ObjectDescription, ObjectKind, id_column
from segmentation.conditions import condition_names
from segmentation.config import DealSettings, SegmentationSettings
from sync import exceptions, ledger
from sync.diff import VALUE_SCHEMA, compare, needs_text, wanted_values
from sync.fields import field_names, field_specs, segment_options
from sync.guard import FeatureShift, PlanFacts, check_guards
from sync.modelling import ChosenModel, choose_model
from sync.placements import Decided, load_decided
from sync.plan import ASSIGNMENT_SCHEMA, PARTS, Action, FieldStep, GuardStop, Plan, PlanHead
from sync.results import SegmentCount
from sync.session import Session
from sync.snapshot import Snapshot, pull_snapshot, sweep
from sync.state import assignments as assignment_table
from sync.state.connections import save_snapshot_head
from sync.state.plans import StoredPlan, save_plan
from sync.state.runs import last_applied_head, last_applied_scope_count, newest_generation
from sync.workspace import new_id

__all__ = [
    "PULLED_OBJECTS",
    "Segmented",
    "complete_plan",
    "compute_features",
    "count_segments",
    "make_plan",
    "refresh_snapshot",
    "resolve_as_of",
    "seen_values",
    "with_since",
]

PULLED_OBJECTS = {
    ObjectKind.ACCOUNT: (ObjectKind.ACCOUNT, ObjectKind.CONTACT, ObjectKind.DEAL, ObjectKind.ACTIVITY),
    ObjectKind.CONTACT: (ObjectKind.CONTACT, ObjectKind.ACCOUNT, ObjectKind.DEAL, ObjectKind.ACTIVITY),
    ObjectKind.LEAD: (ObjectKind.LEAD, ObjectKind.ACTIVITY),
}
"""What is read to segment each object: the records themselves and what their features come from."""


def resolve_as_of(session: Session, as_of: date | None) -> date:
    """The day that facts are looked at from: the one asked for, else the CRM account's today."""
    return as_of or date.fromisoformat(session.ws.retry.call(session.ws.connector.as_of))


def refresh_snapshot(session: Session) -> Snapshot:
    """Pull what changed since the last time, for all segmentations at once, and save the new head."""
    ws = session.ws
    wanted: dict[ObjectKind, tuple[str, ...]] = {}
    for settings in ws.segmentations:
        kind = ObjectKind(settings.object)
        for needed in PULLED_OBJECTS[kind]:
            wanted.setdefault(needed, ())
        description = ws.retry.call(partial(ws.connector.describe, kind))
        ours = tuple(field_names(ws.connector, settings.field).values())
        asked = (*ours, *_scope_fields(settings, description), *filter(None, [settings.compare]))
        _ask(wanted, kind, asked, description)
        if ObjectKind.DEAL in PULLED_OBJECTS[kind] and settings.deals != DealSettings():
            about = ws.retry.call(partial(ws.connector.describe, ObjectKind.DEAL))
            deals = settings.deals
            names = condition_names(deals.where) if deals.where else ()
            _ask(wanted, ObjectKind.DEAL, (*names, deals.amount), about)
    with ws.store.begin() as tx:
        head = ws.store.snapshot_head(tx, session.connection.connection_id)
    connection_id = session.connection.connection_id
    snapshot = pull_snapshot(ws, connection_id, head, wanted)
    with ws.store.begin() as tx:
        session.lock.check(tx)
        save_snapshot_head(tx, connection_id, snapshot.head.to_json())
    sweep(ws.snapshot_dir, connection_id, snapshot.head)
    return snapshot


def _ask(
    wanted: dict[ObjectKind, tuple[str, ...]],
    kind: ObjectKind,
    names: Sequence[str],
    description: ObjectDescription,
) -> None:
    """Ask for further fields that the CRM has, beside the canonical ones."""
    own = CANONICAL_SCHEMAS[kind].names
    more = (name for name in names if name not in own and description.field(name))
    wanted[kind] = tuple(dict.fromkeys((*wanted[kind], *more)))


def _scope_fields(settings: SegmentationSettings, description: ObjectDescription) -> list[str]:
    """Further fields that conditions speak of and the CRM has."""
    return [
        name
        for condition in settings.conditions
        for name in condition_names(condition)
        if description.field(name)
    ]


def seen_values(table: pa.Table, kind: ObjectKind, names: dict[str, str]) -> pa.Table:
    """What the CRM holds in our fields, in `diff.VALUE_SCHEMA`; fields that are not there yet are null."""
    columns = [table[id_column(kind)].combine_chunks()]
    for part in PARTS:
        held = table[names[part]] if names[part] in table.column_names else None
        columns.append(pa.nulls(table.num_rows, pa.string()) if held is None else held.combine_chunks())
    return pa.table(columns, schema=VALUE_SCHEMA)


@dataclass(frozen=True, slots=True)
class Segmented:
    """Records in scope with their segments: all that a plan is made from, whatever put them there."""

    chosen: ChosenModel
    decided: Decided
    table: pa.Table
    """In `ASSIGNMENT_SCHEMA`."""
    reasons: Callable[[Sequence[str], Sequence[str]], list[str]]
    """Why these records are in these segments, in words."""
    notes: tuple[str, ...]
    guards: tuple[GuardStop, ...] = ()
    """Guards that stop what this follows from, and so this too."""
    profile: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Where the values of each feature lie; empty where records follow others."""


def make_plan(
    session: Session, settings: SegmentationSettings, snapshot: Snapshot, as_of: date
) -> StoredPlan:
    """Segment the snapshot, compare with the CRM and with what we wrote, and save the plan.

    Raises:
        DataError: The data do not allow segments, or a refit is due first.
        SchemaError: A field of someone else is in the way.
    """
    kind = ObjectKind(settings.object)
    names = field_names(session.ws.connector, settings.field)
    seen = seen_values(snapshot.tables[kind], kind, names)
    segmented = _segment(session, settings, snapshot, as_of, seen)
    return complete_plan(session, settings, snapshot, as_of, segmented)


def complete_plan(
    session: Session,
    settings: SegmentationSettings,
    snapshot: Snapshot,
    as_of: date,
    segmented: Segmented,
) -> StoredPlan:
    """Compare records that have their segments with the CRM and with what we wrote, and save the plan.

    Raises:
        SchemaError: A field of someone else is in the way.
    """
    ws, kind = session.ws, ObjectKind(settings.object)
    names = field_names(ws.connector, settings.field)
    everyone = seen_values(snapshot.tables[kind], kind, names)
    scope_id = session.scope_id(settings)
    in_scope = segmented.table["record_id"].combine_chunks()
    seen = everyone.filter(pc.is_in(everyone["record_id"], in_scope))
    with ws.store.begin() as tx:
        last = ledger.load_last_written(tx, scope_id)
        last_count = last_applied_scope_count(tx, scope_id)
        last_head = last_applied_head(tx, scope_id)
        generation = newest_generation(tx, scope_id)
    schema_hash, missing = _schema_state(ws.retry.call(partial(ws.connector.describe, kind)), names)
    with ws.store.begin() as tx:
        waiting = exceptions.load_waiting(tx, scope_id, schema_hash=schema_hash, now=ws.clock())
    wanted = _wanted(segmented, seen, last)
    base = _without_parts(last, [part for part in PARTS if names[part] in missing])
    changes = compare(wanted, seen, base, waiting, is_recovery=segmented.chosen.is_recovery)
    changes = _with_parents(changes, snapshot.tables[kind], kind)
    head = PlanHead(
        plan_id=new_id(),
        connection_id=session.connection.connection_id,
        connection_label=session.connection.label,
        segmentation=settings.name,
        object=kind,
        field_names=names,
        as_of=as_of.isoformat(),
        created_at=ws.store.now(),
        pulled_at=snapshot.head.pulled_at,
        snapshot_hash=snapshot.head.hash(),
        model_id=segmented.chosen.model_id,
        base_model_id=segmented.chosen.base_model_id,
        settings_fingerprint=settings.plan_fingerprint(ws.currency),
        schema_hash=schema_hash,
        ledger_generation=generation,
        in_scope_count=len(in_scope),
        carrying_count=_count(pc.is_valid(seen["key"])),
        replaced_count=_replaced_pairs(changes).total(),
        segments=count_segments(settings, segmented.decided, segmented.table),
        options=segment_options([(each.key, each.title) for each in segmented.decided.segments]),
        counts={action.value: _count(pc.equal(changes["action"], action.value)) for action in Action},
        missing_fields=missing,
        notes=(*_day_notes(session, as_of), *segmented.notes, *_left_behind(everyone, in_scope)),
        profile=segmented.profile,
    )
    facts = PlanFacts(
        in_scope_count=head.in_scope_count,
        carrying_count=head.carrying_count,
        replaced_count=head.replaced_count,
        last_in_scope_count=last_count,
        approved_moves=(_replaced_pairs(changes) & Counter(segmented.chosen.approved_moves)).total(),
        shifts=_shifts(segmented, head, last_head),
    )
    head = _with_steps_and_guards(session, settings, head, facts)
    head = replace(head, guards=(*segmented.guards, *head.guards))
    plan = Plan(head, changes, segmented.table)
    with ws.store.begin() as tx:
        session.lock.check(tx)
        return save_plan(tx, scope_id, plan)


def compute_features(
    session: Session, settings: SegmentationSettings, snapshot: Snapshot, as_of: date
) -> "segmentation.FeatureTable":
    """The features of the records in scope.

    Raises:
        DataError: The CRM has no such records.
    """
    ws, kind = session.ws, ObjectKind(settings.object)
    tables = {each: snapshot.tables[each] for each in PULLED_OBJECTS[kind]}
    if tables[kind].num_rows == 0:
        raise DataError(
            f"The CRM has no {kind.value} records that this user can see.",
            hint="If there are some, let the CRM user see them; into the embedded CRM crm-segments import "
            "DIR brings them.",
            code="data.empty",
        )
    try:
        return segmentation.compute_features(
            segmentation.Records(kind, tables),
            settings,
            currency=ws.currency,
            as_of=as_of,
            observer=ws.observer,
        )
    except ConfigError as error:
        raise ws.placed(error) from None


def _segment(
    session: Session, settings: SegmentationSettings, snapshot: Snapshot, as_of: date, seen: pa.Table
) -> Segmented:
    ws = session.ws
    features = compute_features(session, settings, snapshot, as_of)
    chosen = choose_model(session, settings, snapshot, features, seen)
    with ws.store.begin() as tx:
        current = assignment_table.load_assignments(tx, session.scope_id(settings, tx))
    if chosen.is_recovery:
        current = seen.filter(pc.is_valid(seen["key"])).rename_columns({"key": "segment_key"})
    assigned = segmentation.assign_segments(
        chosen.model,
        features,
        current=None if chosen.is_new else current.select(["record_id", "segment_key"]),
    )
    with ws.store.begin() as tx:
        decided = load_decided(tx, settings, session.scope_id(settings, tx), chosen.model)
    placements = decided.place(features)
    table = with_since(placements.put_into(assigned), current, as_of)
    drift = () if chosen.is_new else segmentation.describe_drift(chosen.model, features, assigned)
    notes = (*drift, *chosen.notes, *placements.notes, *features.quality.sentences)
    profile = segmentation.profile_features(chosen.model.transforms, features)

    def reasons(ids: Sequence[str], keys: Sequence[str]) -> list[str]:
        return placements.reasons(chosen.model, features, ids, keys)

    return Segmented(
        chosen, decided, table, reasons, notes, profile={each.feature: each.shares for each in profile}
    )


def with_since(assigned: pa.Table, current: pa.Table, as_of: date) -> pa.Table:
    """Assignments in `ASSIGNMENT_SCHEMA`: whoever stays where it is now is there since then."""
    before = current.select(["record_id", "segment_key", "since"])
    joined = assigned.join(before, "record_id", join_type="left outer", right_suffix="_before")
    stands = pc.fill_null(pc.equal(joined["segment_key"], joined["segment_key_before"]), False)
    since = pc.if_else(stands, joined["since"], pa.scalar(as_of.isoformat()))
    columns = [joined[name] for name in ("record_id", "segment_key", "score", "band", "runner_up")]
    table = pa.table([*columns, since], names=ASSIGNMENT_SCHEMA.names)
    return table.sort_by("record_id").cast(ASSIGNMENT_SCHEMA).combine_chunks()


def _wanted(segmented: Segmented, seen: pa.Table, last: pa.Table) -> pa.Table:
    table = segmented.table
    keys = pa.table({"record_id": table["record_id"], "key": table["segment_key"]})
    everyone = keys["record_id"].combine_chunks()
    written = everyone if segmented.chosen.rewrites_text else needs_text(keys, seen, last)
    moved = table.filter(pc.is_in(table["record_id"], written))
    reasons = segmented.reasons(moved["record_id"].to_pylist(), moved["segment_key"].to_pylist())
    fresh = pa.table(
        [
            moved["record_id"],
            moved["segment_key"],
            moved["band"],
            pa.array(reasons, pa.string()),
            moved["since"],
        ],
        schema=VALUE_SCHEMA,
    )
    return wanted_values(fresh, keys, seen, last)


def _with_parents(changes: pa.Table, records: pa.Table, kind: ObjectKind) -> pa.Table:
    """Says which account each contact belongs to: a CRM locks the account while it writes the contact."""
    if kind is not ObjectKind.CONTACT:
        return changes
    at = pc.index_in(changes["record_id"], value_set=records[id_column(kind)].combine_chunks())
    parents = records["account_id"].combine_chunks().take(at.combine_chunks())
    column = changes.schema.get_field_index("parent_id")
    return changes.set_column(column, changes.schema.field(column), parents)


def _without_parts(values: pa.Table, parts: Sequence[str]) -> pa.Table:
    """A field that is gone as a whole is no edit of a record: there nothing was written last."""
    for part in parts:
        at = values.column_names.index(part)
        values = values.set_column(at, values.schema.field(at), pa.nulls(values.num_rows, pa.string()))
    return values


def _shifts(segmented: Segmented, head: PlanHead, last_head: str | None) -> tuple[FeatureShift, ...]:
    """How far features moved since the last applied plan; nothing where that had other segments."""
    last = PlanHead.from_json(last_head) if last_head else None
    if last is None or last.model_id != head.model_id:
        return ()
    shifts = segmentation.measure_shifts(segmented.chosen.model, last.profile, head.profile)
    return tuple(FeatureShift(shift.title, shift.share) for shift in shifts)


def _schema_state(description: ObjectDescription, names: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    there = tuple(name for name in names.values() if description.field(name))
    missing = tuple(name for name in names.values() if name not in there)
    return description.fingerprint(there), missing


def _with_steps_and_guards(
    session: Session,
    settings: SegmentationSettings,
    head: PlanHead,
    facts: PlanFacts,
) -> PlanHead:
    ws = session.ws
    specs = field_specs(head, settings.field, ws.connector.limits.max_text_length, session.installation_id)
    labels = {spec.name: spec.label for spec in specs}
    changes = ws.retry.call(partial(ws.connector.ensure_fields, head.object, specs, dry_run=True))
    steps = tuple(
        FieldStep(change.field, labels[change.field], change.action.value, len(change.options))
        for change in changes
        if change.action is not FieldAction.NONE
    )
    warnings = dict.fromkeys(warning for change in changes for warning in change.warnings)
    head = replace(head, field_steps=steps, notes=(*head.notes, *warnings))
    return replace(head, guards=check_guards(facts, ws.settings, head.plan_id))


def count_segments(
    settings: SegmentationSettings, decided: Decided, table: pa.Table
) -> tuple[SegmentCount, ...]:
    """How many of the assigned records are in each segment: as found, by rule or pin, then unclassified."""
    counted = {row["values"]: row["counts"] for row in pc.value_counts(table["segment_key"]).to_pylist()}
    sentences = {segment.key: segment.sentence for segment in decided.segments}
    keys = [segment.key for segment in decided.segments]
    keys += sorted(set(counted) - set(keys))
    return tuple(
        SegmentCount(
            segmentation=settings.name,
            object=settings.object,
            key=key,
            name=decided.titles.get(key, key),
            count=counted.get(key, 0),
            share=counted.get(key, 0) / table.num_rows if table.num_rows else 0.0,
            reason=sentences.get(key, "Resembles none of the segments closely enough."),
        )
        for key in keys
    )


def _day_notes(session: Session, as_of: date) -> tuple[str, ...]:
    """Says so where facts are not looked at from the CRM's own day."""
    own = resolve_as_of(session, None)
    if as_of == own:
        return ()
    what = "what happened since is left out" if as_of < own else "the data end before it"
    return (f"Looked at as of {as_of.isoformat()}, not {own.isoformat()}, the day of the data: {what}.",)


def _left_behind(everyone: pa.Table, in_scope: pa.Array) -> tuple[str, ...]:
    """Says how many records carry a segment without being looked at any more."""
    outside = pc.invert(pc.is_in(everyone["record_id"], in_scope))
    left = everyone.filter(pc.and_(outside, pc.is_valid(everyone["key"]))).num_rows
    if not left:
        return ()
    return (f"{left:,} records outside the scope still carry a segment; it is left as it is.",)


def _count(mask: pa.ChunkedArray) -> int:
    return int(pc.sum(mask).as_py() or 0)


def _replaced_pairs(changes: pa.Table) -> Counter[tuple[str, str]]:
    """How many records that carry a key would get another one, by (old key, new key)."""
    rows = changes.filter(
        (pc.field("action") == Action.SET.value)
        & pc.field("seen_key").is_valid()
        & (pc.field("seen_key") != pc.field("key"))
    )
    return Counter(zip(rows["seen_key"].to_pylist(), rows["key"].to_pylist(), strict=True))
