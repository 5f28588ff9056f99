"""`config show`, `config schema`, `config validate`."""

from typing import Annotated

import typer

from crm_segments import assembly, views
from crm_segments.cli.command import command
from crm_segments.cli.invocation import Invocation

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the group and its commands."""
    group = typer.Typer(help="Show and check the settings.", no_args_is_help=True)
    command(group, "show", title="config show")(_show)
    command(group, "schema", title="config schema")(_schema)
    command(group, "validate", title="config validate")(_validate)
    app.add_typer(group, name="config")


def _show(
    invocation: Invocation,
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value comes from.")] = False,
) -> None:
    """Show the settings in force, never secrets."""
    invocation.show(views.ConfigView(invocation.settings(), with_origin=origin))


def _schema(invocation: Invocation) -> None:
    """Print a JSON schema for editors."""
    invocation.show(views.ConfigSchemaView())


def _validate(invocation: Invocation) -> None:
    """Check the settings, not the CRM."""
    settings = invocation.settings()
    assembly.check_groupings(settings)
    invocation.show(views.ConfigCheckView(settings))
