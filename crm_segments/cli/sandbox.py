"""`sandbox`: an emulated CRM on this machine, to rehearse with."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from connectors.errors import UsageError
from crm_segments.cli.command import command
from crm_segments.cli.invocation import Invocation

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "sandbox")(_sandbox)


def _sandbox(
    invocation: Invocation,
    crm: Annotated[Literal["hubspot", "salesforce"], typer.Argument(help="Which CRM to emulate.")],
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Folder of CSV files to begin with.")
    ] = None,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port on this machine; 0 takes a free one.")
    ] = 0,
) -> None:
    """Run an emulated CRM until Ctrl-C; prints what to put into config.toml."""
    from crm_segments.bundle import BundleError  # noqa: PLC0415 - not needed for --help
    from crm_segments.sandbox.rehearse import prepare  # noqa: PLC0415

    try:
        rehearsal = prepare(crm, data, port)
    except BundleError as error:
        raise UsageError(error.message, hint=error.hint, code="usage.sandbox_data") from error
    except OSError as error:
        raise UsageError(
            f"Port {port} on this machine cannot be used: {error.strerror}.",
            hint="Choose another one with --port, or leave it out.",
            code="usage.port",
            next_command=f"crm-segments sandbox {crm}",
        ) from error
    # Before it serves: what starts a sandbox waits for these lines.
    sys.stdout.write("\n".join(rehearsal.lines) + "\n")
    sys.stdout.flush()
    try:
        rehearsal.server.serve()
    except KeyboardInterrupt:
        invocation.pause_progress()
