"""New segments as a proposal: what stays, what is new, who would move."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from crm_segments.views.segments import show_segments
from crm_segments.views.text import bullet, count, counted, heading, say, to_do_next, visible

if TYPE_CHECKING:
    from sync import RefitProposal

__all__ = ["RefitView"]

_DECIDED = {
    "approved": "Approved: the next plan carries the new segments.",
    "rejected": "Rejected: the segments stay as they are.",
}


@dataclass(frozen=True, slots=True)
class RefitView:
    """A proposal, or what was decided about it."""

    proposal: "RefitProposal"
    titles: Mapping[str, str] = field(default_factory=dict)
    """Title by key of the segments in the CRM; those that would go are not in the proposal."""

    def human(self, console: Console) -> None:
        """The decision, or what to decide."""
        proposal = self.proposal
        decided = _DECIDED.get(proposal.status)
        say(console, decided or "New segments, as a proposal. Nothing has been written.", "bold")
        if decided:
            for sentence in proposal.sentences:
                bullet(console, visible(sentence))
            to_do_next(console, ("crm-segments plan", "show what would be written"))
            return
        show_segments(console, proposal.segments)
        if proposal.sentences:
            heading(console, "Compared with the segments in force")
            for sentence in proposal.sentences:
                bullet(console, visible(sentence))
        self._migration(console)
        to_do_next(
            console,
            ("crm-segments refit approve", "let the next plan carry them"),
            ("crm-segments refit reject", "keep what there is"),
        )

    def _migration(self, console: Console) -> None:
        moved = [each for each in self.proposal.migration if each[0] != each[1]]
        total = sum(number for *_, number in self.proposal.migration)
        noun = self.proposal.segments[0].object if self.proposal.segments else "record"
        heading(console, f"{count(self.proposal.moved_count)} of {counted(total, noun)} would move")
        titles = {**self.titles, **{segment.key: segment.name for segment in self.proposal.segments}}
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(justify="right", no_wrap=True)
        grid.add_column(ratio=1, overflow="fold")
        for old, new, number in sorted(moved, key=lambda each: -each[2]):
            names = f"{visible(titles.get(old, old))} -> {visible(titles.get(new, new))}"
            grid.add_row(Text(count(number)), Text(names))
        console.print(Padding(grid, (0, 0, 0, 2), expand=False))

    def document(self) -> dict[str, object]:
        """The proposal; `migration` as objects."""
        document = asdict(self.proposal)
        proposal_status = document.pop("status")
        document["migration"] = [
            {"old": old, "new": new, "count": number} for old, new, number in self.proposal.migration
        ]
        moved = self.proposal.moved_count
        return {"status": "complete", "decision": proposal_status, "moved": moved, "proposal": document}
