"""The demo as a short story: what came in, what was found, what was written, and that it stays so."""

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from crm_segments.views.failure import FailureView
from crm_segments.views.plan import show_notes
from crm_segments.views.run import RunView
from crm_segments.views.segments import show_segments
from crm_segments.views.text import count, counted, day, paragraph, say, typed_command, visible

if TYPE_CHECKING:
    from crm_segments.assembly.demo import DemoStory

__all__ = ["DemoView"]


@dataclass(frozen=True, slots=True)
class DemoView:
    """The whole story."""

    story: "DemoStory"

    def human(self, console: Console) -> None:
        """Four short parts, then what to try."""
        self._company(console)
        show_segments(console, self.story.preview.stored.plan.head.segments)
        self._one_account(console)
        self._written(console)
        show_notes(console, self.story.preview.stored.plan.head.notes, at_most=3)
        if self.story.first.error is None:
            self._try(console)

    def failure(self) -> FailureView | None:
        """Why a run ended early, for stderr."""
        return RunView(self.story.second or self.story.first, self._crm()).failure()

    def _crm(self) -> str:
        return self.story.preview.stored.plan.head.connection_label

    def _company(self, console: Console) -> None:
        story = self.story
        parts = [counted(number, kind) for kind, number in story.counts.items() if number]
        line = Text("A made-up software company", style="bold")
        line.append(f", as its CRM stood on {day(story.as_of)}: ", style="not bold")
        line.append(f"{', '.join(parts[:-1])} and {parts[-1]}. ", style="not bold")
        line.append("Every name and number is generated; none is real.", style="not bold dim")
        say(console, line)

    def _one_account(self, console: Console) -> None:
        found = self.story.explanation
        if found is None:
            return
        console.print()
        line = Text("Why is ", style="bold")
        line.append(f"{visible(found.name)} in {visible(found.segment_title)}?")
        say(console, line)
        paragraph(console, visible(found.reason))

    def _written(self, console: Console) -> None:
        story = self.story
        head = story.preview.stored.plan.head
        crm = visible(self._crm())
        console.print()
        if story.first.changes.written:
            number = counted(story.first.changes.written, head.object.value)
            line = Text(f"Wrote {number}", style="bold")
            line.append(f" in {crm}: ", style="not bold")
            line.append(", ".join(visible(name) for name in head.field_names.values()), style="not bold cyan")
            line.append(". Nothing else was touched.", style="not bold")
            say(console, line)
        elif story.first.error is None:
            say(console, f"Nothing to write: an earlier demo wrote all of this to {crm}.")
        if story.second is not None:
            line = Text(f"Ran it again: {count(story.second.changes.planned)} changes", style="bold")
            line.append(f", {counted(story.second.write_requests, 'write request')}.", style="not bold")
            say(console, line)

    def _try(self, console: Console) -> None:
        story = self.story
        example = story.preview.examples[0].name if story.preview.examples else ""
        commands = [
            (f"cd {shlex.quote(str(story.folder))}", ""),
            ("crm-segments status", "how things stand"),
            (f"crm-segments explain {shlex.quote(example)}" if example else "", "why it is where it is"),
            ("crm-segments import sample/week_01", "a week goes by"),
            ("crm-segments plan", "who would move, and why"),
        ]
        console.print()
        say(console, "Next, in that folder:", "dim")
        for command, purpose in commands:
            if not command:
                continue
            line = Text(f"  {visible(typed_command(console, command))}", style="bold cyan")
            if purpose:
                line.append(f"   {purpose}", style="not bold dim")
            console.print(line, soft_wrap=True)

    def document(self) -> dict[str, object]:
        """Both runs."""
        story = self.story
        second = RunView(story.second, self._crm()).document() if story.second else None
        return {
            "status": (story.second or story.first).status.value,
            "synthetic": True,
            "folder": str(story.folder),
            "records": dict(story.counts),
            "first_run": RunView(story.first, self._crm()).document(),
            "second_run": second,
        }
