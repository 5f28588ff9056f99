"""The kinds of record: what the API calls them, and which scopes open them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

__all__ = ["STANDARD_KINDS", "Kind", "custom_kind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of record, which HubSpot calls an object type."""

    type_id: str
    """E.g. `0-2`."""
    name: str
    """As it stands in paths, e.g. `companies`."""
    singular: str
    """E.g. `company`; upper case in texts and in `fullyQualifiedName`."""
    label: str
    plural_label: str
    read_scopes: tuple[str, ...]
    """One of them is needed to read records."""
    write_scopes: tuple[str, ...]
    schema_read_scopes: tuple[str, ...]
    schema_write_scopes: tuple[str, ...]
    shown: tuple[str, ...]
    """Properties that are answered where the client names none."""
    updated: tuple[str, ...]
    """Properties that come with the answer to every write."""
    created_name: str = "createdate"
    modified_name: str = "hs_lastmodifieddate"
    unique_name: str | None = None
    """A standard property that no two records may share."""

    @property
    def always(self) -> tuple[str, ...]:
        """Properties that every read answers."""
        return (self.created_name, self.modified_name, "hs_object_id")

    def names(self) -> Iterable[str]:
        """Everything that a path or body may call it, in lower case; capitals do not matter."""
        return {self.type_id, self.name, self.singular}


def _kind(type_id: str, name: str, singular: str, *shown: str, scope: str = "") -> Kind:
    scope = scope or name
    return Kind(
        type_id=type_id,
        name=name,
        singular=singular,
        label=singular.replace("_", " ").capitalize(),
        plural_label=name.replace("_", " ").capitalize(),
        read_scopes=(f"crm.objects.{scope}.read",),
        write_scopes=(f"crm.objects.{scope}.write",),
        schema_read_scopes=(f"crm.schemas.{scope}.read",),
        schema_write_scopes=(f"crm.schemas.{scope}.write",),
        shown=shown,
        updated=("createdate", "hs_lastmodifieddate", "hs_object_id"),
    )


def _later_kind(kind: Kind) -> Kind:
    """A kind whose time of creation is called otherwise, as it is for all but the oldest kinds."""
    stamps = ("hs_createdate", "hs_lastmodifieddate", "hs_object_id")
    return replace(kind, created_name="hs_createdate", updated=stamps, shown=stamps)


def _activity(type_id: str, name: str, singular: str) -> Kind:
    # The documentation lists the contact scopes for activities.
    return _later_kind(_kind(type_id, name, singular, scope="contacts"))


def _with_commerce(kind: Kind) -> Kind:
    """A kind that an older, broader scope opens too."""
    return replace(
        kind,
        read_scopes=(*kind.read_scopes, "e-commerce"),
        write_scopes=(*kind.write_scopes, "e-commerce"),
        schema_read_scopes=(*kind.schema_read_scopes, "e-commerce"),
        schema_write_scopes=(*kind.schema_write_scopes, "e-commerce"),
    )


_STAMPS = ("createdate", "hs_lastmodifieddate", "hs_object_id")
_CONTACT = replace(
    _kind("0-1", "contacts", "contact"),
    shown=("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    modified_name="lastmodifieddate",
    unique_name="email",
    # Recorded (objects_v3.json: contact_batch_update_200): neither the id nor the time of creation.
    updated=("hs_email_domain", "lastmodifieddate"),
)
STANDARD_KINDS = (
    _CONTACT,
    _kind("0-2", "companies", "company", *_STAMPS, "domain", "name"),
    _kind("0-3", "deals", "deal", *_STAMPS, "amount", "closedate", "dealname", "dealstage", "pipeline"),
    _with_commerce(_kind("0-7", "products", "product", *_STAMPS, "description", "name", "price")),
    _with_commerce(_kind("0-8", "line_items", "line_item", *_STAMPS, "amount", "hs_product_id", "quantity")),
    _activity("0-27", "tasks", "task"),
    _activity("0-46", "notes", "note"),
    _activity("0-47", "meetings", "meeting_event"),
    _activity("0-48", "calls", "call"),
    _activity("0-49", "emails", "email"),
)


def custom_kind(type_id: str, name: str, label: str) -> Kind:
    """A custom object; its id begins with `2-`."""
    made = _later_kind(_kind(type_id, name, name, scope="custom"))
    return replace(made, label=label, plural_label=f"{label}s")
