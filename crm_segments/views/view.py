"""What a view is: one result that can be shown to a person or to a script."""

import json
import sys
from typing import IO, Protocol

from rich.console import Console

__all__ = ["SCHEMA_VERSION", "View", "make_console", "show"]

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


def make_console(stream: IO[str] | None = None) -> Console:
    """A console that takes every text literally: no markup, no emoji codes, no guessed colors."""
    return Console(file=stream or sys.stdout, markup=False, emoji=False, highlight=False)


def show(view: View, *, as_json: bool, stream: IO[str] | None = None) -> None:
    """Print one view: exactly one document, or text for people."""
    out = stream or sys.stdout
    if not as_json:
        view.human(make_console(out))
        return
    document = {"schema_version": SCHEMA_VERSION, **view.document()}
    out.write(json.dumps(document, indent=2) + "\n")
    out.flush()
