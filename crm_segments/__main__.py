"""`crm-segments` and `python -m crm_segments`."""

import contextlib
import io
import sys

import typer

__all__ = ["main"]


def main() -> None:
    """Run one command and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that this terminal cannot show must not end the command.
            with contextlib.suppress(ValueError, OSError):
                stream.reconfigure(errors="backslashreplace")
    from crm_segments.cli.app import app  # noqa: PLC0415 - after the streams are safe

    if "--json" not in sys.argv:
        app()
    try:
        code = app(standalone_mode=False)
    except typer.Abort:
        code = 75
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        context = getattr(error, "ctx", None)
        code = _report_misuse(error.format_message(), context.info_name if context else None)
    sys.exit(code if isinstance(code, int) else 0)


def _report_misuse(message: str, command: str | None) -> int:
    """A command that cannot be understood, as the one document that --json promises."""
    from connectors.errors import UsageError  # noqa: PLC0415 - only when it is needed
    from crm_segments import views  # noqa: PLC0415
    from crm_segments.cli.edge import report  # noqa: PLC0415
    from crm_segments.cli.invocation import Invocation  # noqa: PLC0415

    error = UsageError(
        message, hint="crm-segments --help lists the commands and their options.", code="usage.invalid"
    )
    always = views.empty_run_document() if command in {"run", "apply"} else {}
    return report(Invocation("crm-segments", as_json=True, always=always), error)


if __name__ == "__main__":
    main()
