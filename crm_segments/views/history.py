"""What was run, when, by whom, and what came of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from crm_segments.views.text import count, counted, day, moment, paragraph, say, short_id, to_do_next, visible

if TYPE_CHECKING:
    from sync.state.runs import RunRow

__all__ = ["HistoryView", "run_document", "run_sentence"]

_STYLES = {"complete": "green", "partial": "yellow", "paused": "yellow", "stopped": "yellow", "failed": "red"}


def run_sentence(run: "RunRow") -> str:
    """How a run ended, in a few words."""
    words = {"running": "not finished"}.get(run.status, run.status)
    parts = [words, f"{count(run.changes.written)} written"]
    others = {name: getattr(run.changes, name) for name in ("rejected", "held", "gone", "pending")}
    return ", ".join(parts + [f"{count(number)} {name}" for name, number in others.items() if number])


def run_document(run: "RunRow") -> dict[str, object]:
    """One run for scripts."""
    return asdict(run)


@dataclass(frozen=True, slots=True)
class HistoryView:
    """The latest runs, newest first."""

    runs: Sequence["RunRow"]

    def human(self, console: Console) -> None:
        """Two lines a run."""
        if not self.runs:
            say(console, "Nothing has been run here yet.")
            to_do_next(console, ("crm-segments plan", "find segments and show what would be written"))
            return
        for run in self.runs:
            line = Text(moment(run.started_at), style="bold")
            line.append(f"  {run_sentence(run)}", style=f"not bold {_STYLES.get(run.status, '')}")
            say(console, line)
            parts = [f"{visible(run.command)} by {visible(run.actor)}"]
            if run.as_of:
                parts.append(f"data of {day(run.as_of)}")
            parts.append(counted(run.write_requests, "request"))
            if run.plan_id:
                parts.append(f"plan {short_id(run.plan_id)}")
            if run.error_code:
                parts.append(visible(run.error_code))
            paragraph(console, "; ".join(parts), 4, style="dim")
        to_do_next(console, ("crm-segments status", "what waits, and for whom"))

    def document(self) -> dict[str, object]:
        """The runs."""
        return {"runs": [run_document(run) for run in self.runs]}
