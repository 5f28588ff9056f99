"""Recorded requests and answers, and orgs in which the recorded requests make sense."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crm_segments.sandbox.salesforce import Field, PicklistOption, SalesforceOrg
from crm_segments.sandbox.salesforce.fields import Value

FOLDER = Path(__file__).parents[3] / "data" / "recorded" / "salesforce"
NEWEST_TEXT = "62.0"
"""Stands for the version where a recording blanked it out."""


@dataclass(frozen=True)
class Pair:
    """One request and its answer."""

    name: str
    method: str
    path: str
    body: Any
    status: int
    headers: Mapping[str, Any]
    answer: Any


def pairs(file: str) -> Iterator[Pair]:
    """All pairs of a file."""
    text = (FOLDER / f"{file}.json").read_text(encoding="utf-8")
    for entry in json.loads(text.replace("/vxx.0", f"/v{NEWEST_TEXT}")):
        request, response = entry["request"], entry["response"]
        yield Pair(
            entry["name"],
            request["method"],
            request["path"].replace("vXX.X", f"v{NEWEST_TEXT}"),
            request.get("body"),
            response["status"],
            response.get("headers", {}),
            response["body"],
        )


def pair(file: str, name: str) -> Pair:
    """The pair of this name."""
    return next(one for one in pairs(file) if one.name == name)


def add_recorded_fields(org: SalesforceOrg) -> None:
    """Adds the custom fields that the recorded org had; the trimmed describes lack a few, which are texts."""
    for one in pairs("describe"):
        for entry in one.answer["fields"]:
            if entry["custom"]:
                org.add_field(one.answer["name"], described_field(entry))


def described_field(entry: Mapping[str, Any]) -> Field:
    """A field as its describe says."""
    return Field(
        name=entry["name"],
        label=entry["label"],
        type=entry["type"],
        length=entry["length"],
        precision=entry["precision"],
        scale=entry["scale"],
        external_id=entry["externalId"],
        unique=entry["unique"],
        id_lookup=entry["idLookup"],
        restricted=entry["restrictedPicklist"],
        extra_type=entry["extraTypeInfo"],
        default=False if entry["type"] == "boolean" else None,
        options=[PicklistOption(one["value"], one["label"]) for one in entry["picklistValues"]],
    )


def add_recorded_record(org: SalesforceOrg, answer: Mapping[str, Any]) -> None:
    """Adds a record exactly as an answer shows it; fields that the org lacks come with it."""
    kind = answer["attributes"]["type"]
    sobject = org.require(kind)
    order = []
    for name, value in answer.items():
        if name == "attributes":
            continue
        order.append(name.lower())
        if sobject.field(name) is None:
            kind_of = "boolean" if isinstance(value, bool) else "string"
            org.add_field(kind, Field(name=name, label=name, type=kind_of, length=255))
    sobject.fields = {name: sobject.fields[name] for name in order}
    values: dict[str, Value] = {
        name: value for name, value in answer.items() if name != "attributes" and not isinstance(value, dict)
    }
    values.pop("PhotoUrl", None)
    org.add(kind, values, record_id=answer["Id"])


def shape(value: object) -> object:
    """Keys and types of an answer, without its values; `...` stands where a recording was shortened."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        kept = [shape(one) for one in value if one != "..."]
        return kept[:1]
    return type(value).__name__
