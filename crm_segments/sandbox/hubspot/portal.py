"""One emulated portal: its records, its people, its settings, and what may be done to it from the outside."""

from collections.abc import Mapping
from datetime import datetime

from crm_segments.sandbox.clock import Clock, RealClock
from crm_segments.sandbox.hubspot.associations import Associations
from crm_segments.sandbox.hubspot.catalog import standard_groups, standard_properties
from crm_segments.sandbox.hubspot.derived import derived_at_birth, derived_by_change
from crm_segments.sandbox.hubspot.errors import object_not_found, validation_error
from crm_segments.sandbox.hubspot.index import SearchIndex
from crm_segments.sandbox.hubspot.keys import Keys
from crm_segments.sandbox.hubspot.kinds import STANDARD_KINDS, Kind, custom_kind
from crm_segments.sandbox.hubspot.limits import Limits
from crm_segments.sandbox.hubspot.lists import Lists
from crm_segments.sandbox.hubspot.moments import moment_text
from crm_segments.sandbox.hubspot.people import Owner, standard_pipelines
from crm_segments.sandbox.hubspot.properties import Property, PropertyGroup
from crm_segments.sandbox.hubspot.search import SearchEngine
from crm_segments.sandbox.hubspot.settings import PortalSettings
from crm_segments.sandbox.hubspot.store import Record, Store

__all__ = ["ALL_SCOPES", "HubSpotPortal"]

_PORTAL_ID = 42_000_001
_FIRST_OWNER_ID = 60_000_001
_FIRST_USER_ID = 8_000_001

ALL_SCOPES = frozenset(
    {
        "crm.lists.read",
        "crm.lists.write",
        "crm.objects.owners.read",
        *(
            scope
            for kind in STANDARD_KINDS
            for scope in (
                *kind.read_scopes,
                *kind.write_scopes,
                *kind.schema_read_scopes,
                *kind.schema_write_scopes,
            )
        ),
        "crm.objects.custom.read",
        "crm.objects.custom.write",
        "crm.schemas.custom.read",
    }
)


class HubSpotPortal:
    """A HubSpot account that lives in memory.

    Requests reach it through `HubSpotEmulator`; tests and loaders use the methods here, which stand for
    administrators, other people, and the world.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        settings: PortalSettings | None = None,
        *,
        portal_id: int = _PORTAL_ID,
        account_type: str = "STANDARD",
        zone: str = "US/Eastern",
        currency: str = "USD",
    ) -> None:
        self.clock: Clock = clock or RealClock()
        self.settings = settings or PortalSettings()
        self.portal_id = portal_id
        self.account_type = account_type
        self.zone = zone
        self.currency = currency
        self.index = SearchIndex(self.clock, self.settings)
        self.store = Store(self.clock, self.index)
        self.engine = SearchEngine(self.store, self.index)
        self.associations = Associations()
        self.keys = Keys(self.clock, self.settings)
        self.limits = Limits(self.clock, self.settings, zone, portal_id)
        self.lists = Lists(self)
        self.pipelines = standard_pipelines(moment_text(self.clock.now()))
        self.kinds: dict[str, Kind] = {}
        """By every name that the API knows, in lower case."""
        self.properties: dict[str, dict[str, Property]] = {}
        """By type id, then by name; archived ones too."""
        self.groups: dict[str, dict[str, PropertyGroup]] = {}
        self.owners: dict[str, Owner] = {}
        self.loaded_ids: dict[str, str] = {}
        """Ids of records that came from files, by kind and id in the files."""
        self._uses: dict[tuple[str, str], set[str]] = {}
        for kind in STANDARD_KINDS:
            self._add_kind(kind)
        self.admin = self.add_owner("admin@emulated.example", "Portal", "Admin")

    def now(self) -> datetime:
        """The portal's present moment."""
        return self.clock.now()

    # People

    def add_owner(self, email: str, first_name: str, last_name: str) -> Owner:
        """Adds a person."""
        count = len(self.owners)
        owner = Owner(
            str(_FIRST_OWNER_ID + count),
            _FIRST_USER_ID + count,
            email,
            first_name,
            last_name,
            moment_text(self.now()),
        )
        self.owners[owner.id] = owner
        return owner

    # Kinds, properties, groups

    def kind(self, name: str) -> Kind:
        """The kind of record that the API calls so.

        Raises:
            ApiError: There is none.
        """
        found = self.kinds.get(name.lower())
        if found is None:
            raise validation_error(f"Unable to infer object type from: {name}")
        return found

    def add_object(self, type_id: str, name: str, label: str) -> Kind:
        """Adds a custom object; its id begins with `2-`."""
        kind = custom_kind(type_id, name, label)
        self._add_kind(kind)
        return kind

    def definitions(self, kind: Kind) -> dict[str, Property]:
        """The properties of a kind by name, archived ones too."""
        return self.properties[kind.type_id]

    def property(self, kind: Kind, name: str) -> Property | None:
        """The property of this name, unless it is archived."""
        found = self.properties[kind.type_id].get(name)
        return found if found is not None and found.archived_at is None else None

    def add_property(self, kind_name: str, one: Property) -> Property:
        """Adds a property as an administrator would."""
        kind = self.kind(kind_name)
        one.group = one.group or next(iter(self.groups[kind.type_id]))
        one.created_at = one.updated_at = moment_text(self.now())
        self.properties[kind.type_id][one.name] = one
        if one.has_unique_value:
            self.store.make_unique(kind, one.name)
        return one

    def use_property(self, kind_name: str, name: str, place: str) -> None:
        """A form, workflow or report of the portal now uses a property, which cannot go any more."""
        self._uses.setdefault((self.kind(kind_name).type_id, name), set()).add(place)

    def uses(self, kind: Kind, name: str) -> int:
        """In how many places a property is used, lists among them."""
        places = self._uses.get((kind.type_id, name), set())
        return len(places) + self.lists.uses(kind, name)

    # Records, as the world changes them

    def add(
        self,
        kind_name: str,
        values: Mapping[str, str],
        *,
        record_id: str | None = None,
        by: str | None = None,
    ) -> str:
        """Adds a record as it is, without asking any rule; gives its id."""
        kind = self.kind(kind_name)
        record = self.store.insert(kind, values, self.store.origin(by or self.person()), record_id)
        extra: dict[str, str | None] = {
            name: value
            for name, value in derived_at_birth(kind, values, record.id).items()
            if name not in values
        }
        extra.update(derived_by_change(kind, values, self.pipelines))
        record.properties.update((name, value) for name, value in extra.items() if value is not None)
        return record.id

    def edit(
        self, kind_name: str, record_id: str, values: Mapping[str, str | None], *, by: str | None = None
    ) -> None:
        """Somebody edits a record by hand; None clears."""
        kind = self.kind(kind_name)
        record = self.record(kind_name, record_id)
        every = {**values, **derived_by_change(kind, values, self.pipelines)}
        self.store.update(kind, record, every, self.store.origin(by or self.person()))

    def record(self, kind_name: str, record_id: str) -> Record:
        """The record of this id, archived or not.

        Raises:
            ApiError: There is none.
        """
        found = self.store.table(self.kind(kind_name)).find(record_id)
        if found is None:
            raise object_not_found()
        return found

    def values(self, kind_name: str, record_id: str) -> Mapping[str, str]:
        """The properties of a record that have a value."""
        return self.record(kind_name, record_id).properties

    def archive(self, kind_name: str, record_id: str) -> None:
        """Somebody deletes a record; it can be restored for 90 days."""
        record = self.record(kind_name, record_id)
        self.store.archive(self.kind(kind_name), record, self.store.origin(self.person()))

    def restore(self, kind_name: str, record_id: str) -> None:
        """Somebody restores a deleted record."""
        self.store.restore(self.kind(kind_name), self.record(kind_name, record_id))

    def merge(self, kind_name: str, primary_id: str, other_id: str, *, by: str | None = None) -> str:
        """Merges two records; gives the id of the result.

        The result has the values of the primary record, and those of the other one where it has none.
        """
        kind = self.kind(kind_name)
        table = self.store.table(kind)
        primary, other = self.record(kind_name, primary_id), self.record(kind_name, other_id)
        if primary.id == other.id:
            raise validation_error("Unable to merge a record with itself")
        origin = self.store.origin(by or self.person())
        went = [primary.id, other.id]
        values = {**other.properties, **primary.properties}
        merged_ids = [
            *filter(None, values.pop("hs_merged_object_ids", "").split(";")),
            *(went if self.settings.beliefs.merge_makes_new_record else [other.id]),
        ]
        values["hs_merged_object_ids"] = ";".join(merged_ids)
        if kind.name == "contacts":
            at = str(int(origin.at.timestamp() * 1000))
            values["hs_calculated_merged_vids"] = ";".join(f"{one}:{at}" for one in merged_ids)
        for gone in (other, primary) if self.settings.beliefs.merge_makes_new_record else (other,):
            self.store.archive(kind, gone, origin)
            gone.is_merged_away = True
        if self.settings.beliefs.merge_makes_new_record:
            values.pop(kind.modified_name)
            result = self.store.insert(kind, values, origin)
        else:
            result = primary
            self.store.update(kind, primary, values, origin)
        for gone_id in went:
            if gone_id != result.id:
                table.merged[gone_id] = result.id
                self.associations.move(kind, gone_id, result.id)
        return result.id

    # Associations

    def associate(
        self, kind_name: str, record_id: str, other_kind: str, other_id: str, *, primary: bool = False
    ) -> None:
        """Associates two records; for contacts and deals a company may be the primary one."""
        kind, other = self.kind(kind_name), self.kind(other_kind)
        self.associations.connect(kind, record_id, other, other_id, primary=primary)
        if primary and (kind.name, other.name) == ("contacts", "companies"):
            self.record(kind_name, record_id).properties["associatedcompanyid"] = other_id

    def set_parent(self, child_id: str, parent_id: str) -> None:
        """Makes one company the parent of another."""
        self.associations.set_parent(self.kind("companies"), child_id, parent_id)
        self.record("companies", child_id).properties["hs_parent_company_id"] = parent_id

    def person(self, user_id: int | None = None) -> str:
        """How the history of a value names somebody who edits by hand."""
        return f"CRM_UI:userId:{user_id or self.admin.user_id}"

    def _add_kind(self, kind: Kind) -> None:
        for name in kind.names():
            self.kinds[name] = kind
        self.store.add_kind(kind)
        self.properties[kind.type_id] = standard_properties(kind)
        self.groups[kind.type_id] = standard_groups(kind)
