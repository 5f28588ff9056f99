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

_WORDS = {
    "read": "Reading {objects}",
    "features": "Looking at {objects}",
    "segment": "Finding segments",
    "write": "Writing {objects}",
}
"""What the floors below call their work, and what people read."""

_STEPS = {"features", "segment"}
"""Work that is counted in steps, which mean nothing to people: shown as a share."""


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
                task = self._tasks[words] = self._bars.add_task(words, total=progress.total, so_far="")
            self._bars.update(task, completed=progress.done, total=progress.total, so_far=_so_far(progress))
        elif self._clock() - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = self._clock()
            sys.stderr.write(f"{words}: {_so_far(progress)}\n")
            sys.stderr.flush()


def _describe(progress: "Progress") -> str:
    from crm_segments.views.text import counted  # noqa: PLC0415 - not needed for --help

    objects = counted(2, progress.object.value).removeprefix("2 ") if progress.object else "records"
    return _WORDS.get(progress.stage, progress.stage.capitalize()).format(objects=objects)


def _so_far(progress: "Progress") -> str:
    if progress.total is None:
        return f"{progress.done:,}"
    if progress.stage in _STEPS:
        return f"{100 * progress.done // max(progress.total, 1)}%"
    return f"{progress.done:,} of {progress.total:,}"


def _make_bars() -> "Bars":
    from rich.console import Console  # noqa: PLC0415 - only needed on a terminal
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[so_far]}", markup=False),
        console=Console(stderr=True, highlight=False, markup=False),
        transient=True,
    )
