"""Ctrl-C and SIGTERM: the first asks to finish the batch in flight, the second stops at once."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self

__all__ = ["StopFlag", "stopping_at_once"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopFlag:
    """Turns signals into a flag for as long as the block lasts.

    Args:
        active: Whether to catch signals at all; otherwise they do what they always do.
    """

    def __init__(self, *, active: bool = True) -> None:
        self._active = active
        self._set = False
        self._before: dict[signal.Signals, object] = {}

    def is_set(self) -> bool:
        """Whether someone asked to stop."""
        return self._set

    def __enter__(self) -> Self:
        """Catch the signals from here on."""
        if self._active:
            self._before = {each: signal.signal(each, self._receive) for each in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put back what was there before."""
        for each, before in self._before.items():
            signal.signal(each, before)  # type: ignore[arg-type]

    def _receive(self, _number: int, _frame: FrameType | None) -> None:
        if self._set:
            raise KeyboardInterrupt
        self._set = True
        sys.stderr.write("\nStopping after the batch in flight; once more stops at once.\n")
        sys.stderr.flush()


@contextmanager
def stopping_at_once() -> Iterator[None]:
    """While a question stands there is nothing in flight: the first signal raises `KeyboardInterrupt`."""
    before = {each: signal.signal(each, signal.default_int_handler) for each in _SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
