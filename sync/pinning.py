"""Pins: a person puts a record into a segment, for good or until a day, and says why."""

from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

import pyarrow as pa
import sqlalchemy as sa

from connectors.errors import DataError, UsageError
from connectors.model import UNCLASSIFIED_KEY, ObjectKind
from segmentation.config import FollowingSettings, SegmentationSettings
from segmentation.model import SegmentModel
from sync.inspection import scope_ids
from sync.placements import Decided, load_decided
from sync.records import find_record
from sync.session import Session, open_session
from sync.snapshot import load_snapshot
from sync.state import models
from sync.state.models import ModelStatus
from sync.state.pins import PinRow, delete_pin, list_pins, save_pin
from sync.state.plans import supersede_open_plans
from sync.workspace import Workspace

__all__ = ["PinRequest", "PinnedRecord", "add_pin", "get_pins", "remove_pin"]

MAX_REASON = 100
"""Longest reason of a pin, so that the record's own numbers fit beside it."""


@dataclass(frozen=True, slots=True)
class PinRequest:
    """What somebody asks for."""

    record: str
    """Id, name or web domain."""
    segment: str
    """Title or key."""
    reason: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class PinnedRecord:
    """A pin as people see it."""

    segmentation: str
    object: str
    record_id: str
    name: str
    """The account's name; people are never named."""
    segment_key: str
    segment_title: str
    reason: str
    until: str | None
    actor: str
    pinned_at: str
    has_ended: bool


def add_pin(ws: Workspace, request: PinRequest, name: str | None = None) -> PinnedRecord:
    """Pin a record, from the next plan on; an earlier pin of it gives way. Plans that wait are put aside.

    Raises:
        UsageError: No such record or segment, no reason, or a day that has passed.
        DataError: Nothing was pulled yet.
        LockedError: A run is at work.
    """
    settings = _pinnable(ws, name)
    reason = " ".join(request.reason.split())
    if not reason or len(reason) > MAX_REASON or not reason.isprintable():
        raise UsageError(
            f"A pin needs a reason of at most {MAX_REASON} characters.",
            hint='Say why, for whoever looks at the record next: --reason "strategic partner"',
            code="pin.reason",
        )
    with open_session(ws) as session:
        today = date.fromisoformat(ws.retry.call(ws.connector.as_of))
        if request.until is not None and request.until < today:
            raise UsageError(
                f"The pin would have ended before it began: {request.until.isoformat()} has passed.",
                hint=f"Name a day from {today.isoformat()} on.",
                code="pin.until",
            )
        table = _pulled(session, settings)
        record_id, _ = find_record(table, ObjectKind(settings.object), request.record)
        with ws.store.begin() as tx:
            session.lock.check(tx)
            scope_id = session.scope_id(settings, tx)
            decided = _decided(tx, settings, scope_id)
            row = PinRow(
                record_id,
                _key_of(decided, request.segment),
                reason,
                request.until,
                ws.actor,
                ws.store.now(),
            )
            save_pin(tx, scope_id, row)
            _put_plans_aside(session, settings, tx)
        return _shown(settings, row, decided, table, today)


def remove_pin(ws: Workspace, record: str, name: str | None = None) -> str:
    """Take a record's pin away and return its id; rules and segments decide again with the next plan.

    Raises:
        UsageError: The record is not pinned.
        LockedError: A run is at work.
    """
    settings = _pinnable(ws, name)
    with open_session(ws) as session:
        with ws.store.begin() as tx:
            known = {row.record_id for row in list_pins(tx, session.scope_id(settings, tx))}
        # A record that the CRM does not have any more can still lose its pin.
        is_known = record in known
        record_id = record if is_known else _found(session, settings, record)
        with ws.store.begin() as tx:
            session.lock.check(tx)
            scope_id = session.scope_id(settings, tx)
            if not delete_pin(tx, scope_id, record_id):
                raise UsageError(
                    f"{record_id} is not pinned.",
                    hint="Look at the pins there are.",
                    code="pin.none",
                    next_command="crm-segments pin list",
                )
            _put_plans_aside(session, settings, tx)
    return record_id


def get_pins(ws: Workspace) -> list[PinnedRecord]:
    """All pins, those that have ended too. Waits for nobody: a run may be at work."""
    found: list[PinnedRecord] = []
    connection_id = ws.connector.identify().connection_id
    today = date.fromisoformat(ws.retry.call(ws.connector.as_of))
    with ws.store.begin() as tx:
        head = ws.store.snapshot_head(tx, connection_id)
        for name, scope_id in scope_ids(tx, ws, connection_id).items():
            settings = ws.segmentation(name)
            rows = list_pins(tx, scope_id)
            if rows:
                decided = _decided(tx, settings, scope_id)
                table = _table(ws, connection_id, head, settings)
                found += [_shown(settings, row, decided, table, today) for row in rows]
    return found


def _put_plans_aside(session: Session, settings: SegmentationSettings, tx: sa.Connection) -> None:
    """What was planned before must not be applied against a pin, nor what follows from it."""
    for each in session.ws.segmentations:
        is_follower = isinstance(each, FollowingSettings) and each.follows.name == settings.name
        if is_follower or each.name == settings.name:
            supersede_open_plans(tx, session.scope_id(each, tx))


def _pinnable(ws: Workspace, name: str | None) -> SegmentationSettings:
    settings = ws.segmentation(name)
    if isinstance(settings, FollowingSettings):
        raise UsageError(
            "A contact that inherits cannot be pinned: it has the segment of its account.",
            hint="Pin the account.",
            code="pin.follows",
        )
    return settings


def _found(session: Session, settings: SegmentationSettings, record: str) -> str:
    return find_record(_pulled(session, settings), ObjectKind(settings.object), record)[0]


def _pulled(session: Session, settings: SegmentationSettings) -> pa.Table:
    connection = session.connection
    return _table(session.ws, connection.connection_id, connection.snapshot_head, settings)


def _table(ws: Workspace, connection_id: str, head: str | None, settings: SegmentationSettings) -> pa.Table:
    snapshot = load_snapshot(ws, connection_id, head)
    kind = ObjectKind(settings.object)
    if snapshot is None or kind not in snapshot.tables:
        raise DataError(
            "Nothing that was read from the CRM is on this machine.",
            hint="A plan reads it.",
            code="snapshot.lost",
            next_command="crm-segments plan",
        )
    return snapshot.tables[kind]


def _decided(tx: sa.Connection, settings: SegmentationSettings, scope_id: int) -> Decided:
    row = models.find_model(tx, scope_id, ModelStatus.CURRENT) or models.find_model(
        tx, scope_id, ModelStatus.PROPOSED
    )
    if row is None:
        raise UsageError(
            "There are no segments yet that a record could be pinned to.",
            hint="A plan finds them.",
            code="pin.no_segments",
            next_command="crm-segments plan",
        )
    return load_decided(tx, settings, scope_id, SegmentModel.from_json(row.body))


def _key_of(decided: Decided, segment: str) -> str:
    """Key of a segment by its title or key."""
    wanted = " ".join(segment.split()).casefold()
    titles = [(each.key, each.title) for each in decided.segments]
    for key, title in (*titles, (UNCLASSIFIED_KEY, decided.titles[UNCLASSIFIED_KEY])):
        if wanted in {key, title.casefold()}:
            return key
    near = get_close_matches(wanted, [title.casefold() for _, title in titles], n=1)
    meant = next((title for _, title in titles if near and title.casefold() == near[0]), None)
    raise UsageError(
        f'There is no segment "{segment}".',
        hint=f'Did you mean "{meant}"?' if meant else f"Segments: {'; '.join(title for _, title in titles)}.",
        code="pin.segment",
        next_command="crm-segments segments list",
    )


def _shown(
    settings: SegmentationSettings, row: PinRow, decided: Decided, table: pa.Table, today: date
) -> PinnedRecord:
    try:
        _, name = find_record(table, ObjectKind(settings.object), row.record_id)
    except UsageError:
        name = row.record_id
    return PinnedRecord(
        segmentation=settings.name,
        object=settings.object,
        record_id=row.record_id,
        name=name,
        segment_key=row.key,
        segment_title=decided.titles.get(row.key, row.key),
        reason=row.reason,
        until=row.until.isoformat() if row.until else None,
        actor=row.actor,
        pinned_at=row.pinned_at,
        has_ended=row.until is not None and row.until < today,
    )
