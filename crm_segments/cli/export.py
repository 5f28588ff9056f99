"""`export`: the embedded CRM back to CSV files, with segments."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from crm_segments import assembly, views
from crm_segments.cli.command import command
from crm_segments.cli.invocation import Invocation

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "export")(_export)


def _export(
    invocation: Invocation,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the files go.")],
    target: Annotated[
        Literal["data-loader", "hubspot"] | None,
        typer.Option("--for", help="Also write files that this tool imports as they are."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over files of others.")] = False,
) -> None:
    """Write all records with their segments to CSV files."""
    report = assembly.export_records(invocation.settings(), folder, target=target, force=force)
    invocation.show(views.ExportView(report))
