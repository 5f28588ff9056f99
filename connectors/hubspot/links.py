"""Associations: the one record of another object that a record belongs to."""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.objects import SourceObject

__all__ = ["links_of", "read_links"]

_SINGULAR = {"companies": "company", "contacts": "contact", "deals": "deal"}
_PRIMARY = "Primary"


def links_of(source: SourceObject, records: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """The associated ids that came with a page of records, by column and record id."""
    return {
        column: {
            str(one["id"]): found
            for one in records
            if (found := _chosen(source, target, (one.get("associations") or {}).get(target)))
        }
        for column, target in source.links.items()
    }


def read_links(client: HubSpotClient, source: SourceObject, ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """The same, asked for: answers to searches bring no associations."""
    found: dict[str, dict[str, str]] = {}
    for column, target in source.links.items():
        found[column] = {}
        if not ids:
            continue
        answer = client.send(
            "POST",
            f"/crm/v4/associations/{source.name}/{target}/batch/read",
            purpose=f"read which {target} {source.name} belong to",
            content={"inputs": [{"id": one} for one in ids]},
        )
        # Records without any are among the errors of a 207.
        for entry in answer.json().get("results") or ():
            others = entry.get("to") or []
            primary = [one for one in others if _is_primary(one)]
            for one in (*primary, *others)[:1]:
                found[column][str(entry["from"]["id"])] = str(one["toObjectId"])
    return found


def _chosen(source: SourceObject, target: str, page: Mapping[str, Any] | None) -> str | None:
    """The primary record where there is one, else the first."""
    entries = (page or {}).get("results") or []
    primary = f"{source.singular}_to_{_SINGULAR[target]}"
    chosen = [one for one in entries if one.get("type") == primary] or entries
    return str(chosen[0]["id"]) if chosen else None


def _is_primary(one: Mapping[str, Any]) -> bool:
    return any(
        kind.get("label") == _PRIMARY and kind.get("category") == "HUBSPOT_DEFINED"
        for kind in one.get("associationTypes") or ()
    )
