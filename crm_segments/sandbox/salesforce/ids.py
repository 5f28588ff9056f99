"""Salesforce record ids: 15 characters that tell capitals apart, 18 that do not need to."""

import re

__all__ = ["PREFIXES", "IdCounter", "is_id", "long_id"]

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")

PREFIXES = {
    "ingest job": "750",
    "query job": "750",
    "query": "01g",
    "custom field": "00N",
    "list view": "00B",
}
"""First characters of ids of things that are not records of an object."""


def is_id(text: object) -> bool:
    """Whether this can be an id, of whatever."""
    return isinstance(text, str) and _SHAPE.fullmatch(text) is not None


def long_id(text: str) -> str:
    """The 18-character form; each of the last three characters says which of five are capitals."""
    if len(text) != 15:
        return text
    groups = (text[start : start + 5] for start in (0, 5, 10))
    return text + "".join(
        _CHECK[sum(1 << place for place, letter in enumerate(group) if letter.isupper())] for group in groups
    )


class IdCounter:
    """Gives out ids, each once, in order."""

    def __init__(self, instance: str = "4S00000") -> None:
        self._instance = instance
        self._next: dict[str, int] = {}

    def draw(self, prefix: str) -> str:
        """The next id with this prefix, 18 characters long."""
        number = self._next.get(prefix, 0) + 1
        self._next[prefix] = number
        digits = ""
        for _ in range(12 - len(self._instance)):
            number, rest = divmod(number, 62)
            digits = _ALPHABET[rest] + digits
        return long_id(prefix + self._instance + digits)
