"""`history`: what was run."""

from typing import Annotated

import typer

import sync
from crm_segments import views
from crm_segments.cli.command import command
from crm_segments.cli.invocation import Invocation

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "history")(_history)


def _history(
    invocation: Invocation,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many runs.")] = 20,
) -> None:
    """Show what was run, when, by whom, and what came of it."""
    with invocation.workspace(needs_stop=False) as workspace:
        runs = sync.get_history(workspace, limit)
    invocation.show(views.HistoryView(runs))
