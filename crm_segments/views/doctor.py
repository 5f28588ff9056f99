"""What `doctor` found, each with its fix."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from connectors.model import Severity
from crm_segments.views.failure import status_of
from crm_segments.views.text import say, to_do_next, visible

if TYPE_CHECKING:
    from crm_segments.assembly.examination import Examination

__all__ = ["DoctorView"]

_MARKS = {
    Severity.OK: ("OK", "green"),
    Severity.WARN: ("WARN", "yellow"),
    Severity.FAIL: ("FAIL", "bold red"),
}


@dataclass(frozen=True, slots=True)
class DoctorView:
    """All checks."""

    examination: "Examination"

    def human(self, console: Console) -> None:
        """One line each; what failed with the way out."""
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(width=4, no_wrap=True)
        grid.add_column(ratio=1, overflow="fold")
        for check in self.examination.checks:
            mark, style = _MARKS[check.severity]
            text = Text(f"{visible(check.title)}: ", style="bold")
            text.append(visible(check.what), style="not bold")
            if check.fix and check.severity is not Severity.OK:
                text.append(f"\n{visible(check.fix)}", style="not bold cyan")
            grid.add_row(Text(mark, style=style), text)
        console.print(Padding(grid, (0, 0, 1, 0)))
        counts = [
            sum(check.severity is level for check in self.examination.checks)
            for level in (Severity.FAIL, Severity.WARN)
        ]
        if counts[0]:
            say(console, f"{counts[0]} failed: mend what is named above.", "bold")
            to_do_next(console, ("crm-segments doctor", "look again"))
        else:
            warned = f", {counts[1]} worth a look" if counts[1] else ""
            say(console, f"Ready{warned}.", "bold")
            to_do_next(console, ("crm-segments plan", "find segments and show what would be written"))

    def document(self) -> dict[str, object]:
        """All checks."""
        return {
            "status": status_of(self.examination.exit_code),
            "checks": [
                {"title": one.title, "severity": one.severity.value, "what": one.what, "fix": one.fix}
                for one in self.examination.checks
            ],
        }
