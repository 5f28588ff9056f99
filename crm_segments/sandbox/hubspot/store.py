"""The records of a portal, and the only place where they change."""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crm_segments.sandbox.clock import Clock
from crm_segments.sandbox.history import History, Origin
from crm_segments.sandbox.hubspot.index import SearchIndex
from crm_segments.sandbox.hubspot.kinds import Kind
from crm_segments.sandbox.hubspot.moments import moment_text

__all__ = ["Record", "Store", "Table", "record_key"]

_FIRST_ID = 30_000_000_000
_RECYCLE_BIN = timedelta(days=90)
"""How long archived records can be restored (HubSpot's knowledge base, read November 2026)."""


def record_key(kind: Kind, record_id: str) -> str:
    """How the history names a record: ids of two kinds may be equal."""
    return f"{kind.type_id}/{record_id}"


@dataclass(slots=True)
class Record:
    """One record: the properties that have a value, by name."""

    id: str
    properties: dict[str, str]
    origin: Origin
    """Who made it."""
    archived_at: str | None = None
    is_merged_away: bool = False
    """It lives on in the result of a merge; it is neither live nor among the archived ones."""


@dataclass(slots=True)
class Table:
    """All records of a kind, archived ones too."""

    kind: Kind
    rows: dict[str, Record] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    """All ids, ascending."""
    merged: dict[str, str] = field(default_factory=dict)
    """Ids that went into a merge, and what they became."""
    unique: dict[str, dict[str, str]] = field(default_factory=dict)
    """Ids by value of the properties that no two live records may share."""

    def live(self) -> Iterator[Record]:
        """The records that are not archived, as they came."""
        return (one for one in self.rows.values() if one.archived_at is None)

    def find(self, record_id: str, *, follow_merges: bool = True) -> Record | None:
        """The record of this id, archived or not; ids of merged records lead to the result."""
        found = self.rows.get(record_id)
        if follow_merges and (found is None or found.is_merged_away):
            seen = record_id
            while seen in self.merged:
                seen = self.merged[seen]
            found = self.rows.get(seen)
        return None if found is None or found.is_merged_away else found

    def page(self, after: int, limit: int, *, archived: bool) -> list[Record]:
        """Up to `limit` records whose ids are at least `after`, by ascending id."""
        page: list[Record] = []
        for position in range(bisect_left(self.order, after), len(self.order)):
            record = self.rows[str(self.order[position])]
            if (record.archived_at is not None) is archived and not record.is_merged_away:
                page.append(record)
                if len(page) == limit:
                    break
        return page


class Store:
    """Tables of records by kind. Who may do what is decided elsewhere."""

    def __init__(self, clock: Clock, index: SearchIndex) -> None:
        self._clock = clock
        self._drawn = 0
        self._bin: deque[tuple[datetime, Kind, Record]] = deque()
        self.index = index
        self.tables: dict[str, Table] = {}
        self.history = History()
        self.request = 0
        """Position of the request that is being answered."""
        self.version = 0
        """Grows with every change of a record."""
        self.changed_at = clock.now()

    def add_kind(self, kind: Kind) -> None:
        """Adds a kind without records."""
        unique: dict[str, dict[str, str]] = {kind.unique_name: {}} if kind.unique_name else {}
        self.tables[kind.type_id] = Table(kind, unique=unique)

    def table(self, kind: Kind) -> Table:
        """The records of a kind."""
        return self.tables[kind.type_id]

    def origin(self, by: str) -> Origin:
        """Now, by this source, within the request that is being answered."""
        return Origin(self._clock.now(), by, self.request)

    def insert(
        self, kind: Kind, properties: Mapping[str, str], origin: Origin, record_id: str | None = None
    ) -> Record:
        """Adds a record; id and times come from here unless given."""
        table = self.table(kind)
        new_id = record_id or self._draw_id()
        now = moment_text(origin.at)
        created = properties.get(kind.created_name, now)
        stamps = {
            kind.created_name: created,
            kind.modified_name: properties.get(kind.modified_name, now),
            "hs_object_id": new_id,
        }
        record = Record(new_id, {**properties, **stamps}, origin)
        table.rows[new_id] = record
        insort(table.order, int(new_id))
        self._index_unique(table, record)
        self.index.note(kind, new_id, None)
        self._changed()
        return record

    def update(
        self,
        kind: Kind,
        record: Record,
        values: Mapping[str, str | None],
        origin: Origin,
        *,
        moves: bool = True,
    ) -> None:
        """Sets values of a record; None clears. A write without any change is a write all the same.

        Args:
            kind: Of the record.
            record: Which one.
            values: By property name.
            origin: Who writes, and when.
            moves: Whether a write without any change moves the modification time.
        """
        properties = record.properties
        get = properties.get
        changed = {name: (get(name), value) for name, value in values.items() if get(name) != value}
        table = self.tables[kind.type_id]
        if changed or moves:
            self.index.note(kind, record.id, properties)
            if not changed.keys().isdisjoint(table.unique):
                self._forget_unique(table, record)
            for name, (_, value) in changed.items():
                if value is None:
                    del properties[name]
                else:
                    properties[name] = value
            properties[kind.modified_name] = moment_text(origin.at)
            if not changed.keys().isdisjoint(table.unique):
                self._index_unique(table, record)
            self._changed()
        self.history.note(record_key(kind, record.id), changed, origin)

    def archive(self, kind: Kind, record: Record, origin: Origin) -> None:
        """Puts a record into the recycle bin."""
        if record.archived_at is None:
            self.index.note(kind, record.id, record.properties)
            self._forget_unique(self.table(kind), record)
            record.archived_at = moment_text(origin.at)
            self._bin.append((origin.at, kind, record))
            self._changed()

    def restore(self, kind: Kind, record: Record) -> None:
        """Takes a record out of the recycle bin."""
        self.index.note(kind, record.id, None)
        record.archived_at = None
        self._index_unique(self.table(kind), record)
        self._changed()

    def empty_bin(self) -> None:
        """Ends the records that were archived long ago."""
        oldest = self._clock.now() - _RECYCLE_BIN
        while self._bin and self._bin[0][0] < oldest:
            archived_at, kind, record = self._bin.popleft()
            if record.archived_at == moment_text(archived_at):
                table = self.table(kind)
                del table.rows[record.id]
                table.order.remove(int(record.id))

    def holder(self, kind: Kind, name: str, value: str) -> str | None:
        """Id of the live record that has this value of a unique property."""
        return self.table(kind).unique.get(name, {}).get(value.lower())

    def make_unique(self, kind: Kind, name: str) -> None:
        """From now on no two live records may share a value of this property."""
        table = self.table(kind)
        table.unique.setdefault(name, {})
        for record in table.live():
            self._index_unique(table, record)

    def _changed(self) -> None:
        self.version += 1
        self.changed_at = self._clock.now()

    def _draw_id(self) -> str:
        # Neighbors change places: ids grow, and yet a later record may have the lower one, as recorded
        # (objects_v3.json: company_search_multi).
        self._drawn += 1
        return str(_FIRST_ID + (self._drawn ^ 5))

    def _index_unique(self, table: Table, record: Record) -> None:
        for name, holders in table.unique.items():
            value = record.properties.get(name)
            if value is not None:
                holders[value.lower()] = record.id

    def _forget_unique(self, table: Table, record: Record) -> None:
        for name, holders in table.unique.items():
            value = record.properties.get(name)
            if value is not None and holders.get(value.lower()) == record.id:
                del holders[value.lower()]
