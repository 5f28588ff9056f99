"""One emulated org: its records, its people, its settings, and what may be done to it from the outside."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from crm_segments.sandbox.clock import Clock, RealClock
from crm_segments.sandbox.salesforce.access import ADMINISTRATOR, Access, ProfileRights
from crm_segments.sandbox.salesforce.bulk import BulkJobs
from crm_segments.sandbox.salesforce.catalog import standard_objects
from crm_segments.sandbox.salesforce.catalog.kinds import audit, deleted, key, owner, picklist
from crm_segments.sandbox.salesforce.catalog.making import make_object
from crm_segments.sandbox.salesforce.cursors import Cursors
from crm_segments.sandbox.salesforce.errors import not_found
from crm_segments.sandbox.salesforce.fields import Field, Value
from crm_segments.sandbox.salesforce.list_views import ListView
from crm_segments.sandbox.salesforce.sessions import ConnectedApp, Sessions
from crm_segments.sandbox.salesforce.settings import OrgSettings
from crm_segments.sandbox.salesforce.sobjects import RecordType, SObject, Traits
from crm_segments.sandbox.salesforce.store import Store
from crm_segments.sandbox.salesforce.usage import Usage

__all__ = ["SalesforceOrg"]

ORG_ID = "00D4S000000EmuLUAS"
_ORG_DEFAULTS: Mapping[str, Value] = {
    "Name": "Emulated Org",
    "Country": "US",
    "DefaultLocaleSidKey": "en_US",
    "TimeZoneSidKey": "America/Los_Angeles",
    "LanguageLocaleKey": "en_US",
    "ReceivesInfoEmails": True,
    "ReceivesAdminInfoEmails": True,
    "PreferencesConsentManagementEnabled": True,
    "FiscalYearStartMonth": 1,
    "DefaultAccountAccess": "Edit",
    "DefaultContactAccess": "ControlledByParent",
    "DefaultOpportunityAccess": "Edit",
    "DefaultLeadAccess": "ReadEditTransfer",
    "DefaultCaseAccess": "ReadEditTransfer",
    "DefaultCalendarAccess": "HideDetailsInsert",
    "DefaultPricebookAccess": "ReadSelect",
    "DefaultCampaignAccess": "All",
    "UiSkin": "Theme3",
    "NumKnowledgeService": 2,
    "OrganizationType": "Developer Edition",
    "InstanceName": "EMU1",
    "MonthlyPageViewsUsed": 0,
    "MonthlyPageViewsEntitlement": 0,
}


@dataclass(slots=True)
class _Locks:
    approval: set[str] = field(default_factory=set)
    rows: dict[str, int] = field(default_factory=dict)
    held: dict[str, tuple[int, datetime]] = field(default_factory=dict)


class SalesforceOrg:
    """A Salesforce org that lives in memory.

    Requests reach it through `SalesforceEmulator`; tests and loaders use the methods here, which stand for
    administrators, other people, and the world.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        settings: OrgSettings | None = None,
        *,
        domain: str = "emulated.my.salesforce.com",
        org_id: str = ORG_ID,
        organization: Mapping[str, Value] | None = None,
    ) -> None:
        self.clock: Clock = clock or RealClock()
        self.settings = settings or OrgSettings()
        self.domain = domain
        self.org_id = org_id
        self.store = Store(self.clock, standard_objects())
        self.access = Access(self.store, self.settings.private_objects)
        self.sessions = Sessions(self.clock, self.settings)
        self.usage = Usage(self.clock, self.settings)
        self.cursors = Cursors(self.clock, self.settings, self.store.ids)
        self.bulk = BulkJobs(self.clock, self.settings, self.store.ids)
        self.loaded_ids: dict[str, str] = {}
        """Ids of records that came from files, by kind and id in the files."""
        self.list_views: dict[str, ListView] = {}
        """By the id of the ListView record."""
        self._described: dict[tuple[str, str], tuple[str, datetime]] = {}
        self._locks = _Locks()
        self.admin_profile = self.add_profile("System Administrator", ProfileRights(set(ADMINISTRATOR)))
        self.admin_id = self.add_user("admin@emulated.example", self.admin_profile, last_name="Admin")
        known = {**_ORG_DEFAULTS, **(organization or {})}
        self.store.insert("Organization", known, self.admin_id, org_id)
        self._apply_features()

    def now(self) -> datetime:
        """The org's present moment."""
        return self.clock.now()

    def metadata_changed(self, path: str, user_id: str, digest: str) -> datetime:
        """When a description last changed, as far as this user has seen it; to the second."""
        known = self._described.get((path, user_id))
        if known is None or known[0] != digest:
            known = (digest, self.now().replace(microsecond=0))
            self._described[path, user_id] = known
        return known[1]

    # People and their rights

    def add_profile(self, name: str, rights: ProfileRights) -> str:
        """Adds a profile; gives its id."""
        profile_id = self.store.insert("Profile", {"Name": name}, "")
        self.access.profiles[profile_id] = rights
        return profile_id

    def add_user(
        self,
        username: str,
        profile_id: str,
        *,
        password: str | None = None,
        token: str = "",
        last_name: str = "",
    ) -> str:
        """Adds somebody who can log in; with a password also by SOAP and the password grant."""
        values: dict[str, Value] = {
            "Username": username,
            "LastName": last_name or username.partition("@")[0],
            "Name": last_name or username.partition("@")[0],
            "Email": username,
            "IsActive": True,
            "TimeZoneSidKey": "America/Los_Angeles",
            "LocaleSidKey": "en_US",
            "UserType": "Standard",
            "ProfileId": profile_id,
        }
        user_id = self.store.insert("User", values, "")
        if password is not None:
            self.sessions.passwords[username] = (password, token)
        return user_id

    def add_app(self, app: ConnectedApp) -> None:
        """Adds a connected app, or replaces the one of its key."""
        self.sessions.apps[app.consumer_key] = app

    def rights(self, user_id: str) -> ProfileRights:
        """The rights of a user's profile; call `access.forget()` after changing them."""
        return self.access.profiles[str((self.store.find(user_id) or {}).get("ProfileId"))]

    # Objects, fields, record types

    def add_object(self, name: str, label: str, *, prefix: str = "a00") -> None:
        """Adds a custom object with a name and an owner; further fields are added to it.

        Args:
            name: API name, ending in `__c`.
            label: What people call it.
            prefix: First three characters of its records' ids; no other object has them.
        """
        named = Field(
            name="Name",
            label=f"{label} Name",
            type="string",
            length=80,
            permissionable=False,
            name_field=True,
        )
        traits = Traits(has_owner_views=True)
        fields = [key("Record"), owner(), deleted(), named, *audit()]
        self.store.add_object(make_object((name, label, f"{label}s"), prefix, fields, traits=traits))
        self.access.forget()

    def require(self, name: str) -> SObject:
        """The object of this name.

        Raises:
            ApiError: There is none: NOT_FOUND.
        """
        found = self.store.sobject(name)
        if found is None or found.traits.is_tooling:
            raise not_found()
        return found

    def add_field(self, sobject: str, one: Field, *, visible: bool = True) -> None:
        """Adds a custom field as an administrator would, shown to every profile unless told otherwise."""
        target = self.require(sobject)
        is_custom = one.name.lower().endswith(("__c", "__pc"))
        target.add_field(replace(one, custom=is_custom))
        if visible and is_custom:
            for rights in self.access.profiles.values():
                rights.granted_fields[target.name, one.name] = True
        self.access.forget()

    def remove_field(self, sobject: str, name: str) -> None:
        """Deletes a field together with its values."""
        target = self.require(sobject)
        gone = target.fields.pop(name.lower())
        for row in self.store.table(target.name).values():
            row.pop(gone.name, None)
        self.access.forget()

    def hide_field(self, sobject: str, name: str, user_id: str) -> None:
        """Takes a field away from the profile of a user."""
        place = (self.require(sobject).name, name)
        rights = self.rights(user_id)
        rights.granted_fields.pop(place, None)
        rights.hidden_fields.add(place)
        self.access.forget()

    def add_record_type(
        self,
        sobject: str,
        name: str,
        allowed: Mapping[str, Iterable[str]] | None = None,
        *,
        person: bool = False,
    ) -> str:
        """Adds a record type that shows only these options of these fields; gives its id."""
        target = self.require(sobject)
        developer_name = name.replace(" ", "_")
        values: dict[str, Value] = {
            "Name": name,
            "DeveloperName": developer_name,
            "SobjectType": target.name,
            "IsActive": True,
            "IsPersonType": person,
        }
        record_id = self.store.insert("RecordType", values, self.admin_id)
        shown = {field_name: frozenset(values) for field_name, values in (allowed or {}).items()}
        target.record_types.append(RecordType(record_id, name, developer_name, shown, person))
        if target.field("RecordTypeId") is None:
            target.add_field(
                Field(
                    name="RecordTypeId",
                    label="Record Type ID",
                    type="reference",
                    length=18,
                    refers_to=("RecordType",),
                    relationship="RecordType",
                    permissionable=False,
                )
            )
            self.access.forget()
        return record_id

    # Records, as the world changes them

    def add(self, sobject: str, values: Mapping[str, Value], *, record_id: str | None = None) -> str:
        """Adds a record as it is, without asking any rule; gives its id."""
        by = str(values.get("OwnerId") or self.admin_id)
        return self.store.insert(self.require(sobject).name, values, by, record_id)

    def edit(self, record_id: str, values: Mapping[str, Value], *, by: str | None = None) -> None:
        """Somebody edits a record by hand."""
        self.store.update(record_id, values, by or self.admin_id)

    def convert_lead(self, lead_id: str, account_id: str, contact_id: str | None = None) -> None:
        """Somebody converts a lead."""
        values: dict[str, Value] = {
            "IsConverted": True,
            "ConvertedDate": self.now().date().isoformat(),
            "ConvertedAccountId": account_id,
            "ConvertedContactId": contact_id,
            "Status": "Closed - Converted",
        }
        self.store.update(lead_id, values, self.admin_id)

    def lock_for_approval(self, record_id: str) -> None:
        """The record waits in an approval process: only administrators may edit it."""
        self._locks.approval.add(record_id)

    def unlock_approval(self, record_id: str) -> None:
        """The approval is decided."""
        self._locks.approval.discard(record_id)

    def is_locked_for_approval(self, record_id: str) -> bool:
        """Whether the record waits in an approval process."""
        return record_id in self._locks.approval

    def lock_row(self, record_id: str, attempts: int) -> None:
        """Somebody works on the record: the next attempts to write it or what belongs to it fail."""
        self._locks.rows[record_id] = attempts

    def try_lock(self, record_id: str) -> bool:
        """Whether the record can be locked for a write; counts the attempt."""
        left = self._locks.rows.get(record_id, 0)
        if left == 0:
            return True
        self._locks.rows[record_id] = left - 1
        return False

    def hold(self, record_id: str) -> None:
        """The request that is being carried out locks this record until it ends."""
        self._locks.held[record_id] = (self.store.request, self.now())

    def is_held_since(self, record_id: str, moment: datetime) -> bool:
        """Whether another request held this record after the moment."""
        request, until = self._locks.held.get(record_id, (self.store.request, moment))
        return request != self.store.request and until > moment

    def _apply_features(self) -> None:
        if self.settings.person_accounts:
            self._turn_on_person_accounts()
        if self.settings.multi_currency:
            currencies = picklist("CurrencyIsoCode", "Currency ISO Code", "USD", "EUR", "GBP", length=3)
            for name in (
                "Account",
                "Contact",
                "Lead",
                "Opportunity",
                "OpportunityLineItem",
                "PricebookEntry",
            ):
                self.add_field(name, replace(currencies, default="USD", permissionable=False))
            for code, rate, is_home in (("USD", 1.0, True), ("EUR", 0.9, False), ("GBP", 0.8, False)):
                known: dict[str, Value] = {"IsoCode": code, "ConversionRate": rate, "DecimalPlaces": 2}
                self.add("CurrencyType", {**known, "IsActive": True, "IsCorporate": is_home})

    def _turn_on_person_accounts(self) -> None:
        account, contact = self.require("Account"), self.require("Contact")
        is_person = Field(
            name="IsPersonAccount",
            label="Is Person Account",
            type="boolean",
            createable=False,
            updateable=False,
            nillable=False,
            permissionable=False,
        )
        for target in (account, contact):
            target.add_field(is_person)
        for name in ("LastName", "FirstName", "Salutation"):
            template = contact.field(name)
            if template:
                account.add_field(replace(template, nillable=True))
        person_contact = Field(
            name="PersonContactId",
            label="Contact ID",
            type="reference",
            length=18,
            refers_to=("Contact",),
            relationship="PersonContact",
            createable=False,
            updateable=False,
            permissionable=False,
        )
        account.add_field(person_contact)
        for name, theirs in (
            ("PersonEmail", "Email"),
            ("PersonTitle", "Title"),
            ("PersonBirthdate", "Birthdate"),
        ):
            template = contact.field(theirs)
            if template:
                account.add_field(replace(template, name=name, id_lookup=False))
        self.add_record_type("Account", "Person Account", person=True)
