"""`approve`: say yes to exactly one saved plan."""

from typing import Annotated

import typer

import sync
from crm_segments import assembly, views
from crm_segments.cli.asking import carry_out_run
from crm_segments.cli.command import command
from crm_segments.cli.invocation import Invocation

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "approve")(_approve)


def _approve(
    invocation: Invocation,
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="Id of the plan, or its beginning.")],
    apply: Annotated[bool, typer.Option("--apply", help="Apply it right away.")] = False,
) -> int:
    """Approve a saved plan, also one that a guard has stopped."""
    with invocation.workspace() as workspace:
        stored = sync.approve_plan(workspace, plan)
        if not apply:
            invocation.show(views.ApprovalView(assembly.preview_plan(workspace, stored)))
            return 0
        plan_id = stored.plan.plan_id
        return carry_out_run(
            invocation,
            workspace,
            lambda: sync.apply_plan(workspace, plan_id, confirm=lambda _plans: True),
        )
