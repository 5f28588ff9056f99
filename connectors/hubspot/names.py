"""What our properties and lists are called in HubSpot."""

from connectors.errors import ConfigError

__all__ = ["GROUP", "GROUP_LABEL", "field_name", "list_name", "title_of"]

GROUP = "crm_segments"
GROUP_LABEL = "CRM Segments"

_MAX_NAME = 100
"""Longest internal name of a property ("CRM properties", read 2026-11)."""


def field_name(stem: str, part: str = "") -> str:
    """The internal name of one of our properties: `("crm_segment", "reason")` is `crm_segment_reason`.

    Raises:
        ConfigError: HubSpot would refuse the name as too long.
    """
    name = "_".join(word for word in f"{stem}_{part}".lower().split("_") if word)
    if len(name) > _MAX_NAME:
        raise ConfigError(
            f'field = "{stem}" under [[segmentation]] is too long for HubSpot: {name} has {len(name)} '
            f"characters, and a property's name has {_MAX_NAME} at most.",
            hint=f"Shorten it by {len(name) - _MAX_NAME} characters.",
            code="config.field.length",
        )
    return name


def list_name(title: str, key: str) -> str:
    """The name of the list of one segment.

    No two lists of an account may share a name, and a list has nothing else that its maker could put a key
    into: so the key stands behind the title, where the list is found by it whatever its title.
    """
    return f"{title} [{key}]"


def title_of(name: str, key: str) -> str | None:
    """The title of the list of this key; None where the name is another one's."""
    ending = f" [{key}]"
    return name.removesuffix(ending) if name.endswith(ending) else None
