"""Puts an object together from its fields."""

from collections.abc import Iterable, Sequence

from crm_segments.sandbox.salesforce.fields import Field
from crm_segments.sandbox.salesforce.sobjects import ChildRelationship, SObject, Traits

__all__ = ["make_object"]


def make_object(
    names: tuple[str, str, str],
    prefix: str,
    fields: Iterable[Field],
    *,
    traits: Traits | None = None,
    children: Sequence[tuple[str, str, str]] = (),
) -> SObject:
    """An object.

    Args:
        names: API name, label and plural label.
        prefix: First three characters of its records' ids.
        fields: In the order of the describe.
        traits: What may be done with it.
        children: Child object, its field, and the relationship's name.
    """
    return SObject(
        name=names[0],
        label=names[1],
        label_plural=names[2],
        prefix=prefix,
        fields={one.name.lower(): one for one in fields},
        traits=traits or Traits(),
        children=tuple(ChildRelationship(*child) for child in children),
    )
