"""`fields`: our fields in the CRM, ahead of a plan and beside it."""

import sys
from pathlib import Path
from typing import Annotated

import typer

import sync
from crm_segments import views
from crm_segments.cli.command import command, group_default
from crm_segments.cli.invocation import Invocation

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the group and its commands; the group alone is its `show`."""
    group = typer.Typer(help="Look at our fields in the CRM, make, check, export, adopt them.")
    show = command(group, "show", title="fields show")(_show)
    command(group, "create", title="fields create")(_create)
    command(group, "check", title="fields check")(_check)
    command(group, "export", title="fields export")(_export)
    command(group, "adopt", title="fields adopt")(_adopt)
    group_default(group, show)
    app.add_typer(group, name="fields")


def _show(invocation: Invocation) -> None:
    """Show our fields in the CRM and how they stand."""
    with invocation.workspace(needs_stop=False) as workspace:
        setup = sync.show_fields(workspace)
    invocation.show(views.FieldsView(setup))


def _create(
    invocation: Invocation,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be made.")] = False,
) -> None:
    """Make our fields ahead of a plan, and show them to those who need them."""
    with invocation.workspace() as workspace:
        made = sync.check_fields(workspace) if dry_run else sync.make_fields(workspace)
    invocation.show(views.MadeFieldsView(made))


def _check(invocation: Invocation) -> int:
    """Check that our fields are there, ours, visible and complete; exit 6 where something is missing."""
    with invocation.workspace(needs_stop=False) as workspace:
        made = sync.check_fields(workspace)
    view = views.CheckedFieldsView(made)
    invocation.show(view)
    return view.exit_code


def _export(
    invocation: Invocation,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the package goes.")],
) -> None:
    """Write our fields as a package that an administrator deploys (Salesforce)."""
    with invocation.workspace(needs_stop=False) as workspace:
        files = sync.export_fields(workspace, folder)
    invocation.show(views.ExportedFieldsView(folder, files))


def _adopt(
    invocation: Invocation,
    yes: Annotated[bool, typer.Option("--yes", help="Take them over without asking.")] = False,
) -> None:
    """Take over our fields from another installation that does not run any more."""
    with invocation.workspace() as workspace:
        others = sync.fields_of_others(workspace)
        if others:
            invocation.require_terminal_or(yes, look="crm-segments fields show")
        adopted: tuple[str, ...] = ()
        if others and (yes or _agrees(invocation, others)):
            adopted = sync.adopt_fields(workspace)
    invocation.show(views.AdoptedFieldsView(others, adopted))


def _agrees(invocation: Invocation, others: "tuple[sync.FieldState, ...]") -> bool:
    invocation.pause_progress()
    console = views.ViewConsole(sys.stderr)
    views.show_adoption(console, others)
    console.print("Take them over? [y/N] ", end="")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
