"""What every command of this floor works with.

The outside world (clock, sleep, stop signal) is handed in, so that tests hold it in their hands.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from connectors.contract import Connector
from connectors.errors import ConfigError, UsageError
from connectors.model import Observer, Progress
from connectors.retry import RetryPolicy
from segmentation.config import CurrencySettings, SegmentationSettings
from sync.config import SyncSettings
from sync.state.store import StateStore

__all__ = ["Workspace", "new_id"]


def new_id() -> str:
    """A fresh UUIDv7 (RFC 9562): ids sort by the time they were made."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & (1 << 48) - 1) << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _ignore(_progress: Progress) -> None:
    pass


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Workspace:
    """One configured connection, opened."""

    connector: Connector
    store: StateStore
    target: str
    """Names the configured connection, whatever account it leads to."""
    settings: SyncSettings
    currency: CurrencySettings
    segmentations: tuple[SegmentationSettings, ...]
    actor: str
    """Who is at the keyboard, or what the schedule calls itself."""
    snapshot_dir: Path
    command: str = "run"
    """What the history calls this."""
    observer: Observer = _ignore
    should_stop: Callable[[], bool] = _never
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    sleep: Callable[[float], None] = time.sleep
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    places: Mapping[str, str] = field(default_factory=dict)
    """Where each condition of the settings is written, by its text."""

    def placed(self, error: ConfigError) -> ConfigError:
        """The error about a condition, with the place where the condition is written."""
        place = self.places.get(str(error.details.get("condition")))
        if place is None:
            return error
        return ConfigError(
            f"{place}: {error.message}", hint=error.hint, code=error.code, details=error.details
        )

    def segmentation(self, name: str | None) -> SegmentationSettings:
        """The segmentation of this name; without a name, the first."""
        found = [each for each in self.segmentations if name in {None, each.name}]
        if not found:
            known = ", ".join(each.name for each in self.segmentations)
            raise UsageError(
                f'There is no segmentation called "{name}".',
                hint=f"Use one of: {known}.",
                code="segmentation.unknown",
            )
        return found[0]
