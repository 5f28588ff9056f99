"""How stored records look from the outside: values of fields, and whole records as JSON."""

from collections.abc import Callable, Iterable

from crm_segments.sandbox.salesforce.fields import Field
from crm_segments.sandbox.salesforce.sobjects import SObject
from crm_segments.sandbox.salesforce.store import Row

__all__ = ["attributes", "record_json", "value_reader"]

_ADDRESS_PARTS = {
    "city": "City",
    "country": "Country",
    "geocodeAccuracy": "GeocodeAccuracy",
    "latitude": "Latitude",
    "longitude": "Longitude",
    "postalCode": "PostalCode",
    "state": "State",
    "street": "Street",
}


def value_reader(field: Field) -> Callable[[Row], object]:
    """A function that reads this field from a record."""
    name = field.name
    if field.formula is not None:
        return field.formula
    if field.type == "boolean":
        return lambda row: row.get(name) is True
    if field.type == "address":
        prefix = name.removesuffix("Address")
        return lambda row: _address(row, prefix)
    if name == "PhotoUrl":
        return lambda row: f"/services/images/photo/{row['Id']}"
    return lambda row: row.get(name)


def attributes(sobject: SObject, row: Row, version: str, *, tooling: bool = False) -> dict[str, str]:
    """What kind of record it is and where it is found."""
    root = f"/services/data/v{version}/{'tooling/' if tooling else ''}sobjects"
    return {"type": sobject.name, "url": f"{root}/{sobject.name}/{row['Id']}"}


def record_json(sobject: SObject, row: Row, fields: Iterable[Field], version: str) -> dict[str, object]:
    """A record with its attributes and these fields."""
    result: dict[str, object] = {"attributes": attributes(sobject, row, version)}
    for field in fields:
        result[field.name] = value_reader(field)(row)
    return result


def _address(row: Row, prefix: str) -> dict[str, object] | None:
    parts: dict[str, object] = {key: row.get(prefix + name) for key, name in _ADDRESS_PARTS.items()}
    return parts if any(value is not None for value in parts.values()) else None
