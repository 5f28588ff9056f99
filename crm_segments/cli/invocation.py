"""One call of one command: its common options, and the only way to its settings, its CRM and its output."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.errors import UsageError
from crm_segments import assembly, views
from crm_segments.cli.progress import ProgressReport
from crm_segments.cli.signals import StopFlag

if TYPE_CHECKING:
    from crm_segments.settings import LoadedSettings
    from sync import Workspace

__all__ = ["Invocation"]


@dataclass(slots=True)
class Invocation:
    """What every command can rely on, whatever its own arguments are."""

    command: str
    """As it was typed: `run`, `segments list`."""
    config: Path | None = None
    as_json: bool = False
    log_level: str | None = None
    log_format: str = "text"
    debug: bool = False
    always: dict[str, object] = field(default_factory=dict)
    """Keys that this command's document has even when it ends with an error."""
    _progress: ProgressReport | None = None

    def settings(self) -> "LoadedSettings":
        """The settings, read and checked."""
        from crm_segments.settings import load_settings  # noqa: PLC0415 - pydantic is not needed for --help

        return load_settings(self.config)

    @contextmanager
    def workspace(self, *, needs_stop: bool = True) -> Iterator["Workspace"]:
        """CRM and state opened; progress shown on stderr; Ctrl-C finishes what is in flight."""
        settings = self.settings()
        with StopFlag(active=needs_stop) as stop, ProgressReport() as progress:
            self._progress = progress
            options = assembly.WorkspaceOptions(
                command=self.command, observer=progress, should_stop=stop.is_set
            )
            with assembly.open_workspace(settings, options) as workspace:
                yield workspace

    def pause_progress(self) -> None:
        """Take the bars away, so that what follows stands alone."""
        if self._progress is not None:
            self._progress.pause()

    def show(self, view: "views.View") -> None:
        """Print the result on stdout."""
        views.show(view, as_json=self.as_json, command_options=self.command_options)

    def show_failure(self, view: "views.View") -> None:
        """Print why it ended early: the one document under --json, else words on stderr."""
        stream = sys.stdout if self.as_json else sys.stderr
        views.show(view, as_json=self.as_json, stream=stream, command_options=self.command_options)

    @property
    def command_options(self) -> str:
        """What the commands that are named next need too, to speak of the same settings."""
        return f"--config {shlex.quote(str(self.config))}" if self.config else ""

    def require_terminal_or(self, yes: bool, *arguments: str, look: str = "crm-segments plan") -> None:
        """Refuse to go on where a question could not be answered.

        Args:
            yes: Whether it was answered beforehand.
            arguments: What was typed after the command, for the command that is named next.
            look: The command that shows what the answer is about.

        Raises:
            UsageError: Nobody can be asked, and the flag that answers was not given.
        """
        if yes:
            return
        if self.as_json or not (sys.stdin.isatty() and sys.stderr.isatty()):
            why = "--json leaves no room for a question" if self.as_json else "there is no terminal to ask on"
            raise UsageError(
                f"`{self.command}` asks before it writes, and {why}.",
                hint=f"Look at {look} first, then add --yes.",
                code="usage.unanswerable",
                next_command=shlex.join(["crm-segments", *self.command.split(), *arguments, "--yes"]),
            )
