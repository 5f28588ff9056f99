"""What our fields, lists and permission sets are called in Salesforce."""

import hashlib

from connectors.errors import ConfigError

__all__ = ["VIEWERS_SET", "WRITERS_SET", "field_name", "list_view_name"]

WRITERS_SET = "CRM_Segments_Integration"
"""Permission set of the user that writes our fields."""

VIEWERS_SET = "CRM_Segments_Viewer"
"""Permission set of everybody who shall see them."""

_MAX_NAME = 40
"""Longest developer name of a custom field or list view (Help, "Custom Field Attributes", read 2026-11)."""

_ACRONYMS = {"crm": "CRM", "icp": "ICP", "arr": "ARR", "mrr": "MRR"}


def field_name(stem: str, part: str = "") -> str:
    """The API name of one of our fields: `("crm_segment", "reason")` is `CRM_Segment_Reason__c`.

    Raises:
        ConfigError: Salesforce would refuse the name as too long.
    """
    words = [word for word in f"{stem}_{part}".split("_") if word]
    name = "_".join(_ACRONYMS.get(word, word.capitalize()) for word in words)
    if len(name) > _MAX_NAME:
        raise ConfigError(
            f'field = "{stem}" under [[segmentation]] is too long for Salesforce: {name} has {len(name)} '
            f"characters, and a field's name has {_MAX_NAME} at most.",
            hint=f"Shorten it by {len(name) - _MAX_NAME} characters.",
            code="config.field.length",
        )
    return f"{name}__c"


def list_view_name(key: str) -> str:
    """The API name of the list view of one segment: found by it for good, whatever its label.

    Two keys never get one name: those that Salesforce's rules for names would make alike end in a digest.
    """
    words = "_".join(word for word in key.replace(".", "_").split("_") if word)
    name = f"CRM_Segments_{words}"
    group, _, segment = key.partition(".")
    # Only so can the key be read back from the name, which no two keys then share.
    is_plain = words == f"{group}_{segment}" and "_" not in group and key == key.lower()
    if is_plain and len(name) <= _MAX_NAME:
        return name
    digest = hashlib.sha256(key.encode()).hexdigest()[:8]
    return f"{name[: _MAX_NAME - 9].rstrip('_')}_{digest}"
