"""Where a pull stands, and up to when everything was read: what callers keep as checkpoint and watermark."""

import json
import re
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from connectors.errors import UsageError

__all__ = ["Mark", "Phase", "Position"]

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+00:00")
_CURSOR = re.compile(r"[A-Za-z0-9_=+/-]{0,200}")


class Phase:
    """What is being read of an object."""

    ALL = "all"
    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Mark:
    """A watermark: everything up to a moment of HubSpot's clock was read, in a certain shape."""

    until: str
    """ISO, to the second, in UTC."""
    shape: str
    """A hash of what the values depend on beside the records."""

    @property
    def moment(self) -> datetime:
        """The moment."""
        return datetime.fromisoformat(self.until)

    def __str__(self) -> str:
        return json.dumps({"hubspot": self.until, "shape": self.shape}, separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> "Mark":
        """Read what `str` wrote.

        Raises:
            UsageError: It is not a watermark of this CRM.
        """
        try:
            found = json.loads(text)
            if _MOMENT.fullmatch(found["hubspot"]) and isinstance(found["shape"], str):
                return cls(found["hubspot"], found["shape"])
        except (ValueError, TypeError, KeyError):
            pass
        raise UsageError(
            "The mark of the last pull is not one of HubSpot.",
            hint="Pull all records again.",
            code="hubspot.watermark.foreign",
        )


@dataclass(frozen=True, slots=True)
class Position:
    """Where a pull stands; the text of it is the checkpoint."""

    kind: str
    since: str | None
    mark: str
    """The watermark that this pull ends with."""
    columns: str
    """A hash of the columns of the pages."""
    source: int = 0
    """Which of the objects."""
    phase: str = Phase.ALL
    after: str = ""
    """All and gone: HubSpot's own cursor. Changed: the last id that was read."""

    def __str__(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    def at(self, after: str) -> "Position":
        """Further on in the same phase."""
        return replace(self, after=after)

    def next(self) -> "Position":
        """The beginning of the next phase, or of the next object."""
        if self.phase == Phase.CHANGED:
            return replace(self, phase=Phase.GONE, after="")
        first = Phase.ALL if self.since is None else Phase.CHANGED
        return replace(self, source=self.source + 1, phase=first, after="")

    @classmethod
    def parse(cls, text: str, kind: str, since: str | None) -> "Position":
        """Read what `str` wrote.

        Raises:
            UsageError: It is not a checkpoint of this pull.
        """
        try:
            found = cls(**json.loads(text))
            is_sound = type(found.source) is int and found.source >= 0 and _CURSOR.fullmatch(found.after)
            if (found.kind, found.since) == (kind, since) and is_sound and isinstance(found.mark, str):
                return found
        except (ValueError, TypeError):
            pass
        raise UsageError(
            "The place to go on from is not one of this pull.",
            hint="Start the pull from its beginning.",
            code="hubspot.checkpoint.foreign",
        )
