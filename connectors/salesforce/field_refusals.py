"""What stands in the way of our fields, in words, with the way out."""

from collections.abc import Sequence

from connectors.errors import AccessError, ProtocolError, SchemaError, UsageError
from connectors.model import FieldSpec, FieldType
from connectors.salesforce.custom_fields import TYPES, CustomField
from connectors.salesforce.errors import RefusedError
from connectors.salesforce.limits import LIMITS
from connectors.salesforce.names import WRITERS_SET
from connectors.salesforce.objects import SourceObject

__all__ = [
    "check_found",
    "check_present",
    "check_wanted",
    "foreign",
    "no_change",
    "no_setup",
    "not_made",
    "options_lost",
    "stale_labels",
    "still_closed",
    "too_short",
    "viewers_left_out",
]

_FREE_NAME = "set `field` under [[segmentation]] to a name that is free"
_FIELDS_PATH = "Setup > Object Manager > {} > Fields & Relationships"


def check_wanted(source: SourceObject, wanted: FieldSpec) -> None:
    """Refuse what could never be made.

    Raises:
        UsageError: It does not say for which installation it is.
        SchemaError: Our fields have no such type or length.
    """
    if wanted.installation_id is None:
        raise UsageError(
            f"The wanted field {wanted.name} of {source.name} does not say which installation it is for.",
            hint="Give it an installation_id.",
            code="schema.field.unowned",
        )
    too_long = wanted.max_length is None or not 1 <= wanted.max_length <= LIMITS.max_text_length
    if wanted.type not in TYPES or (wanted.type is FieldType.TEXT and too_long):
        raise SchemaError(
            f"Field {wanted.name} of {source.name} cannot be a {wanted.type} field of {wanted.max_length} "
            "characters.",
            hint=f"Our fields are picklists, dates, and texts of up to {LIMITS.max_text_length} characters.",
            code="schema.field.length",
            details={"object": source.kind.value, "field": wanted.name},
        )


def check_found(source: SourceObject, found: FieldSpec, wanted: FieldSpec) -> None:
    """Refuse a visible field that is not ours, of another installation, or of another type.

    Raises:
        SchemaError: It is; names the way out.
    """
    if not found.is_managed:
        raise foreign(source, wanted.name)
    if found.installation_id != wanted.installation_id:
        raise _other_installation(source, wanted.name)
    if found.type is not wanted.type:
        raise _other_type(source, wanted, found.type.value)


def check_present(source: SourceObject, present: CustomField, wanted: FieldSpec) -> None:
    """The same for a field that was looked up, because nobody sees it perhaps.

    Raises:
        SchemaError: It is not ours to change.
    """
    if present.installation_id is None or present.name != wanted.name:
        raise foreign(source, present.name)
    if present.installation_id != wanted.installation_id:
        raise _other_installation(source, wanted.name)
    if present.type is not wanted.type:
        raise _other_type(source, wanted, str(present.metadata.get("type")))


def foreign(source: SourceObject, name: str) -> SchemaError:
    """Somebody else's field has the name."""
    return SchemaError(
        f"The object {source.name} already has a field {name} that crm-segments did not make.",
        hint=f"It was not touched. Either {_FREE_NAME}, or rename that field: "
        f"{_FIELDS_PATH.format(source.name)}.",
        code="schema.field.foreign",
        details=_details(source, name),
    )


def no_setup(sobject: str, names: Sequence[str]) -> AccessError:
    """Something is missing, and the user may not set it up."""
    fields = ", ".join(names)
    return AccessError(
        f"On {sobject}, these fields are missing, incomplete, or hidden from the Salesforce user, which "
        f"may not set them up: {fields}.",
        hint="An administrator does it once: either crm-segments fields create, as a user with Customize "
        "Application, Manage Profiles and Permission Sets and Assign Permission Sets; or crm-segments "
        "fields export DIR, deploy it, and Setup > Permission Sets > CRM Segments Integration > Manage "
        "Assignments > add the integration user.",
        code="salesforce.fields.missing",
        details={"object": sobject, "fields": list(names), "permission_set": WRITERS_SET},
        next_command="crm-segments fields export DIR",
    )


def no_change(sobject: str, names: Sequence[str]) -> AccessError:
    """The user may not change descriptions of fields."""
    right = "Customize Application"
    return AccessError(
        f"The Salesforce user may not change the fields of {sobject} ({', '.join(names)}).",
        hint=f"Give it {right} and View Setup and Configuration for this: Setup > Permission Sets > the "
        "set of the integration user > System Permissions; or run this once with an administrator's "
        "credentials.",
        code="salesforce.access.setup",
        details={"object": sobject, "permission": right},
    )


def too_short(sobject: str, found: FieldSpec, wanted: FieldSpec) -> str:
    """Somebody made a text of ours shorter."""
    return (
        f"The field {wanted.name} of {sobject} holds {found.max_length} characters instead of "
        f"{wanted.max_length}: longer texts will be refused. {_FIELDS_PATH.format(sobject)} > the field > "
        "Edit: Length."
    )


def viewers_left_out(sobject: str) -> str:
    """Viewers who do not see the fields yet, because the user may not set that up."""
    return (
        f"Not everybody in the profiles that viewers names sees all our fields of {sobject} yet, and the "
        "Salesforce user may not change that. An administrator can: crm-segments fields create."
    )


def still_closed(sobject: str, names: Sequence[str]) -> AccessError:
    """The fields are there, and yet the user may not write them."""
    fields = ", ".join(names)
    return AccessError(
        f"The Salesforce user does not see these fields of {sobject}, or may not edit them: {fields}.",
        hint=f"Setup > Permission Sets > CRM Segments Integration > Object Settings > {sobject} > Edit: "
        "Read Access and Edit Access for each of them, and Edit for the object; then Manage Assignments > "
        "add the integration user. A muting permission set takes rights away: is one assigned?",
        code="salesforce.access.fields",
        details={"object": sobject, "fields": list(names), "permission_set": WRITERS_SET},
        next_command="crm-segments fields check",
    )


def options_lost(sobject: str, name: str, values: Sequence[str]) -> ProtocolError:
    """Salesforce took the options, and does not have them."""
    return ProtocolError(
        f"Salesforce took {len(values)} options of {name} on {sobject}, and does not show them.",
        hint="Run crm-segments fields create again; if it stays, please report it.",
        code="salesforce.field.options_lost",
        details={"object": sobject, "field": name, "options": list(values)},
        next_command="crm-segments fields create",
    )


def not_made(sobject: str, name: str, error: RefusedError) -> SchemaError:
    """Salesforce refused to make a field that nobody sees."""
    return SchemaError(
        f"Salesforce refused to make the field {name} on {sobject}: {error.api_code}.",
        hint=f"Is there a deleted field of that name, or is the object at its limit of custom fields? "
        f"{_FIELDS_PATH.format(sobject)} > Deleted Fields; or {_FREE_NAME}.",
        code="salesforce.field.refused",
        details={"object": sobject, "field": name, "api_code": error.api_code},
    )


def stale_labels(sobject: str, name: str, values: Sequence[str]) -> str:
    """Renamed segments whose options keep their old labels, because the user may not change them."""
    return (
        f"The field {name} of {sobject} shows {len(values)} segments under an old title "
        f"({', '.join(values)}); the Salesforce user may not change that. An administrator can: "
        "crm-segments fields create."
    )


def _other_installation(source: SourceObject, name: str) -> SchemaError:
    return SchemaError(
        f"The field {name} of {source.name} belongs to another installation of crm-segments.",
        hint="If that installation is gone, take its fields over with crm-segments fields adopt, or, "
        "together with the segments that the records carry, with crm-segments refit and refit approve; "
        f"else {_FREE_NAME}.",
        code="schema.field.other_installation",
        details=_details(source, name),
        next_command="crm-segments fields adopt",
    )


def _other_type(source: SourceObject, wanted: FieldSpec, found: str) -> SchemaError:
    return SchemaError(
        f"The field {wanted.name} of {source.name} is a {found.lower()} field, and a {wanted.type} field "
        "is needed.",
        hint=f"It was not touched: {_FREE_NAME}.",
        code="schema.field.type",
        details=_details(source, wanted.name),
    )


def _details(source: SourceObject, name: str) -> dict[str, object]:
    return {"object": source.kind.value, "field": name}
