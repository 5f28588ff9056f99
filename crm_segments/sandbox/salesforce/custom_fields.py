"""Custom fields as the Tooling API and the Metadata API describe them, made into fields of objects."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from crm_segments.sandbox.salesforce.errors import ApiError, malformed_json
from crm_segments.sandbox.salesforce.fields import Field, PicklistOption, Value
from crm_segments.sandbox.salesforce.ids import long_id
from crm_segments.sandbox.salesforce.org import SalesforceOrg
from crm_segments.sandbox.salesforce.sobjects import SObject

__all__ = ["add_option", "change_field", "create_field", "delete_field"]

_TYPES = {
    "Text": "string",
    "TextArea": "textarea",
    "LongTextArea": "textarea",
    "Picklist": "picklist",
    "MultiselectPicklist": "multipicklist",
    "Number": "double",
    "Currency": "currency",
    "Percent": "percent",
    "Checkbox": "boolean",
    "Date": "date",
    "DateTime": "datetime",
    "Url": "url",
    "Email": "email",
    "Phone": "phone",
}
_LENGTHS = {"textarea": 255, "picklist": 255, "multipicklist": 4099, "url": 255, "email": 80, "phone": 40}
_KEYS = frozenset(
    {
        *("type", "label", "description", "inlineHelpText", "required", "valueSet", "length", "externalId"),
        *("unique", "caseSensitive", "precision", "scale", "defaultValue", "visibleLines", "trackHistory"),
        *("trackFeedHistory", "trackTrending", "securityClassification", "businessStatus", "formula"),
    }
)
_FULL_NAME = re.compile(r"(\w+)\.([A-Za-z](?:_?[A-Za-z0-9])*)__c")
_MOST_OPTIONS = 1000


def create_field(org: SalesforceOrg, full_name: str, metadata: Mapping[str, object], by: str) -> str:
    """Makes a custom field, which nobody sees yet; gives the id of its CustomField record.

    Raises:
        ApiError: The description is wrong, or the field is there already.
    """
    found = _FULL_NAME.fullmatch(full_name)
    sobject = org.store.sobject(found[1]) if found else None
    if found is None or sobject is None or len(found[2]) > 40:
        message = f"Invalid FullName: {full_name}. Expected Object.Field__c with a known object"
        raise ApiError(400, "INVALID_FULL_NAME", message)
    name = f"{found[2]}__c"
    if sobject.field(name) is not None:
        message = f"There is already a field named {found[2]} on {sobject.label}."
        raise ApiError(400, "DUPLICATE_DEVELOPER_NAME", message, extra={"fields": []})
    field = _field(name, metadata)
    values = _record(org, sobject, field, metadata)
    record_id = org.store.insert("CustomField", values, by)
    org.add_field(sobject.name, replace(field, record_id=record_id), visible=False)
    return record_id


def change_field(org: SalesforceOrg, record_id: str, metadata: Mapping[str, object], by: str) -> None:
    """Changes a custom field; options that are left out become inactive.

    Raises:
        ApiError: The description is wrong, or the type would change.
    """
    row = org.store.table("CustomField")[record_id]
    sobject = org.require(str(row["FullName"]).partition(".")[0])
    known = sobject.field(f"{row['DeveloperName']}__c")
    if known is None:
        raise KeyError(record_id)
    wanted = replace(_field(known.name, metadata), record_id=record_id)
    if wanted.type != known.type:
        message = f"Cannot change the type of {known.name} from {known.type} to {wanted.type}"
        raise ApiError(400, "FIELD_INTEGRITY_EXCEPTION", message, extra={"fields": ["Type"]})
    named = {one.value for one in wanted.options}
    deactivates = org.settings.beliefs.left_out_options_are_deactivated
    left_out = [
        replace(one, is_active=one.is_active and not deactivates)
        for one in known.options
        if one.value not in named
    ]
    changed = replace(wanted, custom=True, options=(*wanted.options, *left_out))
    org.store.update(record_id, _record(org, sobject, changed, metadata), by)
    sobject.add_field(changed)
    org.access.forget()


def add_option(org: SalesforceOrg, sobject_name: str, field_name: str, option: PicklistOption) -> None:
    """Somebody adds one more option to a picklist in Setup."""
    sobject = org.require(sobject_name)
    known = sobject.field(field_name)
    if known is None:
        raise KeyError(field_name)
    changed = replace(known, options=(*known.options, option))
    if known.record_id is not None:
        metadata = json.loads(str(org.store.table("CustomField")[known.record_id]["MetadataText"]))
        org.store.update(known.record_id, _record(org, sobject, changed, metadata), org.admin_id)
    sobject.add_field(changed)
    org.access.forget()


def delete_field(org: SalesforceOrg, record_id: str, by: str) -> None:
    """Deletes a custom field with its values and the permissions that name it."""
    row = org.store.table("CustomField")[record_id]
    object_name, _, name = str(row["FullName"]).partition(".")
    org.remove_field(object_name, name)
    place = f"{object_name}.{name}"
    for permission_id, permission in list(org.store.table("FieldPermissions").items()):
        if permission.get("Field") == place:
            org.store.delete(permission_id, by)
    org.store.delete(record_id, by)


def _record(
    org: SalesforceOrg, sobject: SObject, field: Field, metadata: Mapping[str, object]
) -> dict[str, Value]:
    developer_name = field.name.removesuffix("__c")
    value_set = metadata.get("valueSet")
    if isinstance(value_set, dict):
        # What is read back are the options as they are, also those that a change left out.
        named = "valueName" if org.settings.beliefs.options_are_read_as_value_name else "fullName"
        definition = {
            **value_set["valueSetDefinition"],
            "value": [_option_metadata(one, named) for one in field.options],
        }
        metadata = {**metadata, "valueSet": {**value_set, "valueSetDefinition": definition}}
    return {
        "DeveloperName": developer_name,
        "TableEnumOrId": _enum_or_id(sobject),
        "FullName": f"{sobject.name}.{field.name}",
        "Description": field.description,
        "InlineHelpText": field.help_text,
        "Length": field.length or None,
        "ManageableState": "unmanaged",
        "MetadataText": json.dumps(metadata),
    }


def _field(name: str, metadata: Mapping[str, object]) -> Field:
    unknown = sorted(metadata.keys() - _KEYS)
    if unknown:
        raise malformed_json(f'Unrecognized field "{unknown[0]}" at [line:1, column:1]')
    kind = str(metadata.get("type"))
    if kind not in _TYPES:
        raise malformed_json(f"{kind} is not a valid value for the enum FieldType at [line:1, column:1]")
    shown = _TYPES[kind]
    options = _options(metadata, kind)
    if shown == "boolean" and metadata.get("defaultValue") is None:
        raise _wrong("defaultValue", "Checkbox fields need a default value")
    return Field(
        name=name,
        label=_text(metadata, "label", 40, required=True) or "",
        type=shown,
        length=_length(metadata, kind, shown),
        precision=_number(metadata, "precision", 18) if shown in {"double", "currency", "percent"} else 0,
        scale=_number(metadata, "scale", 0) if shown in {"double", "currency", "percent"} else 0,
        nillable=metadata.get("required") is not True,
        options=options,
        restricted=_is_restricted(metadata),
        external_id=metadata.get("externalId") is True,
        unique=metadata.get("unique") is True,
        id_lookup=metadata.get("externalId") is True,
        extra_type="plaintextarea" if shown == "textarea" else None,
        description=_text(metadata, "description", 1000),
        help_text=_text(metadata, "inlineHelpText", 510),
        default=_default(options) if options else None,
    )


def _length(metadata: Mapping[str, object], kind: str, shown: str) -> int:
    if kind in {"Text", "LongTextArea"}:
        lowest, highest = (1, 255) if kind == "Text" else (256, 131_072)
        length = _number(metadata, "length", 0)
        if not lowest <= length <= highest:
            raise _wrong("length", f"Length must be between {lowest} and {highest}")
        return length
    return _LENGTHS.get(shown, 0)


def _options(metadata: Mapping[str, object], kind: str) -> tuple[PicklistOption, ...]:
    value_set = metadata.get("valueSet")
    if kind not in {"Picklist", "MultiselectPicklist"}:
        if value_set is not None:
            raise _wrong("valueSet", f"Can not specify 'valueSet' for a CustomField of type {kind}")
        return ()
    definition = value_set.get("valueSetDefinition") if isinstance(value_set, dict) else None
    listed = definition.get("value") if isinstance(definition, dict) else None
    if not isinstance(listed, list) or not listed:
        raise _wrong("valueSet", f"Must specify values for a CustomField of type {kind}")
    found = tuple(_option(one) for one in listed)
    if len(found) > _MOST_OPTIONS:
        raise _wrong("valueSet", f"A picklist can not have more than {_MOST_OPTIONS} values")
    for what, texts in (("value", [one.value for one in found]), ("label", [one.label for one in found])):
        folded = [text.casefold() for text in texts]
        if len(set(folded)) < len(folded):
            raise _wrong("valueSet", f"Duplicate picklist {what}")
    return found


def _option(one: object) -> PicklistOption:
    name = (one.get("fullName") or one.get("valueName")) if isinstance(one, dict) else None
    if not isinstance(one, dict) or not isinstance(name, str) or not name:
        raise _wrong("valueSet", "Each value needs a fullName")
    label = one.get("label") or name
    if len(name) > 255 or len(str(label)) > 255:
        raise _wrong("valueSet", "Picklist values can not be longer than 255 characters")
    return PicklistOption(name, str(label), one.get("isActive") is not False, one.get("default") is True)


def _enum_or_id(sobject: SObject) -> str:
    """Standard objects stand in descriptions of fields by their name, custom ones by an id."""
    return long_id(f"01I4S0000000{sobject.prefix}") if sobject.name.endswith("__c") else sobject.name


def _option_metadata(option: PicklistOption, named: str) -> dict[str, object]:
    shown = {named: option.value, "default": option.is_default, "label": option.label}
    return shown if option.is_active else {**shown, "isActive": False}


def _default(options: Sequence[PicklistOption]) -> str | None:
    return next((one.value for one in options if one.is_default), None)


def _is_restricted(metadata: Mapping[str, object]) -> bool:
    value_set = metadata.get("valueSet")
    return isinstance(value_set, dict) and value_set.get("restricted") is True


def _text(metadata: Mapping[str, object], name: str, longest: int, *, required: bool = False) -> str | None:
    value = metadata.get(name)
    if value is None or value == "":
        if required:
            raise _wrong(name, f"Required fields are missing: [{name}]")
        return None
    if not isinstance(value, str) or len(value) > longest:
        raise _wrong(name, f"{name}: data value too large: (max length={longest})")
    return value


def _number(metadata: Mapping[str, object], name: str, default: int) -> int:
    value = metadata.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise malformed_json(f"Cannot deserialize instance of int for {name} at [line:1, column:1]")
    return int(value)


def _wrong(name: str, message: str) -> ApiError:
    return ApiError(400, "FIELD_INTEGRITY_EXCEPTION", message, extra={"fields": [name]})
