"""The whole command: its groups, its commands in the order in which people meet them, its version."""

from typing import Annotated

import typer

from crm_segments.cli import (
    apply,
    approve,
    configuration,
    demo,
    doctor,
    explain,
    export,
    fields,
    history,
    import_,
    init,
    pin,
    plan,
    refit,
    report,
    run,
    sample,
    sandbox,
    segments,
    status,
)

__all__ = ["app"]

app = typer.Typer(
    name="crm-segments",
    help="Named, explained customer segments that stand still, written back to your CRM as fields.",
    epilog="Begin with: crm-segments demo",
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - not needed for --help

        typer.echo(f"crm-segments {version('crm-segments')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


for module in (
    demo, sample, init, import_, plan, approve, apply, run, refit,
    status, history, segments, explain, pin, report, export, fields, doctor, sandbox,
    configuration,
):  # fmt: skip
    module.register(app)
