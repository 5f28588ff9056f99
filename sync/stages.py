"""What applying a plan does, step by step. The preview and the runner read this same list."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pyarrow.compute as pc

from connectors.contract import Connector, ListBuilder
from sync.config import SyncSettings
from sync.plan import Action, Plan

__all__ = ["BuildLists", "MakeFields", "Stage", "WriteBatches", "stages_of"]


@dataclass(frozen=True, slots=True)
class MakeFields:
    """Make our fields, or add options to them."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WriteBatches:
    """Write the changed records, so many in one request."""

    batches: tuple[tuple[int, ...], ...]
    """Row numbers of the plan's changes."""

    @property
    def record_count(self) -> int:
        """Records over all batches."""
        return sum(len(batch) for batch in self.batches)


@dataclass(frozen=True, slots=True)
class BuildLists:
    """Keep one saved list per segment."""

    titles: tuple[str, ...]


Stage = MakeFields | WriteBatches | BuildLists


def stages_of(
    plan: Plan, connector: Connector, settings: SyncSettings, *, settled: Collection[int] = ()
) -> list[Stage]:
    """The stages of applying this plan.

    Args:
        plan: What to apply.
        connector: For its limits and optional abilities; it is not asked anything.
        settings: Whether lists are built.
        settled: Row numbers that an earlier attempt of the same run has brought to an end.
    """
    stages: list[Stage] = []
    if plan.head.field_steps:
        stages.append(MakeFields(tuple(step.field for step in plan.head.field_steps)))
    open_rows = [row for row in _rows_to_set(plan) if row not in settled]
    if open_rows:
        stages.append(WriteBatches(_sliced(open_rows, connector.limits.max_batch_records)))
    if settings.build_lists and isinstance(connector, ListBuilder):
        stages.append(BuildLists(tuple(segment.name for segment in plan.head.segments)))
    return stages


def _rows_to_set(plan: Plan) -> list[int]:
    mask = pc.equal(plan.changes["action"], Action.SET.value)
    rows: list[int] = pc.indices_nonzero(mask).to_pylist()
    return rows


def _sliced(rows: Sequence[int], size: int) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(rows[start : start + size]) for start in range(0, len(rows), size))
