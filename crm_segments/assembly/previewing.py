"""Prepares a saved plan for looking at: what will be done in order, who moves where, some examples."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

import sync
from connectors.model import ObjectKind
from sync.plan import Action, PlanHead
from sync.stages import Stage, stages_of

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

    @property
    def set_count(self) -> int:
        """Records that would be written."""
        return self.stored.plan.head.counts.get(Action.SET.value, 0)

    @property
    def has_work(self) -> bool:
        """Whether applying it would change anything in the CRM."""
        return bool(self.set_count or self.stored.plan.head.field_steps)


def preview_plan(workspace: "sync.Workspace", stored: "sync.StoredPlan") -> PlanPreview:
    """Look at a saved plan. Asks the CRM for the names of a few accounts, changes nothing."""
    plan = stored.plan
    titles = segment_titles(workspace, plan.head)
    rows = plan.rows(Action.SET)
    return PlanPreview(
        stored,
        tuple(stages_of(plan, workspace.connector, workspace.settings)),
        _moves(rows, titles),
        _examples(workspace, plan.head.object, rows, titles),
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
    workspace: "sync.Workspace", kind: ObjectKind, rows: pa.Table, titles: dict[str, str]
) -> tuple[Example, ...]:
    """One record of each of the largest moves, so that different cases are seen."""
    if not rows.num_rows:
        return ()
    pairs = pa.table({"old": rows["seen_key"], "new": rows["key"], "row": pa.array(range(rows.num_rows))})
    first = pairs.group_by(["old", "new"]).aggregate([("row", "min"), ([], "count_all")])
    order = pc.sort_indices(first, [("count_all", "descending"), ("row_min", "ascending")])
    picked = rows.take(first["row_min"].take(order)[:EXAMPLES]).to_pylist()
    names = _names(workspace, kind, [row["record_id"] for row in picked])
    return tuple(
        Example(
            row["record_id"],
            names.get(row["record_id"], ""),
            _title(row["seen_key"], titles),
            _title(row["key"], titles),
            row["reason"] or "",
        )
        for row in picked
    )


def _names(workspace: "sync.Workspace", kind: ObjectKind, ids: list[str]) -> dict[str, str]:
    # Only accounts are named: the names of people are never read.
    if kind is not ObjectKind.ACCOUNT:
        return {}
    found = workspace.connector.read(kind, ids, ["name"])
    return dict(zip(found.column(0).to_pylist(), found["name"].to_pylist(), strict=True))
