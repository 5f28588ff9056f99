"""`refit`: new segments from today's data, as a proposal that somebody decides on."""

from typing import Annotated, Literal

import typer

import sync
from crm_segments import assembly, views
from crm_segments.cli.command import command
from crm_segments.cli.days import AsOfOption, day_of
from crm_segments.cli.invocation import Invocation
from crm_segments.cli.naming import SegmentationOption

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "refit")(_refit)


def _refit(
    invocation: Invocation,
    decision: Annotated[
        Literal["approve", "reject"] | None,
        typer.Argument(metavar="approve|reject", help="Decide on the proposal that waits."),
    ] = None,
    name: SegmentationOption = None,
    as_of: AsOfOption = None,
) -> None:
    """Propose new segments from today's data, or decide on them."""
    day = day_of(as_of)
    with invocation.workspace() as workspace:
        if decision is None:
            proposal = sync.refit(workspace, name, as_of=day)
        else:
            proposal = sync.decide_refit(workspace, name, approve=decision == "approve")
        titles = assembly.titles_in_crm(workspace, proposal.segmentation)
    invocation.show(views.RefitView(proposal, titles))
