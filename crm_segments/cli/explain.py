"""`explain`: why a record is in its segment."""

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
    command(app, "explain")(_explain)


def _explain(
    invocation: Invocation,
    record: Annotated[str, typer.Argument(metavar="RECORD", help="Id, name or web domain.")],
    name: SegmentationOption = None,
) -> None:
    """Say why a record is in its segment, with its own numbers."""
    with invocation.workspace(needs_stop=False) as workspace:
        explanation = sync.explain(workspace, record, name)
    invocation.show(views.ExplanationView(explanation))
