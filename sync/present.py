"""What is in force now for one segmentation: model, assignments, and the records of the last pull."""

from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import sqlalchemy as sa

import segmentation
from connectors.errors import DataError, UsageError
from connectors.model import ObjectKind
from segmentation.config import SegmentationSettings
from segmentation.model import SegmentModel
from sync.inspection import scope_ids
from sync.planning import PULLED_OBJECTS
from sync.snapshot import Snapshot, load_snapshot
from sync.state import models, schema
from sync.state.assignments import load_assignments
from sync.state.models import ModelStatus
from sync.workspace import Workspace

__all__ = ["Present", "load_last_pull", "load_present"]


@dataclass(frozen=True, slots=True)
class Present:
    """The state in force; nothing of it is touched."""

    ws: Workspace
    settings: SegmentationSettings
    scope_id: int
    model: SegmentModel
    assigned: pa.Table
    """In `plan.ASSIGNMENT_SCHEMA`."""
    snapshot: Snapshot
    as_of: date
    """The day of the last run."""

    def features(self) -> "segmentation.FeatureTable":
        """The features of the last pull, as of the last run."""
        kind = ObjectKind(self.settings.object)
        tables = {
            each: self.snapshot.tables[each] for each in PULLED_OBJECTS[kind] if each in self.snapshot.tables
        }
        records = segmentation.Records(kind, tables)
        return segmentation.compute_features(
            records, self.settings, currency=self.ws.currency, as_of=self.as_of
        )


def load_present(ws: Workspace, name: str | None = None) -> Present:
    """Load it.

    Raises:
        UsageError: Nothing was segmented yet.
        DataError: The last pull is lost; the next plan reads everything again.
    """
    settings = ws.segmentation(name)
    connection_id = ws.connector.identify().connection_id
    with ws.store.begin() as tx:
        scope_id = scope_ids(tx, ws, connection_id).get(settings.name)
        row = models.find_model(tx, scope_id, ModelStatus.CURRENT) if scope_id else None
        assigned = load_assignments(tx, scope_id) if scope_id else None
        head = ws.store.snapshot_head(tx, connection_id)
        as_of = _last_as_of(tx, scope_id) if scope_id else None
    if scope_id is None or row is None or assigned is None or as_of is None:
        raise UsageError(
            "Nothing was segmented yet.",
            hint="Make a plan and apply it.",
            code="explain.nothing",
            next_command="crm-segments run",
        )
    snapshot = load_last_pull(ws, connection_id, head)
    model = SegmentModel.from_json(row.body)
    return Present(ws, settings, scope_id, model, assigned, snapshot, date.fromisoformat(as_of))


def load_last_pull(ws: Workspace, connection_id: str, head: str | None) -> Snapshot:
    """The records as last read.

    Raises:
        DataError: They are lost; the next plan reads everything again.
    """
    snapshot = load_snapshot(ws, connection_id, head)
    if snapshot is None:
        raise DataError(
            "The last pull is not on this machine any more.",
            hint="The next plan reads everything again.",
            code="snapshot.lost",
            next_command="crm-segments plan",
        )
    return snapshot


def _last_as_of(tx: sa.Connection, scope_id: int) -> str | None:
    """The day of the last run that was begun; None before the first."""
    run, plan = schema.run, schema.plan
    return tx.execute(
        sa.select(run.c.as_of)
        .join(plan, plan.c.plan_id == run.c.plan_id)
        .where(run.c.scope_id == scope_id, plan.c.status.in_(["applied", "applying"]))
        .order_by(run.c.started_at.desc(), run.c.run_id.desc())
        .limit(1)
    ).scalar()
