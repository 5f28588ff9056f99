"""A small company in a real file of the embedded CRM, with state, settings and time in the test's hands."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from connectors.contract import Connector
from connectors.errors import CrmSegmentsError
from connectors.local import open_connector
from connectors.local.connector import LocalConnector
from connectors.model import FieldValue, ObjectKind
from connectors.retry import RetryPolicy
from segmentation.config import CurrencySettings, SegmentationSettings
from segmentation.model import (
    FORMAT_VERSION,
    Condition,
    FeatureSpec,
    Segment,
    SegmentModel,
    TierParameters,
    TierRule,
)
from sync import StateStore, StoredPlan, SyncSettings, Workspace, apply_plan, make_plans, open_store, run
from sync.results import RunResult
from sync.session import open_session
from sync.state import models
from sync.state.models import ModelRow, ModelStatus
from sync.workspace import new_id

__all__ = ["DAY", "FIELDS", "Clock", "World", "code_of", "make_world", "tier_model"]

DAY = date(2026, 11, 2)
FIELDS = ("crm_segment", "crm_segment_confidence", "crm_segment_reason", "crm_segment_since")
Values = tuple[str | None, ...]


class Clock:
    """Time that moves only when told to."""

    def __init__(self, now: datetime = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **parts: float) -> None:
        self.now += timedelta(**parts)


def tier_model(settings: SegmentationSettings, *, large: float = 1_000, middle: float = 100) -> SegmentModel:
    """Three printed rules by employees, so that a test decides who is where."""
    size = FeatureSpec("employees", "size", "Employees", "people", "employees", scale="log")
    titles = {"large": "Large", "middle": "Middle", "small": "Small"}
    rules = (
        TierRule("large", (Condition("employees", "at_least", large),)),
        TierRule("middle", (Condition("employees", "at_least", middle),)),
        TierRule("small", ()),
    )
    return SegmentModel(
        format_version=FORMAT_VERSION,
        kind="tiers",
        object=ObjectKind(settings.object),
        as_of=DAY,
        settings_fingerprint=settings.model_fingerprint(CurrencySettings()),
        currency="USD",
        segments=tuple(Segment(key, title, f"{title} ones.", 1, 0.3) for key, title in titles.items()),
        features=(size,),
        transforms=(),
        groups=None,
        tiers=TierParameters(rules),
        evidence="Made for tests.",
    )


@dataclass
class World:
    """One CRM, one state store, and what happens in them."""

    folder: Path
    crm: LocalConnector
    store: StateStore
    clock: Clock
    segmentations: tuple[SegmentationSettings, ...] = (SegmentationSettings(),)
    settings: SyncSettings = field(default_factory=SyncSettings)
    connector: Connector | None = None
    """What the runs see; the embedded CRM itself unless a test lays faults before it."""
    should_stop: Callable[[], bool] = lambda: False
    slept: list[float] = field(default_factory=list)

    def workspace(self) -> Workspace:
        return Workspace(
            connector=self.connector or self.crm,
            store=self.store,
            target="config.toml",
            settings=self.settings,
            currency=CurrencySettings(),
            segmentations=self.segmentations,
            actor="tester",
            snapshot_dir=self.folder / "snapshots",
            clock=self.clock,
            sleep=self.slept.append,
            should_stop=self.should_stop,
            retry=RetryPolicy(max_attempts=3, sleep=self.slept.append),
        )

    def run(self, *, as_of: date | None = None, says: bool = True) -> RunResult:
        return run(self.workspace(), as_of=as_of, confirm=lambda _plans: says)

    def plan(self, *, as_of: date | None = None) -> StoredPlan:
        (stored,) = make_plans(self.workspace(), as_of=as_of)
        return stored

    def apply(self, stored: StoredPlan | None = None) -> RunResult:
        prefix = stored.plan.plan_id if stored else None
        return apply_plan(self.workspace(), prefix, confirm=lambda _plans: True)

    def resize(self, ids: Iterable[str], employees: int) -> None:
        """Let accounts grow or shrink, which moves them to another segment."""
        rows = [{"account_id": record_id, "employees": str(employees)} for record_id in ids]
        day = date.fromisoformat(self.crm.as_of())
        self.crm.load({ObjectKind.ACCOUNT: pa.Table.from_pylist(rows)}, as_of=day)

    def edit(self, record_id: str, **values: FieldValue) -> None:
        """Change fields as a person does."""
        self.crm.edit(ObjectKind.ACCOUNT, record_id, values, "Jo")

    def values(self) -> dict[str, Values]:
        """What the CRM holds in our four fields, by record id."""
        table = self.crm.table(ObjectKind.ACCOUNT)
        names = [name for name in FIELDS if name in table.column_names]
        columns = [table[name].to_pylist() for name in ("account_id", *names)]
        return {row[0]: (*row[1:], *[None] * (4 - len(names))) for row in zip(*columns, strict=True)}

    def keys(self) -> dict[str, str | None]:
        return {record_id: values[0] for record_id, values in self.values().items()}

    def writes(self, record_id: str | None = None) -> list[tuple[str, str, str | None]]:
        """Every value that we ever wrote, oldest first: record, field, new value."""
        history = self.crm.history(ObjectKind.ACCOUNT, record_id)
        return [(each.record_id, each.field, each.new) for each in history if each.actor == "crm-segments"]

    def touched(self) -> dict[str, datetime]:
        """When each record was last modified."""
        table = self.crm.table(ObjectKind.ACCOUNT)
        return dict(zip(table["account_id"].to_pylist(), table["modified_at"].to_pylist(), strict=True))

    def everything_else(self) -> dict[ObjectKind, pa.Table]:
        """All records without our fields and without their modification time."""
        tables = {kind: self.crm.table(kind) for kind in ObjectKind}
        ours = {*FIELDS, "modified_at"}
        return {
            kind: table.select([name for name in table.column_names if name not in ours])
            for kind, table in tables.items()
        }

    def use_model(self, model: SegmentModel, settings: SegmentationSettings | None = None) -> str:
        """Make a model current, as if its first run had been long ago."""
        row = stored_model(model, ModelStatus.RETIRED)
        with open_session(self.workspace()) as session, self.store.begin() as tx:
            scope_id = session.scope_id(settings or self.segmentations[0], tx)
            models.save_model(tx, scope_id, row)
            titles = [(segment.key, segment.title) for segment in model.segments]
            models.adopt_model(tx, scope_id, row.model_id, titles)
        return row.model_id

    def close(self) -> None:
        self.crm.__exit__(None, None, None)
        self.store.close()

    def reopen(self) -> "World":
        """The same files, opened again by a program that remembers nothing."""
        self.close()
        crm = open_connector(path=self.folder / "crm.db", clock=self.clock)
        return replace(self, crm=crm, store=open_state(self.folder, self.clock), connector=None)


def code_of(result: RunResult) -> str:
    """The code of what stopped a run; empty when nothing did."""
    return result.error.code if isinstance(result.error, CrmSegmentsError) else ""


def stored_model(model: SegmentModel, status: ModelStatus) -> ModelRow:
    """A model as the state store keeps it."""
    return ModelRow(
        model_id=new_id(),
        status=status,
        created_at="2026-10-01T00:00:00.000+00:00",
        settings_fingerprint=model.settings_fingerprint,
        snapshot_hash="",
        parent_model_id=None,
        migration=(),
        body=model.to_json(),
    )


@cache
def _fresh_state() -> bytes:
    """An empty state store; made once, because migrating it for every test would cost more than the test."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        open_store(f"sqlite:///{path}").close()
        return path.read_bytes()


def open_state(folder: Path, clock: Clock) -> StateStore:
    """The state store of a world."""
    path = folder / "state" / "state.db"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(_fresh_state())
    return open_store(f"sqlite:///{path}", clock=clock)


def account_rows(sizes: Mapping[str, int]) -> pa.Table:
    """Accounts of these sizes, with a few fields that are none of ours."""
    rows = [
        {"account_id": record_id, "name": f"Company {record_id}", "country": "US", "employees": str(size)}
        for record_id, size in sizes.items()
    ]
    return pa.Table.from_pylist(rows)


def make_world(
    folder: Path,
    *,
    count: int = 24,
    sizes: Sequence[int] = (20, 300, 5_000),
    has_model: bool = True,
    segmentations: tuple[SegmentationSettings, ...] = (SegmentationSettings(),),
) -> World:
    """Accounts `a000`, `a001`, ... of these sizes in turn; a model that is current unless told otherwise."""
    clock = Clock()
    crm = open_connector(path=folder / "crm.db", create=True, clock=clock)
    accounts = {f"a{number:03}": sizes[number % len(sizes)] for number in range(count)}
    crm.load({ObjectKind.ACCOUNT: account_rows(accounts)}, as_of=DAY)
    world = World(folder, crm, open_state(folder, clock), clock, segmentations)
    if has_model:
        for settings in segmentations:
            world.use_model(tier_model(settings), settings)
    return world
