"""Fields of objects, and how Salesforce describes them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

__all__ = ["Field", "PicklistOption", "Value"]

Value = str | int | float | bool | None
"""What a record holds: dates and times are kept as the text that the REST API shows."""

Formula = Callable[[Mapping[str, Value]], object]
"""Reads a computed value from a record."""

TEXT_TYPES = frozenset(
    {"string", "textarea", "phone", "url", "email", "picklist", "multipicklist", "combobox"}
)
NUMBER_TYPES = frozenset({"double", "currency", "percent"})
ID_TYPES = frozenset({"id", "reference"})
_SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "address": "urn:address",
}
_UNGROUPED = NUMBER_TYPES | {"datetime", "address", "multipicklist"}


@dataclass(frozen=True, slots=True)
class PicklistOption:
    """One choice of a picklist."""

    value: str
    label: str
    is_active: bool = True
    is_default: bool = False

    def describe(self) -> dict[str, object]:
        """The option in a describe."""
        return {
            "active": self.is_active,
            "defaultValue": self.is_default,
            "label": self.label,
            "validFor": None,
            "value": self.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of one object."""

    name: str
    label: str
    type: str
    """As in a describe: `string`, `picklist`, `reference`, ..."""
    length: int = 0
    precision: int = 0
    scale: int = 0
    digits: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    defaulted: bool = False
    default: Value = None
    custom: bool = False
    permissionable: bool = True
    """Whether field-level security applies; fields without it are always visible."""
    options: Sequence[PicklistOption] = ()
    restricted: bool = False
    external_id: bool = False
    unique: bool = False
    id_lookup: bool = False
    refers_to: tuple[str, ...] = ()
    relationship: str | None = None
    compound: str | None = None
    extra_type: str | None = None
    name_field: bool = False
    formula: Formula | None = None
    formula_text: str | None = None
    description: str | None = None
    help_text: str | None = None
    record_id: str | None = None
    """Id of the CustomField record of a field that was made through the Tooling API."""

    @property
    def is_long_text(self) -> bool:
        """Whether this is a text too long to filter or sort by."""
        return self.type == "textarea" and self.length > 255

    @property
    def is_filterable(self) -> bool:
        """Whether it may stand in a condition."""
        return not self.is_long_text

    @property
    def is_sortable(self) -> bool:
        """Whether records may be ordered by it."""
        return not self.is_long_text and self.type not in {"address", "multipicklist"}

    @property
    def is_groupable(self) -> bool:
        """Whether records may be grouped by it."""
        return not self.is_long_text and self.type not in _UNGROUPED and self.formula is None

    @property
    def is_aggregatable(self) -> bool:
        """Whether MIN, MAX and COUNT work on it."""
        return not self.is_long_text and self.type not in {"boolean", "address", "multipicklist"}

    def translated(self, labels: Mapping[str, str]) -> "Field":
        """The field as people see it whose language has other labels for its options."""
        if not labels or not self.options:
            return self
        shown = tuple(replace(one, label=labels.get(one.label, one.label)) for one in self.options)
        return replace(self, options=shown)

    def option(self, value: Value) -> PicklistOption | None:
        """The active option of this value."""
        return next((one for one in self.options if one.value == value and one.is_active), None)

    def describe(self, options: Sequence[PicklistOption] | None = None) -> dict[str, object]:
        """The field in a describe, key by key as recorded."""
        calculated = self.formula is not None
        is_boolean = self.type == "boolean"
        polymorphic = len(self.refers_to) > 1
        width = self.length if self.type in ID_TYPES else self.length * 3
        return {
            "aggregatable": self.is_aggregatable,
            "autoNumber": False,
            "byteLength": width,
            "calculated": calculated,
            "calculatedFormula": self.formula_text,
            "cascadeDelete": False,
            "caseSensitive": False,
            "compoundFieldName": self.compound,
            "controllerName": None,
            "createable": self.createable and not calculated,
            "custom": self.custom,
            "defaultValue": bool(self.default) if is_boolean else None,
            "defaultValueFormula": None,
            "defaultedOnCreate": self.defaulted or is_boolean,
            "dependentPicklist": False,
            "deprecatedAndHidden": False,
            "digits": self.digits,
            "displayLocationInDecimal": False,
            "encrypted": False,
            "externalId": self.external_id,
            "extraTypeInfo": self.extra_type,
            "filterable": self.is_filterable,
            "filteredLookupInfo": None,
            "groupable": self.is_groupable,
            "highScaleNumber": False,
            "htmlFormatted": False,
            "idLookup": self.id_lookup,
            "inlineHelpText": self.help_text,
            "label": self.label,
            "length": self.length,
            "mask": None,
            "maskType": None,
            "name": self.name,
            "nameField": self.name_field,
            "namePointing": polymorphic,
            "nillable": self.nillable and not is_boolean,
            "permissionable": self.permissionable,
            "picklistValues": [one.describe() for one in (self.options if options is None else options)],
            "polymorphicForeignKey": polymorphic,
            "precision": self.precision,
            "queryByDistance": self.type == "address",
            "referenceTargetField": None,
            "referenceTo": list(self.refers_to),
            "relationshipName": self.relationship,
            "relationshipOrder": None,
            "restrictedDelete": False,
            "restrictedPicklist": self.restricted,
            "scale": self.scale,
            "searchPrefilterable": False,
            "soapType": _SOAP_TYPES.get(self.type, "xsd:string"),
            "sortable": self.is_sortable,
            "type": self.type,
            "unique": self.unique,
            "updateable": self.updateable and not calculated,
            "writeRequiresMasterRead": False,
        }
