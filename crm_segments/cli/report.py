"""`report`: everything about the segments in one file to open, print and pass on."""

from pathlib import Path
from typing import Annotated

import typer

import sync
from crm_segments import views
from crm_segments.cli.command import command
from crm_segments.cli.invocation import Invocation
from crm_segments.cli.naming import SegmentationOption

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "report")(_report)


def _report(
    invocation: Invocation,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")] = Path("report.html"),
    name: SegmentationOption = None,
) -> None:
    """Write one HTML file: segments, money, map, moves, close calls, data quality."""
    from crm_segments.report import write_report  # noqa: PLC0415 - plotly is needed by no other command

    with invocation.workspace(needs_stop=False) as workspace:
        gathered = sync.gather_report(workspace, name)
    path = write_report(gathered, file)
    invocation.show(views.ReportView(path, gathered))
