"""How names out of foreign files are put into messages: short, and never able to steer a terminal."""

import unicodedata

__all__ = ["counted", "shown"]

_SHOWN_LENGTH = 80


def shown(text: str) -> str:
    """The text with control and direction characters spelled out, cut to a readable length."""
    visible = "".join(
        f"\\u{ord(letter):04x}" if unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else letter
        for letter in text[: _SHOWN_LENGTH + 1]
    )
    return visible if len(visible) <= _SHOWN_LENGTH else visible[: _SHOWN_LENGTH - 1] + "…"


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun: `1 line`, `2,400 lines`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
