"""A run on screen: what was written, what was not and why, what to type next."""

from dataclasses import asdict, dataclass

from rich.console import Console
from rich.text import Text

from connectors.errors import CrmSegmentsError
from crm_segments.views.failure import FailureView, error_document
from crm_segments.views.held import held_sentences
from crm_segments.views.plan import show_notes
from crm_segments.views.segments import segment_documents, show_segments
from crm_segments.views.text import (
    bullet,
    count,
    counted,
    facts,
    heading,
    paragraph,
    say,
    to_do_next,
    visible,
)
from sync.results import ChangeCounts, RejectedGroup, RunResult

__all__ = ["RunView", "empty_run_document"]

SHOWN_NOTES = 5
"""Notes of a run that are shown; a plan shows all of them."""

_WORDS = (
    ("written", "written"),
    ("unchanged", "already right"),
    ("rejected", "rejected by the CRM"),
    ("held", "held: changed by someone else"),
    ("gone", "gone from the CRM"),
    ("pending", "left for the next run"),
)


def empty_run_document() -> dict[str, object]:
    """The keys that every document of `run` and `apply` has, for a run that never began."""
    return {
        "run_id": None,
        "segments": [],
        "changes": asdict(ChangeCounts()),
        "write_requests": 0,
        "plan_ids": [],
        "finished_first": [],
        "notes": [],
        "rejected": [],
        "held_examples": [],
    }


@dataclass(frozen=True, slots=True)
class RunView:
    """The result of `run` or `apply`."""

    result: RunResult
    crm: str
    """What people call the CRM account."""
    held_ids: tuple[str, ...] = ()
    """The first few records that are held."""

    def human(self, console: Console) -> None:
        """One sentence first; details only where there are some."""
        result = self.result
        for done in result.finished_first:
            number = counted(done.changes.written, "record")
            say(console, f"First finished what an earlier command had begun: {number} written.")
        line = Text(self._headline(), style="bold")
        say(console, line)
        if result.segments and not result.error:
            show_segments(console, result.segments, sentences=self._is_first())
        self._counts(console)
        if result.changes.held:
            console.print()
            for sentence in held_sentences(result.changes.held, self._noun(), self.held_ids):
                say(console, sentence)
        for group in result.rejected:
            _show_rejected(console, group)
        show_notes(console, result.notes, at_most=SHOWN_NOTES)
        if result.error is None:
            self._next(console)

    def failure(self) -> FailureView | None:
        """Why it ended early, for stderr."""
        error = self.result.error
        return FailureView(error, self.result.exit_code) if isinstance(error, CrmSegmentsError) else None

    def _headline(self) -> str:
        result, crm = self.result, visible(self.crm)
        before = sum(done.changes.written for done in result.finished_first)
        requests = counted(result.write_requests, "request")
        if result.changes.written > before:
            number = counted(result.changes.written - before, self._noun())
            more = f" more in {crm}, in {requests} altogether" if before else f" in {crm}, in {requests}"
            return f"Wrote {number}{more}."
        if before and result.error is None:
            return f"Then nothing more to write: {crm} holds all of this."
        if result.error is not None:
            return f"Nothing was written to {crm}."
        if result.changes.planned:
            return f"Nothing new was written to {crm}."
        return f"0 changes: {crm} holds all of this already."

    def _is_first(self) -> bool:
        """Whether so much was written that the segments are news."""
        return self.result.changes.written * 2 > sum(segment.count for segment in self.result.segments)

    def _noun(self) -> str:
        objects = {segment.object for segment in self.result.segments}
        return objects.pop() if len(objects) == 1 else "record"

    def _counts(self, console: Console) -> None:
        changes = self.result.changes
        shown = [(count(getattr(changes, name)), words) for name, words in _WORDS if getattr(changes, name)]
        if changes.planned and shown != [(count(changes.written), "written")]:
            heading(console, f"Of {counted(changes.planned, 'change')}")
            facts(console, shown)

    def _next(self, console: Console) -> None:
        changes = self.result.changes
        if changes.rejected or changes.held or changes.pending:
            to_do_next(console, ("crm-segments status", "what waits, and for whom"))
        elif changes.written:
            to_do_next(
                console,
                ("crm-segments explain NAME", "why a record is in its segment"),
                ("crm-segments run", "again: it writes only what has changed"),
            )
        else:
            to_do_next(console, ("crm-segments history", "what was written, and when"))

    def document(self) -> dict[str, object]:
        """Fixed names that scripts depend on."""
        result = self.result
        document: dict[str, object] = {
            "run_id": result.run_id,
            "status": result.status.value,
            "segments": segment_documents(result.segments),
            "changes": asdict(result.changes),
            "write_requests": result.write_requests,
            "plan_ids": list(result.plan_ids),
            "finished_first": [asdict(done) for done in result.finished_first],
            "notes": list(result.notes),
            "rejected": [asdict(group) for group in result.rejected],
            "held_examples": list(self.held_ids),
        }
        if isinstance(result.error, CrmSegmentsError):
            document["error"] = error_document(result.error)
        return document


def _show_rejected(console: Console, group: RejectedGroup) -> None:
    heading(console, f"Rejected by the CRM: {counted(group.count, 'record')}")
    field = f" (field {group.field})" if group.field else ""
    paragraph(console, visible(f"{group.message}{field}"))
    bullet(console, f"for example {', '.join(visible(each) for each in group.example_ids)}")
