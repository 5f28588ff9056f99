"""`demo`: the whole job on a made-up company, told as a short story."""

from pathlib import Path
from typing import Annotated

import typer

from crm_segments import assembly, views
from crm_segments.cli.command import command
from crm_segments.cli.invocation import Invocation
from crm_segments.cli.progress import ProgressReport
from crm_segments.cli.signals import StopFlag

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "demo")(_demo)


def _demo(
    invocation: Invocation,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where the demo goes; what is there is reused.")
    ] = Path("crm-segments-demo"),
) -> int:
    """Watch the whole job on a made-up company."""
    with StopFlag() as stop, ProgressReport() as progress:
        options = assembly.WorkspaceOptions(command="demo", observer=progress, should_stop=stop.is_set)
        story = assembly.play_demo(folder, options)
        progress.pause()
    view = views.DemoView(story)
    invocation.show(view)
    failure = view.failure()
    if failure is not None and not invocation.as_json:
        invocation.show_failure(failure)
    return story.exit_code
