"""The one place that knows how HubSpot writes the version into its paths, and how long each one lives.

The code writes the numbered form. From September 2027 on only dated ones are supported, those of version 4
end in March 2027 ("Legacy APIs: what is going unsupported and when", changelog, read 2026-11).
"""

import re
from datetime import date

from connectors.errors import ConfigError

__all__ = ["NUMBERED", "checked_version", "end_of_life", "spelled"]

NUMBERED = "v3"

_AREAS = (
    ("/crm/v3/objects", "/crm/objects/{}"),
    ("/crm/v3/properties", "/crm/properties/{}"),
    ("/crm/v3/lists", "/crm/lists/{}"),
    ("/crm/v4/associations", "/crm/associations/{}"),
    ("/account-info/v3", "/account-info/{}"),
)
_DATED = re.compile(r"(20\d\d)-(03|09)")
_NUMBERED_ENDS = date(2027, 9, 1)
_MONTHS_OF_SUPPORT = 18


def checked_version(given: str | None) -> str:
    """The version to use: `v3`, or a date such as `2026-09`.

    Raises:
        ConfigError: HubSpot has no such version.
    """
    text = given or NUMBERED
    if text == NUMBERED or (_DATED.fullmatch(text) and text >= "2026-03"):
        return text
    raise ConfigError(
        f'api_version = "{given}" under [connection] cannot be used.',
        hint='Write "v3", or one of HubSpot\'s dated versions such as "2026-09", or leave it out.',
        code="config.api_version",
    )


def spelled(path: str, version: str) -> str:
    """A path in the spelling of this version."""
    if version != NUMBERED:
        for numbered, dated in _AREAS:
            if path.startswith(numbered):
                return dated.format(version) + path[len(numbered) :]
    return path


def end_of_life(version: str) -> date:
    """The first day on which HubSpot does not support this version any more."""
    found = _DATED.fullmatch(version)
    if found is None:
        return _NUMBERED_ENDS
    months = int(found[1]) * 12 + int(found[2]) - 1 + _MONTHS_OF_SUPPORT
    return date(months // 12, months % 12 + 1, 1)
