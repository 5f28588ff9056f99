"""Prepares a saved plan for looking at: what will be done in order, who moves where, some examples."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

import sync
from connectors.contract import Metered
from connectors.model import CallBudget, ObjectKind
from sync.plan import Action, PlanHead
from sync.record_names import record_names
from sync.stages import Stage, estimate_calls, stages_of

__all__ = ["Example", "Move", "PlanPreview", "preview_plan", "segment_titles", "titles_in_crm"]

EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Move:
    """So many records go from one segment to another."""

    old: str | None
    """Title; None where the record had no segment."""
    new: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Example:
    """One record that the plan changes."""

    record_id: str
    name: str
    old: str | None
    new: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """A saved plan with all that a person needs to judge it."""

    stored: "sync.StoredPlan"
    stages: tuple[Stage, ...]
    """The list that applying works through, in order."""
    moves: tuple[Move, ...]
    examples: tuple[Example, ...]
    calls: int = 0
    """About how many calls to the CRM applying it takes."""
    budget: CallBudget | None = None
    """How many calls the CRM allows, where it counts them."""

    @property
    def set_count(self) -> int:
        """Records that would be written."""
        return self.stored.plan.head.counts.get(Action.SET.value, 0)

    @property
    def has_work(self) -> bool:
        """Whether applying it would change anything in the CRM."""
        return bool(self.set_count or self.stored.plan.head.field_steps)


def preview_plan(workspace: "sync.Workspace", stored: "sync.StoredPlan") -> PlanPreview:
    """Look at a saved plan. Changes nothing."""
    plan = stored.plan
    titles = segment_titles(workspace, plan.head)
    rows = plan.rows(Action.SET)
    crm = workspace.connector
    stages = tuple(stages_of(plan, crm, workspace.settings))
    return PlanPreview(
        stored,
        stages,
        _moves(rows, titles),
        _examples(workspace, plan.head, rows, titles),
        estimate_calls(stages),
        crm.call_budget() if isinstance(crm, Metered) else None,
    )


def segment_titles(workspace: "sync.Workspace", head: PlanHead) -> dict[str, str]:
    """Title by key: those of the plan, and of segments that are gone but still stand in the CRM's field."""
    field = workspace.connector.describe(head.object).field(head.field_names["key"])
    options = (*(field.options if field else ()), *head.options)
    return {option.value: option.label for option in options}


def titles_in_crm(workspace: "sync.Workspace", segmentation: str) -> dict[str, str]:
    """Title by key, as the CRM's field of this grouping knows them."""
    settings = workspace.segmentation(segmentation)
    crm = workspace.connector
    field = crm.describe(ObjectKind(settings.object)).field(crm.field_name(settings.field))
    return {option.value: option.label for option in field.options} if field else {}


def _title(key: str | None, titles: dict[str, str]) -> str | None:
    return None if key is None else titles.get(key, key)


def _moves(rows: pa.Table, titles: dict[str, str]) -> tuple[Move, ...]:
    if not rows.num_rows:
        return ()
    grouped = rows.group_by(["seen_key", "key"]).aggregate([([], "count_all")]).to_pylist()
    moves = [
        Move(_title(each["seen_key"], titles), _title(each["key"], titles), each["count_all"])
        for each in grouped
    ]
    return tuple(sorted(moves, key=lambda move: (-move.count, move.old or "", move.new or "")))


def _examples(
    workspace: "sync.Workspace", head: PlanHead, rows: pa.Table, titles: dict[str, str]
) -> tuple[Example, ...]:
    """One record of each of the largest moves, so that different cases are seen."""
    if not rows.num_rows:
        return ()
    pairs = pa.table({"old": rows["seen_key"], "new": rows["key"], "row": pa.array(range(rows.num_rows))})
    first = pairs.group_by(["old", "new"]).aggregate([("row", "min"), ([], "count_all")])
    order = pc.sort_indices(first, [("count_all", "descending"), ("row_min", "ascending")])
    picked = rows.take(first["row_min"].take(order)[:EXAMPLES]).to_pylist()
    names = record_names(workspace, head.connection_id, head.object)
    return tuple(
        Example(
            row["record_id"],
            names.get(row["record_id"], ("", ""))[0],
            _title(row["seen_key"], titles),
            _title(row["key"], titles),
            row["reason"] or "",
        )
        for row in picked
    )
