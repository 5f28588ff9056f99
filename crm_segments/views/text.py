"""How words, numbers and days look on screen. Every text that came from a CRM or a file passes `visible`."""

import re
import shlex
import shutil
import sys
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import IO

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

__all__ = [
    "Hanging",
    "ViewConsole",
    "bar",
    "bullet",
    "count",
    "counted",
    "day",
    "facts",
    "heading",
    "moment",
    "paragraph",
    "percent",
    "say",
    "short_id",
    "to_do_next",
    "typed_command",
    "visible",
]

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_JOINERS = {"\u200c", "\u200d"}
"""Format characters that some scripts and emoji need to be read rightly; they move no cursor."""

_IRREGULAR = {"company": "companies", "activity": "activities", "line_item": "line items"}


def visible(text: str) -> str:
    """The text with every character escaped that a terminal would obey instead of show."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        one
        if unicodedata.category(one) not in _HIDDEN or one in _JOINERS
        else one.encode("unicode_escape").decode("ascii")
        for one in text
    )


def count(number: int) -> str:
    """A number with thousands separators."""
    return f"{number:,}"


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 account`, `2,014 accounts`."""
    plural = _IRREGULAR.get(noun, f"{noun}s")
    return f"{number:,} {noun.replace('_', ' ') if number == 1 else plural}"


def percent(share: float) -> str:
    """A share of 0 to 1 as people write it."""
    if 0 < share < 0.005:
        return "<1%"
    return f"{share * 100:.0f}%"


def day(value: date | str | None) -> str:
    """A calendar day in words that no country reads the other way round."""
    if value is None:
        return "no date"
    known = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    return f"{known.day} {known:%b %Y}"


def moment(value: datetime | str | None) -> str:
    """A point in time in the reader's zone, which is named, to the minute."""
    if value is None:
        return "never"
    known = datetime.fromisoformat(value) if isinstance(value, str) else value
    if known.tzinfo is not None:
        known = known.astimezone()
    return f"{known.day} {known:%b %Y, %H:%M %Z}".rstrip()


def short_id(identifier: str) -> str:
    """The beginning of an id: enough to tell plans apart, and accepted by every command."""
    return visible(identifier)[:18]


def bar(share: float, width: int = 12) -> str:
    """A share as a little bar; anything above nothing shows at least one block."""
    full = round(share * width)
    return "█" * max(full, 1 if share > 0 else 0)


def say(console: Console, text: str | Text = "", style: str = "") -> None:
    """One paragraph, wrapped between words, taken literally."""
    paragraph(console, text, 0, style)


def heading(console: Console, text: str) -> None:
    """A line that begins a part, set off by an empty one."""
    console.print()
    console.print(Text(text, style="bold"))


def _breaks(text: str, width: int) -> list[int]:
    """Where lines begin. A word that is too long is not broken: it may be a path that is copied."""
    begins, used = [], 0
    for word in re.finditer(r"\S+\s*|^\s+", text):
        size = cell_len(word[0].rstrip())
        if used and used + size > width:
            begins.append(word.start())
            used = 0
        used += cell_len(word[0])
    return begins


class Hanging:
    """A paragraph whose wrapped lines hang under its first word, without a trailing space.

    Args:
        text: What it says.
        mark: What stands before the first line.
        by: How far everything is indented.
    """

    def __init__(self, text: Text, *, mark: Text, by: int) -> None:
        self._text = text
        self._mark = mark
        self._by = by

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        """The lines."""
        lead = " " * self._by
        width = max(options.max_width - self._by - len(self._mark), 20)
        paragraphs = self._text.split("\n", allow_blank=True)
        lines = [line for each in paragraphs for line in each.divide(_breaks(each.plain, width))]
        for number, line in enumerate(lines):
            line.rstrip()
            before = self._mark if number == 0 else Text(" " * len(self._mark))
            yield Text.assemble(lead, before, line, no_wrap=True, overflow="ignore")


def paragraph(console: Console, text: str | Text, by: int = 2, style: str = "") -> None:
    """A paragraph whose wrapped lines stay indented."""
    whole = text if isinstance(text, Text) else Text(text, style=style)
    console.print(Hanging(whole, mark=Text(), by=by), crop=False)


def bullet(console: Console, text: str, mark: str = "-", style: str = "") -> None:
    """One entry of a list; wrapped lines hang under the text, not under the mark."""
    console.print(Hanging(Text(text, style=style), mark=Text(f"{mark} ", style="dim"), by=2), crop=False)


def facts(console: Console, pairs: Iterable[tuple[str, str]]) -> None:
    """Short names beside their values."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1, overflow="fold")
    for name, value in pairs:
        grid.add_row(Text(name, style="dim"), Text(value))
    console.print(Padding(grid, (0, 0, 0, 2), expand=False))


class ViewConsole(Console):
    """A console that takes every text literally: no markup, no emoji codes, no guessed colors.

    Args:
        stream: Where it prints.
        command_options: What every named command needs too, so that it does the same: `--config FILE`.
    """

    def __init__(self, stream: IO[str], command_options: str = "") -> None:
        super().__init__(file=stream, markup=False, emoji=False, highlight=False)
        self.command_options = command_options


@cache
def _own_program() -> str:
    """What has to be typed to call this very program from any folder."""
    name = "crm-segments"
    if shutil.which(name):
        return name
    beside = shutil.which(name, path=str(Path(sys.executable).parent))
    return shlex.quote(beside) if beside else f"{shlex.quote(sys.executable)} -m crm_segments"


def typed_command(console: Console, command: str) -> str:
    """A command as it can be typed here: where the program is not on PATH, with the way to it."""
    if not isinstance(console, ViewConsole):
        return command
    first, _, rest = command.partition(" ")
    return f"{_own_program()} {rest}" if first == "crm-segments" else command


def to_do_next(console: Console, *commands: tuple[str, str] | str) -> None:
    """The command to type next, with what it does, as the last lines of every result."""
    console.print()
    for position, entry in enumerate(commands):
        command, purpose = (entry, "") if isinstance(entry, str) else entry
        line = Text("Next: " if position == 0 else "      ", style="dim")
        options = console.command_options if isinstance(console, ViewConsole) else ""
        line.append(f"{typed_command(console, command)} {options}".rstrip(), style="bold cyan")
        if purpose:
            fits = line.cell_len + 3 + cell_len(purpose) <= console.width
            line.append(f"   {purpose}" if fits else f"\n        {purpose}", style="dim")
        # A command is copied: it may run over the edge, but it is never broken by us.
        console.print(line, soft_wrap=True)
