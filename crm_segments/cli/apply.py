"""`apply`: carry out a plan."""

from typing import Annotated

import typer

import sync
from crm_segments import views
from crm_segments.cli.asking import carry_out_run, confirming
from crm_segments.cli.command import command
from crm_segments.cli.invocation import Invocation

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "apply")(_apply)


def _apply(
    invocation: Invocation,
    plan: Annotated[
        str | None, typer.Argument(metavar="PLAN", help="Id of a saved plan, or its beginning.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before writing.")] = False,
) -> int:
    """Write what a saved plan says; without one, plan, show it, ask."""
    invocation.always = views.empty_run_document()
    invocation.require_terminal_or(yes, *([plan] if plan else []))
    with invocation.workspace() as workspace:
        confirm = confirming(invocation, workspace, yes=yes)
        return carry_out_run(invocation, workspace, lambda: sync.apply_plan(workspace, plan, confirm=confirm))
