"""Refits: new segments as a proposal, matched to the old ones, that a person approves or rejects."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

import segmentation
from connectors.errors import UsageError
from connectors.model import UNCLASSIFIED_KEY, ObjectKind
from segmentation.config import FollowingSettings, SegmentationSettings
from segmentation.errors import ModelMismatchError, NoStableSegmentsError
from segmentation.model import MAX_TITLE_LENGTH, Segment, SegmentModel, TierParameters, TierRule
from sync.fields import field_names
from sync.modelling import fit_model
from sync.placements import load_decided
from sync.planning import compute_features, count_segments, refresh_snapshot, resolve_as_of, seen_values
from sync.results import SegmentCount
from sync.session import Session, open_session
from sync.snapshot import Snapshot
from sync.state import models
from sync.state.assignments import load_assignments
from sync.state.models import ModelRow, ModelStatus
from sync.workspace import Workspace, new_id

__all__ = ["NO_PROPOSAL", "RefitProposal", "decide_refit", "refit", "waiting_proposal"]

NO_PROPOSAL = "none"
"""Status of a proposal that proposes nothing, because today's data give no stable segments."""


@dataclass(frozen=True, slots=True)
class RefitProposal:
    """What new segments would do to the records."""

    model_id: str
    segmentation: str
    status: str
    segments: tuple[SegmentCount, ...]
    migration: tuple[tuple[str, str, int], ...]
    """Old key, new key, number of records; the diagonal stays where it is."""
    kept: tuple[str, ...]
    new: tuple[str, ...]
    retired: tuple[str, ...]
    sentences: tuple[str, ...]

    @property
    def moved_count(self) -> int:
        """Records that would change their segment."""
        return sum(count for old, new, count in self.migration if old != new)


def refit(ws: Workspace, name: str | None = None, *, as_of: date | None = None) -> RefitProposal:
    """Make segments anew from today's data and save them as a proposal. No record moves by this.

    Where today's data give no stable segments, the proposal has the status `NO_PROPOSAL` and says why.

    Raises:
        DataError: Too few records; or no stable segments, and none that could stay.
    """
    settings = _with_own_segments(ws, name)
    with open_session(ws) as session:
        day = resolve_as_of(session, as_of)
        snapshot = refresh_snapshot(session)
        features = compute_features(session, settings, snapshot, day)
        scope_id = session.scope_id(settings)
        with ws.store.begin() as tx:
            current_row = models.find_model(tx, scope_id, ModelStatus.CURRENT)
            assigned = load_assignments(tx, scope_id).select(["record_id", "segment_key"])
        try:
            fit = fit_model(session, settings, features, assigned)
        except NoStableSegmentsError as error:
            if current_row is None:
                raise
            if _read(current_row) is None:
                raise
            return _no_proposal(settings, current_row, error.message)
        if current_row is None:
            assigned, old = _carried_by_crm(session, settings, snapshot, fit.model)
        else:
            old = _read(current_row) or _known_by_name(session, settings, assigned, fit.model)
        with ws.store.begin() as tx:
            decided = load_decided(tx, settings, scope_id, fit.model)
        # Whoever a rule or a pin holds stays where it is, whatever is found for the rest.
        placed = decided.place(features).is_placed
        free = features.only(~placed)
        matched = segmentation.match_segments(old, fit.model, free, current=assigned)
        takeover = _takeover_sentence(session, settings) if current_row is None else ()
        row = ModelRow(
            model_id=new_id(),
            status=ModelStatus.REFIT,
            created_at=ws.store.now(),
            settings_fingerprint=settings.model_fingerprint(ws.currency),
            snapshot_hash=snapshot.head.hash(),
            parent_model_id=current_row.model_id if current_row else None,
            migration=tuple(matched.migration),
            body=matched.model.to_json(),
        )
        _replace_waiting(session, settings, row)
        rule = _approved_by_rule(session, settings, row, matched) if current_row else ()
        status = ModelStatus.APPROVED if rule else row.status
        with ws.store.begin() as tx:
            decided = load_decided(tx, settings, scope_id, matched.model)
        whole = segmentation.assign_segments(matched.model, features)
        counts = count_segments(settings, decided, decided.place(features).put_into(whole))
    return RefitProposal(
        row.model_id,
        settings.name,
        status.value,
        counts,
        row.migration,
        matched.kept,
        matched.new,
        matched.retired,
        (*matched.sentences, *takeover, *rule),
    )


def _with_own_segments(ws: Workspace, name: str | None) -> SegmentationSettings:
    settings = ws.segmentation(name)
    if isinstance(settings, FollowingSettings):
        raise UsageError(
            f'"{settings.name}" has no segments of its own: its contacts get those of their accounts.',
            hint="Make new segments of the accounts.",
            code="refit.follows",
            next_command=f"crm-segments refit --segmentation {settings.follows.name}",
        )
    return settings


def _approved_by_rule(
    session: Session, settings: SegmentationSettings, row: ModelRow, matched: "segmentation.Refit"
) -> tuple[str, ...]:
    """Approve a refit that the settings approve by themselves, and say so; nothing where they do not."""
    ws = session.ws
    total = sum(count for *_, count in matched.migration)
    moved = sum(count for old, new, count in matched.migration if old != new)
    most = settings.approve_refit_within
    if not most or matched.new or matched.retired or moved > most * total:
        return ()
    rule = f"approve_refit_within = {most:g}"
    with ws.store.begin() as tx:
        session.lock.check(tx)
        actor = f"{ws.actor} (rule {rule})"
        models.set_status(tx, row.model_id, ModelStatus.APPROVED, actor=actor, now=ws.store.now())
    sentence = (
        f"Approved by the rule {rule}: every segment stays, and {moved:,} of {total:,} records would move."
    )
    return (sentence,)


def _read(row: ModelRow) -> SegmentModel | None:
    """The stored model, or None where this version cannot read it: then only its names go on."""
    try:
        return SegmentModel.from_json(row.body)
    except ModelMismatchError:
        return None


def _takeover_sentence(session: Session, settings: SegmentationSettings) -> tuple[str, ...]:
    owner = _field_owner(session.ws, settings)
    if owner in {None, session.installation_id}:
        return ()
    sentence = (
        f"The fields of {settings.field} were made by another installation ({owner}). Approving takes them "
        "over: make sure that it does not run any more."
    )
    return (sentence,)


def _no_proposal(settings: SegmentationSettings, current: ModelRow, why: str) -> RefitProposal:
    present = waiting_proposal(current, settings, current.status)
    kept = tuple(segment.key for segment in present.segments)
    sentences = (why, "The segments stay as they are.")
    return replace(
        present, status=NO_PROPOSAL, migration=(), kept=kept, new=(), retired=(), sentences=sentences
    )


def decide_refit(ws: Workspace, name: str | None = None, *, approve: bool) -> RefitProposal:
    """Approve the waiting refit, so that the next plan carries it, or reject it.

    Approving one where our own segments were lost also takes over the fields of the lost installation.

    Raises:
        UsageError: No refit waits.
    """
    settings = _with_own_segments(ws, name)
    with open_session(ws) as session:
        owner = _field_owner(ws, settings)
        with ws.store.begin() as tx:
            return _decide(session, tx, settings, owner, approve=approve)


def _decide(
    session: Session, tx: sa.Connection, settings: SegmentationSettings, owner: str | None, *, approve: bool
) -> RefitProposal:
    ws = session.ws
    scope_id = session.scope_id(settings, tx)
    row = models.find_model(tx, scope_id, ModelStatus.REFIT)
    if row is None:
        raise UsageError(
            f'No new segments wait for a decision in "{settings.name}".',
            hint="Make a proposal first.",
            code="refit.none",
            next_command="crm-segments refit",
        )
    status = ModelStatus.APPROVED if approve else ModelStatus.REJECTED
    models.set_status(tx, row.model_id, status, actor=ws.actor, now=ws.store.now())
    if approve and row.parent_model_id is None and owner is not None:
        ws.store.take_over_installation(tx, owner)
    return waiting_proposal(row, settings, status)


def _field_owner(ws: Workspace, settings: SegmentationSettings) -> str | None:
    """The installation that made the segment field, where it is there."""
    found = ws.connector.describe(ObjectKind(settings.object)).field(
        field_names(ws.connector, settings.field)["key"]
    )
    return found.installation_id if found else None


def waiting_proposal(row: ModelRow, settings: SegmentationSettings, status: ModelStatus) -> RefitProposal:
    """A stored refit as a proposal."""
    model = SegmentModel.from_json(row.body)
    new_keys = tuple(segment.key for segment in model.segments)
    old_keys = tuple(dict.fromkeys(old for old, _new, _count in row.migration))
    return RefitProposal(
        row.model_id,
        settings.name,
        status.value,
        tuple(
            SegmentCount(
                settings.name,
                settings.object,
                each.key,
                each.title,
                each.record_count,
                each.share,
                each.sentence,
            )
            for each in model.segments
        ),
        row.migration,
        tuple(key for key in new_keys if key in old_keys),
        tuple(key for key in new_keys if key not in old_keys),
        tuple(key for key in old_keys if key not in {*new_keys, "unclassified"}),
        (),
    )


def _carried_by_crm(
    session: Session, settings: SegmentationSettings, snapshot: Snapshot, fitted: SegmentModel
) -> tuple[pa.Table, SegmentModel]:
    """Where our own model was lost: what the CRM carries, and a stand-in that knows its keys and titles."""
    ws, kind = session.ws, ObjectKind(settings.object)
    names = field_names(ws.connector, settings.field)
    seen = seen_values(snapshot.tables[kind], kind, names)
    carrying = seen.filter(pc.is_valid(seen["key"]))
    table = pa.table({"record_id": carrying["record_id"], "segment_key": carrying["key"]})
    found = ws.connector.describe(kind).field(names["key"])
    titles = {option.value: option.label for option in found.options} if found else {}
    keys = [
        key for key in pc.unique(carrying["key"]).to_pylist() if key != UNCLASSIFIED_KEY and key in titles
    ]
    return table, _stand_in({key: titles[key] for key in sorted(keys)}, fitted)


def _known_by_name(
    session: Session, settings: SegmentationSettings, assigned: pa.Table, fitted: SegmentModel
) -> SegmentModel:
    """Where the present model is of another version: a stand-in that knows the keys and titles in use."""
    with session.ws.store.begin() as tx:
        titles = models.taken_keys(tx, session.scope_id(settings, tx))
    used = set(pc.unique(assigned["segment_key"]).to_pylist())
    return _stand_in({key: title for key, title in sorted(titles.items()) if key in used}, fitted)


def _stand_in(titles: Mapping[str, str], fitted: SegmentModel) -> SegmentModel:
    if not titles:
        return fitted
    return replace(
        fitted,
        kind="tiers",
        transforms=(),
        segments=tuple(Segment(key, title[:MAX_TITLE_LENGTH], "", 0, 0.0) for key, title in titles.items()),
        groups=None,
        tiers=TierParameters(tuple(TierRule(key, ()) for key in titles)),
    )


def _replace_waiting(session: Session, settings: SegmentationSettings, row: ModelRow) -> None:
    ws = session.ws
    with ws.store.begin() as tx:
        session.lock.check(tx)
        scope_id = session.scope_id(settings, tx)
        for status in (ModelStatus.REFIT, ModelStatus.APPROVED):
            while (waiting := models.find_model(tx, scope_id, status)) is not None:
                models.set_status(tx, waiting.model_id, ModelStatus.REJECTED)
        models.save_model(tx, scope_id, row)
