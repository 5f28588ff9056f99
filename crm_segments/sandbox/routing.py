"""Which function answers which request, and how sure we are of its answer."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from crm_segments.sandbox.calls import Reply
from crm_segments.sandbox.evidence import Evidence

__all__ = ["Match", "Route", "RouteTable"]

Context = TypeVar("Context")
Answerer = Callable[[Context], Reply]

_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Route(Generic[Context]):
    """One method on one kind of path."""

    method: str
    path: str
    """With `{name}` for the parts that vary."""
    answer: Answerer[Context]
    evidence: Evidence
    needs_login: bool
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Match(Generic[Context]):
    """The route of a request and the parts of its path."""

    route: Route[Context]
    params: Mapping[str, str]


class RouteTable(Generic[Context]):
    """Routes in the order in which they were declared; the first that fits answers."""

    def __init__(self) -> None:
        self._routes: list[Route[Context]] = []

    def __iter__(self) -> Iterator[Route[Context]]:
        return iter(self._routes)

    def add(
        self, method: str, path: str, evidence: Evidence, *, needs_login: bool = True
    ) -> Callable[[Answerer[Context]], Answerer[Context]]:
        """Declares the decorated function as the answer to `method` on `path`.

        Letters of fixed parts match in either case, and a slash at the end does not matter.
        """
        expression = _PARAMETER.sub(r"(?P<\1>[^/]+)", re.sub(r"([.])", r"\\\1", path))
        pattern = re.compile(f"{expression.rstrip('/')}/?", re.IGNORECASE)

        def declare(answer: Answerer[Context]) -> Answerer[Context]:
            self._routes.append(Route(method, path, answer, evidence, needs_login, pattern))
            return answer

        return declare

    def include(self, other: "RouteTable[Context]") -> None:
        """Appends the routes of another table."""
        self._routes.extend(other)

    def find(self, method: str, path: str) -> Match[Context] | None:
        """The route for a request, or None."""
        for route in self._routes:
            if route.method == method and (found := route.pattern.fullmatch(path)):
                return Match(route, found.groupdict())
        return None

    def methods_for(self, path: str) -> list[str]:
        """Which methods the path knows; empty where it is unknown."""
        return sorted({route.method for route in self._routes if route.pattern.fullmatch(path)})
