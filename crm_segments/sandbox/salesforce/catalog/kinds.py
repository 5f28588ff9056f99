"""Fields by their kind, as briefly as a list of them needs."""

from collections.abc import Sequence

from crm_segments.sandbox.salesforce.fields import Field, PicklistOption

__all__ = [
    "address",
    "area",
    "audit",
    "day",
    "deleted",
    "email",
    "fixed",
    "flag",
    "key",
    "moment",
    "money",
    "number",
    "options",
    "owner",
    "phone",
    "picklist",
    "reference",
    "text",
    "url",
    "whole",
]

GEOCODE = (
    "Address",
    "NearAddress",
    "Block",
    "Street",
    "ExtendedZip",
    "Zip",
    "Neighborhood",
    "City",
    "County",
)


def options(*values: str) -> tuple[PicklistOption, ...]:
    """Options whose labels are their values."""
    return tuple(PicklistOption(value, value) for value in values)


def text(name: str, label: str, length: int, *, required: bool = False, compound: str | None = None) -> Field:
    """A line of text."""
    return Field(
        name=name, label=label, type="string", length=length, nillable=not required, compound=compound
    )


def area(name: str, label: str, length: int = 32000, *, compound: str | None = None) -> Field:
    """Text of several lines."""
    return Field(
        name=name, label=label, type="textarea", length=length, compound=compound, extra_type="plaintextarea"
    )


def picklist(
    name: str,
    label: str,
    *values: str,
    length: int = 40,
    restricted: bool = False,
    compound: str | None = None,
) -> Field:
    """A choice."""
    return Field(
        name=name,
        label=label,
        type="picklist",
        length=length,
        options=options(*values),
        restricted=restricted,
        compound=compound,
    )


def phone(name: str, label: str) -> Field:
    """A telephone number."""
    return Field(name=name, label=label, type="phone", length=40)


def email(name: str, label: str, *, id_lookup: bool = True) -> Field:
    """An e-mail address."""
    return Field(name=name, label=label, type="email", length=80, id_lookup=id_lookup)


def url(name: str, label: str) -> Field:
    """A web address."""
    return Field(name=name, label=label, type="url", length=255)


def day(name: str, label: str, *, required: bool = False) -> Field:
    """A date."""
    return Field(name=name, label=label, type="date", nillable=not required)


def moment(name: str, label: str) -> Field:
    """A date with a time."""
    return Field(name=name, label=label, type="datetime")


def number(
    name: str, label: str, precision: int = 18, scale: int = 0, *, compound: str | None = None
) -> Field:
    """A number with a fraction."""
    return Field(name=name, label=label, type="double", precision=precision, scale=scale, compound=compound)


def money(name: str, label: str, scale: int = 0) -> Field:
    """An amount."""
    return Field(name=name, label=label, type="currency", precision=18, scale=scale)


def whole(name: str, label: str, digits: int = 8) -> Field:
    """A whole number."""
    return Field(name=name, label=label, type="int", digits=digits)


def flag(name: str, label: str, *, default: bool = False, createable: bool = True) -> Field:
    """A check box."""
    return Field(
        name=name,
        label=label,
        type="boolean",
        default=default,
        nillable=False,
        createable=createable,
        updateable=createable,
        permissionable=createable,
    )


def reference(
    name: str,
    label: str,
    target: str | Sequence[str],
    relationship: str | None = None,
    *,
    required: bool = False,
) -> Field:
    """A record of another object."""
    targets = (target,) if isinstance(target, str) else tuple(target)
    return Field(
        name=name,
        label=label,
        type="reference",
        length=18,
        refers_to=targets,
        relationship=relationship or name.removesuffix("Id"),
        nillable=not required,
    )


def fixed(one: Field, *, nillable: bool = True, defaulted: bool = False, extra: str | None = None) -> Field:
    """The same field, filled by Salesforce and by nobody else."""
    return Field(
        name=one.name,
        label=one.label,
        type=one.type,
        length=one.length,
        precision=one.precision,
        scale=one.scale,
        digits=one.digits,
        options=one.options,
        refers_to=one.refers_to,
        relationship=one.relationship,
        nillable=nillable,
        createable=False,
        updateable=False,
        defaulted=defaulted,
        permissionable=False,
        extra_type=extra or one.extra_type,
    )


def key(label: str) -> Field:
    """The record's own id."""
    return Field(
        name="Id",
        label=f"{label} ID",
        type="id",
        length=18,
        nillable=False,
        createable=False,
        updateable=False,
        defaulted=True,
        permissionable=False,
        id_lookup=True,
    )


def deleted() -> Field:
    """Whether the record is in the recycle bin."""
    return fixed(flag("IsDeleted", "Deleted"), nillable=False, defaulted=True)


def owner(*targets: str) -> Field:
    """Who the record belongs to."""
    return Field(
        name="OwnerId",
        label="Owner ID",
        type="reference",
        length=18,
        refers_to=targets or ("User",),
        relationship="Owner",
        nillable=False,
        defaulted=True,
        permissionable=False,
    )


def audit() -> list[Field]:
    """When and by whom a record was made and changed."""
    return [
        fixed(moment("CreatedDate", "Created Date"), nillable=False, defaulted=True),
        fixed(reference("CreatedById", "Created By ID", "User"), nillable=False, defaulted=True),
        fixed(moment("LastModifiedDate", "Last Modified Date"), nillable=False, defaulted=True),
        fixed(reference("LastModifiedById", "Last Modified By ID", "User"), nillable=False, defaulted=True),
        fixed(moment("SystemModstamp", "System Modstamp"), nillable=False, defaulted=True),
    ]


def address(prefix: str, label: str) -> list[Field]:
    """The parts of an address and the address as a whole."""
    words = f"{label} " if label else ""
    whole_name = f"{prefix}Address"
    parts = [
        area(f"{prefix}Street", f"{words}Street", 255, compound=whole_name),
        text(f"{prefix}City", f"{words}City", 40, compound=whole_name),
        text(f"{prefix}State", f"{words}State/Province", 80, compound=whole_name),
        text(f"{prefix}PostalCode", f"{words}Zip/Postal Code", 20, compound=whole_name),
        text(f"{prefix}Country", f"{words}Country", 80, compound=whole_name),
        number(f"{prefix}Latitude", f"{words}Latitude", 18, 15, compound=whole_name),
        number(f"{prefix}Longitude", f"{words}Longitude", 18, 15, compound=whole_name),
        picklist(
            f"{prefix}GeocodeAccuracy",
            f"{words}Geocode Accuracy",
            *GEOCODE,
            restricted=True,
            compound=whole_name,
        ),
    ]
    compound = Field(
        name=whole_name, label=f"{words}Address", type="address", createable=False, updateable=False
    )
    return [*parts, compound]
