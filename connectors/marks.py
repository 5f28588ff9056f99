"""The mark that an installation leaves in the description of a field that it makes."""

import re

__all__ = ["mark", "marked"]

_MARK = re.compile(r"\s*\[crm-segments ([A-Za-z0-9-]{1,64})\]")


def mark(text: str, installation_id: str) -> str:
    """A description that says which installation made the field."""
    return f"{text} [crm-segments {installation_id}]"


def marked(description: str | None) -> tuple[str, str | None]:
    """The description without the mark, and the installation that it names."""
    text = description or ""
    found = _MARK.search(text)
    return (_MARK.sub("", text), found[1]) if found else (text, None)
