"""`doctor`: is everything as it should be?"""

from datetime import UTC, datetime
from pathlib import Path

import typer

from crm_segments import assembly, views
from crm_segments.cli.command import command
from crm_segments.cli.invocation import Invocation

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "doctor")(_doctor)


def _doctor(invocation: Invocation) -> int:
    """Check settings, CRM, fields, state, clock and packages."""
    examination = assembly.examine(invocation.config, now=datetime.now(UTC), folder=Path.cwd())
    invocation.show(views.DoctorView(examination))
    return examination.exit_code
