"""Whole runs against an emulated org: a real state store, a real socket, and time in the test's hands."""

import copy
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from connectors.config import ConnectionSettings
from connectors.contract import Connector
from connectors.model import Limits, ObjectKind
from connectors.retry import RetryPolicy
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.limits import LIMITS
from crm_segments.sandbox.salesforce import SalesforceEmulator, SalesforceOrg
from segmentation.config import CurrencySettings, SegmentationSettings
from sync import StateStore, SyncSettings, Workspace, open_store, run
from sync.results import RunResult
from sync.session import open_session
from sync.state import models
from sync.state.models import ModelStatus
from tests.meta.project import ROOT
from tests.salesforce import SalesforceWorld
from tests.sync.world import stored_model, tier_model

__all__ = [
    "BATCHES",
    "ERR",
    "JOBS",
    "OURS",
    "OUT",
    "SECRETS",
    "SIZES",
    "Commands",
    "Desk",
    "Ended",
    "commands",
    "in_small_parts",
    "our_values",
    "plug_in",
]

OURS = ("CRM_Segment__c", "CRM_Segment_Confidence__c", "CRM_Segment_Reason__c", "CRM_Segment_Since__c")
SIZES = {20: "small", 300: "middle", 5_000: "large"}
SECRETS = {
    "CRM_SEGMENTS_CONNECTION__CLIENT_ID": "key",
    "CRM_SEGMENTS_CONNECTION__CLIENT_SECRET": "secret",
    "CRM_SEGMENTS_ACTOR": "tester",
}
OUT, ERR = "said.txt", "said-beside.txt"
"""What a command printed last, in its folder."""

BATCHES = replace(LIMITS, max_batch_records=3, max_parallel_writes=2, settle_seconds=0)
"""A dozen records take several requests."""
JOBS = replace(BATCHES, min_bulk_records=1, max_job_records=6)
"""All records go in jobs, a dozen of them in two."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended and what it said."""

    code: int
    """Its exit code, or the negative signal that killed it."""
    out: str
    err: str

    @property
    def told(self) -> str:
        """All of it, on one line."""
        return " ".join(f"{self.out} {self.err}".split())


class Commands:
    """Carries out `crm-segments` with a process of its own for each command."""

    def __init__(self) -> None:
        self._driver = subprocess.Popen(
            [sys.executable, "-m", "tests.salesforce_driver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def __call__(self, folder: Path, limits: str, *arguments: str, **variables: str) -> Ended:
        """Carry out one command in a folder, with the limits of this name in this module."""
        assert self._driver.stdin
        assert self._driver.stdout
        self._driver.stdin.write(
            json.dumps([str(folder), limits, arguments, {**SECRETS, **variables}]) + "\n"
        )
        self._driver.stdin.flush()
        code = int(self._driver.stdout.readline())
        return Ended(code, (folder / OUT).read_text("utf-8"), (folder / ERR).read_text("utf-8"))

    def close(self) -> None:
        """Ends the process that waits for commands."""
        _, _ = self._driver.communicate(timeout=30)
        assert self._driver.returncode == 0


@contextmanager
def commands() -> Iterator[Commands]:
    """Commands, until the end of the block."""
    made = Commands()
    yield made
    made.close()


def in_small_parts(limits: Limits) -> type[SalesforceConnector]:
    """The connector, cutting its work into parts as if Salesforce allowed no more."""

    class InSmallParts(SalesforceConnector):
        @property
        def limits(self) -> Limits:
            return limits

    return InSmallParts


def plug_in(world: SalesforceWorld, org: SalesforceOrg) -> None:
    """Let a copy of this org answer from now on, with no fault planned and nothing counted."""
    world.org = copy.deepcopy(org)
    world.emulator = SalesforceEmulator(world.org)
    world.switchboard.emulator = world.emulator


def our_values(org: SalesforceOrg) -> dict[str, tuple[object, ...]]:
    """What our fields hold, by account; deleted ones are left out."""
    rows = org.store.table("Account").items()
    return {record: tuple(row.get(name) for name in OURS) for record, row in rows if not row.get("IsDeleted")}


@dataclass
class Desk:
    """An org with a dozen accounts and a folder with settings and state, as the command line lays them."""

    world: SalesforceWorld
    folder: Path
    count: int = 12
    limits: Limits = BATCHES
    segmentation: SegmentationSettings = field(default_factory=SegmentationSettings)
    attempts: int = 6
    """How often a request that was turned away is sent, at most."""

    def __post_init__(self) -> None:
        sizes = list(SIZES)
        rows = [
            {"name": f"Company {number}", "employees": str(sizes[number % 3])} for number in range(self.count)
        ]
        self.ids = self.world.seed(ObjectKind.ACCOUNT, [_typed(row) for row in rows])
        text = f'[connection]\ncrm = "salesforce"\nendpoint = "{self.world.url}"\n'
        (self.folder / "config.toml").write_text(f'{text}\n[[segmentation]]\nname = "customers"\n')
        (self.folder / ".crm-segments").mkdir(mode=0o700, exist_ok=True)
        self.store = self.open_state()
        self._use_model()

    def open_state(self) -> StateStore:
        return open_store(
            f"sqlite:///{self.folder / '.crm-segments' / 'state.db'}", clock=self.world.clock.now
        )

    def connect(self) -> Connector:
        """A connector that has asked nothing yet."""
        known = {
            "crm": "salesforce",
            "endpoint": self.world.url,
            "client_id": "key",
            "client_secret": "secret",
        }
        settings = ConnectionSettings.model_validate(known)
        opened = in_small_parts(self.limits)(SalesforceClient(settings), settings, clock=self.world.clock.now)
        self.world.opened.append(opened)
        return opened

    def workspace(self) -> Workspace:
        return Workspace(
            connector=self.connect(),
            store=self.store,
            target=str(self.folder / "config.toml"),
            settings=SyncSettings(max_shrink_share=1.0),
            currency=CurrencySettings(),
            segmentations=(self.segmentation,),
            actor="tester",
            snapshot_dir=self.folder / ".crm-segments" / "snapshots",
            clock=self.world.clock.now,
            sleep=self.world.clock.advance,
            retry=RetryPolicy(self.attempts, sleep=self.world.clock.advance),
        )

    def run(self) -> RunResult:
        return run(self.workspace(), confirm=lambda _plans: True)

    def resize(self, sizes: Mapping[str, int]) -> None:
        """Let accounts grow or shrink, which moves them to another segment."""
        self.world.clock.advance(1)
        for record_id, employees in sizes.items():
            self.world.org.edit(record_id, {"NumberOfEmployees": employees})
        self.world.clock.advance(1)

    def touches(self) -> dict[str, int]:
        """How often each account was written, by whomever."""
        history = self.world.org.store.history
        return {record: history.touches(record) for record in self.world.org.store.table("Account")}

    def _use_model(self) -> None:
        """A model that is current, as if its first run had been long ago."""
        row = stored_model(tier_model(self.segmentation), ModelStatus.RETIRED)
        with open_session(self.workspace()) as session, self.store.begin() as tx:
            scope_id = session.scope_id(self.segmentation, tx)
            models.save_model(tx, scope_id, row)
            titles = [(key, key.capitalize()) for key in SIZES.values()]
            models.adopt_model(tx, scope_id, row.model_id, titles)


def _typed(row: dict[str, str]) -> dict[str, str | int]:
    return {"name": row["name"], "employees": int(row["employees"])}
