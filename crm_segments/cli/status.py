"""`status`: how things stand."""

import typer

import sync
from crm_segments import views
from crm_segments.cli.command import command
from crm_segments.cli.invocation import Invocation

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "status")(_status)


def _status(invocation: Invocation) -> None:
    """Show the last runs, the segments, and what waits for somebody."""
    with invocation.workspace(needs_stop=False) as workspace:
        status = sync.get_status(workspace)
    invocation.show(views.StatusView(status))
