"""`pin add`, `pin remove`, `pin list`: records that a person puts into a segment."""

from typing import Annotated

import typer

import sync
from crm_segments import views
from crm_segments.cli.command import command
from crm_segments.cli.days import parse_day
from crm_segments.cli.invocation import Invocation
from crm_segments.cli.naming import SegmentationOption

__all__ = ["register"]

RecordArgument = Annotated[str, typer.Argument(metavar="RECORD", help="Id, name or web domain.")]


def register(app: typer.Typer) -> None:
    """Add the group and its commands."""
    group = typer.Typer(help="Keep single records in a segment.", no_args_is_help=True)
    command(group, "add", title="pin add")(_add)
    command(group, "remove", title="pin remove")(_remove)
    command(group, "list", title="pin list")(_list)
    app.add_typer(group, name="pin")


def _add(
    invocation: Invocation,
    record: RecordArgument,
    segment: Annotated[str, typer.Argument(metavar="SEGMENT", help="Title or key of the segment.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for whoever asks later.")],
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Last day of the pin; else it has no end.")
    ] = None,
    name: SegmentationOption = None,
) -> None:
    """Put a record into a segment, whatever rules and facts say."""
    request = sync.PinRequest(record, segment, reason, parse_day(until, "--until"))
    with invocation.workspace(needs_stop=False) as workspace:
        pinned = sync.add_pin(workspace, request, name)
    invocation.show(views.PinView(pinned))


def _remove(invocation: Invocation, record: RecordArgument, name: SegmentationOption = None) -> None:
    """Let rules and facts decide about a record again."""
    with invocation.workspace(needs_stop=False) as workspace:
        record_id = sync.remove_pin(workspace, record, name)
    invocation.show(views.UnpinnedView(record_id))


def _list(invocation: Invocation) -> None:
    """List all pins, with who set them and why."""
    with invocation.workspace(needs_stop=False) as workspace:
        pins = sync.get_pins(workspace)
    invocation.show(views.PinsView(pins))
