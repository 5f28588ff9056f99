"""Short ways to say what a standard property is."""

from collections.abc import Callable, Mapping

from crm_segments.sandbox.hubspot.kinds import Kind
from crm_segments.sandbox.hubspot.properties import Option, Property

__all__ = ["choice", "common", "flag", "moment", "number", "read_only", "text", "texts"]


def text(name: str, label: str, group: str, field_type: str = "text") -> Property:
    """A text."""
    kind = "phone_number" if field_type == "phonenumber" else "string"
    made = _standard(name, label, group, kind, field_type)
    made.form_field = True
    return made


def texts(group: str, **labels: str) -> list[Property]:
    """Texts by name and label."""
    return [text(name, label, group) for name, label in labels.items()]


def number(name: str, label: str, group: str) -> Property:
    """A number."""
    return _standard(name, label, group, "number", "number")


def flag(name: str, label: str, group: str) -> Property:
    """True or false."""
    return _standard(name, label, group, "bool", "booleancheckbox")


def moment(name: str, label: str, group: str) -> Property:
    """A date with a time."""
    return _standard(name, label, group, "datetime", "date")


def choice(
    name: str, label: str, group: str, options: Mapping[str, str], *, field_type: str = "select"
) -> Property:
    """One of several values, by value and label; without any, the values come from elsewhere."""
    made = _standard(name, label, group, "enumeration", field_type)
    made.set_options([Option(value, shown, order) for order, (value, shown) in enumerate(options.items())])
    made.external_options = not options
    return made


def read_only(one: Property) -> Property:
    """A property that HubSpot fills itself."""
    one.read_only_value = one.read_only_definition = one.calculated = True
    return one


def common(kind: Kind, group: str) -> list[Property]:
    """What every record has."""
    make: Callable[[str, str, str], Property]
    entries = []
    for name, label, make in (
        ("hs_object_id", "Record ID", number),
        (kind.created_name, "Create Date", moment),
        (kind.modified_name, "Last Modified Date", moment),
        ("hs_merged_object_ids", "Merged record IDs", text),
    ):
        entries.append(read_only(make(name, label, group)))
    entries.append(choice("hubspot_owner_id", f"{kind.label} owner", group, {}))
    # A record's creation date may be set while it is made, and changed later.
    entries[1].read_only_value = False
    return entries


def _standard(name: str, label: str, group: str, kind: str, field_type: str) -> Property:
    return Property(
        name=name,
        label=label,
        group=group,
        type=kind,
        field_type=field_type,
        hubspot_defined=True,
        archivable=False,
    )
