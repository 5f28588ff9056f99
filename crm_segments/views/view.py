"""What a view is: one result that can be shown to a person or to a script."""

import json
import sys
from typing import IO, Protocol

from rich.console import Console

from crm_segments.views.text import ViewConsole

__all__ = ["SCHEMA_VERSION", "View", "show"]

SCHEMA_VERSION = 1
"""Version of every document printed with --json; moves only when a script could break."""


class View(Protocol):
    """One result."""

    def human(self, console: Console) -> None:
        """Show it to a person; ends by naming the next command."""
        ...

    def document(self) -> dict[str, object]:
        """The same for a script, without `schema_version`, made of plain JSON values."""
        ...


def show(view: View, *, as_json: bool, stream: IO[str] | None = None, command_options: str = "") -> None:
    """Print one view: exactly one document, or text for people whose next commands carry these options."""
    out = stream or sys.stdout
    if not as_json:
        view.human(ViewConsole(out, command_options))
        return
    document = {"schema_version": SCHEMA_VERSION, **view.document()}
    out.write(json.dumps(document, indent=2) + "\n")
    out.flush()
