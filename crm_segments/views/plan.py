"""A plan on screen: the segments, what will be done in order, who moves where, and what to type next."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from connectors.model import CallBudget, FieldAction
from crm_segments.views.crm_words import field_step_sentence, list_word
from crm_segments.views.held import held_sentences
from crm_segments.views.segments import segment_documents, show_segments
from crm_segments.views.text import (
    bullet,
    count,
    counted,
    day,
    heading,
    moment,
    paragraph,
    say,
    short_id,
    to_do_next,
    visible,
)
from sync.plan import Action, FieldStep, PlanStatus
from sync.stages import BuildLists, MakeFields, WriteBatches, WriteJobs

if TYPE_CHECKING:
    from crm_segments.assembly.previewing import Example, PlanPreview
    from sync.stages import Stage

__all__ = ["ApprovalView", "PlansView", "show_notes", "show_plan"]

SHOWN_MOVES = 12
SHOWN_HELD = 5


def show_plan(console: Console, preview: "PlanPreview") -> None:
    """One plan, without the command to type next."""
    head = preview.stored.plan.head
    say(console, f"Plan {short_id(head.plan_id)} for {visible(head.connection_label)}", "bold")
    say(console, f"Data as of {day(head.as_of)}. Nothing has been written yet.", "dim")
    show_segments(console, head.segments)
    if preview.has_work:
        _show_stages(console, preview)
        _show_moves(console, preview)
        _show_examples(console, preview.examples)
    else:
        heading(console, "Nothing to write")
        paragraph(console, f"{visible(head.connection_label)} holds all of this already.")
    _show_waiting(console, preview)
    show_notes(console, head.notes)
    for guard in head.guards:
        heading(console, "This plan needs your approval")
        paragraph(console, visible(guard.message))


def show_notes(console: Console, notes: Sequence[str], *, at_most: int | None = None) -> None:
    """What was lacking, mended, left out; on request only the first few."""
    if notes:
        heading(console, "Worth knowing")
        for note in notes[:at_most]:
            bullet(console, visible(note))
        if left := len(notes[at_most:]) if at_most is not None else 0:
            bullet(console, f"and {left} more, which crm-segments plan shows", style="dim")


def _show_stages(console: Console, preview: "PlanPreview") -> None:
    heading(console, f"What applying it does in {visible(preview.stored.plan.head.connection_label)}")
    for number, stage in enumerate(preview.stages, start=1):
        bullet(console, _stage_sentence(stage, preview), mark=f"{number}.")
    if preview.budget is not None:
        paragraph(console, _calls_sentence(preview.calls, preview.budget))


def _calls_sentence(calls: int, budget: CallBudget) -> str:
    """What applying it costs of the CRM's daily calls, and what happens when they do not suffice."""
    left = f"About {counted(calls, 'API call')}, of {count(budget.available)} that may be used now"
    kept = f" ({count(budget.reserve)} of the day's {count(budget.allowed)} are left for others)."
    if calls <= budget.available:
        return left + kept
    return f"{left}{kept} The run will pause before it uses more, and the next one goes on."


def _stage_sentence(stage: "Stage", preview: "PlanPreview") -> str:
    head = preview.stored.plan.head
    objects = counted(2, head.object.value)[2:]
    if isinstance(stage, MakeFields):
        return visible(_field_sentence(head.field_steps, objects) or f"checks {', '.join(stage.fields)}")
    if isinstance(stage, WriteBatches):
        number = counted(stage.record_count, head.object.value)
        return f"writes {number}, in {counted(len(stage.batches), 'request')}"
    if isinstance(stage, WriteJobs):
        number = counted(stage.record_count, head.object.value)
        return f"writes {number}, in {counted(len(stage.jobs), 'bulk job')}"
    if isinstance(stage, BuildLists):
        return f"keeps {counted(len(stage.titles), list_word(head.connection_id))}, one for each segment"
    return ""


def _field_sentence(steps: Sequence[FieldStep], objects: str) -> str:
    parts = []
    for action in dict.fromkeys(step.action for step in steps):
        names = [step.field for step in steps if step.action == action]
        is_made = action == FieldAction.CREATE
        what = f"{counted(len(names), 'field')} on {objects}: " if is_made else ""
        parts.append(field_step_sentence(action, what + ", ".join(names)))
    return "; ".join(parts)


def _show_moves(console: Console, preview: "PlanPreview") -> None:
    if not preview.moves:
        return
    heading(console, "What changes")
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(ratio=1, overflow="fold")
    for move in preview.moves[:SHOWN_MOVES]:
        grid.add_row(Text(count(move.count)), _arrow(move.old, move.new))
    rest = preview.moves[SHOWN_MOVES:]
    if rest:
        grid.add_row(Text(count(sum(move.count for move in rest))), Text("in other ways", style="dim"))
    console.print(Padding(grid, (0, 0, 0, 2), expand=False))


def _arrow(old: str | None, new: str | None) -> Text:
    if old == new:
        return Text(f"{visible(new or 'no segment')}: only its explanation")
    text = Text(visible(old or "no segment"), style="dim")
    text.append(" -> ", style="dim")
    text.append(visible(new or "no segment"), style="not dim cyan")
    return text


def _show_examples(console: Console, examples: "Sequence[Example]") -> None:
    if not examples:
        return
    heading(console, "For example")
    for each in examples:
        line = Text(visible(each.name or each.record_id), style="bold")
        if each.name:
            line.append(f" ({visible(each.record_id)})", style="not bold dim")
        line.append(": ", style="not bold")
        line.append_text(_arrow(each.old, each.new))
        paragraph(console, line)
        if each.reason:
            paragraph(console, visible(each.reason), 4, style="dim")


def _show_waiting(console: Console, preview: "PlanPreview") -> None:
    counts = preview.stored.plan.head.counts
    noun = preview.stored.plan.head.object.value
    if held := counts.get(Action.HOLD.value, 0):
        ids = preview.stored.plan.rows(Action.HOLD)["record_id"].to_pylist()[:SHOWN_HELD]
        say(console)
        for sentence in held_sentences(held, noun, ids):
            say(console, sentence)
    if waiting := counts.get(Action.WAIT.value, 0):
        say(console)
        say(console, f"{counted(waiting, noun)} not tried: the CRM rejected these values lately.")


def _plan_document(preview: "PlanPreview") -> dict[str, object]:
    stored, head = preview.stored, preview.stored.plan.head
    return {
        "plan_id": head.plan_id,
        "hash": stored.hash,
        "status": stored.status.value,
        "approved_by": stored.approved_by,
        "connection": head.connection_label,
        "segmentation": head.segmentation,
        "object": head.object.value,
        "as_of": head.as_of,
        "created_at": head.created_at,
        "fields": dict(head.field_names),
        "segments": segment_documents(head.segments),
        "stages": [{"what": _stage_sentence(stage, preview)} for stage in preview.stages],
        "calls": {
            "estimated": preview.calls,
            "available": preview.budget.available if preview.budget else None,
        },
        "counts": dict(head.counts),
        "moves": [asdict(move) for move in preview.moves],
        "guards": [asdict(guard) for guard in head.guards],
        "notes": list(head.notes),
    }


@dataclass(frozen=True, slots=True)
class PlansView:
    """Plans that were just made."""

    previews: Sequence["PlanPreview"]
    exported: Sequence[Path] = ()

    def human(self, console: Console) -> None:
        """Each plan, then the one command that applies or approves."""
        for position, preview in enumerate(self.previews):
            if position:
                console.rule(style="dim")
            show_plan(console, preview)
        if self.exported:
            heading(console, "Written for you to look at")
            for path in self.exported:
                bullet(console, visible(str(path)))
        to_do_next(console, *self._next())

    def _next(self) -> list[tuple[str, str]]:
        commands = []
        for preview in self.previews:
            plan_id = short_id(preview.stored.plan.plan_id)
            if not preview.has_work:
                continue
            if preview.stored.is_applyable:
                commands.append((f"crm-segments apply {plan_id}", "write exactly this"))
            else:
                commands.append((f"crm-segments approve {plan_id}", "say yes to exactly this plan"))
        return commands or [("crm-segments status", "what was written last, and what waits")]

    def document(self) -> dict[str, object]:
        """The plans; `changes_pending` says whether applying would write."""
        return {
            "status": "complete",
            "changes_pending": any(preview.has_work for preview in self.previews),
            "plans": [_plan_document(preview) for preview in self.previews],
            "files": [str(path) for path in self.exported],
        }


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """A plan that somebody just approved."""

    preview: "PlanPreview"

    def human(self, console: Console) -> None:
        """Who approved what."""
        stored = self.preview.stored
        head = stored.plan.head
        who, when = visible(stored.approved_by or ""), moment(stored.approved_at)
        say(console, f"Approved plan {short_id(head.plan_id)} (by {who}, {when}).", "bold")
        number = counted(self.preview.set_count, head.object.value)
        say(console, f"It writes {number} in {visible(head.connection_label)}, and nothing else.")
        to_do_next(console, (f"crm-segments apply {short_id(head.plan_id)}", "write exactly this"))

    def document(self) -> dict[str, object]:
        """The approved plan."""
        is_approved = self.preview.stored.status is PlanStatus.APPROVED
        return {"status": "complete", "approved": is_approved, "plan": _plan_document(self.preview)}
