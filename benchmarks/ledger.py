"""What remembering every write costs: intents and outcomes, durable, with a CRM that is instant.

Runs the real sending of a plan against a connector that takes everything at once: what is left is ours.
"""

import sqlite3
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pyarrow as pa

from connectors.model import (
    ConnectionIdentity,
    FieldWrite,
    Limits,
    ObjectDescription,
    ObjectKind,
    Option,
    WriteOutcome,
    WriteResult,
)
from segmentation.config import CurrencySettings, SegmentationSettings
from sync import SyncSettings, Workspace, open_store
from sync.apply import Execution
from sync.begin import begin_plan
from sync.ledger import Ledger
from sync.plan import ASSIGNMENT_SCHEMA, CHANGE_SCHEMA, PARTS, Plan, PlanHead
from sync.sending import send_batches
from sync.session import open_session
from sync.state.plans import save_plan
from sync.workspace import new_id

__all__ = ["report"]

RECORDS = 20_000


def report(records: int = RECORDS) -> None:
    """Print the table."""
    print("# The ledger, with a CRM that answers at once\n")
    print(f"{'requests at once':24}{'CPU us/record':>14}{'wall records/s':>16}{'bytes/record':>14}")
    for width in (1, 10):
        cpu, wall, size = _measure(records, width)
        print(
            f"{width:<24}{cpu / records * 1e6:>14.1f}{records / wall:>16,.0f}{size / records:>14.0f}",
        )
    print("Targets: 25 us CPU and 15,000 records/s with full durability, 60 bytes a record confirmed.\n")


class Instant:
    """Takes every write at once."""

    def __init__(self, width: int) -> None:
        self.limits = Limits(200, 2_000, width, 255, 0)

    def identify(self) -> ConnectionIdentity:
        """Some account."""
        return ConnectionIdentity("instant", "one", "instant")

    def describe(self, kind: ObjectKind) -> ObjectDescription:
        """No fields: nobody looks at them here."""
        return ObjectDescription(kind, "Account", "Accounts", ())

    def write(self, _kind: ObjectKind, batch: Sequence[FieldWrite], *, request_id: str) -> list[WriteResult]:
        """Everything is written."""
        return [WriteResult(each.record_id, WriteOutcome.WRITTEN, message=request_id[:0]) for each in batch]


def _measure(records: int, width: int) -> tuple[float, float, int]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        with open_store(f"sqlite:///{path}") as store:
            settings = SegmentationSettings()
            ws = Workspace(
                connector=Instant(width),  # type: ignore[arg-type]  # has what sending needs
                store=store,
                target="instant",
                settings=SyncSettings(),
                currency=CurrencySettings(),
                segmentations=(settings,),
                actor="benchmark",
                snapshot_dir=Path(folder) / "snapshots",
            )
            with open_session(ws) as session:
                plan = _plan(records, session.connection.connection_id)
                scope_id = session.scope_id(settings)
                with store.begin() as tx:
                    stored = save_plan(tx, scope_id, plan)
                begun = begin_plan(session, stored, settings, new_id())
                ledger = Ledger(store, session.lock, scope_id, begun.run_id, plan)
                before = _size(path)
                rows = range(records)
                batches = [tuple(rows[start : start + 200]) for start in range(0, records, 200)]
                cpu, wall = time.process_time(), time.perf_counter()
                send_batches(Execution(session, ledger, plan, settings.field, begun.run_id), batches)
                spent = time.process_time() - cpu, time.perf_counter() - wall
                size = _size(path) - before
                cpu = time.process_time()
                ledger.fold()
                return spent[0] + time.process_time() - cpu, spent[1], size


def _size(path: Path) -> int:
    """Bytes of the file, with what is still in its write-ahead log put where it will lie."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


def _plan(records: int, connection_id: str) -> Plan:
    ids = [f"001{row * 7919 % 10**9:09d}AAAAAA" for row in range(records)]
    values: dict[str, list[str]] = {
        "key": [f"segment_{row % 5}" for row in range(records)],
        "confidence": ["clear"] * records,
        "reason": [f"{row % 5000} employees; {row % 40} deals won since Mar 2026" for row in range(records)],
        "since": ["2026-11-02"] * records,
    }
    nothing = pa.nulls(records, pa.string())
    columns = [pa.array(ids), pa.array(["set"] * records), pa.array(["new"] * records)]
    columns += [nothing for _ in PARTS] + [pa.array(values[part]) for part in PARTS] + [nothing]
    model_id = new_id()
    head = PlanHead(
        plan_id=new_id(),
        connection_id=connection_id,
        connection_label="instant",
        segmentation="customers",
        object=ObjectKind.ACCOUNT,
        field_names={part: part for part in PARTS},
        as_of="2026-11-02",
        created_at="2026-11-02T00:00:00.000+00:00",
        pulled_at="2026-11-02T00:00:00.000+00:00",
        snapshot_hash="",
        model_id=model_id,
        base_model_id=model_id,
        settings_fingerprint="",
        schema_hash="",
        ledger_generation=0,
        in_scope_count=records,
        carrying_count=0,
        replaced_count=0,
        segments=(),
        options=(Option("segment_0", "Segment"),),
        counts={"set": records},
    )
    changes = pa.table(columns, schema=CHANGE_SCHEMA).sort_by("record_id").combine_chunks()
    return Plan(head, changes, ASSIGNMENT_SCHEMA.empty_table())
