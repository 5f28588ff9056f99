"""What went in, what came out, and what was generated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from crm_segments.views.text import bullet, count, counted, day, heading, say, to_do_next, visible

if TYPE_CHECKING:
    from crm_segments.assembly.exporting import ExportReport
    from crm_segments.assembly.importing import ImportReport

__all__ = ["ExportView", "ImportView", "SampleView"]

SHOWN_COLUMNS = 12
"""Kept columns that are listed before the rest is only counted."""


@dataclass(frozen=True, slots=True)
class ImportView:
    """An import, done or rehearsed."""

    report: "ImportReport"

    def human(self, console: Console) -> None:
        """Counts, the mapping, and everything that was mended or left out."""
        report = self.report
        crm = visible(report.crm_path.name)
        verb = "Would import" if report.options.dry_run else "Imported"
        say(console, f"{verb} {visible(str(report.folder))} into {crm}, as of {day(report.as_of)}.", "bold")
        self._counts(console)
        self._mapping(console)
        self._notes(console)
        if report.options.dry_run:
            say(console)
            say(console, "This was a dry run: nothing was stored.")
            to_do_next(console, f"crm-segments import {visible(str(report.folder))}")
        else:
            to_do_next(console, ("crm-segments plan", "find segments and show what would be written"))

    def _counts(self, console: Console) -> None:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column()
        for _ in range(4):
            table.add_column(justify="right", no_wrap=True)
        table.add_row(*(Text(each, style="dim") for each in ("", "new", "changed", "same", "deleted")))
        for kind, done in self.report.loaded.counts.items():
            numbers = (done.created, done.changed, done.unchanged, done.deleted)
            name = counted(2, kind.value).removeprefix("2 ")
            table.add_row(Text(name), *(Text(count(each), style="" if each else "dim") for each in numbers))
        console.print()
        console.print(Padding(table, (0, 0, 0, 2)))

    def _mapping(self, console: Console) -> None:
        heading(console, "How columns were read")
        by_file: dict[str, list[str]] = {}
        left_out: dict[str, dict[str, list[str]]] = {}
        for each in self.report.bundle.mapping:
            own = by_file.setdefault(each.file, [])
            if each.field is None:
                left_out.setdefault(each.file, {}).setdefault(each.note, []).append(each.column)
            elif each.column != each.field:
                own.append(f"{each.column} = {each.field}")
        for file, reasons in left_out.items():
            by_file[file] += [f"{', '.join(names)} left out ({why})" for why, names in reasons.items()]
        for file, renamed in by_file.items():
            text = ", ".join(visible(each) for each in renamed[:SHOWN_COLUMNS])
            more = f", and {len(renamed) - SHOWN_COLUMNS} more" if len(renamed) > SHOWN_COLUMNS else ""
            bullet(console, f"{visible(file)}: {text or 'every column under its own name'}{more}")

    def _notes(self, console: Console) -> None:
        notes = list(self.report.bundle.notes)
        rejects = len(self.report.bundle.rejects)
        if rejects:
            where = self.report.options.rejects
            was, they = ("was", "it is") if rejects == 1 else ("were", "they are")
            skipped = "would be" if self.report.options.dry_run else was
            kept = "" if self.report.options.dry_run else f"; {they} in {where}"
            notes.append(f"{counted(rejects, 'line')} could not be read and {skipped} skipped{kept}.")
        for kind, names in self.report.ignored.items():
            notes.append(f"{kind.value}: {', '.join(names)} left out: only crm-segments itself writes these.")
        if not notes:
            return
        heading(console, "Worth knowing")
        for note in notes:
            bullet(console, visible(note))

    def document(self) -> dict[str, object]:
        """Counts, mapping, notes."""
        report = self.report
        return {
            "status": "complete",
            "dry_run": report.options.dry_run,
            "folder": str(report.folder),
            "crm": str(report.crm_path),
            "as_of": report.as_of.isoformat(),
            "as_of_source": report.as_of_source,
            "records": {
                kind.value: {
                    "new": done.created,
                    "changed": done.changed,
                    "unchanged": done.unchanged,
                    "deleted": done.deleted,
                }
                for kind, done in report.loaded.counts.items()
            },
            "mapping": [
                {"file": one.file, "column": one.column, "object": one.object, "field": one.field}
                | {"note": one.note}
                for one in report.bundle.mapping
            ],
            "rejected_lines": [f"{one.file}:{one.line}" for one in report.bundle.rejects],
            "notes": list(report.bundle.notes),
        }


@dataclass(frozen=True, slots=True)
class ExportView:
    """An export."""

    report: "ExportReport"

    def human(self, console: Console) -> None:
        """Which files, and how many records carry a segment."""
        report = self.report
        here = str(report.folder) == "."
        say(console, f"Exported to {'this folder' if here else visible(str(report.folder))}.", "bold")
        console.print()
        for path in report.files:
            bullet(console, visible(str(path.relative_to(report.folder))))
        console.print()
        for kind, labelled in report.labelled.items():
            total = counted(report.counts[kind], kind)
            say(console, f"{count(labelled)} of {total} carry a customer segment, in the columns segment_*.")
        if not any(report.labelled.values()):
            say(console, "No record carries a customer segment yet.")
            to_do_next(console, ("crm-segments plan", "find segments and show what would be written"))
        elif report.target is None:
            folder = visible(str(report.folder))
            to_do_next(
                console,
                (f"crm-segments export {folder} --for hubspot", "a file that HubSpot imports"),
                (f"crm-segments export {folder} --for data-loader", "the same for Salesforce"),
            )
        else:
            tool = "Data Loader (Update)" if report.target == "data-loader" else "HubSpot's import"
            say(console, f"The files in for-{report.target} are ready for {tool}.")
            to_do_next(console, ("crm-segments status", "what was written last, and what waits"))

    def document(self) -> dict[str, object]:
        """Files and counts."""
        return {
            "status": "complete",
            "folder": str(self.report.folder),
            "files": [str(path) for path in self.report.files],
            "records": dict(self.report.counts),
            "labelled": dict(self.report.labelled),
        }


@dataclass(frozen=True, slots=True)
class SampleView:
    """A generated company."""

    folders: Sequence[Path]
    counts: Mapping[str, int]
    """Records of the first week by kind."""

    def human(self, console: Console) -> None:
        """Where the weeks are, and that all of it is made up."""
        parent = visible(str(self.folders[0].parent))
        weeks = counted(len(self.folders), "week")
        say(console, f"Wrote a made-up company, {weeks} of it, to {parent}.", "bold")
        console.print()
        for folder in self.folders:
            bullet(console, visible(folder.name))
        parts = ", ".join(counted(number, kind) for kind, number in self.counts.items())
        console.print()
        say(console, f"It begins with {parts}. Names, people and numbers are generated; none is real.")
        first = visible(str(self.folders[0]))
        to_do_next(
            console,
            ("crm-segments init", "settings for a CRM file in this folder"),
            (f"crm-segments import {first}", "fill it"),
        )

    def document(self) -> dict[str, object]:
        """Folders and counts."""
        return {
            "status": "complete",
            "synthetic": True,
            "folders": [str(folder) for folder in self.folders],
            "records": dict(self.counts),
        }
