"""What a whole run on Salesforce costs: a saved plan applied with its durable ledger, then a quiet run.

    python -m benchmarks.salesforce_run           2,000 records
    python -m benchmarks.salesforce_run 20000     the size that the targets are for

Each line is one process of its own. CPU is all that the command took, and beside it the part from the first
batch to the last outcome: requests, answers and the ledger. Peak memory is that of the whole process with its
libraries. The server is another process, waits 120 ms before every answer and keeps updates without a look:
nothing here says how fast Salesforce is. The loop over single records is measured on a sample and multiplied;
it keeps no ledger. Elapsed times are comparable within one run only.

Aim for 20,000 records: 100 requests that write, 25 us of CPU a record to write it, at most 1.6 s of writing
and 90 MB, and connections no more than threads + 2.
"""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from benchmarks.measure import measure, serve
from benchmarks.salesforce_write import LATENCY_SECONDS, LOOP, SAMPLE, WRITERS, peak_mb
from benchmarks.salesforce_write_server import COUNTS
from connectors.config import ConnectionSettings
from connectors.model import FieldWrite, ObjectKind, Progress, WriteResult
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.connector import SalesforceConnector
from segmentation.config import CurrencySettings, SegmentationSettings
from segmentation.model import Condition, FeatureSpec, Segment, SegmentModel, TierParameters, TierRule
from sync import SyncSettings, Workspace, apply_plan, make_plans, open_store, run
from sync.results import RunResult
from sync.session import open_session
from sync.state import models
from sync.state.models import ModelRow, ModelStatus
from sync.workspace import new_id

__all__ = ["report"]

RECORDS = 2_000
_MODULE = "benchmarks.salesforce_run"
_COLUMNS = (
    *(
        ("CPU us/record", 14),
        ("of it writing", 14),
        ("seconds", 9),
        ("writing", 9),
        ("peak MB", 9),
        ("above start", 13),
    ),
    *(("requests", 10), ("writes", 8), ("connections", 13)),
)
_APPLY, _QUIET = "crm-segments: a saved plan applied", "crm-segments: a run without changes"


def report(records: int = RECORDS) -> None:
    """Print the table."""
    wait = f"{LATENCY_SECONDS * 1000:.0f} ms before each answer"
    print(f"# A run on a Salesforce of {records:,} accounts, all of them changed, {wait}\n")
    heads = "".join(f"{head:>{width}}" for head, width in _COLUMNS)
    print(f"{'':46}{heads}")
    with (
        serve("benchmarks.salesforce_run_server", records, LATENCY_SECONDS) as address,
        TemporaryDirectory() as folder,
    ):
        _line(LOOP, "loop", address, folder, min(SAMPLE, records), records)
        measure([sys.executable, "-m", _MODULE, "plan", address, folder], Path.cwd())
        _line(_APPLY, "apply", address, folder, records, records)
        _line(_QUIET, "run", address, folder, records, records)
    print("\nThe loop is measured on a sample; its seconds and requests are multiplied.\n")


def _line(name: str, what: str, address: str, folder: str, count: int, records: int) -> None:
    command = [sys.executable, "-m", _MODULE, what, address, folder, str(count)]
    found = json.loads(measure(command, Path.cwd()).stdout)
    factor = records / count
    cells = (
        f"{1e6 * found['cpu_seconds'] / count:.1f}",
        f"{1e6 * found['writing_cpu_seconds'] / count:.1f}",
        f"{found['seconds'] * factor:.1f}",
        f"{found['writing_seconds'] * factor:.2f}",
        f"{found['peak_mb']:.0f}",
        f"{found['peak_mb'] - found['start_mb']:.0f}",
        f"{found['requests'] * factor:,.0f}",
        f"{found['writes'] * factor:,.0f}",
        f"{found['connections']}",
    )
    shown = "".join(f"{cell:>{width}}" for cell, (_, width) in zip(cells, _COLUMNS, strict=True))
    print(f"{name:46}{shown}", flush=True)


class _Writing:
    """When records were written, from the first batch to the last outcome, by clock and by CPU time."""

    def __init__(self) -> None:
        self.began = self.ended = (0.0, 0.0)

    def begin(self) -> None:
        if not any(self.began):
            self.began = self.ended = (time.perf_counter(), time.process_time())

    def __call__(self, progress: Progress) -> None:
        if progress.stage == "write":
            self.ended = (time.perf_counter(), time.process_time())


@contextmanager
def _workspace(address: str, folder: str, writing: _Writing) -> Iterator[Workspace]:
    known = {"crm": "salesforce", "endpoint": address, "client_id": "key", "client_secret": "secret"}
    settings = ConnectionSettings.model_validate(known)
    state = Path(folder) / "state"
    state.mkdir(mode=0o700, exist_ok=True)
    with (
        _Timed(SalesforceClient(settings), settings) as connector,
        open_store(f"sqlite:///{state / 'state.db'}") as store,
    ):
        connector.writing = writing
        yield Workspace(
            connector=connector,
            store=store,
            target="config.toml",
            settings=SyncSettings(),
            currency=CurrencySettings(),
            segmentations=(SegmentationSettings(),),
            actor="benchmark",
            snapshot_dir=state / "snapshots",
            observer=writing,
        )


class _Timed(SalesforceConnector):
    """Notes when the first batch is sent."""

    writing: _Writing

    def write(self, kind: ObjectKind, batch: Sequence[FieldWrite], *, request_id: str) -> list[WriteResult]:
        self.writing.begin()
        return super().write(kind, batch, request_id=request_id)


def _plan(address: str, folder: str) -> None:
    with _workspace(address, folder, _Writing()) as ws:
        settings = ws.segmentations[0]
        model = _model(settings)
        row = ModelRow(
            model_id=new_id(),
            status=ModelStatus.RETIRED,
            created_at="2026-10-01T00:00:00.000+00:00",
            settings_fingerprint=model.settings_fingerprint,
            snapshot_hash="",
            parent_model_id=None,
            migration=(),
            body=model.to_json(),
        )
        with open_session(ws) as session, ws.store.begin() as tx:
            scope_id = session.scope_id(settings, tx)
            models.save_model(tx, scope_id, row)
            titles = [(segment.key, segment.title) for segment in model.segments]
            models.adopt_model(tx, scope_id, row.model_id, titles)
        (stored,) = make_plans(ws)
    _plan_id(folder).write_text(stored.plan.plan_id, "utf-8")


def _plan_id(folder: str) -> Path:
    return Path(folder) / "plan-id.txt"


def _model(settings: SegmentationSettings) -> SegmentModel:
    """Three printed rules by employees: fitting is not what is measured here."""
    size = FeatureSpec("employees", "size", "Employees", "people", "employees", scale="log")
    rules = (
        TierRule("large", (Condition("employees", "at_least", 1_000),)),
        TierRule("middle", (Condition("employees", "at_least", 100),)),
        TierRule("small", ()),
    )
    return SegmentModel(
        format_version=1,
        kind="tiers",
        object=ObjectKind.ACCOUNT,
        as_of=date(2026, 11, 2),
        settings_fingerprint=settings.model_fingerprint(CurrencySettings()),
        currency="USD",
        segments=tuple(Segment(rule.key, rule.key.title(), "By size.", 1, 0.3) for rule in rules),
        features=(size,),
        transforms=(),
        groups=None,
        tiers=TierParameters(rules),
        evidence="Made for the benchmark.",
    )


def _measure(what: str, address: str, folder: str, count: int) -> None:
    writing = _Writing()
    # Whoever updates records one by one has logged in long before.
    update = WRITERS[LOOP](address) if what == "loop" else None
    before, start_mb = _counts(address), peak_mb()
    cpu, began = time.process_time(), time.perf_counter()
    if update:
        writing.begin()
        writes = update(_batch(count))
        writing(Progress("write", count))
    else:
        writes = _carry_out(what, address, folder, count, writing)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    after = _counts(address)
    found = {
        "cpu_seconds": cpu,
        "seconds": seconds,
        "writing_seconds": writing.ended[0] - writing.began[0],
        "writing_cpu_seconds": writing.ended[1] - writing.began[1],
        "start_mb": start_mb,
        "peak_mb": peak_mb(),
        "requests": after["requests"] - before["requests"],
        "writes": writes,
        "connections": after["connections"] - before["connections"],
    }
    print(json.dumps(found))


def _batch(count: int) -> list[FieldWrite]:
    # The server takes any id, and each is as long as a real one.
    return [FieldWrite(f"0014S{number:010d}QAA", {"Site": "a reason"}) for number in range(count)]


def _carry_out(what: str, address: str, folder: str, count: int, writing: _Writing) -> int:
    with _workspace(address, folder, writing) as ws:
        result: RunResult = (
            apply_plan(ws, _plan_id(folder).read_text("utf-8"), confirm=lambda _plans: True)
            if what == "apply"
            else run(ws, confirm=lambda _plans: True)
        )
    wanted = count if what == "apply" else 0
    if (result.exit_code, result.changes.written) != (0, wanted):
        raise SystemExit(f"{what} ended in {result.exit_code} with {result.changes}")
    return result.write_requests


def _counts(address: str) -> Mapping[str, int]:
    found: Mapping[str, int] = requests.get(address + COUNTS, timeout=60).json()
    return found


if __name__ == "__main__":
    if sys.argv[1:2] == ["plan"]:
        _plan(*sys.argv[2:])
    elif len(sys.argv) > 2:
        _measure(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        report(int(sys.argv[1]) if sys.argv[1:] else RECORDS)
