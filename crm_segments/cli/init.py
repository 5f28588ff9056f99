"""`init`: the first settings of a folder."""

from pathlib import Path
from typing import Annotated

import typer

from crm_segments import assembly, views
from crm_segments.cli.command import command
from crm_segments.cli.invocation import Invocation

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "init")(_init)


def _init(
    invocation: Invocation,
    crm: Annotated[str, typer.Option("--crm", help="Which CRM: local or salesforce.")] = "local",
    path: Annotated[str, typer.Option("--path", help="File of the embedded CRM.")] = "crm.db",
    domain: Annotated[
        str | None, typer.Option("--domain", help="Salesforce: your My Domain, acme.my.salesforce.com.")
    ] = None,
    every_setting: Annotated[
        bool, typer.Option("--all", help="Write every setting with its default and a line of why.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing config.toml.")] = False,
) -> None:
    """Write a commented config.toml into this folder."""
    config = (invocation.config or Path("config.toml")).absolute()
    options = assembly.InitOptions(crm, path, domain, every_setting, force)
    invocation.show(views.InitView(assembly.write_config(config, options)))
