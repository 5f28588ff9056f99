"""Where a pull stands, and up to when everything was read: what callers keep as checkpoint and watermark."""

import json
import re
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime

from connectors.errors import UsageError

__all__ = ["Mark", "Position", "moment_text"]

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def moment_text(moment: datetime) -> str:
    """A moment as queries write it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Mark:
    """A watermark: everything up to a moment of the org's clock was read, in a certain shape."""

    until: str
    """ISO, to the second, in UTC."""
    shape: str
    """A hash of what the values depend on beside the records: fields, rates, names of record types."""
    seen: tuple[int, ...] = ()
    """How many records the user saw then, by object; -1 where that is unknown."""

    @property
    def moment(self) -> datetime:
        """The moment."""
        return datetime.fromisoformat(self.until)

    def __str__(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> "Mark":
        """Read what `str` wrote.

        Raises:
            UsageError: It is not a watermark of this CRM.
        """
        try:
            found = {"seen": (), **json.loads(text)}
            if (
                _MOMENT.fullmatch(found["until"])
                and type(found["shape"]) is str
                and _are_counts(found["seen"])
            ):
                return cls(**{**found, "seen": tuple(found["seen"])})
        except (ValueError, TypeError, KeyError):
            pass
        raise UsageError(
            "The mark of the last pull is not one of Salesforce.",
            hint="Pull all records again.",
            code="salesforce.watermark.foreign",
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
    seen: tuple[int, ...] = ()
    """Records that the user sees of the objects before this one; -1 where that is unknown."""
    here: int = -2
    """Records that the user sees of this object; -1 where that is unknown, -2 before it was asked."""
    changed: int = 0
    """Records of this object that came because they had changed."""
    read: int = 0
    """Records of this object that were read."""
    route: str = ""
    """`pages` or `job`, once that is decided."""
    after: str = ""
    """Pages: the last id that was read."""
    job: str = ""
    """Job: its id."""
    jobs: int = 0
    """Job: how many were made for this object."""
    polls: int = 0
    """Job: how often it was found unfinished."""
    locator: str = ""
    """Job: where the next part of its result begins."""
    total: int = -1
    """Job: records that it found; -1 while unknown."""

    def __str__(self) -> str:
        shown = {key: value for key, value in asdict(self).items() if value != _DEFAULTS.get(key, ())}
        return json.dumps(shown, separators=(",", ":"))

    def at_next_source(self) -> "Position":
        """The beginning of the next object."""
        return Position(self.kind, self.since, self.mark, self.columns, self.source + 1, self.seen)

    @property
    def watermark(self) -> str:
        """What the next pull begins with, once this one has come to its end."""
        return str(replace(Mark.parse(self.mark), seen=self.seen))

    def on(self, route: str) -> "Position":
        """The same, with the way of reading decided."""
        return replace(self, route=route)

    @classmethod
    def parse(cls, text: str, kind: str, since: str | None) -> "Position":
        """Read what `str` wrote.

        Raises:
            UsageError: It is not a checkpoint of this pull.
        """
        try:
            found = cls(**{"since": None, **json.loads(text)})
            if (found.kind, found.since) == (kind, since) and _is_sound(found):
                return replace(found, seen=tuple(found.seen))
        except (ValueError, TypeError):
            pass
        raise UsageError(
            "The place to go on from is not one of this pull.",
            hint="Start the pull from its beginning.",
            code="salesforce.checkpoint.foreign",
        )


_DEFAULTS = {one.name: one.default for one in fields(Position) if one.name not in {"kind", "mark", "columns"}}
_NUMBERS = ("source", "here", "changed", "read", "jobs", "polls", "total")
_TEXTS = ("mark", "columns", "route", "after", "job", "locator")
_WORD = re.compile(r"[A-Za-z0-9_-]*")


def _are_counts(found: object) -> bool:
    return isinstance(found, list | tuple) and all(type(one) is int for one in found)


def _is_sound(found: Position) -> bool:
    """Whether the parts can stand in an address or a query."""
    return (
        all(type(getattr(found, name)) is int for name in _NUMBERS)
        and all(isinstance(getattr(found, name), str) for name in _TEXTS)
        and found.source >= 0
        and _are_counts(found.seen)
        and all(_WORD.fullmatch(text) is not None for text in (found.after, found.job))
    )
