"""Reads what records hold now, by their ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from connectors.errors import SchemaError, UsageError
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.limits import LIMITS
from connectors.hubspot.objects import SourceObject
from connectors.hubspot.schema import Schema
from connectors.model import id_column

__all__ = ["MERGED", "Held", "look", "merged_ids", "read_records"]

MERGED = "hs_merged_object_ids"
"""The property that names the records that went into this one ("Merge records", read 2026-11)."""


@dataclass(frozen=True, slots=True)
class Held:
    """What an account holds of some records."""

    values: Mapping[str, Mapping[str, str | None]]
    """Properties by the id that was asked for; records that are gone are absent."""
    merged: Mapping[str, str]
    """Where records went that were merged."""


def look(client: HubSpotClient, source: SourceObject, ids: Sequence[str], names: Sequence[str]) -> Held:
    """Read up to a hundred records.

    The id of a record that was merged leads to its survivor, which would then pass for it; so only what
    comes under the very id that was asked for counts.
    """
    purpose = f"read {len(ids)} {source.name} back"
    answer = client.send(
        "POST",
        f"/crm/v3/objects/{source.name}/batch/read",
        purpose=purpose,
        content={"inputs": [{"id": one} for one in ids], "properties": sorted({*names, MERGED})},
    )
    asked = set(ids)
    values: dict[str, dict[str, str | None]] = {}
    merged: dict[str, str] = {}
    for one in answer.results(purpose):
        record_id, properties = str(one.get("id")), one.get("properties") or {}
        if record_id in asked:
            values[record_id] = properties
        merged.update((gone, record_id) for gone in merged_ids(properties) if gone in asked)
    return Held(values, {gone: into for gone, into in merged.items() if gone not in values})


def merged_ids(properties: Mapping[str, str | None]) -> list[str]:
    """Ids of the records that went into this one."""
    return [one for one in (properties.get(MERGED) or "").split(";") if one.isdigit()]


def read_records(
    client: HubSpotClient,
    schema: Schema,
    source: SourceObject,
    ids: Sequence[str],
    fields: Sequence[str],
) -> pa.Table:
    """What the account holds now for these ids: the id, then the fields, all as text.

    Raises:
        SchemaError: One of the fields does not exist.
        UsageError: More ids than one request takes.
    """
    if len(ids) > LIMITS.max_read_records:
        raise UsageError(
            f"{len(ids):,} records were asked for at once; {LIMITS.max_read_records:,} are the most.",
            hint="Ask for fewer at a time.",
            code="hubspot.read.size",
        )
    key = id_column(source.kind)
    names = [name for name in dict.fromkeys(fields) if name != key]
    known = schema.with_fields(source.name, set(names))
    for name in names:
        if name not in known.raw:
            raise SchemaError(
                f"{source.name.capitalize()} have no property {name}.",
                hint="Was it archived? Settings > Properties > Archived. Or run: crm-segments fields create.",
                code="hubspot.property.missing",
                details={"object": source.name, "field": name},
                next_command="crm-segments doctor",
            )
    wanted = list(dict.fromkeys(one for one in ids if one.isascii() and one.isdigit()))
    held = look(client, source, wanted, names).values if wanted else {}
    columns = [pa.array(list(held), pa.string())]
    columns += [pa.array([one.get(name) or None for one in held.values()], pa.string()) for name in names]
    return pa.table(columns, names=[key, *names])
