"""Recorded requests and answers, and portals in which the recorded requests make sense."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[3] / "data" / "recorded" / "hubspot"
FILES = ("account", "errors", "limits_2026_09", "objects_v3", "properties_2026_09", "schemas")


@dataclass(frozen=True)
class Pair:
    """One request and its answer."""

    name: str
    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    status: int
    headers: Mapping[str, str]
    answer: Any


def pairs(file: str) -> Iterator[Pair]:
    """All pairs of a file; where a list was shortened in the recording, `...` is taken out."""
    text = (FOLDER / f"{file}.json").read_text(encoding="utf-8")
    # One property has two names there, because only some of its places were made anonymous.
    for entry in json.loads(text.replace("acme_object_property", "grouparoo_object_property")):
        request, response = entry["request"], entry["response"]
        yield Pair(
            entry["name"],
            request["method"],
            request["path"],
            request.get("query") or {},
            without_dots(request.get("body")),
            response["status"],
            response.get("headers", {}),
            without_dots(response["body"]),
        )


def pair(file: str, name: str) -> Pair:
    """The pair of this name."""
    return next(one for one in pairs(file) if one.name == name)


def without_dots(value: Any) -> Any:
    """The same without the marks of shortened lists."""
    if isinstance(value, dict):
        return {name: without_dots(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_dots(inner) for inner in value if not str(inner).startswith("...")]
    return value


def shape(value: object) -> object:
    """Keys and types of an answer, without its values."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(one) for one in value][:1]
    return type(value).__name__
