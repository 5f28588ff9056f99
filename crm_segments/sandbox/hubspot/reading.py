"""How records look from the outside: their JSON, with associations and the history of values."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from crm_segments.sandbox.history import Origin, ValueChange
from crm_segments.sandbox.hubspot.associations import AssociationType
from crm_segments.sandbox.hubspot.kinds import Kind
from crm_segments.sandbox.hubspot.moments import moment_text
from crm_segments.sandbox.hubspot.portal import HubSpotPortal
from crm_segments.sandbox.hubspot.store import Record, record_key

__all__ = [
    "associations_json",
    "hit_json",
    "live_links",
    "read_names",
    "record_json",
    "value_history",
    "written_json",
]

_VERSIONS = 20
"""Values of one property in its history (HubSpot's documentation of the objects API)."""


def read_names(portal: HubSpotPortal, kind: Kind, asked: Iterable[str]) -> list[str]:
    """The properties that a read answers, by name: unknown ones are passed over (recorded)."""
    wanted = set(asked)
    names = wanted | set(kind.always) if wanted else set(kind.shown)
    definitions = portal.definitions(kind)
    return sorted(name for name in names if (one := definitions.get(name)) and one.archived_at is None)


def record_json(kind: Kind, record: Record, names: Sequence[str]) -> dict[str, object]:
    """A record with these properties; null where they have no value."""
    shown = hit_json(kind, record.id, record.properties, names)
    if record.archived_at is not None:
        shown.update(archived=True, archivedAt=record.archived_at)
    return shown


def hit_json(
    kind: Kind, record_id: str, properties: Mapping[str, str], names: Sequence[str]
) -> dict[str, object]:
    """A live record with these of its properties, as it is or as the search index holds it."""
    get = properties.get
    return _entry(kind, record_id, properties, {name: get(name) for name in names})


def written_json(kind: Kind, record: Record, names: Iterable[str] | None) -> dict[str, object]:
    """A record as the answer to a write shows it: what was written, and no nulls.

    Args:
        kind: Of the record.
        record: Which one.
        names: Properties that were written; None for a new record, which is shown whole.
    """
    properties = record.properties
    wanted = properties.keys() if names is None else {*names, *kind.updated}
    shown = {name: properties[name] for name in sorted(wanted) if name in properties}
    return _entry(kind, record.id, properties, shown)


def _entry(
    kind: Kind, record_id: str, properties: Mapping[str, str], shown: Mapping[str, str | None]
) -> dict[str, object]:
    return {
        "id": record_id,
        "properties": shown,
        "createdAt": properties[kind.created_name],
        "updatedAt": properties[kind.modified_name],
        "archived": False,
    }


def value_history(
    portal: HubSpotPortal, kind: Kind, record: Record, names: Iterable[str]
) -> dict[str, list[dict[str, object]]]:
    """Earlier and present values of properties with their sources, the newest first."""
    known = portal.store.history.changes(record_key(kind, record.id))
    return {name: _versions(record, name, [one for one in known if one.field == name]) for name in names}


def _versions(record: Record, name: str, changes: Sequence[ValueChange]) -> list[dict[str, object]]:
    versions = [_version(change.new, change.origin) for change in reversed(changes)]
    first = changes[0].old if changes else record.properties.get(name)
    if first is not None:
        versions.append(_version(first, record.origin))
    return versions[:_VERSIONS]


def _version(value: object, origin: Origin) -> dict[str, object]:
    source, _, source_id = origin.by.partition(":")
    entry: dict[str, object] = {
        "value": "" if value is None else value,
        "timestamp": moment_text(origin.at),
        "sourceType": source,
        "sourceId": source_id,
    }
    # Quoted: HubSpot/hubspot-api-nodejs#154 (an edit by hand names the user twice).
    if source_id.startswith("userId:"):
        entry["updatedByUserId"] = int(source_id.removeprefix("userId:"))
    return entry


def associations_json(
    portal: HubSpotPortal, kind: Kind, record: Record, targets: Iterable[Kind]
) -> dict[str, object]:
    """The associations of a record by kind: one entry for each type of each association."""
    shown: dict[str, object] = {}
    for target in targets:
        entries: list[dict[str, str]] = []
        after = None
        for count, (other, types) in enumerate(live_links(portal, kind, record.id, target)):
            if count == portal.settings.association_page:
                after = other
                break
            named = sorted(types, key=lambda one: one.label is None)
            entries.extend({"id": other, "type": one.name} for one in named)
        if entries:
            page: dict[str, object] = {"results": entries}
            if after is not None:
                link = f"https://api.hubapi.com/crm/v3/objects/{kind.name}/{record.id}/associations"
                page["paging"] = {"next": {"after": after, "link": f"{link}/{target.singular}?after={after}"}}
            # Many public clients look for "line items" here, with a space.
            shown[target.name.replace("_", " ")] = page
    return shown


def live_links(
    portal: HubSpotPortal, kind: Kind, record_id: str, target: Kind
) -> Iterator[tuple[str, list[AssociationType]]]:
    """The associated records of one kind that are not archived, by ascending id."""
    rows = portal.store.table(target).rows
    for other, types in portal.associations.of(kind, record_id, target):
        found = rows.get(other)
        if found is not None and found.archived_at is None:
            yield other, types
