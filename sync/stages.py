"""What applying a plan does, step by step. The preview and the runner read this same list."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pyarrow.compute as pc

from connectors.contract import BulkWrite, Connector, ListBuilder, Metered
from sync.config import SyncSettings
from sync.fields import list_specs
from sync.plan import Action, Plan

__all__ = [
    "BuildLists",
    "MakeFields",
    "Stage",
    "WriteBatches",
    "WriteJobs",
    "estimate_calls",
    "stages_of",
]


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
    def rows(self) -> list[int]:
        """Row numbers over all batches."""
        return [row for batch in self.batches for row in batch]

    @property
    def record_count(self) -> int:
        """Records over all batches."""
        return sum(len(batch) for batch in self.batches)


@dataclass(frozen=True, slots=True)
class WriteJobs:
    """Write the changed records in jobs that the CRM works on by itself."""

    jobs: tuple[tuple[int, ...], ...]
    """Row numbers of the plan's changes."""

    @property
    def rows(self) -> list[int]:
        """Row numbers over all jobs."""
        return [row for job in self.jobs for row in job]

    @property
    def record_count(self) -> int:
        """Records over all jobs."""
        return sum(len(job) for job in self.jobs)


@dataclass(frozen=True, slots=True)
class BuildLists:
    """Keep one saved list per segment."""

    titles: tuple[str, ...]


Stage = MakeFields | WriteBatches | WriteJobs | BuildLists


def stages_of(
    plan: Plan, connector: Connector, settings: SyncSettings, *, settled: Collection[int] = ()
) -> list[Stage]:
    """The stages of applying this plan.

    Args:
        plan: What to apply.
        connector: For its limits and abilities, and the calls it has left as far as it knows; it asks
            nobody.
        settings: Whether lists are built.
        settled: Row numbers that an earlier attempt of the same run has brought to an end.
    """
    stages: list[Stage] = []
    if plan.head.field_steps:
        stages.append(MakeFields(tuple(step.field for step in plan.head.field_steps)))
    open_rows = [row for row in _rows_to_set(plan) if row not in settled]
    if open_rows:
        stages.append(_writing(open_rows, connector))
    if settings.build_lists and isinstance(connector, ListBuilder):
        stages.append(BuildLists(tuple(spec.title for spec in list_specs(plan.head))))
    return stages


def estimate_calls(stages: Sequence[Stage]) -> int:
    """About how many calls to the CRM these stages take when nothing goes wrong.

    A job is made, filled, begun, asked after half a dozen times and collected in three files; a field is
    looked for, made and shown; a list is looked for and made.
    """
    return sum(_calls_of(stage) for stage in stages)


def _calls_of(stage: Stage) -> int:
    match stage:
        case WriteBatches():
            return len(stage.batches)
        case WriteJobs():
            return 12 * len(stage.jobs)
        case MakeFields():
            return 6 * len(stage.fields)
        case BuildLists():
            return 2 * len(stage.titles)


def _writing(rows: Sequence[int], connector: Connector) -> WriteBatches | WriteJobs:
    """Batches are answered record by record at once; jobs cost fewer calls."""
    limits = connector.limits
    batches = _sliced(rows, limits.max_batch_records)
    if isinstance(connector, BulkWrite) and limits.min_bulk_records is not None:
        budget = connector.call_budget() if isinstance(connector, Metered) else None
        is_short = budget is not None and budget.available < len(batches)
        if len(rows) >= limits.min_bulk_records or is_short:
            return WriteJobs(_sliced(rows, limits.max_job_records))
    return WriteBatches(batches)


def _rows_to_set(plan: Plan) -> list[int]:
    """Rows to set, what belongs together side by side: they share a request as far as possible."""
    mask = pc.equal(plan.changes["action"], Action.SET.value)
    rows = pc.indices_nonzero(mask)
    parents = plan.changes["parent_id"].take(rows)
    if parents.null_count < len(parents):
        rows = rows.take(pc.sort_indices(parents))
    found: list[int] = rows.to_pylist()
    return found


def _sliced(rows: Sequence[int], size: int) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(rows[start : start + size]) for start in range(0, len(rows), size))
