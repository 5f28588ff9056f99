"""The time of an emulated CRM: the real one, or one that stands still until a test moves it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Protocol

__all__ = ["Clock", "RealClock", "VirtualClock"]


class Clock(Protocol):
    """Where an emulator gets the time from."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        ...

    async def wait(self, seconds: float) -> None:
        """Let the time pass."""
        ...


class RealClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.now(UTC)

    async def wait(self, seconds: float) -> None:
        """Really wait."""
        await asyncio.sleep(seconds)


class VirtualClock:
    """A time that moves only when told to, so that nothing has to wait."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The moment that the clock shows, in UTC."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock; never backwards by accident."""
        if seconds < 0:
            raise ValueError("time does not run backwards: use `set`")
        self._now += timedelta(seconds=seconds)

    def set(self, moment: datetime) -> None:
        """Put the clock to any moment, earlier ones too."""
        self._now = moment.astimezone(UTC)

    async def wait(self, seconds: float) -> None:
        """Move the clock instead of waiting."""
        self.advance(seconds)
