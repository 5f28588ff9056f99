"""Which segment model a plan uses: the current one, an approved refit, or a first fit.

A model is never replaced on the quiet: a lost one, or settings that no longer fit it, stop the run and
name `refit`.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

import segmentation
from connectors.errors import DataError
from segmentation.config import SegmentationSettings
from segmentation.errors import ModelMismatchError, NoStableSegmentsError
from segmentation.model import SegmentModel
from sync.session import Session
from sync.snapshot import Snapshot
from sync.state import models
from sync.state.models import ModelRow, ModelStatus
from sync.workspace import new_id

__all__ = ["ChosenModel", "choose_model", "fit_model"]


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """The model of a plan."""

    model: SegmentModel
    model_id: str
    base_model_id: str | None
    """The model that is current now."""
    is_new: bool
    """Whether it becomes current only with this plan."""
    approved_moves: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """How many moves from one key to another a person approved together with the refit."""
    notes: tuple[str, ...] = ()
    is_recovery: bool = False
    """An approved model where none is current: the state was lost, and what the CRM carries is ours."""

    @property
    def rewrites_text(self) -> bool:
        """Whether reasons are written anew for everybody: once, when an approved refit takes over."""
        return self.is_new and self.base_model_id is not None


def choose_model(
    session: Session,
    settings: SegmentationSettings,
    snapshot: Snapshot,
    features: "segmentation.FeatureTable",
    seen: pa.Table,
) -> ChosenModel:
    """The model for this plan, fitted and stored as proposed when there is none.

    Raises:
        DataError: The settings moved since the model was fitted; the CRM carries our values but the model
            is lost; or no stable segments were found.
    """
    ws, scope_id = session.ws, session.scope_id(settings)
    fingerprint = settings.model_fingerprint(ws.currency)
    with ws.store.begin() as tx:
        current = models.find_model(tx, scope_id, ModelStatus.CURRENT)
        approved = models.find_model(tx, scope_id, ModelStatus.APPROVED)
        proposed = models.find_model(tx, scope_id, ModelStatus.PROPOSED)
    current_id = current.model_id if current else None
    if approved is not None and approved.settings_fingerprint == fingerprint:
        return replace(_stored(approved, current_id, is_new=True), is_recovery=current is None)
    if current is not None:
        _check_settings(current, fingerprint)
        return _stored(current, current_id, is_new=False)
    _refuse_lost_model(seen, settings)
    if proposed and (proposed.settings_fingerprint, proposed.snapshot_hash) == (
        fingerprint,
        snapshot.head.hash(),
    ):
        # One that an earlier version proposed and nobody applied is simply made again.
        with suppress(ModelMismatchError):
            return _stored(proposed, None, is_new=True)
    fit = fit_model(session, settings, features)
    row = ModelRow(
        model_id=new_id(),
        status=ModelStatus.PROPOSED,
        created_at=ws.store.now(),
        settings_fingerprint=fingerprint,
        snapshot_hash=snapshot.head.hash(),
        parent_model_id=None,
        migration=(),
        body=fit.model.to_json(),
    )
    with ws.store.begin() as tx:
        session.lock.check(tx)
        models.save_model(tx, scope_id, row)
    return _stored(row, None, is_new=True)


def fit_model(
    session: Session,
    settings: SegmentationSettings,
    features: "segmentation.FeatureTable",
    current: pa.Table | None = None,
) -> "segmentation.Fit":
    """Fit a model to the records that no rule takes, or fall back to tiers where the settings say so.

    Args:
        session: The connection under lock.
        settings: What is grouped, and how.
        features: The records.
        current: `record_id` and `segment_key` that records have today, where there are segments already.

    Raises:
        DataError: Too few records, or no stable segments and no fallback.
    """
    ws = session.ws
    with ws.store.begin() as tx:
        taken = frozenset(models.taken_keys(tx, session.scope_id(settings, tx)))
    fingerprint = settings.model_fingerprint(ws.currency)
    features = features.only(features.is_free)
    try:
        return segmentation.fit_segments(
            features,
            settings,
            fingerprint=fingerprint,
            taken_keys=taken,
            current=current,
            observer=ws.observer,
            should_stop=ws.should_stop,
        )
    except NoStableSegmentsError:
        if settings.fallback != "tiers":
            raise
        return segmentation.tier_segments(features, settings, fingerprint=fingerprint, taken_keys=taken)


def _stored(row: ModelRow, base_model_id: str | None, *, is_new: bool) -> ChosenModel:
    model = SegmentModel.from_json(row.body)
    moves = {(old, new): count for old, new, count in row.migration if old != new} if is_new else {}
    notes = (model.evidence,) if is_new and model.evidence else ()
    return ChosenModel(model, row.model_id, base_model_id, is_new, moves, notes)


def _check_settings(current: ModelRow, fingerprint: str) -> None:
    if current.settings_fingerprint == fingerprint:
        return
    raise DataError(
        "The settings that shape the segments changed since the segments were made "
        "(features, where, number of segments, currency).",
        hint="Look at what new settings would do to each segment, then approve or reject it; "
        "or put the settings back.",
        code="model.settings_changed",
        next_command="crm-segments refit",
    )


def _refuse_lost_model(seen: pa.Table, settings: SegmentationSettings) -> None:
    carrying = int(pc.sum(pc.is_valid(seen["key"])).as_py() or 0)
    if carrying == 0:
        return
    raise DataError(
        f"{carrying:,} {settings.object} records carry a segment in {settings.field}, but the state store "
        "knows no segments: it was lost, or belongs to another installation.",
        hint="Put a copy of the state back (url under [state]). Without one, crm-segments refit makes "
        "segments and matches them to those that the records carry, for you to approve.",
        code="model.missing",
        next_command="crm-segments refit",
    )
