"""Options that record types hide: records of such a type may not get them, though the field has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.model import FieldSpec, FieldType, Finding, Severity
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.errors import RefusedError
from connectors.salesforce.schema import SObject

__all__ = ["HiddenOptions", "find_hidden_options", "hidden_option_findings", "warnings_by_field"]

_ABOUT = "read which options a record type offers"


@dataclass(frozen=True, slots=True)
class HiddenOptions:
    """Options of one field that records of one type cannot have."""

    sobject: str
    field: str
    record_type: str
    """Its name, as people see it."""
    labels: tuple[str, ...]

    def sentence(self) -> str:
        """What is wrong, in words."""
        what = "; ".join(self.labels[:5]) + ("; ..." if len(self.labels) > 5 else "")
        return (
            f'The record type "{self.record_type}" of {self.sobject} hides {len(self.labels)} of our '
            "options of "
            f"{self.field} ({what}): Salesforce may refuse them for its records."
        )

    def way_out(self) -> str:
        """What to click."""
        return (
            f"Setup > Object Manager > {self.sobject} > Record Types > {self.record_type} > the field > "
            "Edit: move the options to Selected Values."
        )


def find_hidden_options(
    client: SalesforceClient, sobject: SObject, specs: Sequence[FieldSpec]
) -> list[HiddenOptions]:
    """Ask, for each active record type, which of our options it hides; no request where there are no types.

    Args:
        client: The org.
        sobject: As the user sees it.
        specs: Our fields as they are in the org; those that are not visible are left out.
    """
    types = [one for one in sobject.record_types if one.get("active") and not one.get("master")]
    fields = [spec for spec in specs if spec.type is FieldType.PICKLIST and sobject.spec(spec.name)]
    found = []
    for one in types:
        for spec in fields:
            offered = _offered(client, sobject.name, str(one["recordTypeId"]), spec.name)
            described = sobject.spec(spec.name)
            there = {option.value: option.label for option in described.options} if described else {}
            hidden = tuple(
                there[option.value]
                for option in spec.options
                if option.value in there and offered is not None and option.value not in offered
            )
            if hidden:
                found.append(HiddenOptions(sobject.name, spec.name, str(one["name"]), hidden))
    return found


def hidden_option_findings(hidden: Sequence[HiddenOptions]) -> list[Finding]:
    """The same for people who look around before a run."""
    return [
        Finding(one.sentence(), Severity.WARN, one.way_out(), {"object": one.sobject, "field": one.field})
        for one in hidden
    ]


def warnings_by_field(hidden: Sequence[HiddenOptions]) -> Mapping[str, tuple[str, ...]]:
    """The same for plans, by field."""
    fields = dict.fromkeys(one.field for one in hidden)
    return {
        field: tuple(f"{one.sentence()} {one.way_out()}" for one in hidden if one.field == field)
        for field in fields
    }


def _offered(client: SalesforceClient, sobject: str, record_type_id: str, field: str) -> set[str] | None:
    """Values that the type offers; None where the org does not say."""
    path = f"ui-api/object-info/{sobject}/picklist-values/{record_type_id}/{field}"
    try:
        answer = client.get(path, purpose=_ABOUT).json()
    except RefusedError as error:
        if error.status != 404:
            raise
        # The UI API does not know every object, and a type may have gone since the description.
        return None
    return {str(one["value"]) for one in answer["values"]}
