"""Log lines on stderr, in one shape: an event name first, then ids and counts. Never data, never secrets."""

import logging
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Rendered(log_format))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in _OURS:
        logging.getLogger(name).setLevel(chosen)


class _Rendered(logging.Formatter):
    """Renders with structlog, which is loaded with the first line: most commands log nothing."""

    def __init__(self, log_format: str) -> None:
        super().__init__()
        self._log_format = log_format
        self._formatter: logging.Formatter | None = None

    def format(self, record: logging.LogRecord) -> str:
        if self._formatter is None:
            self._formatter = _make_formatter(self._log_format)
        return self._formatter.format(record)


def _make_formatter(log_format: str) -> logging.Formatter:
    import structlog  # noqa: PLC0415 - takes longer to load than most commands take to run

    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _escape_controls,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )


def _escape_controls(_logger: object, _method: str, event: "EventDict") -> "EventDict":
    """A value with a line break in it must not look like a second line."""
    return {
        key: _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), value)
        if isinstance(value, str)
        else value
        for key, value in event.items()
    }
