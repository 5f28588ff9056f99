"""Finding the record that a request means, and connecting a new one with others."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from crm_segments.sandbox.hubspot.errors import ApiError, invalid_input, object_not_found, validation_error
from crm_segments.sandbox.hubspot.kinds import Kind
from crm_segments.sandbox.hubspot.portal import HubSpotPortal
from crm_segments.sandbox.hubspot.store import Record

__all__ = ["NewLink", "check_id_property", "check_links", "connect_new", "find_record", "look_up"]


def find_record(
    portal: HubSpotPortal,
    kind: Kind,
    key: str,
    *,
    id_property: str | None = None,
    archived: bool = False,
) -> Record:
    """The record of this id, or with this value of a unique property.

    Raises:
        ApiError: There is none, or the property is not unique.
    """
    if id_property:
        check_id_property(portal, kind, id_property)
    found = look_up(portal, kind, key, id_property=id_property, archived=archived)
    if found is None:
        raise object_not_found()
    return found


def look_up(
    portal: HubSpotPortal, kind: Kind, key: str, *, id_property: str | None = None, archived: bool = False
) -> Record | None:
    """The same, or None."""
    if id_property:
        holder = portal.store.holder(kind, id_property, key)
        return portal.store.table(kind).rows[holder] if holder else None
    follows = portal.settings.beliefs.merged_ids_resolve
    found = portal.store.table(kind).find(key, follow_merges=follows)
    if found is None or (found.archived_at is not None) is not archived:
        return None
    return found


def check_id_property(portal: HubSpotPortal, kind: Kind, name: str) -> None:
    """Records can be named by the values of this property.

    Raises:
        ApiError: They cannot: its values are not unique.
    """
    if name not in portal.store.table(kind).unique:
        # Quoted (errors.json: 400_update_by_non_unique_property).
        raise validation_error(
            f"Unable to perform update/upsert by non-unique {kind.type_id} property {name}"
            f" in portal ID {portal.portal_id}"
        )


@dataclass(frozen=True, slots=True)
class NewLink:
    """An association that a new record is to have."""

    target: Kind
    other_id: str
    primary: bool


def check_links(portal: HubSpotPortal, kind: Kind, raw: object) -> list[NewLink]:
    """The associations of a new record as its input says.

    Raises:
        ApiError: The input is not of the right shape, or the other record is not there.
    """
    if raw is None:
        return []
    if not isinstance(raw, list):
        raise invalid_input("associations must be an array")
    links: list[NewLink] = []
    for entry in raw:
        try:
            other_id = str(entry["to"]["id"])
            type_ids = {int(one["associationTypeId"]) for one in entry["types"]}
        except (KeyError, TypeError, ValueError) as error:
            raise invalid_input("associations need to.id and types[].associationTypeId") from error
        links.extend(_links(portal, kind, other_id, type_ids))
    return links


def connect_new(portal: HubSpotPortal, kind: Kind, record: Record, links: Iterable[NewLink]) -> None:
    """Associates a new record."""
    for link in links:
        portal.associate(kind.name, record.id, link.target.name, link.other_id, primary=link.primary)


def _links(portal: HubSpotPortal, kind: Kind, other_id: str, type_ids: set[int]) -> Iterator[NewLink]:
    for target in {one.type_id: one for one in portal.kinds.values()}.values():
        for one in portal.associations.types(kind, target):
            if one.type_id not in type_ids:
                continue
            if look_up(portal, target, other_id) is None:
                raise ApiError(404, "OBJECT_NOT_FOUND", f"{target.label} {other_id} does not exist")
            yield NewLink(target, other_id, one.label == "Primary")
