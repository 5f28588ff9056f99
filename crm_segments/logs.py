"""Log lines on stderr, in one shape: an event name first, then ids and counts. Never data, never secrets."""

import logging
import re
import sys

import structlog
from structlog.typing import EventDict, Processor

__all__ = ["configure_logging"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_OURS = ("connectors", "crm_segments")


def configure_logging(level: str | None, log_format: str) -> None:
    """Send the log lines of our own packages to stderr; of others only warnings.

    Args:
        level: `debug`, `info`, `warning`, `error`; by default warnings on a terminal, else info.
        log_format: `text` or `json`.
    """
    chosen = (level or ("warning" if sys.stderr.isatty() else "info")).upper()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _escape_controls,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in _OURS:
        logging.getLogger(name).setLevel(chosen)


def _escape_controls(_logger: object, _method: str, event: EventDict) -> EventDict:
    """A value with a line break in it must not look like a second line."""
    return {
        key: _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), value)
        if isinstance(value, str)
        else value
        for key, value in event.items()
    }
