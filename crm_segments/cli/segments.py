"""`segments list`: the segments in force."""

import typer

import sync
from crm_segments import views
from crm_segments.cli.command import command
from crm_segments.cli.invocation import Invocation

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the group and its command."""
    group = typer.Typer(help="Look at the segments.", no_args_is_help=True)
    # Without a callback a group of one command would swallow its name.
    group.callback()(_group)
    command(group, "list", title="segments list")(_list)
    app.add_typer(group, name="segments")


def _group() -> None:
    pass


def _list(invocation: Invocation) -> None:
    """List the segments in force, each with its size and its sentence."""
    with invocation.workspace(needs_stop=False) as workspace:
        segments = sync.list_segments(workspace)
    invocation.show(views.SegmentsView(segments))
