"""The records of an org, and the only place where they change."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from crm_segments.sandbox.clock import Clock
from crm_segments.sandbox.history import History, Origin
from crm_segments.sandbox.salesforce.fields import Value
from crm_segments.sandbox.salesforce.ids import IdCounter, long_id
from crm_segments.sandbox.salesforce.sobjects import SObject
from crm_segments.sandbox.salesforce.values import moment_text

__all__ = ["Row", "Store"]

Row = dict[str, Value]
"""One record: the fields that are not null, by their names."""

_OWN_STAMPS = frozenset({"LastModifiedDate", "LastModifiedById", "SystemModstamp"})
_CHILDREN = (("Contact", "AccountId"), ("Opportunity", "AccountId"), ("Account", "ParentId"))


class Store:
    """Tables of records by object. Who may do what is decided elsewhere."""

    def __init__(self, clock: Clock, objects: Iterable[SObject]) -> None:
        self._clock = clock
        self._objects = {one.name.lower(): one for one in objects}
        self._tables: dict[str, dict[str, Row]] = {one.name: {} for one in self._objects.values()}
        self._by_prefix = {one.prefix: one.name for one in self._objects.values()}
        self.ids = IdCounter()
        self.history = History()
        self.request = 0
        """Position of the request that is being answered."""
        self.permission_changes = 0
        """Grows whenever a record changes that says who may do what."""

    def add_object(self, sobject: SObject) -> None:
        """Adds an object without records."""
        self._objects[sobject.name.lower()] = sobject
        self._tables[sobject.name] = {}
        self._by_prefix[sobject.prefix] = sobject.name

    def objects(self) -> Iterator[SObject]:
        """All objects."""
        return iter(self._objects.values())

    def sobject(self, name: str) -> SObject | None:
        """The object of this name, in whatever case."""
        return self._objects.get(name.lower())

    def object_of(self, record_id: str) -> SObject | None:
        """The object whose records have ids like this one."""
        name = self._by_prefix.get(record_id[:3])
        return self._objects[name.lower()] if name else None

    def table(self, name: str) -> dict[str, Row]:
        """All records of an object by id, deleted ones too."""
        return self._tables[name]

    def find(self, record_id: str) -> Row | None:
        """The record of this id, deleted or not."""
        name = self._by_prefix.get(record_id[:3])
        return self._tables[name].get(long_id(record_id)) if name else None

    def insert(self, name: str, values: Mapping[str, Value], by: str, record_id: str | None = None) -> str:
        """Adds a record; stamps and id come from here unless given."""
        sobject = self._objects[name.lower()]
        new_id = long_id(record_id) if record_id else self.ids.draw(sobject.prefix)
        now = moment_text(self._clock.now())
        row: Row = {"Id": new_id}
        for stamp in ("CreatedDate", "LastModifiedDate", "SystemModstamp"):
            if sobject.field(stamp):
                row[stamp] = now
        for who in ("CreatedById", "LastModifiedById", "OwnerId"):
            if sobject.field(who):
                row[who] = by
        row.update((field, value) for field, value in values.items() if value is not None)
        self._tables[sobject.name][new_id] = row
        self._noted(sobject)
        return new_id

    def update(self, record_id: str, values: Mapping[str, Value], by: str, *, stamp: bool = True) -> None:
        """Sets values of a record; None clears. A write without any change is a write all the same.

        Args:
            record_id: Which record.
            values: By field name.
            by: Id of the user.
            stamp: Whether modification times move.
        """
        row = self.find(record_id)
        if row is None:
            raise KeyError(record_id)
        changed = {
            name: (row.get(name), value)
            for name, value in values.items()
            if row.get(name) != value and name not in _OWN_STAMPS
        }
        for name, value in values.items():
            if value is None:
                row.pop(name, None)
            else:
                row[name] = value
        now = self._clock.now()
        if stamp:
            self._stamp(row, now, by)
        self.history.note(long_id(record_id), changed, Origin(now, by, self.request))
        sobject = self.object_of(record_id)
        if sobject:
            self._noted(sobject)

    def delete(self, record_id: str, by: str, master: str | None = None) -> None:
        """Puts a record and what hangs below it into the recycle bin, or ends it in a merge."""
        row = self.find(record_id)
        sobject = self.object_of(record_id)
        if row is None or sobject is None:
            raise KeyError(record_id)
        if sobject.field("IsDeleted") is None:
            del self._tables[sobject.name][long_id(record_id)]
            self._noted(sobject)
            return
        if sobject.name == "Account" and master is None:
            for child in [*self._children(record_id, "Contact"), *self._children(record_id, "Opportunity")]:
                self.delete(child, by)
        values: Row = {"IsDeleted": True, "MasterRecordId": master}
        self.update(record_id, values if master else {"IsDeleted": True}, by)

    def merge(self, winner: str, losers: Iterable[str], by: str) -> None:
        """Merges records into one: the losers point to the winner, and so does what hung below them."""
        for loser in losers:
            for child, field in _CHILDREN:
                for record_id, row in self._tables[child].items():
                    if row.get(field) == long_id(loser):
                        self.update(record_id, {field: long_id(winner)}, by)
            self.delete(loser, by, long_id(winner))
        self.update(winner, {}, by)

    def purge(self) -> int:
        """Empties the recycle bin; the records are gone for every query.

        Returns:
            How many records went.
        """
        gone = 0
        for table in self._tables.values():
            dead = [record_id for record_id, row in table.items() if row.get("IsDeleted")]
            for record_id in dead:
                del table[record_id]
            gone += len(dead)
        return gone

    def commit_late(self, record_id: str, values: Mapping[str, Value], by: str, seconds: float) -> None:
        """A change that appears now with the stamps of some time ago, as after a long transaction."""
        self.update(record_id, values, by, stamp=False)
        row = self.find(record_id)
        if row is not None:
            self._stamp(row, self._clock.now() - timedelta(seconds=seconds), by)

    def _children(self, record_id: str, child: str) -> list[str]:
        parent = long_id(record_id)
        return [
            found
            for found, row in self._tables[child].items()
            if row.get("AccountId") == parent and not row.get("IsDeleted")
        ]

    def _stamp(self, row: Row, moment: datetime, by: str) -> None:
        text = moment_text(moment)
        if "LastModifiedDate" in row:
            row["LastModifiedDate"] = text
            row["LastModifiedById"] = by
        if "SystemModstamp" in row:
            row["SystemModstamp"] = text

    def _noted(self, sobject: SObject) -> None:
        if sobject.traits.is_setup or sobject.name == "User":
            self.permission_changes += 1
