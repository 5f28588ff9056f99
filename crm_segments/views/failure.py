"""Errors on screen: what happened, what to do, and the command for it."""

from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text

from connectors.errors import CrmSegmentsError
from crm_segments.views.text import paragraph, say, to_do_next, visible

__all__ = ["FailureView", "error_document", "status_of"]

_STATUS = {0: "complete", 3: "pending", 5: "partial", 6: "stopped", 75: "paused"}


def status_of(exit_code: int) -> str:
    """The word for how a command ended."""
    return _STATUS.get(exit_code, "failed")


def error_document(error: CrmSegmentsError) -> dict[str, object]:
    """The error for scripts: stable code, message, hint, next command."""
    return {
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
        "next": error.next_command,
        "details": {key: _plain(value) for key, value in error.details.items()},
    }


def _plain(value: object) -> object:
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


@dataclass(frozen=True, slots=True)
class FailureView:
    """A command that ended with an error."""

    error: CrmSegmentsError
    exit_code: int
    extra: dict[str, object] = field(default_factory=dict)
    """Keys that this command's document always has."""

    def human(self, console: Console) -> None:
        """Message, fix, next command; no traceback."""
        first, *rest = visible_lines(self.error.message)
        prefix = "Stopped: " if self.exit_code in {6, 75} else "Error: "
        line = Text("" if first.startswith("Stopped ") else prefix, style="bold red")
        line.append(first)
        say(console, line)
        for each in rest:
            # Lines come with their own indent: a mark stands under the place that it means.
            paragraph(console, each.removeprefix("  "))
        paragraph(console, "\n".join(visible_lines(self.error.hint)))
        if self.error.next_command:
            to_do_next(console, visible(self.error.next_command))

    def document(self) -> dict[str, object]:
        """Status and error, beside the keys that the command always has."""
        return {"status": status_of(self.exit_code), **self.extra, "error": error_document(self.error)}


def visible_lines(text: str) -> list[str]:
    """The text's own lines, each made safe for the terminal."""
    return [visible(line) for line in text.split("\n")]
