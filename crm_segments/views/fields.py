"""Our fields in the CRM: how they stand, what was made, exported, taken over."""

import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from connectors.model import FieldAction, FieldChange
from crm_segments.views.failure import status_of
from crm_segments.views.text import bullet, counted, heading, paragraph, say, to_do_next, visible

if TYPE_CHECKING:
    from sync import FieldSetup, FieldState, MadeFields

__all__ = [
    "AdoptedFieldsView",
    "CheckedFieldsView",
    "ExportedFieldsView",
    "FieldsView",
    "MadeFieldsView",
    "show_adoption",
]

_STANDINGS = {
    "ready": ("ready", "green"),
    "incomplete": ("lacks options", "yellow"),
    "missing": ("not there, or hidden from the CRM user", "yellow"),
    "other_installation": ("made by another installation of crm-segments", "bold red"),
    "foreign": ("made by somebody else; crm-segments does not touch it", "bold red"),
    "other_type": ("of another type; crm-segments does not touch it", "bold red"),
}
_DONE = {
    FieldAction.NONE: "is as it should be",
    FieldAction.CREATE: "made",
    FieldAction.ADD_OPTIONS: "options added or renamed",
    FieldAction.GRANT: "shown to those who need it",
}
_TO_DO = {
    FieldAction.NONE: "is as it should be",
    FieldAction.CREATE: "would be made",
    FieldAction.ADD_OPTIONS: "options would be added or renamed",
    FieldAction.GRANT: "would be shown to those who need it",
}


@dataclass(frozen=True, slots=True)
class FieldsView:
    """How our fields stand."""

    setup: "FieldSetup"

    def human(self, console: Console) -> None:
        """A table for each grouping, with the options as people see them."""
        say(console, f"Our fields in {visible(self.setup.connection)}", "bold")
        for name in dict.fromkeys(field.segmentation for field in self.setup.fields):
            own = [field for field in self.setup.fields if field.segmentation == name]
            heading(console, f"{visible(name)}, on {own[0].object}")
            for field in own:
                self._show_one(console, field)
        standings = {field.standing.value for field in self.setup.fields}
        if standings == {"ready"}:
            to_do_next(console, ("crm-segments plan", "find segments and show what would be written"))
        elif "other_installation" in standings:
            to_do_next(console, ("crm-segments fields adopt", "take them over, where that one runs no more"))
        else:
            to_do_next(console, ("crm-segments fields create --dry-run", "see what would be made"))

    def _show_one(self, console: Console, field: "FieldState") -> None:
        words, style = _STANDINGS[field.standing.value]
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(ratio=1, overflow="fold")
        grid.add_column(no_wrap=True)
        grid.add_column(ratio=1, overflow="fold")
        grid.add_row(Text(visible(field.name), style="cyan"), Text(field.type), Text(words, style=style))
        console.print(Padding(grid, (0, 0, 0, 2), expand=False))
        for option in field.options:
            paragraph(console, f"{visible(option.value)} = {visible(option.label)}", 6, style="dim")

    def document(self) -> dict[str, object]:
        """The fields."""
        return {
            "connection": self.setup.connection,
            "fields": [asdict(field) for field in self.setup.fields],
        }


@dataclass(frozen=True, slots=True)
class MadeFieldsView:
    """What was made, or would be."""

    made: "MadeFields"

    def human(self, console: Console) -> None:
        """One line per field, then what people should know."""
        made = self.made
        words = _TO_DO if made.is_dry_run else _DONE
        if made.is_complete:
            title = "All our fields are as they should be; nothing was changed."
        else:
            title = f"{'Would change' if made.is_dry_run else 'Our fields'} in {visible(made.connection)}"
        say(console, title, "bold")
        for change in made.changes:
            bullet(console, _sentence(change, words))
        _show_warnings(console, made.warnings)
        if made.is_dry_run and not made.is_complete:
            to_do_next(console, ("crm-segments fields create", "make them"))
        else:
            to_do_next(console, ("crm-segments plan", "find segments and show what would be written"))

    def document(self) -> dict[str, object]:
        """Every field with what was done."""
        return {
            "connection": self.made.connection,
            "dry_run": self.made.is_dry_run,
            "fields": _changes(self.made.changes),
            "warnings": list(self.made.warnings),
        }


@dataclass(frozen=True, slots=True)
class CheckedFieldsView:
    """Whether anything is missing."""

    made: "MadeFields"

    @property
    def exit_code(self) -> int:
        """0, or 6 where something has to be done before labels can be written."""
        return 0 if self.made.is_complete else 6

    def human(self, console: Console) -> None:
        """What is missing, and the way out."""
        missing = [change for change in self.made.changes if change.action is not FieldAction.NONE]
        total = len(self.made.changes)
        if missing:
            say(console, f"{len(missing)} of {counted(total, 'field')} not ready:", "bold")
        else:
            say(console, f"Ready: {counted(total, 'field')} there, ours, visible and complete.", "bold")
        for change in missing:
            bullet(console, _sentence(change, _TO_DO))
        _show_warnings(console, self.made.warnings)
        if missing:
            to_do_next(console, ("crm-segments fields create", "make them"))
        else:
            to_do_next(console, ("crm-segments plan", "find segments and show what would be written"))

    def document(self) -> dict[str, object]:
        """Every field with what is missing."""
        return {
            "status": status_of(self.exit_code),
            "connection": self.made.connection,
            "fields": _changes(self.made.changes),
            "warnings": list(self.made.warnings),
        }


@dataclass(frozen=True, slots=True)
class ExportedFieldsView:
    """A package that was written."""

    folder: Path
    files: Sequence[Path]

    def human(self, console: Console) -> None:
        """The files, and how they are deployed."""
        say(console, f"Wrote {counted(len(self.files), 'file')}:", "bold")
        for path in self.files:
            bullet(console, visible(str(path)))
        # Not one of our commands: it takes none of our options.
        folder = shlex.quote(str(self.folder))
        say(console, "An administrator deploys them, from within any project of the Salesforce command line:")
        paragraph(console, visible(f"sf project deploy start --metadata-dir {folder} --target-org ORG"), 4)
        to_do_next(console, ("crm-segments fields check", "once they are there"))

    def document(self) -> dict[str, object]:
        """The files."""
        return {"folder": str(self.folder), "files": [str(path) for path in self.files]}


@dataclass(frozen=True, slots=True)
class AdoptedFieldsView:
    """Fields that were taken over, or were not."""

    others: "Sequence[FieldState]"
    adopted: Sequence[str]

    def human(self, console: Console) -> None:
        """What was done, and what it means."""
        if not self.others:
            say(console, "No field of ours was made by another installation; nothing was changed.", "bold")
        elif not self.adopted:
            say(console, "Nothing was changed.", "bold")
        else:
            names = ", ".join(visible(name) for name in self.adopted)
            say(console, f"Taken over: {names}.", "bold")
            say(console, "Values and options are as they were. Make sure that the other one runs no more.")
        to_do_next(console, ("crm-segments fields check", "see whether all is ready"))

    def document(self) -> dict[str, object]:
        """Names of the fields."""
        return {"found": [field.name for field in self.others], "adopted": list(self.adopted)}


def show_adoption(console: Console, others: "Sequence[FieldState]") -> None:
    """The question before fields are taken over, without its last line."""
    say(console, "Another installation of crm-segments made these fields:", "bold")
    for field in others:
        bullet(console, f"{visible(field.name)} on {field.object}")
    say(console, "If it still runs, both would write different segments to the same records.")
    console.print()


def _sentence(change: FieldChange, words: dict[FieldAction, str]) -> str:
    text = f"{visible(change.field)} on {change.object.value}: {words[change.action]}"
    if change.options:
        shown = "; ".join(visible(option.label) for option in change.options[:8])
        text += f" ({shown}{'; ...' if len(change.options) > 8 else ''})"
    return text


def _show_warnings(console: Console, warnings: Sequence[str]) -> None:
    if warnings:
        heading(console, "Worth knowing")
        for warning in warnings:
            bullet(console, visible(warning))


def _changes(changes: Sequence[FieldChange]) -> list[dict[str, object]]:
    return [
        {
            "object": change.object.value,
            "field": change.field,
            "action": change.action.value,
            "options": [asdict(option) for option in change.options],
        }
        for change in changes
    ]
