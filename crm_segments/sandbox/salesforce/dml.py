"""Saving records: everything that Salesforce asks before it writes one, in its order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from crm_segments.sandbox.salesforce.errors import RowError, field_not_found
from crm_segments.sandbox.salesforce.fields import Field, Value
from crm_segments.sandbox.salesforce.ids import is_id, long_id
from crm_segments.sandbox.salesforce.org import SalesforceOrg
from crm_segments.sandbox.salesforce.rules import check_rules
from crm_segments.sandbox.salesforce.setup_rules import check_setup_record
from crm_segments.sandbox.salesforce.sobjects import SObject
from crm_segments.sandbox.salesforce.store import Row
from crm_segments.sandbox.salesforce.values import bad_option

__all__ = ["SaveOptions", "Saving", "Writer", "row_is_busy"]

Convert = Callable[[Field, object], Value]

_CLOSED = {"Closed Won": (True, True, "Closed"), "Closed Lost": (True, False, "Omitted")}
_NOT_A_FIELD = frozenset({"attributes", "id"})


@dataclass(frozen=True, slots=True)
class SaveOptions:
    """What the request says about how to save."""

    user: str
    auto_assign: bool = True
    """Whether the default assignment rule may change the owner."""
    allow_duplicates: bool = False
    """Whether to save in spite of duplicate rules that allow it."""
    arrived_at: datetime | None = None
    """When the request came; since then others may have held what it needs."""


@dataclass(frozen=True, slots=True)
class Saving:
    """A record that may be saved as it stands; nothing has happened yet."""

    sobject: SObject
    record_id: str | None
    """None for a new record."""
    values: dict[str, Value]


class Writer:
    """Saves records for one request."""

    def __init__(self, org: SalesforceOrg, options: SaveOptions) -> None:
        self._org = org
        self._options = options

    def read_row(
        self, sobject: SObject, raw: Mapping[str, object], convert: Convert, *, is_new: bool = False
    ) -> dict[str, Value]:
        """The values of a row that a client sent, by the right names.

        Raises:
            RowError: A field is unknown or closed to the user, or a value may not stand in its field.
            ApiError: A value is not of its field's type.
        """
        readable = self._org.access.readable(self._options.user, sobject)
        editable = self._org.access.editable(self._options.user, sobject)
        found: list[tuple[Field, object]] = []
        closed: list[str] = []
        for name, value in raw.items():
            if name.lower() in _NOT_A_FIELD:
                continue
            field = readable.get(name.lower())
            if field is None:
                raise field_not_found(name, sobject.name)
            open_to_all = field.createable if is_new else field.updateable
            if not open_to_all or field.formula is not None or field.name not in editable:
                closed.append(field.name)
            found.append((field, value))
        if closed:
            raise _closed_fields(closed)
        return {field.name: convert(field, value) for field, value in found}

    def check_update(self, sobject: SObject, record_id: str, values: dict[str, Value]) -> Saving:
        """Asks everything that is asked before an existing record is saved.

        Raises:
            RowError: The record may not be saved so.
        """
        row = self._existing(sobject, record_id)
        if not self._org.access.allows(self._options.user, sobject, "Edit") or not sobject.traits.updateable:
            raise _no_right()
        self._check_locks(sobject, row, record_id)
        if sobject.name == "Lead" and row.get("IsConverted"):
            raise RowError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        if row.get("IsPersonAccount") and "Name" in values:
            message = "Account: bad field names on insert/update call: Name"
            raise RowError("INVALID_FIELD_FOR_INSERT_UPDATE", message, ["Name"])
        after: Row = {**row, **values}
        missing = [name for name, value in values.items() if value is None and _is_required(sobject, name)]
        self._check_after(sobject, after, values, missing)
        return Saving(sobject, str(row["Id"]), values)

    def check_insert(self, sobject: SObject, values: dict[str, Value]) -> Saving:
        """Asks everything that is asked before a new record is saved.

        Raises:
            RowError: The record may not be saved so.
        """
        if (
            not self._org.access.allows(self._options.user, sobject, "Create")
            or not sobject.traits.createable
        ):
            raise _no_right()
        full = {**_defaults(sobject), **values}
        missing = [
            one.name
            for one in sobject.fields.values()
            if _is_required(sobject, one.name) and full.get(one.name) is None
        ]
        self._check_after(sobject, full, full, missing)
        return Saving(sobject, None, full)

    def save(self, saving: Saving) -> str:
        """Carries out what was checked; gives the record's id."""
        values = _derived(self._org, saving)
        rule_owner = self._org.settings.assignment_rules.get(saving.sobject.name)
        if rule_owner and self._options.auto_assign:
            values = {**values, "OwnerId": rule_owner}
        if saving.record_id is None:
            return self._org.store.insert(saving.sobject.name, values, self._options.user)
        self._org.store.update(saving.record_id, values, self._options.user)
        return saving.record_id

    def delete(self, record_id: str) -> None:
        """Deletes a record.

        Raises:
            RowError: It is not there, or the user may not.
        """
        sobject = self._org.store.object_of(record_id) if is_id(record_id) else None
        if sobject is None:
            raise RowError("MALFORMED_ID", f"malformed id {record_id}")
        row = self._existing(sobject, record_id)
        if not self._org.access.allows(self._options.user, sobject, "Delete") or not sobject.traits.deletable:
            raise _no_right()
        self._org.store.delete(str(row["Id"]), self._options.user)

    def _existing(self, sobject: SObject, record_id: str) -> Row:
        if not record_id:
            raise RowError("MISSING_ARGUMENT", "Id not specified in an update call")
        if not is_id(record_id):
            raise RowError(
                "MALFORMED_ID", f"{sobject.label} ID: id value of incorrect type: {record_id}", ["Id"]
            )
        row = self._org.store.table(sobject.name).get(long_id(record_id))
        if row is None:
            raise RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if row.get("IsDeleted"):
            raise RowError("ENTITY_IS_DELETED", "entity is deleted", status=404)
        if not self._org.access.sees_record(self._options.user, sobject, row):
            message = "insufficient access rights on cross-reference id"
            raise RowError("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", message)
        return row

    def _check_locks(self, sobject: SObject, row: Row, record_id: str) -> None:
        own_id = long_id(record_id)
        parent = str(row.get("AccountId") or "") if sobject.name in {"Contact", "Opportunity"} else ""
        for locked in (own_id, parent):
            if locked and not self._org.try_lock(locked):
                raise row_is_busy(locked)
        if parent and self._org.settings.parents_contend:
            arrived = self._options.arrived_at
            if arrived is not None and self._org.is_held_since(parent, arrived):
                raise row_is_busy(parent)
            self._org.hold(parent)
        is_admin = self._org.access.has(self._options.user, "ModifyAllData")
        if self._org.is_locked_for_approval(own_id) and not is_admin:
            message = "This record is locked. If you need to edit it, contact your admin."
            raise RowError("ENTITY_IS_LOCKED", message)

    def _check_after(
        self, sobject: SObject, after: Row, values: dict[str, Value], missing: list[str]
    ) -> None:
        if missing:
            names = ", ".join(missing)
            raise RowError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{names}]", missing)
        self._check_record_type(sobject, after, values)
        self._check_references(sobject, values)
        self._check_unique(sobject, after, values)
        if sobject.traits.is_setup:
            check_setup_record(self._org, sobject, after)
        check_rules(self._org, sobject, after, allow_duplicates=self._options.allow_duplicates)

    def _check_record_type(self, sobject: SObject, after: Row, values: dict[str, Value]) -> None:
        kind = sobject.record_type(after.get("RecordTypeId")) if sobject.record_types else None
        if kind is None or not self._org.settings.beliefs.record_type_hides_options:
            return
        for name, value in values.items():
            allowed = kind.allowed.get(name)
            field = sobject.field(name)
            if (
                allowed is not None
                and value is not None
                and field
                and field.restricted
                and value not in allowed
            ):
                raise bad_option(field, str(value))

    def _check_references(self, sobject: SObject, values: dict[str, Value]) -> None:
        for name, value in values.items():
            field = sobject.field(name)
            if field is None or field.type != "reference" or value is None:
                continue
            target = self._org.store.object_of(str(value))
            if target is None and not any(self._org.store.sobject(one) for one in field.refers_to):
                continue
            if target is None or target.name not in field.refers_to:
                message = f"{field.label}: id value of incorrect type: {value}"
                raise RowError("FIELD_INTEGRITY_EXCEPTION", message, [name])
            if (self._org.store.find(str(value)) or {"IsDeleted": True}).get("IsDeleted"):
                raise RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [name])

    def _check_unique(self, sobject: SObject, after: Row, values: dict[str, Value]) -> None:
        for name, value in values.items():
            field = sobject.field(name)
            if field is None or not field.unique or value is None:
                continue
            for other in self._org.store.table(sobject.name).values():
                if other["Id"] != after.get("Id") and str(other.get(name, "")).lower() == str(value).lower():
                    message = (
                        f"duplicate value found: {name} duplicates value on record with id: {other['Id']}"
                    )
                    raise RowError("DUPLICATE_VALUE", message)


def row_is_busy(record_id: str) -> RowError:
    """Another transaction works on the record, or on the one that it belongs to."""
    message = f"unable to obtain exclusive access to this record or 1 records: {record_id}"
    return RowError("UNABLE_TO_LOCK_ROW", message)


def _closed_fields(names: list[str]) -> RowError:
    message = (
        f"Unable to create/update fields: {', '.join(names)}. Please check the security settings of this"
        " field and verify that it is read/write for your profile or permission set."
    )
    return RowError("INVALID_FIELD_FOR_INSERT_UPDATE", message, names)


def _no_right() -> RowError:
    return RowError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", status=403)


def _is_required(sobject: SObject, name: str) -> bool:
    field = sobject.field(name)
    return (
        field is not None
        and not field.nillable
        and field.createable
        and not field.defaulted
        and field.type != "boolean"
    )


def _defaults(sobject: SObject) -> dict[str, Value]:
    given = {one.name: one.default for one in sobject.fields.values() if one.default not in {None, False}}
    return {
        **given,
        **{
            one.name: option.value
            for one in sobject.fields.values()
            for option in one.options
            if option.is_default
        },
    }


def _derived(org: SalesforceOrg, saving: Saving) -> dict[str, Value]:
    """The values, and what follows from them."""
    values = dict(saving.values)
    before = (org.store.find(saving.record_id) if saving.record_id else None) or {}
    after = {**before, **values}
    name = saving.sobject.name
    if name in {"Contact", "Lead"} and {"FirstName", "LastName"} & values.keys():
        values["Name"] = " ".join(str(after[part]) for part in ("FirstName", "LastName") if after.get(part))
    if name == "Opportunity" and "StageName" in values:
        closed, won, forecast = _CLOSED.get(str(values["StageName"]), (False, False, "Pipeline"))
        values.update(IsClosed=closed, IsWon=won, ForecastCategory=forecast)
    return values
