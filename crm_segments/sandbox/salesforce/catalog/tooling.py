"""Objects of the Tooling API: the fields that people have made, and their code."""

import json
from collections.abc import Mapping

from crm_segments.sandbox.salesforce.catalog.kinds import area, audit, fixed, key, text, whole
from crm_segments.sandbox.salesforce.catalog.making import make_object
from crm_segments.sandbox.salesforce.fields import Field, Value
from crm_segments.sandbox.salesforce.sobjects import SObject, Traits

__all__ = ["apex_class", "custom_field"]

_TRAITS = Traits(is_setup=True, is_tooling=True)


def _metadata(row: Mapping[str, Value]) -> object:
    found: object = json.loads(str(row["MetadataText"]))
    return found


def custom_field() -> SObject:
    """A custom field; its metadata are kept as text and shown as an object."""
    metadata = Field(
        name="Metadata",
        label="Metadata",
        type="complexvalue",
        permissionable=False,
        formula=_metadata,
    )
    fields = [
        key("Custom Field"),
        text("DeveloperName", "Developer Name", 40),
        text("NamespacePrefix", "Namespace Prefix", 15),
        text("TableEnumOrId", "Table Enum or ID", 40),
        fixed(text("FullName", "Full Name", 255)),
        area("Description", "Description", 255),
        area("InlineHelpText", "Inline Help Text", 255),
        whole("Length", "Length"),
        text("ManageableState", "Manageable State", 40),
        metadata,
        *audit()[:4],
    ]
    return make_object(("CustomField", "Custom Field", "Custom Fields"), "00N", fields, traits=_TRAITS)


def apex_class() -> SObject:
    """Code that people have written; the emulator runs none."""
    fields = [
        key("Apex Class"),
        text("NamespacePrefix", "Namespace Prefix", 15),
        text("Name", "Name", 255),
        *audit(),
    ]
    return make_object(("ApexClass", "Apex Class", "Apex Classes"), "01p", fields, traits=_TRAITS)
