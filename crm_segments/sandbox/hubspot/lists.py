"""Lists, which HubSpot also calls segments: their filters really decide who is a member."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from crm_segments.sandbox.hubspot.errors import object_not_found, validation_error
from crm_segments.sandbox.hubspot.filters import Branch, compile_root, named_lists, named_properties
from crm_segments.sandbox.hubspot.kinds import Kind
from crm_segments.sandbox.hubspot.moments import moment_text

if TYPE_CHECKING:
    from crm_segments.sandbox.hubspot.portal import HubSpotPortal

__all__ = ["Lists", "Processing", "RecordList"]


class Processing(StrEnum):
    """Who decides about the members."""

    DYNAMIC = "DYNAMIC"
    """The filters, always."""
    SNAPSHOT = "SNAPSHOT"
    """The filters, once; then people."""
    MANUAL = "MANUAL"
    """People."""


@dataclass(slots=True, kw_only=True)
class RecordList:
    """One list."""

    id: str
    name: str
    kind: Kind
    processing: Processing
    filters: Branch | None
    created_at: datetime
    updated_at: datetime
    filters_updated_at: datetime
    by: str
    """Id of the user."""
    version: int = 1
    members: dict[str, str] = field(default_factory=dict)
    """Since when a record is a member, by record id."""
    evaluated: tuple[int, int] | None = None
    """Version of the list's filters and of the records by which members were last found."""
    is_deleted: bool = False

    def as_json(self, *, with_filters: bool) -> dict[str, object]:
        """As the API shows it."""
        entry: dict[str, object] = {
            "listId": self.id,
            "listVersion": self.version,
            "createdAt": moment_text(self.created_at),
            "updatedAt": moment_text(self.updated_at),
            "filtersUpdatedAt": moment_text(self.filters_updated_at),
            "processingStatus": "COMPLETE" if self.is_complete else "PROCESSING",
            "createdById": self.by,
            "updatedById": self.by,
            "processingType": self.processing.value,
            "objectTypeId": self.kind.type_id,
            "name": self.name,
            "size": len(self.members),
        }
        if with_filters and self.filters is not None:
            entry["filterBranch"] = self.filters
        return entry

    @property
    def is_complete(self) -> bool:
        """Whether the members fit the filters as they are now."""
        return self.processing is Processing.MANUAL or (
            self.evaluated is not None and self.evaluated[0] == self.version
        )


class Lists:
    """All lists of one portal."""

    def __init__(self, portal: "HubSpotPortal") -> None:
        self._portal = portal
        self._lists: dict[str, RecordList] = {}
        self.enrolled: list[tuple[str, str]] = []
        """Lists and records that came to workflows because a change of filters said so."""

    def __iter__(self) -> Iterator[RecordList]:
        return iter([one for one in self._lists.values() if not one.is_deleted])

    def create(
        self, name: str, kind: Kind, processing: Processing, filters: Branch | None, by: str
    ) -> RecordList:
        """Adds a list.

        Raises:
            ApiError: The name is taken, or the filters mean nothing.
        """
        self._check_name(name)
        if (filters is None) is not (processing is Processing.MANUAL):
            wanted = "must not" if processing is Processing.MANUAL else "must"
            raise validation_error(f"{processing} lists {wanted} have a filterBranch")
        checked = None if filters is None else compile_root(self._portal, kind, filters).branch
        now = self._portal.now()
        made = RecordList(
            id=str(len(self._lists) + 1),
            name=name,
            kind=kind,
            processing=processing,
            filters=checked,
            created_at=now,
            updated_at=now,
            filters_updated_at=now,
            by=by,
        )
        self._lists[made.id] = made
        return made

    def get(self, list_id: str) -> RecordList:
        """The list of this id, its members up to date as far as the portal has come.

        Raises:
            ApiError: There is none.
        """
        found = self._lists.get(list_id)
        if found is None or found.is_deleted:
            raise object_not_found(f"List does not exist with ID {list_id}.")
        self._bring_up_to_date(found)
        return found

    def by_name(self, kind: Kind, name: str) -> RecordList:
        """The list of this name.

        Raises:
            ApiError: There is none.
        """
        for one in self:
            if one.kind is kind and one.name == name:
                return self.get(one.id)
        text = f"List does not exist with name {name} and object type ID {kind.type_id}."
        raise object_not_found(text)

    def rename(self, one: RecordList, name: str) -> None:
        """Gives a list another name.

        Raises:
            ApiError: The name is taken.
        """
        if name.lower() != one.name.lower():
            self._check_name(name)
        one.name, one.updated_at = name, self._portal.now()

    def set_filters(self, one: RecordList, filters: Branch, *, enrolls: bool) -> None:
        """Replaces the filters of a dynamic list; the members follow in the background.

        Raises:
            ApiError: The list is not dynamic, or the filters mean nothing.
        """
        if one.processing is not Processing.DYNAMIC:
            raise validation_error(f"Filters of {one.processing} lists cannot be updated")
        checked = compile_root(self._portal, one.kind, filters).branch
        if self._leads_to(checked, one.id):
            raise validation_error("A list cannot depend on itself")
        one.filters = checked
        one.version += 1
        one.updated_at = one.filters_updated_at = self._portal.now()
        if enrolls:
            before = set(one.members)
            self._evaluate(one)
            self.enrolled.extend((one.id, new) for new in one.members if new not in before)

    def delete(self, one: RecordList) -> None:
        """Puts a list into the recycle bin; its name is free again."""
        one.is_deleted = True

    def restore(self, list_id: str) -> None:
        """Takes a list out of the recycle bin.

        Raises:
            ApiError: It was never there, or its name was taken meanwhile.
        """
        found = self._lists.get(list_id)
        if found is None:
            raise object_not_found(f"List does not exist with ID {list_id}.")
        if found.is_deleted:
            self._check_name(found.name)
            found.is_deleted = False

    def change_members(
        self, one: RecordList, add: Sequence[str], remove: Sequence[str]
    ) -> Mapping[str, Sequence[str]]:
        """Adds and removes members by hand.

        Raises:
            ApiError: The filters decide about this list.
        """
        if one.processing is Processing.DYNAMIC:
            raise validation_error("Memberships of DYNAMIC lists cannot be changed")
        table = self._portal.store.table(one.kind)
        live = {found for found in add if (row := table.rows.get(found)) and row.archived_at is None}
        added = [found for found in dict.fromkeys(add) if found in live and found not in one.members]
        now = moment_text(self._portal.now())
        one.members.update(dict.fromkeys(added, now))
        removed = [found for found in dict.fromkeys(remove) if one.members.pop(found, None) is not None]
        missing = [found for found in dict.fromkeys(add) if found not in live]
        # The names of the members are HubSpot's own, spelling included.
        return {"recordsIdsAdded": added, "recordIdsRemoved": removed, "recordIdsMissing": missing}

    def uses(self, kind: Kind, name: str) -> int:
        """How many lists filter on a property."""
        return sum(
            1
            for one in self
            if one.filters is not None and (kind.type_id, name) in named_properties(one.kind, one.filters)
        )

    def _leads_to(self, filters: Branch, list_id: str) -> bool:
        """Whether filters depend on a list, directly or by way of others."""
        named = [self._lists[one] for one in named_lists(filters)]
        return any(
            one.id == list_id or (one.filters is not None and self._leads_to(one.filters, list_id))
            for one in named
        )

    def _check_name(self, name: str) -> None:
        if not name.strip():
            raise validation_error("Some required fields were not set: [name]")
        if any(one.name.lower() == name.lower() for one in self):
            # Status and subcategory as several public clients expect them.
            raise validation_error(
                f"A list with the name '{name}' already exists", subCategory="ILS.DUPLICATE_LIST_NAMES"
            )

    def _bring_up_to_date(self, one: RecordList) -> None:
        store = self._portal.store
        if one.evaluated == (one.version, store.version):
            return
        if one.processing is Processing.DYNAMIC or one.evaluated is None:
            lag = timedelta(seconds=self._portal.settings.list_lag_seconds)
            if max(one.filters_updated_at, store.changed_at) + lag <= self._portal.now():
                self._evaluate(one)
        if one.processing is not Processing.DYNAMIC:
            # Records that go leave the lists of people too.
            rows = store.table(one.kind).rows
            for gone in [found for found in one.members if found not in rows or rows[found].archived_at]:
                del one.members[gone]

    def _evaluate(self, one: RecordList) -> None:
        if one.filters is None:
            return
        fits = compile_root(self._portal, one.kind, one.filters).fits
        now = moment_text(self._portal.now())
        table = self._portal.store.table(one.kind)
        one.members = {record.id: one.members.get(record.id, now) for record in table.live() if fits(record)}
        one.evaluated = (one.version, self._portal.store.version)
