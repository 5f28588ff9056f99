"""Customer segments on screen: title, size, share, and the one sentence that sets each apart."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from connectors.model import UNCLASSIFIED_KEY
from crm_segments.views.text import bar, count, counted, heading, paragraph, percent, say, to_do_next, visible
from sync.results import SegmentCount

__all__ = ["SegmentsView", "show_segments"]

TITLE_WIDTH = 28
"""Titles are at most this long (decided in the field's definition)."""


def show_segments(console: Console, segments: Sequence[SegmentCount], *, sentences: bool = True) -> None:
    """One block per grouping; largest segment first, each with its sentence beneath."""
    for name in dict.fromkeys(segment.segmentation for segment in segments):
        own = [segment for segment in segments if segment.segmentation == name]
        total = sum(segment.count for segment in own)
        title = "Customer segments" if name == "customers" else f"Customer segments of {name!r}"
        found = [segment for segment in own if segment.key != UNCLASSIFIED_KEY]
        heading(console, f"{title}: {counted(total, own[0].object)} in {count(len(found))}")
        largest = max(segment.share for segment in own) or 1
        for segment in sorted(own, key=lambda each: (-each.count, each.key)):
            _show_one(console, segment, segment.share / largest, with_sentence=sentences)


def _show_one(console: Console, segment: SegmentCount, length: float, *, with_sentence: bool) -> None:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=TITLE_WIDTH, overflow="fold")
    grid.add_column(width=7, justify="right", no_wrap=True)
    grid.add_column(width=4, justify="right", no_wrap=True)
    grid.add_column(width=12, no_wrap=True)
    grid.add_row(
        Text(visible(segment.name), style="bold cyan"),
        Text(count(segment.count)),
        Text(percent(segment.share), style="dim"),
        Text(bar(length), style="cyan"),
    )
    console.print(Padding(grid, (0, 0, 0, 2), expand=False))
    if with_sentence and segment.reason:
        paragraph(console, visible(segment.reason), 4, style="dim")


def segment_documents(segments: Iterable[SegmentCount]) -> list[dict[str, object]]:
    """The segments for scripts."""
    return [asdict(segment) for segment in segments]


@dataclass(frozen=True, slots=True)
class SegmentsView:
    """The segments that are in force."""

    segments: Sequence[SegmentCount]

    def human(self, console: Console) -> None:
        """Every segment with its key, as fields in the CRM hold it."""
        if not self.segments:
            say(console, "There are no customer segments yet: nothing has been applied.")
            to_do_next(console, ("crm-segments plan", "find segments and show what would be written"))
            return
        show_segments(console, self.segments)
        heading(console, "Keys, as the field holds them")
        for segment in self.segments:
            paragraph(console, f"{visible(segment.key)} = {visible(segment.name)}", style="dim")
        to_do_next(console, ("crm-segments explain ACCOUNT", "why a record is in its segment"))

    def document(self) -> dict[str, object]:
        """The segments."""
        return {"segments": segment_documents(self.segments)}
