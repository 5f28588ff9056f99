"""Splits SOQL into words, values and signs, each with its place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from crm_segments.sandbox.salesforce.soql.refusal import malformed

__all__ = ["Token", "tokens"]

_PATTERN = re.compile(
    r"""(?P<space>\s+)
    |(?P<moment>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2}))
    |(?P<date>\d{4}-\d{2}-\d{2})
    |(?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
    |(?P<text>'(?:[^'\\\r\n]|\\.)*')
    |(?P<sign><=|>=|!=|<>|[=<>(),:])""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a query."""

    kind: str
    """`word`, `text`, `number`, `date`, `moment`, `sign`, `end`."""
    text: str
    position: int

    def is_word(self, *words: str) -> bool:
        """Whether this is one of these words, in whatever case."""
        return self.kind == "word" and self.text.upper() in words

    def is_sign(self, *signs: str) -> bool:
        """Whether this is one of these signs."""
        return self.kind == "sign" and self.text in signs


def tokens(soql: str) -> Iterator[Token]:
    """All pieces, and an end.

    Raises:
        ApiError: Something cannot be read: MALFORMED_QUERY.
    """
    position = 0
    while position < len(soql):
        found = _PATTERN.match(soql, position)
        if found is None:
            raise malformed(soql, position, f"unexpected token: '{soql[position]}'")
        kind = str(found.lastgroup)
        if kind == "text":
            yield Token(kind, _unescaped(soql, found.group()[1:-1], position), position)
        elif kind != "space":
            yield Token(kind, found.group(), position)
        position = found.end()
    yield Token("end", "<EOF>", position)


def _unescaped(soql: str, raw: str, position: int) -> str:
    """The text that the quotes hold; escaped wildcards keep their backslash for LIKE."""
    result = []
    letters = iter(raw)
    for letter in letters:
        if letter != "\\":
            result.append(letter)
            continue
        escaped = next(letters)
        if escaped in "%_":
            result.append("\\" + escaped)
        elif escaped in _ESCAPES:
            # A doubled backslash must not be taken for the escape of a wildcard later.
            result.append("\\\\" if escaped == "\\" else _ESCAPES[escaped])
        else:
            raise malformed(
                soql, position, f"Invalid string literal '{raw}'. Illegal character sequence '\\{escaped}'"
            )
    return "".join(result)
