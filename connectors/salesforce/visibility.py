"""How much of an org its user sees: records that sharing hides, fields that nobody granted."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from connectors.errors import AccessError, ProtocolError, SchemaError
from connectors.model import Finding, Severity
from connectors.salesforce.answers import Answer
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.errors import RefusedError
from connectors.salesforce.objects import SourceObject
from connectors.salesforce.query import RecordQuery, better_refusal
from connectors.salesforce.schema import Schema
from connectors.salesforce.selection import Selection, select

__all__ = ["Census", "Seen", "count_seen", "count_visible", "field_findings", "take_census", "warn_of_hidden"]

_log = logging.getLogger(__name__)
_TOLERATED_SHARE = 0.01
"""The counts are those of some time ago (REST API Developer Guide, "Record Count", read 2026-11)."""


@dataclass(frozen=True, slots=True)
class Census:
    """How many records there are, and when that was asked, by the org's own clock."""

    counts: Mapping[str, int]
    """By object; those that the org did not count, or not for this user, are absent."""
    now: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """Records of one object: those that the user sees, and all."""

    name: str
    seen: int
    there: int | None
    """None where the org does not say: the user lacks View Setup and Configuration."""

    @property
    def is_short(self) -> bool:
        """Whether more are hidden than the counts can be wrong by."""
        return self.there is not None and self.there - self.seen > self.there * _TOLERATED_SHARE


def take_census(client: SalesforceClient, names: Sequence[str]) -> Census:
    """How many records the org has of these objects, whoever may see them.

    Raises:
        ProtocolError: The answer does not say what time it is.
    """
    purpose, asked = "count the records of the org", {"sObjects": ",".join(names)}
    try:
        answer = client.get("limits/recordCount", purpose=purpose, params=asked)
    except AccessError:
        # Counting takes a right to look into the setup, which a scheduled run need not have.
        return Census({}, _time_of(client.get("", purpose="ask the org for the time")))
    counts = {one["name"]: int(one["count"]) for one in answer.json().get("sObjects") or []}
    return Census(counts, _time_of(answer))


def count_seen(client: SalesforceClient, sources: Sequence[SourceObject]) -> list[Seen]:
    """How many records of each object the user sees, beside how many there are."""
    there = take_census(client, [one.name for one in sources]).counts
    return [
        Seen(one.name, count_visible(client, RecordQuery(one.name, {})), there.get(one.name))
        for one in sources
    ]


def count_visible(client: SalesforceClient, query: RecordQuery) -> int:
    """How many records of a query the user sees; -1 where counting them takes Salesforce too long."""
    purpose = f"count the records of {query.name}"
    try:
        answer = client.get(query.resource, purpose=purpose, params={"q": query.counted()})
    except RefusedError as error:
        if error.api_code == "QUERY_TIMEOUT":
            return -1
        raise better_refusal(error, query) from error
    return int(answer.json()["totalSize"])


def warn_of_hidden(found: Seen) -> None:
    """Say in the log that the user sees fewer records than there are."""
    if found.is_short:
        _log.warning(
            "salesforce.records_hidden",
            extra={"object": found.name, "seen": found.seen, "there": found.there},
        )


def field_findings(schema: Schema, sources: Sequence[SourceObject]) -> list[Finding]:
    """Whether each field that is read is visible: one finding for each object, worst first."""
    try:
        selections = select(schema, sources, ())
    except SchemaError as error:
        return [Finding(error.message, Severity.FAIL, error.hint, error.details)]
    return [_finding(one) for one in selections]


def _finding(selection: Selection) -> Finding:
    name = selection.source.name
    if not selection.missing:
        return Finding(f"Fields of {name} are visible.", Severity.OK)
    fields = [selection.source.fields[column] for column in selection.missing]
    return Finding(
        f"The Salesforce user does not see {', '.join(fields)} of {name}; these values stay empty.",
        Severity.WARN,
        "Let the integration user read them, if your org uses them: Setup > Permission Sets > the set of "
        "the integration user > Object Settings.",
        {"object": name, "fields": fields},
    )


def _time_of(answer: Answer) -> datetime:
    """The org's clock: by it every record is stamped, and by this machine's none."""
    try:
        return parsedate_to_datetime(answer.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError) as error:
        raise ProtocolError(
            "The answer of Salesforce does not say what time it is there.",
            hint="If a proxy removes the header Date of answers, let it pass.",
            code="salesforce.date",
        ) from error
