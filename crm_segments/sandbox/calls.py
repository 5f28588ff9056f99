"""One request and one answer, as plain values: what the emulators work on, whatever carries them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

__all__ = ["Call", "Reply", "json_reply"]


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it arrived."""

    method: str
    path: str
    """Decoded, without the query."""
    query: Mapping[str, str] = field(default_factory=dict)
    """The last value of each parameter."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""
    body: bytes = b""
    ordinal: int = 0
    """Position among all requests that reached the server, from 1."""
    arrived_at: datetime | None = None
    """By the emulator's clock; it may be carried out later."""
    params: Mapping[str, str] = field(default_factory=dict)
    """Parts of the path that the route names."""
    query_items: Sequence[tuple[str, str]] = ()
    """Every parameter as it stands in the address, repeated ones too."""
    target: str = ""
    """Path and query as they arrived, not decoded."""

    def header(self, name: str) -> str | None:
        """The value of a header, whatever the case of its name."""
        return self.headers.get(name.lower())

    def with_params(self, params: Mapping[str, str]) -> "Call":
        """The same request with the parts of its path."""
        return replace(self, params=params)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, complete."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def with_headers(self, more: Mapping[str, str]) -> "Reply":
        """The same answer with further headers."""
        return replace(self, headers={**self.headers, **more})


def json_reply(status: int, content: object, headers: Mapping[str, str] | None = None) -> Reply:
    """An answer that carries JSON in UTF-8."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status, body, {"Content-Type": "application/json;charset=UTF-8", **(headers or {})})
