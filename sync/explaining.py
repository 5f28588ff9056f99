"""Why a record is in its segment: its own facts, what a person decided, where it was before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow.compute as pc
import sqlalchemy as sa

import segmentation
from connectors.errors import UsageError
from connectors.model import UNCLASSIFIED_KEY, ObjectKind
from segmentation.config import FollowingSettings
from sync.inspection import scope_ids
from sync.placements import Decided, load_decided
from sync.present import Present, load_last_pull, load_present
from sync.records import find_record
from sync.state import models, schema
from sync.state.assignments import RecordMove, load_assignments, record_history
from sync.workspace import Workspace

__all__ = ["Explanation", "explain"]


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


def explain(ws: Workspace, query: str, name: str | None = None) -> Explanation:
    """Why a record is where it is, by its id, its name or its web domain.

    Raises:
        UsageError: No such record, several, or nothing was segmented yet.
        DataError: The last pull is lost; the next plan reads everything again.
    """
    settings = ws.segmentation(name)
    if isinstance(settings, FollowingSettings):
        return _explain_contact(ws, settings, query)
    present = load_present(ws, settings.name)
    kind = ObjectKind(settings.object)
    record_id, record_name = find_record(present.snapshot.tables[kind], kind, query)
    assigned = present.assigned.filter(pc.equal(present.assigned["record_id"], record_id)).to_pylist()
    if not assigned:
        raise _unassigned(record_name, record_id)
    with ws.store.begin() as tx:
        held_since = _held_since(tx, present.scope_id, record_id)
        decided = load_decided(tx, settings, present.scope_id, present.model)
        moves = record_history(tx, present.scope_id, record_id)
    found = _explained(present, decided, assigned[0])
    history = _told(moves, decided.titles)
    return replace(found, name=record_name, held_since=held_since, history=history)


def _explain_contact(ws: Workspace, settings: FollowingSettings, query: str) -> Explanation:
    """A contact that inherits is explained by its account."""
    connection_id = ws.connector.identify().connection_id
    with ws.store.begin() as tx:
        scopes = scope_ids(tx, ws, connection_id)
        scope_id = scopes.get(settings.name, 0)
        current = load_assignments(tx, scope_id)
        titles = models.taken_keys(tx, scopes.get(settings.follows.name, 0))
        head = ws.store.snapshot_head(tx, connection_id)
    contacts = load_last_pull(ws, connection_id, head).tables[ObjectKind.CONTACT]
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


def _explained(present: Present, decided: Decided, assigned: dict[str, str]) -> Explanation:
    features = present.features()
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


def _unassigned(name: str, record_id: str) -> UsageError:
    return UsageError(
        f"{name} ({record_id}) has no segment: it is new, or outside the scope.",
        hint="A new record gets one with the next run.",
        code="explain.unassigned",
        next_command="crm-segments run",
    )


def _held_since(tx: sa.Connection, scope_id: int, record_id: str) -> str | None:
    table = schema.hold
    return tx.execute(sa.select(table.c.since).filter_by(scope_id=scope_id, record_id=record_id)).scalar()
