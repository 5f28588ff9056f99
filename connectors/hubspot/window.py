"""A window that slides: at most so many calls in so many seconds, by the reckoning of the server.

A slot becomes free that long after the *answer*: the server counts a call some time between the two, so a
slot that is taken back from the moment of the request can be one that the server still counts.
"""

import threading
from collections import deque
from collections.abc import Callable

__all__ = ["SlidingWindow"]

_ALL_UNDER_WAY_SECONDS = 0.02


class SlidingWindow:
    """Shared by all threads of a connection.

    Args:
        calls: How many fit in.
        seconds: How long it is.
        clock: Seconds that never go back.
        sleep: Waits that many seconds.
    """

    def __init__(
        self, calls: int, seconds: float, *, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._calls = calls
        self._seconds = seconds
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._answered: deque[float] = deque()
        self._under_way = 0

    def take(self) -> None:
        """Wait until a call may be made; `give_back` must follow its answer."""
        while (seconds := self._try()) > 0:
            self._sleep(seconds)

    def give_back(self) -> None:
        """The call was answered, or its connection ended."""
        with self._lock:
            self._under_way -= 1
            self._answered.append(self._clock())

    def learn(self, calls: int, left: int) -> None:
        """Take in what an answer says: how many calls the window has, and how many are left of them.

        What others used of it is taken for used now, because nothing tells when they did.
        """
        with self._lock:
            self._calls = max(calls, 1)
            now = self._clock()
            self._expire(now)
            of_others = (calls - left) - len(self._answered) - self._under_way
            self._answered.extend([now] * max(of_others, 0))

    def fill(self) -> None:
        """The server says that no slot is left: wait for a whole window."""
        with self._lock:
            now = self._clock()
            self._expire(now)
            missing = self._calls - len(self._answered)
            self._answered.extend([now] * max(missing, 0))

    def _try(self) -> float:
        """Takes a slot, or gives the seconds to wait."""
        with self._lock:
            now = self._clock()
            self._expire(now)
            if len(self._answered) + self._under_way < self._calls:
                self._under_way += 1
                return 0.0
            if not self._answered:
                return _ALL_UNDER_WAY_SECONDS
            return max(self._answered[0] + self._seconds - now, 0.001)

    def _expire(self, now: float) -> None:
        while self._answered and self._answered[0] <= now - self._seconds:
            self._answered.popleft()
