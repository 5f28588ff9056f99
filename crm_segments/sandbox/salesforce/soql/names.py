"""Names in queries: which field of which object they mean to this user, and how to read it."""

from collections.abc import Callable
from dataclasses import dataclass

from crm_segments.sandbox.salesforce.fields import Field
from crm_segments.sandbox.salesforce.org import SalesforceOrg
from crm_segments.sandbox.salesforce.reading import attributes, value_reader
from crm_segments.sandbox.salesforce.sobjects import SObject
from crm_segments.sandbox.salesforce.soql.model import Name, Query
from crm_segments.sandbox.salesforce.soql.refusal import no_such_column, no_such_type, refuse
from crm_segments.sandbox.salesforce.store import Row

__all__ = ["Asker", "Resolved", "Step", "parent_attributes", "parent_of", "resolve", "source_object"]

_LEVELS = 5


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, of which org, with which version of the API."""

    org: SalesforceOrg
    user: str
    version: str
    tooling: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One relationship on the way to a field."""

    reference: Field
    target: SObject

    @property
    def shown_type(self) -> str:
        """What the parent calls itself; where several objects are possible, `Name`."""
        return "Name" if len(self.reference.refers_to) > 1 else self.target.name


@dataclass(frozen=True, slots=True)
class Resolved:
    """A field, the way to it, and how to read it from a record."""

    field: Field
    steps: tuple[Step, ...]
    read: Callable[[Row], object]

    @property
    def path(self) -> tuple[str, ...]:
        """Names of the relationships and the field, as they are written in answers."""
        return (*(str(step.reference.relationship) for step in self.steps), self.field.name)


def source_object(asker: Asker, query: Query) -> SObject:
    """The object after FROM.

    Raises:
        ApiError: The user sees no such object: INVALID_TYPE.
    """
    sobject = asker.org.store.sobject(query.source.text)
    is_elsewhere = sobject is not None and sobject.traits.is_tooling is not asker.tooling
    if sobject is None or is_elsewhere or not asker.org.access.allows(asker.user, sobject, "Read"):
        raise no_such_type(query.text, query.source.position, query.source.text)
    return sobject


def resolve(asker: Asker, query: Query, sobject: SObject, name: Name) -> Resolved:
    """The field that a name means.

    Raises:
        ApiError: The user sees no such field or relationship: INVALID_FIELD.
    """
    parts = name.text.split(".")
    if len(parts) > 1 and parts[0].lower() in {sobject.name.lower(), (query.alias or sobject.name).lower()}:
        parts = parts[1:]
    if len(parts) > _LEVELS + 1:
        text = f"SOQL statements cannot query more than {_LEVELS} relationship levels"
        raise refuse("MALFORMED_QUERY", query.text, name.position, text)
    steps: list[Step] = []
    here = sobject
    for part in parts[:-1]:
        step = _step(asker, here, part)
        if step is None:
            text = (
                f"Didn't understand relationship '{part}' in field path. If you are attempting to use a"
                " custom relationship, be sure to append the '__r' after the custom relationship name."
                " Please reference your WSDL or the describe call for the appropriate names."
            )
            raise refuse("INVALID_FIELD", query.text, name.position, text)
        steps.append(step)
        here = step.target
    field = asker.org.access.readable(asker.user, here).get(parts[-1].lower())
    if field is None:
        raise no_such_column(query.text, name.position, parts[-1], here.name)
    return Resolved(field, tuple(steps), _reader(asker.org, steps, field))


def parent_attributes(asker: Asker, step: Step, row: Row) -> dict[str, str]:
    """The attributes of a parent record in an answer."""
    actual = asker.org.store.object_of(str(row["Id"])) or step.target
    shown = attributes(actual, row, asker.version, tooling=asker.tooling)
    return {**shown, "type": step.shown_type}


def parent_of(org: SalesforceOrg, row: Row, step: Step) -> Row | None:
    """The record at the other end of a relationship."""
    target = row.get(step.reference.name)
    return org.store.find(str(target)) if target else None


def _step(asker: Asker, here: SObject, part: str) -> Step | None:
    reference = here.reference(part)
    if reference is None or reference.name.lower() not in asker.org.access.readable(asker.user, here):
        return None
    targets = [found for one in reference.refers_to if (found := asker.org.store.sobject(one))]
    # Where several objects are possible, users stand for all: they have the fields that all have.
    target = next((one for one in targets if one.name == "User"), targets[0] if targets else None)
    return Step(reference, target) if target else None


def _reader(org: SalesforceOrg, steps: list[Step], field: Field) -> Callable[[Row], object]:
    read = value_reader(field)
    if not steps:
        return read

    def follow(row: Row) -> object:
        found: Row | None = row
        for step in steps:
            found = parent_of(org, found, step) if found is not None else None
        return None if found is None else read(found)

    return follow
