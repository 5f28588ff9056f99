"""Rules that imitate the segments, as text that an administrator can rebuild."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from rich.console import Console

from crm_segments.views.text import bullet, counted, heading, paragraph, percent, say, visible

if TYPE_CHECKING:
    from sync import PrintedRules

__all__ = ["RulesView"]


@dataclass(frozen=True, slots=True)
class RulesView:
    """The rules of one segmentation."""

    found: "PrintedRules"

    def human(self, console: Console) -> None:
        """How true they are first, then one block per rule."""
        found = self.found
        say(console, f"{len(found.rules)} rules that nearly say the same as the segments", "bold")
        records = counted(2, found.object).removeprefix("2 ")
        paragraph(
            console,
            f"Of 100 {records} they put {found.fidelity * 100:.0f} where the segments put them (measured on "
            f"{records} that they were not made from). Rebuild them in a flow or workflow for {records} that "
            "are born between two runs; the next run puts each of them right. Exactly one rule holds for "
            "each, so their order does not matter.",
        )
        for number, rule in enumerate(found.rules, 1):
            heading(console, f"{number}. {visible(rule.title)}  ({visible(rule.key)})")
            for condition in rule.conditions:
                bullet(console, visible(condition))
            held = (
                f"Holds for {counted(rule.count, found.object)}, right for {percent(rule.agreement)} of them"
            )
            paragraph(console, f"{held}; needs {visible(', '.join(rule.sources))}.", 4, style="dim")

    def document(self) -> dict[str, object]:
        """The rules."""
        return {"rules": asdict(self.found)}
