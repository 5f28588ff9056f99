"""The small language of conditions: `country = "US" and (employees >= 10 or not industry is empty)`.

Comparisons `= != < <= > >=`, `in (...)`, `not in (...)`, `is empty`, `is not empty`; `and`, `or`, `not`,
parentheses; texts in quotes, numbers, dates (2026-11-02), true, false. Nothing else, on purpose.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal as OneOf
from typing import TypeAlias

from connectors.errors import ConfigError

__all__ = [
    "And",
    "Compare",
    "Empty",
    "Expression",
    "Member",
    "Name",
    "Not",
    "Or",
    "Value",
    "condition_names",
    "names_of",
    "parse",
    "wrong",
]

MAX_LENGTH = 4000
MAX_DEPTH = 50
Plain: TypeAlias = str | float | date | bool
Operator: TypeAlias = OneOf["=", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Name:
    """A field or feature, where it stands in the text."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Value:
    """A value, where it stands in the text."""

    value: Plain
    at: int


@dataclass(frozen=True, slots=True)
class Compare:
    """`name operator value`."""

    name: Name
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class Member:
    """`name in (values)`."""

    name: Name
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Empty:
    """`name is empty`."""

    name: Name


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    inner: "Expression"


@dataclass(frozen=True, slots=True)
class And:
    """Both."""

    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Or:
    """Either, or both."""

    left: "Expression"
    right: "Expression"


Expression: TypeAlias = Compare | Member | Empty | Not | And | Or


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


_TOKEN = re.compile(
    r"""\s*(?:
    (?P<date>\d{4}-\d{2}-\d{2}(?!\d))
    |(?P<number>-?\d+(?:_\d{3})*(?:\.\d+)?(?![\w.]))
    |(?P<text>"[^"]*"|'[^']*')
    |(?P<operator><=|>=|!=|=|<|>)
    |(?P<mark>[(),])
    |(?P<word>[^\W\d][\w.]*)
    )""",
    re.VERBOSE,
)
_KEYWORDS = frozenset({"and", "or", "not", "in", "is", "empty", "true", "false"})


def wrong(condition: str, at: int, problem: str, hint: str) -> ConfigError:
    """The error for one place of a condition, with the place marked."""
    # Narrow enough that the mark stays under its place on a narrow terminal.
    start = max(0, at - 36)
    line = re.sub(r"\s", " ", condition[start : at + 20]).rstrip()
    return ConfigError(
        f"The condition is wrong at position {at + 1}: {problem}.\n  {line}\n  {' ' * (at - start)}^",
        hint=hint,
        code="config.condition",
        details={"position": at + 1, "condition": condition},
    )


def parse(condition: str) -> Expression:
    """Read a condition.

    Raises:
        ConfigError: The condition is not of this language; says where.
    """
    if len(condition) > MAX_LENGTH:
        raise wrong(condition, MAX_LENGTH, "it is too long", f"Keep it under {MAX_LENGTH} characters.")
    parser = _Parser(condition, _tokens(condition))
    found = parser.either(0)
    parser.end()
    return found


def condition_names(condition: str) -> tuple[str, ...]:
    """The fields and features that a condition speaks of, in order.

    Raises:
        ConfigError: The condition is not of this language; says where.
    """
    return tuple(dict.fromkeys(name.text for name in names_of(parse(condition))))


def names_of(expression: Expression) -> Iterator[Name]:
    """The fields and features that an expression speaks of, each with its place, from left to right."""
    match expression:
        case And() | Or():
            yield from names_of(expression.left)
            yield from names_of(expression.right)
        case Not():
            yield from names_of(expression.inner)
        case _:
            yield expression.name


def _tokens(condition: str) -> list[_Token]:
    tokens = []
    at, stop = 0, len(condition.rstrip())
    while at < stop:
        match = _TOKEN.match(condition, at)
        if match is None or match.lastgroup is None:
            place = at + len(condition[at:]) - len(condition[at:].lstrip())
            quote = condition[place] in "\"'"
            problem = (
                "a quote is opened and not closed" if quote else f"{condition[place]!r} is not understood"
            )
            raise wrong(condition, place, problem, 'Write for example: country = "US" and employees >= 10')
        kind = match.lastgroup
        text = match[kind]
        if kind == "word" and text.casefold() in _KEYWORDS:
            kind, text = "keyword", text.casefold()
        tokens.append(_Token(kind, text, match.start(match.lastgroup)))
        at = match.end()
    return tokens


class _Parser:
    """Reads tokens from left to right; `or` binds weakest, `not` strongest."""

    def __init__(self, condition: str, tokens: list[_Token]) -> None:
        self._condition = condition
        self._tokens = tokens
        self._next = 0

    def either(self, depth: int) -> Expression:
        if depth > MAX_DEPTH:
            raise self._wrong("it is nested too deeply")
        left = self._both(depth)
        while self._take("keyword", "or"):
            left = Or(left, self._both(depth))
        return left

    def end(self) -> None:
        if self._next < len(self._tokens):
            raise self._wrong("`and` or `or` was expected")

    def _both(self, depth: int) -> Expression:
        left = self._negated(depth)
        while self._take("keyword", "and"):
            left = And(left, self._negated(depth))
        return left

    def _negated(self, depth: int) -> Expression:
        if depth > MAX_DEPTH:
            raise self._wrong("it is nested too deeply")
        if self._take("keyword", "not"):
            return Not(self._negated(depth + 1))
        if self._take("mark", "("):
            inner = self.either(depth + 1)
            self._need("mark", ")", "a closing parenthesis")
            return inner
        return self._comparison()

    def _comparison(self) -> Expression:
        token = self._need("word", None, "the name of a field")
        name = Name(token.text, token.at)
        if self._take("keyword", "is"):
            negated = self._take("keyword", "not")
            self._need("keyword", "empty", "`empty`")
            return Not(Empty(name)) if negated else Empty(name)
        if self._take("keyword", "not"):
            self._need("keyword", "in", "`in`")
            return Not(self._member(name))
        if self._take("keyword", "in"):
            return self._member(name)
        operator = self._need("operator", None, "one of = != < <= > >= in is")
        return Compare(name, operator.text, self._value())  # type: ignore[arg-type]

    def _member(self, name: Name) -> Member:
        self._need("mark", "(", "an opening parenthesis")
        values = [self._value()]
        while self._take("mark", ","):
            values.append(self._value())
        self._need("mark", ")", "a comma or a closing parenthesis")
        return Member(name, tuple(values))

    def _value(self) -> Value:
        token = self._peek()
        if token is None:
            raise self._wrong("a value was expected")
        self._next += 1
        if token.kind == "text":
            return Value(token.text[1:-1], token.at)
        if token.kind == "number":
            return Value(float(token.text.replace("_", "")), token.at)
        if token.kind == "keyword" and token.text in {"true", "false"}:
            return Value(token.text == "true", token.at)
        if token.kind == "date":
            try:
                return Value(date.fromisoformat(token.text), token.at)
            except ValueError:
                self._next -= 1
                raise self._wrong(f"{token.text} is no day of the calendar") from None
        self._next -= 1
        raise self._wrong("a value was expected: a text in quotes, a number, a date, true or false")

    def _peek(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self, kind: str, text: str) -> bool:
        token = self._peek()
        is_there = token is not None and (token.kind, token.text) == (kind, text)
        self._next += is_there
        return is_there

    def _need(self, kind: str, text: str | None, wanted: str) -> _Token:
        token = self._peek()
        if token is None or token.kind != kind or text not in (None, token.text):
            raise self._wrong(f"{wanted} was expected")
        self._next += 1
        return token

    def _wrong(self, problem: str) -> ConfigError:
        token = self._peek()
        at = token.at if token else len(self._condition)
        return wrong(self._condition, at, problem, 'Write for example: country = "US" and employees >= 10')
