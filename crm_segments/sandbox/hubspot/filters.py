"""Filter branches of lists as functions from a record to yes or no."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_segments.sandbox.hubspot.errors import validation_error
from crm_segments.sandbox.hubspot.kinds import Kind
from crm_segments.sandbox.hubspot.operations import compile_operation
from crm_segments.sandbox.hubspot.store import Record

if TYPE_CHECKING:
    from crm_segments.sandbox.hubspot.portal import HubSpotPortal

__all__ = ["Branch", "Compiled", "compile_root", "named_lists", "named_properties"]

Branch = dict[str, object]
Test = Callable[[Record], bool]


@dataclass(frozen=True, slots=True)
class Compiled:
    """Filters that were found in order."""

    branch: Branch
    """As they are stored: what the server fills in is filled in."""
    fits: Test


def compile_root(portal: "HubSpotPortal", kind: Kind, raw: object) -> Compiled:
    """The filters of a list: an OR of ANDs.

    Raises:
        ApiError: They are of another shape, or name what is not there.
    """
    branch = _object(raw, "filterBranch")
    if branch.get("filterBranchType") != "OR" or branch.get("filters"):
        raise validation_error("The root filterBranch must be an OR without filters of its own")
    inner = _entries(branch, "filterBranches")
    if not inner or any(one.get("filterBranchType") != "AND" for one in inner):
        raise validation_error("An OR filterBranch must hold AND branches")
    compiled = [_and(portal, kind, one) for one in inner]
    tests = [one.fits for one in compiled]
    stored = _stored("OR", [one.branch for one in compiled], [])
    return Compiled(stored, lambda record: any(test(record) for test in tests))


def named_properties(kind: Kind, branch: Mapping[str, object]) -> set[tuple[str, str]]:
    """The properties on which filters depend, with the ids of their kinds."""
    return _named(kind.type_id, branch)


def named_lists(branch: Mapping[str, object]) -> set[str]:
    """Ids of the lists on which filters depend."""
    found = {str(one["listId"]) for one in _entries(branch, "filters") if one.get("listId")}
    for inner in _entries(branch, "filterBranches"):
        found |= named_lists(inner)
    return found


def _named(type_id: str, branch: Mapping[str, object]) -> set[tuple[str, str]]:
    own = str(branch.get("objectTypeId") or type_id)
    found = {(own, str(one["property"])) for one in _entries(branch, "filters") if one.get("property")}
    for inner in _entries(branch, "filterBranches"):
        found |= _named(own, inner)
    return found


def _and(portal: "HubSpotPortal", kind: Kind, branch: Branch) -> Compiled:
    filters = [_filter(portal, kind, one) for one in _entries(branch, "filters")]
    inner = [_association(portal, kind, one) for one in _entries(branch, "filterBranches")]
    if not filters and not inner:
        raise validation_error("An AND filterBranch must hold filters")
    tests = [one.fits for one in (*filters, *inner)]
    stored = _stored("AND", [one.branch for one in inner], [one.branch for one in filters])
    return Compiled(stored, lambda record: all(test(record) for test in tests))


def _association(portal: "HubSpotPortal", kind: Kind, branch: Branch) -> Compiled:
    """Some record of another kind that is associated fits."""
    if branch.get("filterBranchType") != "ASSOCIATION":
        raise validation_error(f"filterBranchType {branch.get('filterBranchType')} cannot stand here")
    if branch.get("operator") != "IN_LIST":
        raise validation_error("operator of an ASSOCIATION filterBranch must be IN_LIST")
    target = portal.kind(str(branch.get("objectTypeId")))
    wanted = branch.get("associationTypeId")
    known = {one.type_id: one for one in portal.associations.types(kind, target)}
    if not isinstance(wanted, int) or wanted not in known:
        raise validation_error(f"associationTypeId {wanted} does not lead to {target.type_id}")
    filters = [_filter(portal, target, one) for one in _entries(branch, "filters")]
    if not filters:
        raise validation_error("An ASSOCIATION filterBranch must hold filters")
    tests = [one.fits for one in filters]
    rows = portal.store.table(target).rows

    def fits(record: Record) -> bool:
        for other, types in portal.associations.of(kind, record.id, target):
            found = rows.get(other)
            is_there = found is not None and found.archived_at is None
            if is_there and known[wanted] in types and all(test(found) for test in tests):  # type: ignore[arg-type]
                return True
        return False

    stored = _stored("ASSOCIATION", [], [one.branch for one in filters], operator="AND")
    stored.update(
        objectTypeId=target.type_id,
        operator="IN_LIST",
        associationTypeId=wanted,
        associationCategory=branch.get("associationCategory", "HUBSPOT_DEFINED"),
    )
    return Compiled(stored, fits)


def _filter(portal: "HubSpotPortal", kind: Kind, entry: Branch) -> Compiled:
    if entry.get("filterType") == "IN_LIST":
        return _in_list(portal, entry)
    if entry.get("filterType") != "PROPERTY":
        raise validation_error(f"filterType {entry.get('filterType')} is not supported by this emulator")
    name = str(entry.get("property"))
    one = portal.property(kind, name)
    if one is None:
        raise validation_error(f"Property '{name}' does not exist for object type {kind.type_id}")
    operation = compile_operation(portal, kind, one, _object(entry.get("operation"), "operation"))
    stored: Branch = {"filterType": "PROPERTY", "property": name, "operation": operation.stored}
    return Compiled(stored, operation.fits)


def _in_list(portal: "HubSpotPortal", entry: Branch) -> Compiled:
    list_id, operator = str(entry.get("listId")), entry.get("operator")
    if operator not in {"IN_LIST", "NOT_IN_LIST"}:
        raise validation_error(f"operator {operator} is none of IN_LIST, NOT_IN_LIST")
    portal.lists.get(list_id)
    is_in = operator == "IN_LIST"
    stored: Branch = {"filterType": "IN_LIST", "listId": list_id, "operator": operator}
    return Compiled(stored, lambda record: (record.id in portal.lists.get(list_id).members) is is_in)


def _stored(kind: str, branches: list[Branch], filters: list[Branch], *, operator: str = "") -> Branch:
    return {
        "filterBranchType": kind,
        "filterBranchOperator": operator or kind,
        "filterBranches": branches,
        "filters": filters,
    }


def _object(raw: object, what: str) -> Branch:
    if not isinstance(raw, dict):
        raise validation_error(f"{what} must be an object")
    return raw


def _entries(branch: Mapping[str, object], name: str) -> list[Branch]:
    found = branch.get(name) or []
    if not isinstance(found, list):
        raise validation_error(f"{name} must be an array")
    return [_object(one, name) for one in found]
