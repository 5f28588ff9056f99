"""`plan`: what would be written, without writing it."""

from pathlib import Path
from typing import Annotated

import typer

import sync
from crm_segments import assembly, views
from crm_segments.cli.command import command
from crm_segments.cli.days import AsOfOption, day_of
from crm_segments.cli.invocation import Invocation

__all__ = ["register"]

CHANGES_PENDING = 3


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "plan")(_plan)


def _plan(
    invocation: Invocation,
    as_of: AsOfOption = None,
    zip_file: Annotated[
        Path | None, typer.Option("--export", metavar="FILE.zip", help="Save the whole plan to a file.")
    ] = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Save the changes for a spreadsheet.")
    ] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="End with 3 when there is something to write.")
    ] = False,
) -> int:
    """Find segments and show what would be written."""
    day = day_of(as_of)
    files: list[Path] = []
    with invocation.workspace() as workspace:
        made = sync.make_plans(workspace, as_of=day)
        previews = [assembly.preview_plan(workspace, stored) for stored in made]
        for stored in made:
            suffix = stored.plan.head.segmentation if len(made) > 1 else ""
            zip_path, csv_path = (_named(path, suffix) for path in (zip_file, csv_file))
            files += sync.export_plan(workspace, stored, zip_path=zip_path, csv_path=csv_path)
    invocation.show(views.PlansView(previews, files))
    has_work = any(preview.has_work for preview in previews)
    return CHANGES_PENDING if detailed_exitcode and has_work else 0


def _named(path: Path | None, suffix: str) -> Path | None:
    """A file of its own for each of several plans."""
    return path.with_stem(f"{path.stem}-{suffix}") if path is not None and suffix else path
