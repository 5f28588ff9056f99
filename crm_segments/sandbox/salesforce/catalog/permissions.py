"""Permission sets: who may see and change what, beyond the profile."""

from crm_segments.sandbox.salesforce.catalog.kinds import (
    audit,
    fixed,
    flag,
    key,
    picklist,
    reference,
    text,
)
from crm_segments.sandbox.salesforce.catalog.making import make_object
from crm_segments.sandbox.salesforce.sobjects import SObject, Traits

__all__ = [
    "SYSTEM_PERMISSIONS",
    "field_permissions",
    "object_permissions",
    "permission_set",
    "permission_set_assignment",
]

SYSTEM_PERMISSIONS = (
    "ApiEnabled",
    "AssignPermissionSets",
    "BulkApiHardDelete",
    "CreateCustomizeFilters",
    "CustomizeApplication",
    "EditPublicFilters",
    "ManageProfilesPermissionsets",
    "ManageUsers",
    "ModifyAllData",
    "ViewAllData",
    "ViewRoles",
    "ViewSetup",
)
"""Permissions for the whole org that the emulator knows, by their API names."""

_SETTINGS = Traits(is_setup=True)


def permission_set() -> SObject:
    """Rights that can be given to users."""
    fields = [
        key("Permission Set"),
        text("Name", "Permission Set Name", 80, required=True),
        text("Label", "Permission Set Label", 80, required=True),
        reference("LicenseId", "License ID", "PermissionSetLicense"),
        reference("ProfileId", "Profile ID", "Profile"),
        fixed(flag("IsOwnedByProfile", "Is Owned By Profile"), nillable=False, defaulted=True),
        fixed(flag("IsCustom", "Custom"), nillable=False, defaulted=True),
        *(flag(f"Permissions{name}", name) for name in SYSTEM_PERMISSIONS),
        text("Description", "Description", 255),
        *audit(),
        text("NamespacePrefix", "Namespace Prefix", 15),
        picklist("Type", "Type", "Regular", "Group", "Profile", restricted=True),
    ]
    names = ("PermissionSet", "Permission Set", "Permission Sets")
    children = [
        ("FieldPermissions", "ParentId", "FieldPerms"),
        ("ObjectPermissions", "ParentId", "ObjectPerms"),
        ("PermissionSetAssignment", "PermissionSetId", "Assignments"),
    ]
    return make_object(names, "0PS", fields, traits=_SETTINGS, children=children)


def permission_set_assignment() -> SObject:
    """A permission set of a user."""
    fields = [
        key("PermissionSetAssignment"),
        reference("PermissionSetId", "PermissionSet ID", "PermissionSet"),
        reference("AssigneeId", "Assignee ID", "User", required=True),
        audit()[4],
    ]
    names = ("PermissionSetAssignment", "Permission Set Assignment", "Permission Set Assignments")
    return make_object(names, "0Pa", fields, traits=Traits(updateable=False, is_setup=True))


def field_permissions() -> SObject:
    """Whether a permission set shows one field, and lets it be changed."""
    fields = [
        key("FieldPermissions"),
        reference("ParentId", "Parent ID", "PermissionSet", "Parent", required=True),
        text("SobjectType", "Sobject Type Name", 40, required=True),
        text("Field", "Field Name", 255, required=True),
        flag("PermissionsEdit", "Edit Field"),
        flag("PermissionsRead", "Read Field"),
        audit()[4],
    ]
    names = ("FieldPermissions", "Field Permissions", "Field Permissions")
    return make_object(names, "01k", fields, traits=_SETTINGS)


def object_permissions() -> SObject:
    """What a permission set allows with the records of one object."""
    rights = ("Create", "Read", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords")
    fields = [
        key("ObjectPermissions"),
        reference("ParentId", "Parent ID", "PermissionSet", "Parent", required=True),
        text("SobjectType", "Sobject Type Name", 40, required=True),
        *(flag(f"Permissions{right}", right) for right in rights),
        *audit(),
    ]
    names = ("ObjectPermissions", "Object Permissions", "Object Permissions")
    return make_object(names, "110", fields, traits=_SETTINGS)
