"""Who may see and change what: profiles, permission sets, field-level security, sharing."""

from dataclasses import dataclass, field

from crm_segments.sandbox.salesforce.fields import Field
from crm_segments.sandbox.salesforce.sobjects import SObject
from crm_segments.sandbox.salesforce.store import Row, Store

__all__ = ["ADMINISTRATOR", "Access", "ProfileRights"]

ALL_RIGHTS = frozenset({"Create", "Read", "Edit", "Delete"})
ADMINISTRATOR = frozenset(
    {
        *("ApiEnabled", "AssignPermissionSets", "CreateCustomizeFilters", "CustomizeApplication"),
        *("EditPublicFilters", "ManageProfilesPermissionsets", "ManageUsers", "ModifyAllData"),
        *("ViewAllData", "ViewSetup"),
    }
)
"""System permissions of an administrator."""

_WRITES_OF_SETUP = {
    "PermissionSet": "ManageProfilesPermissionsets",
    "FieldPermissions": "ManageProfilesPermissionsets",
    "ObjectPermissions": "ManageProfilesPermissionsets",
    "PermissionSetAssignment": "AssignPermissionSets",
}
_ALWAYS_READABLE = frozenset(
    {"User", "Organization", "RecordType", "Profile", "Group", "CurrencyType", "ListView"}
)


@dataclass(slots=True)
class ProfileRights:
    """What a profile allows. New custom fields are hidden from every profile until it grants them."""

    system: set[str] = field(default_factory=set)
    objects: dict[str, frozenset[str]] | None = None
    """Rights by object; None means all rights on all objects."""
    hidden_fields: set[tuple[str, str]] = field(default_factory=set)
    """(object, field) that field-level security hides, though standard."""
    read_only_fields: set[tuple[str, str]] = field(default_factory=set)
    granted_fields: dict[tuple[str, str], bool] = field(default_factory=dict)
    """Custom fields that the profile shows, and whether they may be changed."""


@dataclass(frozen=True, slots=True)
class _Rights:
    system: frozenset[str]
    objects: dict[str, frozenset[str]] | None
    fields: dict[tuple[str, str], bool]


class Access:
    """Answers questions about rights; remembers answers until a permission changes."""

    def __init__(self, store: Store, private_objects: set[str]) -> None:
        self._store = store
        self._private = private_objects
        self._remembered_at = -1
        self._rights: dict[str, _Rights] = {}
        self._readable: dict[tuple[str, str], dict[str, Field]] = {}
        self._editable: dict[tuple[str, str], frozenset[str]] = {}
        self.profiles: dict[str, ProfileRights] = {}
        """By id of the Profile record."""
        self.shared: set[tuple[str, str]] = set()
        """(user, record) shared by hand."""

    def forget(self) -> None:
        """Answers must be found anew: a profile or a field has changed."""
        self._remembered_at = -1

    def has(self, user: str, permission: str) -> bool:
        """Whether the user has a permission for the whole org."""
        return permission in self._rights_of(user).system

    def allows(self, user: str, sobject: SObject, right: str) -> bool:
        """Whether the user may `Read`, `Create`, `Edit` or `Delete` records of the object."""
        if sobject.traits.is_setup or sobject.name in _ALWAYS_READABLE:
            return self._allows_setup(user, sobject, right)
        rights = self._rights_of(user)
        if "ModifyAllData" in rights.system or (right == "Read" and "ViewAllData" in rights.system):
            return True
        return rights.objects is None or right in rights.objects.get(sobject.name, frozenset())

    def readable(self, user: str, sobject: SObject) -> dict[str, Field]:
        """Fields that the user sees, by name in lower case, in the order of the describe."""
        rights = self._rights_of(user)
        known = self._readable.get((user, sobject.name))
        if known is None:
            profile = self._profile(user)
            known = {
                lower: one
                for lower, one in sobject.fields.items()
                if self._sees(rights, profile, sobject.name, one)
            }
            self._readable[user, sobject.name] = known
        return known

    def editable(self, user: str, sobject: SObject) -> frozenset[str]:
        """Names of the fields that field-level security lets the user change."""
        rights = self._rights_of(user)
        known = self._editable.get((user, sobject.name))
        if known is None:
            profile = self._profile(user)
            known = frozenset(
                one.name
                for one in self.readable(user, sobject).values()
                if not one.permissionable or self._changes(rights, profile, sobject.name, one)
            )
            self._editable[user, sobject.name] = known
        return known

    def sees_record(self, user: str, sobject: SObject, row: Row) -> bool:
        """Whether sharing lets the user see this record."""
        guard, owned = sobject.name, row
        if sobject.name == "Contact" and "Account" in self._private and row.get("AccountId"):
            # Contacts are shared as their account is.
            guard, owned = "Account", self._store.find(str(row["AccountId"])) or row
        if guard not in self._private or self.has(user, "ViewAllData") or self.has(user, "ModifyAllData"):
            return True
        return owned.get("OwnerId") == user or (user, str(owned["Id"])) in self.shared

    def sees_all(self, user: str, sobject: SObject) -> bool:
        """Whether sharing hides nothing of this object from the user."""
        guarded = {"Account", "Contact"} if sobject.name == "Contact" else {sobject.name}
        return (
            not (guarded & self._private) or self.has(user, "ViewAllData") or self.has(user, "ModifyAllData")
        )

    def _allows_setup(self, user: str, sobject: SObject, right: str) -> bool:
        if right == "Read":
            return sobject.name in _ALWAYS_READABLE or self.has(user, "ViewSetup")
        needed = _WRITES_OF_SETUP.get(sobject.name)
        return needed is not None and self.has(user, needed)

    def _sees(self, rights: _Rights, profile: ProfileRights, sobject: str, one: Field) -> bool:
        if not one.permissionable:
            return True
        place = (sobject, one.name)
        if place in rights.fields or place in profile.granted_fields:
            return True
        return not one.custom and place not in profile.hidden_fields

    def _changes(self, rights: _Rights, profile: ProfileRights, sobject: str, one: Field) -> bool:
        place = (sobject, one.name)
        if rights.fields.get(place) or profile.granted_fields.get(place):
            return True
        return not one.custom and place not in profile.read_only_fields

    def _profile(self, user: str) -> ProfileRights:
        row = self._store.find(user) or {}
        return self.profiles.get(str(row.get("ProfileId")), ProfileRights(objects={}))

    def _rights_of(self, user: str) -> _Rights:
        if self._remembered_at != self._store.permission_changes:
            self._remembered_at = self._store.permission_changes
            self._rights, self._readable, self._editable = {}, {}, {}
        if user not in self._rights:
            self._rights[user] = self._collect(user)
        return self._rights[user]

    def _collect(self, user: str) -> _Rights:
        profile = self._profile(user)
        sets = {
            str(row["PermissionSetId"])
            for row in self._store.table("PermissionSetAssignment").values()
            if row.get("AssigneeId") == user
        }
        system = set(profile.system)
        for set_id in sets:
            given = self._store.find(set_id) or {}
            system |= {name.removeprefix("Permissions") for name, value in given.items() if value is True}
        objects = None if profile.objects is None else dict(profile.objects)
        for row in self._store.table("ObjectPermissions").values():
            if row.get("ParentId") in sets and objects is not None:
                name = str(row["SobjectType"])
                given_rights = {right for right in ALL_RIGHTS if row.get(f"Permissions{right}")}
                objects[name] = objects.get(name, frozenset()) | given_rights
        fields: dict[tuple[str, str], bool] = {}
        for row in self._store.table("FieldPermissions").values():
            if row.get("ParentId") in sets and row.get("PermissionsRead"):
                sobject, _, name = str(row["Field"]).partition(".")
                place = (sobject, name)
                fields[place] = fields.get(place, False) or row.get("PermissionsEdit") is True
        return _Rights(frozenset(system), objects, fields)
