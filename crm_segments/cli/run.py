"""`run`: the whole job, for a schedule or for a person."""

from typing import Annotated

import typer

import sync
from crm_segments import views
from crm_segments.cli.asking import carry_out_run, confirming
from crm_segments.cli.command import command
from crm_segments.cli.days import AsOfOption, day_of
from crm_segments.cli.invocation import Invocation

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "run")(_run)


def _run(
    invocation: Invocation,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before writing.")] = False,
    as_of: AsOfOption = None,
) -> int:
    """Read, segment and write what has changed, in one go."""
    invocation.always = views.empty_run_document()
    day = day_of(as_of)
    invocation.require_terminal_or(yes, *(["--as-of", as_of] if as_of else []))
    with invocation.workspace() as workspace:
        confirm = confirming(invocation, workspace, yes=yes)
        return carry_out_run(invocation, workspace, lambda: sync.run(workspace, as_of=day, confirm=confirm))
