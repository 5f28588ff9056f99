"""What Salesforce asks before it saves permission sets and what belongs to them."""

import re

from crm_segments.sandbox.salesforce.errors import RowError
from crm_segments.sandbox.salesforce.org import SalesforceOrg
from crm_segments.sandbox.salesforce.sobjects import SObject
from crm_segments.sandbox.salesforce.store import Row

__all__ = ["check_setup_record"]

_API_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*")


def check_setup_record(org: SalesforceOrg, sobject: SObject, after: Row) -> None:
    """Asks about one record of settings, as it would be after the save.

    Raises:
        RowError: It may not be saved so.
    """
    if sobject.name == "PermissionSet":
        _check_permission_set(org, after)
    elif sobject.name == "FieldPermissions":
        _check_field_permissions(org, after)
    elif sobject.name == "PermissionSetAssignment":
        _check_assignment(org, after)


def _check_permission_set(org: SalesforceOrg, after: Row) -> None:
    name = str(after.get("Name"))
    if not _API_NAME.fullmatch(name):
        message = (
            "Permission Set Name: The Permission Set API Name can only contain underscores and alphanumeric"
            " characters. It must be unique, begin with a letter, not include spaces, not end with an"
            " underscore, and not contain two consecutive underscores."
        )
        raise RowError("INVALID_FIELD", message, ["Name"])
    if _has_twin(org, "PermissionSet", after, ("Name",)):
        message = f"duplicate value found: Name duplicates value on record: {name}"
        raise RowError("DUPLICATE_VALUE", message, ["Name"])


def _check_field_permissions(org: SalesforceOrg, after: Row) -> None:
    if after.get("PermissionsRead") is not True:
        message = (
            "Field Permissions must at least allow reading: set PermissionsRead to true, or delete the record"
        )
        raise RowError("FIELD_INTEGRITY_EXCEPTION", message, ["PermissionsRead"])
    object_name, _, field_name = str(after.get("Field")).partition(".")
    sobject = org.store.sobject(object_name)
    field = sobject.field(field_name) if sobject else None
    if (
        field is None
        or sobject is None
        or after.get("SobjectType") != sobject.name
        or not field.permissionable
    ):
        message = f"bad value for restricted picklist field: {after.get('Field')}"
        raise RowError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", f"Field Name: {message}", ["Field"])
    if after.get("PermissionsEdit") and (field.formula is not None or not field.updateable):
        message = "Field Permissions cannot allow editing of a field that nobody can edit"
        raise RowError("FIELD_INTEGRITY_EXCEPTION", message, ["PermissionsEdit"])
    if _has_twin(org, "FieldPermissions", after, ("ParentId", "SobjectType", "Field")):
        message = "duplicate value found: <unknown> duplicates value on record with id: <unknown>"
        raise RowError("DUPLICATE_VALUE", message)


def _check_assignment(org: SalesforceOrg, after: Row) -> None:
    if _has_twin(org, "PermissionSetAssignment", after, ("AssigneeId", "PermissionSetId")):
        message = (
            f"Duplicate PermissionSetAssignment. Assignee: {after.get('AssigneeId')};"
            f" Permission Set: {after.get('PermissionSetId')}"
        )
        raise RowError("DUPLICATE_VALUE", message)


def _has_twin(org: SalesforceOrg, table: str, after: Row, names: tuple[str, ...]) -> bool:
    return any(
        row["Id"] != after.get("Id") and all(row.get(name) == after.get(name) for name in names)
        for row in org.store.table(table).values()
    )
