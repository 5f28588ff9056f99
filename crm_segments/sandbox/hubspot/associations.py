"""Who belongs to whom: associations between records, in both directions, with their types."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crm_segments.sandbox.hubspot.kinds import Kind

__all__ = ["AssociationType", "Associations"]


@dataclass(frozen=True, slots=True)
class AssociationType:
    """One meaning that an association may have in one direction."""

    type_id: int
    name: str
    """As it stands in the associations of a record, e.g. `contact_to_company`."""
    label: str | None = None
    category: str = "HUBSPOT_DEFINED"

    def as_json(self) -> dict[str, object]:
        """As the associations API shows it."""
        return {"category": self.category, "typeId": self.type_id, "label": self.label}


# Ids of the documentation: "Association type ID values", read November 2026.
_UNLABELED: Mapping[tuple[str, str], int] = {
    ("0-1", "0-2"): 279,
    ("0-2", "0-1"): 280,
    ("0-3", "0-2"): 341,
    ("0-2", "0-3"): 342,
    ("0-3", "0-1"): 3,
    ("0-1", "0-3"): 4,
    ("0-8", "0-3"): 20,
    ("0-3", "0-8"): 19,
    ("0-2", "0-2"): 450,
    ("0-1", "0-27"): 203,
    ("0-27", "0-1"): 204,
    ("0-2", "0-27"): 191,
    ("0-27", "0-2"): 192,
    ("0-1", "0-46"): 201,
    ("0-46", "0-1"): 202,
    ("0-2", "0-46"): 189,
    ("0-46", "0-2"): 190,
    ("0-1", "0-47"): 199,
    ("0-47", "0-1"): 200,
    ("0-2", "0-47"): 187,
    ("0-47", "0-2"): 188,
    ("0-1", "0-48"): 193,
    ("0-48", "0-1"): 194,
    ("0-2", "0-48"): 181,
    ("0-48", "0-2"): 182,
    ("0-1", "0-49"): 197,
    ("0-49", "0-1"): 198,
    ("0-2", "0-49"): 185,
    ("0-49", "0-2"): 186,
}
_PRIMARY: Mapping[tuple[str, str], int] = {
    ("0-1", "0-2"): 1,
    ("0-2", "0-1"): 2,
    ("0-3", "0-2"): 5,
    ("0-2", "0-3"): 6,
}
_PARENT_TO_CHILD = AssociationType(13, "parent_to_child_company", "Child Company")
_CHILD_TO_PARENT = AssociationType(14, "child_to_parent_company", "Parent Company")
_FIRST_CUSTOM_ID = 1001

Links = dict[str, dict[str, list[AssociationType]]]


class Associations:
    """All associations of one portal."""

    def __init__(self) -> None:
        self._links: dict[tuple[str, str], Links] = {}
        self._custom: dict[tuple[str, str], int] = {}

    def types(self, source: Kind, target: Kind) -> tuple[AssociationType, ...]:
        """The types that lead from one kind to another: the plain one first, then the primary one."""
        pair = (source.type_id, target.type_id)
        name = f"{source.singular}_to_{target.singular}"
        if pair == ("0-2", "0-2"):
            plain = AssociationType(_UNLABELED[pair], name)
            return (plain, _PARENT_TO_CHILD, _CHILD_TO_PARENT)
        if pair in _PRIMARY:
            plain = AssociationType(_UNLABELED[pair], f"{name}_unlabeled")
            return (plain, AssociationType(_PRIMARY[pair], name, "Primary"))
        return (AssociationType(_UNLABELED.get(pair) or self._custom_id(pair), name),)

    def connect(self, source: Kind, first: str, target: Kind, second: str, *, primary: bool = False) -> None:
        """Connects two records; a record of the first kind has one primary record of the second at most."""
        if primary:
            for other in list(self._links.get((source.type_id, target.type_id), {}).get(first, ())):
                self._drop_primary(source, first, target, other)
        for near, one, far, two in ((source, first, target, second), (target, second, source, first)):
            known = self._between(near, one, far, two)
            types = self.types(near, far)
            for wanted in types[: 2 if primary else 1]:
                if wanted not in known:
                    known.append(wanted)

    def set_parent(self, company: Kind, child: str, parent: str) -> None:
        """Makes one company the parent of another."""
        self._between(company, child, company, parent)[:] = [_CHILD_TO_PARENT]
        self._between(company, parent, company, child)[:] = [_PARENT_TO_CHILD]

    def of(self, source: Kind, record_id: str, target: Kind) -> Iterator[tuple[str, list[AssociationType]]]:
        """The associated records of one kind, by ascending id, with the types of each association."""
        links = self._links.get((source.type_id, target.type_id), {}).get(record_id, {})
        return iter(sorted(links.items(), key=lambda entry: int(entry[0])))

    def move(self, kind: Kind, old: str, new: str) -> None:
        """Everything that belonged to one record now belongs to another, as after a merge."""
        for (near, far), links in list(self._links.items()):
            if near != kind.type_id or old not in links:
                continue
            back = self._links.setdefault((far, near), {})
            for other, types in links.pop(old).items():
                if other != new:
                    links.setdefault(new, {}).setdefault(other, types)
                inverse = back.get(other, {}).pop(old, None)
                if inverse is not None and other != new:
                    back[other].setdefault(new, inverse)

    def _between(self, near: Kind, one: str, far: Kind, two: str) -> list[AssociationType]:
        links = self._links.setdefault((near.type_id, far.type_id), {})
        return links.setdefault(one, {}).setdefault(two, [])

    def _drop_primary(self, source: Kind, first: str, target: Kind, other: str) -> None:
        for near, one, far, two in ((source, first, target, other), (target, other, source, first)):
            known = self._between(near, one, far, two)
            known[:] = [kept for kept in known if kept.label != "Primary"]

    def _custom_id(self, pair: tuple[str, str]) -> int:
        return self._custom.setdefault(pair, _FIRST_CUSTOM_ID + len(self._custom))
