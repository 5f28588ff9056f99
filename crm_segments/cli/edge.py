"""The edge where every error becomes a message and an exit code; the one place that catches them all."""

import os
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from connectors.errors import CrmSegmentsError, StopRequested
from crm_segments import views
from crm_segments.cli.invocation import Invocation

__all__ = ["UnexpectedError", "carry_out", "report"]

LOG_NAME = "crm-segments-error.log"


class UnexpectedError(CrmSegmentsError):
    """Something that nobody foresaw; it is written down for a bug report."""

    default_code = "unexpected"


def carry_out(invocation: Invocation, body: Callable[[], int | None]) -> int:
    """Run a command's body; show what went wrong, if anything did.

    Returns:
        The exit code.
    """
    try:
        from crm_segments.logs import configure_logging  # noqa: PLC0415 - not needed for --help

        configure_logging(invocation.log_level, invocation.log_format)
        return body() or 0
    except CrmSegmentsError as error:
        return report(invocation, error)
    except KeyboardInterrupt:
        return report(invocation, _interrupted(invocation))
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 - the edge: nothing may end in a raw traceback
        if invocation.debug:
            traceback.print_exception(error)
        return report(invocation, _unexpected(error, debug=invocation.debug))


def report(invocation: Invocation, error: CrmSegmentsError) -> int:
    """Show an error: under --json as the one document on stdout, else in words on stderr."""
    invocation.show_failure(views.FailureView(error, error.exit_code, invocation.always))
    return error.exit_code


def _interrupted(invocation: Invocation) -> CrmSegmentsError:
    return StopRequested(
        f"`{invocation.command}` was stopped before it was done.",
        hint="Nothing is half-written. The same command goes on where it stopped.",
        next_command=f"crm-segments {invocation.command}",
    )


def _unexpected(error: Exception, *, debug: bool) -> CrmSegmentsError:
    log = _write_down(error)
    where = f"Where it came from is written in {log}" if log else "Its origin could not be written down"
    more = "" if debug else " Add --debug to see it here."
    return UnexpectedError(
        f"Something went wrong that should not have ({type(error).__name__}).",
        hint=f"{where}, without any of your data: please send it with a bug report.{more}",
        details={"kind": type(error).__name__},
        next_command="crm-segments doctor",
    )


def _write_down(error: Exception) -> Path | None:
    """Places only: an exception's own text may quote data."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    text = "\n".join([f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {type(error).__name__}", *lines, ""])
    path = Path.cwd() / LOG_NAME
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as out:
            out.write(text)
    except OSError:
        return None
    return path
