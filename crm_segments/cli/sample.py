"""`sample`: a made-up company to try things with."""

from pathlib import Path
from typing import Annotated

import typer

from crm_segments import assembly, views
from crm_segments.cli.command import command
from crm_segments.cli.invocation import Invocation

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "sample")(_sample)


def _sample(
    invocation: Invocation,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where week_00, week_01, ... go.")],
    weeks: Annotated[int, typer.Option("--weeks", min=1, max=520, help="How many weeks.")] = 1,
    accounts: Annotated[
        int, typer.Option("--accounts", min=1, max=2_000_000, help="Accounts to begin with.")
    ] = 2000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another number, another company.")] = 7,
    world: Annotated[str, typer.Option("--world", help="Which kind of company.")] = "five",
) -> None:
    """Write a generated company as CSV files, one folder a week."""
    wanted = assembly.SampleOptions(weeks=weeks, accounts=accounts, seed=seed, world=world)
    invocation.show(views.SampleView(*assembly.write_sample(folder, wanted)))
