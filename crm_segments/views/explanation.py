"""Why a record is in its segment."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from crm_segments.views.held import held_sentences
from crm_segments.views.text import bullet, day, heading, paragraph, say, to_do_next, visible

if TYPE_CHECKING:
    from sync import Explanation

__all__ = ["ExplanationView"]


@dataclass(frozen=True, slots=True)
class ExplanationView:
    """One record."""

    explanation: "Explanation"

    def human(self, console: Console) -> None:
        """The answer first, then the numbers beside what is typical."""
        found = self.explanation
        name = visible(found.name)
        who = f"{name} ({visible(found.record_id)})" if found.name != found.record_id else name
        line = Text(who, style="bold")
        line.append(" is in ", style="not bold")
        line.append(visible(found.segment_title), style="cyan")
        line.append(f", since {day(found.since)}.", style="not bold")
        say(console, line)
        if found.held_since:
            say(console, f"The CRM holds other values: held since {day(found.held_since)}.", "yellow")
            say(console, held_sentences(1, "record", [found.record_id])[1])
        console.print()
        paragraph(console, visible(found.reason))
        say(console)
        say(console, visible(found.how_close))
        for sentence in found.would_move:
            bullet(console, visible(sentence))
        if found.facts:
            self._facts(console)
        if len(found.history) > 1:
            self._history(console)
        to_do_next(console, ("crm-segments segments list", "all segments, each with its sentence"))

    def _history(self, console: Console) -> None:
        heading(console, "Where it has been")
        for since, title, why in self.explanation.history:
            bullet(console, f"{day(since)}: {visible(title)} ({why})")

    def _facts(self, console: Console) -> None:
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
        table.add_column("What is looked at", ratio=4, overflow="fold")
        table.add_column("This record", ratio=3, overflow="fold")
        table.add_column("Typical of the segment", ratio=4, overflow="fold", style="dim")
        for title, value, typical in self.explanation.facts:
            table.add_row(Text(visible(title)), Text(visible(value)), Text(visible(typical)))
        console.print()
        console.print(Padding(table, (0, 0, 0, 2)))

    def document(self) -> dict[str, object]:
        """All of it; facts as objects."""
        document = asdict(self.explanation)
        document["facts"] = [
            {"title": title, "value": value, "typical": typical}
            for title, value, typical in self.explanation.facts
        ]
        document["history"] = [
            {"since": since, "segment": title, "why": why} for since, title, why in self.explanation.history
        ]
        return document
