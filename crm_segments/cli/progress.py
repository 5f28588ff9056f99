"""How far long work has come: a bar on a terminal, elsewhere a line every few seconds; always on stderr."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from connectors.model import Progress

__all__ = ["ProgressReport"]

SECONDS_BETWEEN_LINES = 5.0

_WORDS = {"pull": "Reading", "segment": "Finding segments", "write": "Writing", "check": "Checking"}


class ProgressReport:
    """An observer that people can read. It never raises and never writes to stdout.

    Args:
        clock: Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._bars: Bars | None = None
        self._tasks: dict[str, TaskID] = {}
        self._last_line = clock()

    def __enter__(self) -> Self:
        """Begin; on a terminal this makes room for the bars."""
        if sys.stderr.isatty():
            self._bars = _make_bars()
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; the bars vanish, results stay."""
        self.pause()

    def pause(self) -> None:
        """Take the bars away, for a question or for good."""
        if self._bars is not None:
            self._bars.stop()
            self._bars = None
            self._tasks.clear()

    def __call__(self, progress: "Progress") -> None:
        """Be told how far the work has come."""
        words = _describe(progress)
        if self._bars is not None:
            task = self._tasks.get(words)
            if task is None:
                task = self._tasks[words] = self._bars.add_task(words, total=progress.total)
            self._bars.update(task, completed=progress.done, total=progress.total)
        elif self._clock() - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = self._clock()
            total = f" of {progress.total:,}" if progress.total is not None else ""
            sys.stderr.write(f"{words}: {progress.done:,}{total}\n")
            sys.stderr.flush()


def _describe(progress: "Progress") -> str:
    words = _WORDS.get(progress.stage, progress.stage.capitalize())
    return f"{words} {progress.object.value}s" if progress.object is not None else words


def _make_bars() -> "Bars":
    from rich.console import Console  # noqa: PLC0415 - only needed on a terminal
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        console=Console(stderr=True, highlight=False, markup=False),
        transient=True,
    )
