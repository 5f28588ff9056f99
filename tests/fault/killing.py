"""A run that ends itself with SIGKILL at a chosen step: nothing is flushed, closed or said."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from connectors.local.client import FileClient
from connectors.local.connector import LocalConnector
from connectors.model import (
    FieldChange,
    FieldSpec,
    FieldWrite,
    Limits,
    ListChange,
    ListSpec,
    ObjectKind,
    Page,
    Watermark,
    WriteResult,
)
from sync.state.store import StateStore
from tests.sync.world import Clock

__all__ = ["BATCH_RECORDS", "KillingConnector", "Steps", "watch_files", "watch_store"]

BATCH_RECORDS = 4
Result = TypeVar("Result")


class Steps:
    """Counts what happens; at the chosen number the process is gone. Zero never comes."""

    def __init__(self, kill_at: int) -> None:
        self.kill_at = kill_at
        self.places: list[str] = []

    def __call__(self, place: str) -> None:
        self.places.append(place)
        if len(self.places) == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, place: str, function: Callable[[], Result]) -> Result:
        self(f"before {place}")
        result = function()
        self(f"after {place}")
        return result


class KillingConnector(LocalConnector):
    """The embedded CRM, whose every request is a step before and a step after."""

    def __init__(self, path: Path, clock: Clock, steps: Steps) -> None:
        super().__init__(FileClient(path, create=False, clock=clock, busy_seconds=5), actor="crm-segments")
        self._steps = steps

    @property
    def limits(self) -> Limits:
        return replace(super().limits, max_batch_records=BATCH_RECORDS)

    def pull(
        self,
        kind: ObjectKind,
        fields: Sequence[str] = (),
        *,
        since: Watermark | None = None,
        checkpoint: str | None = None,
    ) -> Iterator[Page]:
        for page in super().pull(kind, fields, since=since, checkpoint=checkpoint):
            self._steps("page of a pull")
            yield page

    def ensure_fields(
        self, kind: ObjectKind, specs: Sequence[FieldSpec], *, dry_run: bool = False
    ) -> list[FieldChange]:
        make = super().ensure_fields
        return self._steps.around("making fields", lambda: make(kind, specs, dry_run=dry_run))

    def ensure_lists(self, specs: Sequence[ListSpec], *, dry_run: bool = False) -> list[ListChange]:
        make = super().ensure_lists
        return self._steps.around("making lists", lambda: make(specs, dry_run=dry_run))

    def write(self, kind: ObjectKind, batch: Sequence[FieldWrite], *, request_id: str) -> list[WriteResult]:
        write = super().write
        return self._steps.around("a write", lambda: write(kind, batch, request_id=request_id))


def watch_store(store: StateStore, steps: Steps) -> None:
    """Make every commit of the state store a step before and a step after."""
    dialect: Any = store._engine.dialect
    commit = dialect.do_commit
    dialect.do_commit = lambda connection: steps.around("a commit", lambda: commit(connection))


def watch_files(steps: Steps) -> None:
    """Make every flush to disk and every renaming a step before and a step after. For good: this process."""
    flush, rename = os.fsync, Path.rename

    def watched_flush(descriptor: int) -> None:
        steps.around("a flush", lambda: flush(descriptor))

    def watched_rename(path: Path, target: str | Path) -> Path:
        return steps.around("a renaming", lambda: rename(path, target))

    os.fsync = watched_flush  # type: ignore[assignment]
    Path.rename = watched_rename  # type: ignore[method-assign,assignment]
