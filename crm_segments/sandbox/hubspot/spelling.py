"""Two ways to write one path: with the old version numbers, and with the date of a version.

The routes know the old way. From September 2027 on only the new one is supported by HubSpot.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from crm_segments.sandbox.evidence import Evidence, believed, documented, recorded
from crm_segments.sandbox.hubspot.errors import not_found

__all__ = ["DATES", "SPELLINGS", "Spelling", "plain_path"]

DATES = ("2026-03", "2026-09")
"""Versions that the emulator serves. HubSpot adds one every March and September."""

_SEGMENT = re.compile(r"/(\d{4}-\d{2}(?:-beta)?)(?=/|$)")
_NUMBER = re.compile(r"/v(\d)(?=/|$)")


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the paths of one area begin."""

    numbered: str
    dated: str
    """With `{date}` for the version."""
    evidence: Evidence


SPELLINGS = (
    Spelling("/crm/v3/objects", "/crm/objects/{date}", documented("2026-03 API reference: overview")),
    Spelling(
        "/crm/v3/properties",
        "/crm/properties/{date}",
        recorded("properties_2026_09.json: property_create_text_201, property_archive_204"),
    ),
    Spelling("/crm/v3/lists", "/crm/lists/{date}", documented("2026-03 API reference: Lists")),
    Spelling(
        "/crm/v4/associations",
        "/crm/associations/{date}",
        documented("2026-03 API reference: Retrieve associations in batch"),
    ),
    Spelling("/crm/v3/owners", "/crm/owners/{date}", documented("2026-03 API reference: Owners")),
    Spelling("/crm/v3/pipelines", "/crm/pipelines/{date}", documented("2026-03 API reference: Pipelines")),
    Spelling(
        "/crm/v3/limits",
        "/crm/limits/{date}",
        recorded("limits_2026_09.json: limits_custom_properties_200"),
    ),
    Spelling(
        "/crm/v3/schemas",
        "/crm-object-schemas/{date}/schemas",
        documented("2026-03 API reference: Object schemas"),
    ),
    Spelling("/crm/v3/schemas", "/crm-object-schemas/v3/schemas", documented("the client library's path")),
    Spelling(
        "/account-info/v3",
        "/account-info/{date}",
        documented("2026-03 API reference: Account information"),
    ),
    Spelling("/oauth/v1", "/oauth/{date}", believed("follows the rule of all other paths")),
)
_BY_DATED: Mapping[str, str] = {one.dated: one.numbered for one in SPELLINGS}


def plain_path(path: str) -> tuple[str, str]:
    """The version that a path names, and the path in its numbered form.

    Raises:
        ApiError: There is no such version.
    """
    found = _SEGMENT.search(path)
    for dated, start in _BY_DATED.items():
        before, _, after = dated.partition("/{date}")
        if found is None or path[: found.start()] != before or "{date}" not in dated:
            continue
        rest = path[found.end() :]
        if rest.startswith(after):
            if found[1] not in DATES:
                raise not_found()
            return found[1], _numbered(start, rest[len(after) :])
    number = _NUMBER.search(path)
    for dated, start in _BY_DATED.items():
        if "{date}" not in dated and path.startswith(dated):
            path = start + path[len(dated) :]
    return f"v{number[1]}" if number else "", path


def _numbered(start: str, rest: str) -> str:
    # Associations of one record stand below the objects; their old form is of version 4.
    if start == "/crm/v3/objects" and "/associations/" in rest:
        start = "/crm/v4/objects"
    return start + rest
