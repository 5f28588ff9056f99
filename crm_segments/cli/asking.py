"""What `run`, `apply` and `approve --apply` share: the question before writing, and the result after."""

import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import sync
from crm_segments import assembly, views
from crm_segments.cli.invocation import Invocation
from crm_segments.cli.signals import stopping_at_once

if TYPE_CHECKING:
    from sync import StoredPlan, Workspace
    from sync.results import RunResult

__all__ = ["carry_out_run", "confirming"]

_logger = logging.getLogger(__name__)


def confirming(
    invocation: Invocation, workspace: "Workspace", *, yes: bool
) -> "Callable[[list[StoredPlan]], bool]":
    """The answer to "write this?": given beforehand, or asked for with the plan on screen."""

    def ask(plans: "list[StoredPlan]") -> bool:
        if yes:
            return True
        invocation.pause_progress()
        console = views.ViewConsole(sys.stderr)
        for stored in plans:
            views.show_plan(console, assembly.preview_plan(workspace, stored))
        console.print()
        try:
            with stopping_at_once():
                # Asked and answered here: the library's prompt leaves a space on stdout, for results only.
                console.print("Write this? [y/N] ", end="")
                return sys.stdin.readline().strip().lower() in {"y", "yes"}
        except KeyboardInterrupt:
            console.print()
            return False

    return ask


def carry_out_run(invocation: Invocation, workspace: "Workspace", work: "Callable[[], RunResult]") -> int:
    """Do the work and show its result: on stdout what was done, on stderr why it ended early."""
    result = work()
    _log(result)
    invocation.pause_progress()
    held = sync.list_held(workspace) if result.changes.held else ()
    label = workspace.connector.identify().label
    view = views.RunView(result, label, tuple(each.record_id for each in held))
    failure = view.failure()
    if failure is None or invocation.as_json or result.changes.written:
        invocation.show(view)
    if failure is not None and not invocation.as_json:
        invocation.show_failure(failure)
    return result.exit_code


def _log(result: "RunResult") -> None:
    """One line that a schedule keeps: ids and counts, nothing else."""
    changes = result.changes
    error = getattr(result.error, "code", None)
    _logger.info(
        "run.finished",
        extra={
            "run_id": result.run_id,
            "status": result.status.value,
            "written": changes.written,
            "rejected": changes.rejected,
            "held": changes.held,
            "pending": changes.pending,
            "write_requests": result.write_requests,
            "error": error,
        },
    )
