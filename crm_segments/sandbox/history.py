"""Who wrote which value when, for every record: the proof that nothing was written twice.

A touch is a write that the CRM carried out on a record. One that left every value as it was is a touch too:
real CRMs move modification times and wake automations for it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

__all__ = ["History", "Origin", "ValueChange"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a write came from."""

    at: datetime
    by: str
    """Id of the user."""
    request: int
    """Position of the request; 0 for what was not asked for over the network."""


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value replaced by another."""

    field: str
    old: object
    new: object
    origin: Origin


class History:
    """What was ever written to the records of one CRM."""

    def __init__(self) -> None:
        self._changes: dict[str, list[ValueChange]] = {}
        self._touches: Counter[str] = Counter()
        self._no_op_touches: Counter[str] = Counter()

    def note(self, record_id: str, changed: Mapping[str, tuple[object, object]], origin: Origin) -> None:
        """Notes one write on one record, with old and new value of each field that really changed."""
        self._touches[record_id] += 1
        if not changed:
            self._no_op_touches[record_id] += 1
            return
        entries = self._changes.setdefault(record_id, [])
        entries.extend(ValueChange(name, old, new, origin) for name, (old, new) in changed.items())

    def changes(self, record_id: str, field: str | None = None) -> list[ValueChange]:
        """All changes of one record, or of one field of it, the oldest first."""
        return [
            change for change in self._changes.get(record_id, []) if field is None or change.field == field
        ]

    def touches(self, record_id: str | None = None) -> int:
        """How often this record was written, or all of them together."""
        return self._touches.total() if record_id is None else self._touches[record_id]

    def no_op_touches(self, record_id: str | None = None) -> int:
        """How often a write changed nothing, for this record or for all of them together."""
        return self._no_op_touches.total() if record_id is None else self._no_op_touches[record_id]

    def touched(self) -> set[str]:
        """Ids of all records that were ever written."""
        return set(self._touches)
