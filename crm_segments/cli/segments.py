"""`segments list` and `segments rules`: the segments in force, and rules that imitate them."""

import typer

import sync
from crm_segments import views
from crm_segments.cli.command import command
from crm_segments.cli.invocation import Invocation
from crm_segments.cli.naming import SegmentationOption

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the group and its commands."""
    group = typer.Typer(help="Look at the segments.", no_args_is_help=True)
    # Without a callback a group of one command would swallow its name.
    group.callback()(_group)
    command(group, "list", title="segments list")(_list)
    command(group, "rules", title="segments rules")(_rules)
    app.add_typer(group, name="segments")


def _group() -> None:
    pass


def _list(invocation: Invocation) -> None:
    """List the segments in force, each with its size and its sentence."""
    with invocation.workspace(needs_stop=False) as workspace:
        segments = sync.list_segments(workspace)
    invocation.show(views.SegmentsView(segments))


def _rules(invocation: Invocation, name: SegmentationOption = None) -> None:
    """Print at most ten rules that nearly say the same, to rebuild in a flow or workflow."""
    with invocation.workspace(needs_stop=False) as workspace:
        found = sync.list_rules(workspace, name)
    invocation.show(views.RulesView(found))
