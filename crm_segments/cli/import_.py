"""`import`: CSV exports into the embedded CRM."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from crm_segments import assembly, views
from crm_segments.cli.command import command
from crm_segments.cli.days import AsOfOption, day_of
from crm_segments.cli.invocation import Invocation

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "import")(_import)


def _import(
    invocation: Invocation,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with the CSV files.")],
    mirror: Annotated[
        bool, typer.Option("--mirror", help="Delete records that the files do not have.")
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", metavar="FILE", help="Skip bad lines, write them to FILE.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    as_of: AsOfOption = None,
) -> None:
    """Bring CSV exports of a CRM into the embedded one."""
    options = assembly.ImportOptions(mirror, dry_run, rejects, day_of(as_of))
    today = datetime.now(UTC).astimezone().date()
    report = assembly.import_bundle(invocation.settings(), folder, options, today=today)
    invocation.show(views.ImportView(report))
