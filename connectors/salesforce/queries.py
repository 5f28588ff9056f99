"""Queries whose whole result fits into memory: settings of the org, where a few records went."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from connectors.errors import ProtocolError
from connectors.salesforce.client import SalesforceClient

__all__ = ["Resource", "read_rows"]


class Resource(StrEnum):
    """Where a query is asked."""

    RECORDS = "query"
    WITH_GONE = "queryAll"
    """Deleted and merged records too."""
    SETUP = "tooling/query"
    """What people have built."""


def read_rows(
    client: SalesforceClient, query: str, *, purpose: str, resource: Resource = Resource.RECORDS
) -> list[Mapping[str, Any]]:
    """All rows, over all pages.

    Args:
        client: The org.
        query: SOQL; values were put in by `connectors.salesforce.client.soql`.
        purpose: What it is for, as an infinitive without "to".
        resource: Where it is asked.

    Raises:
        ProtocolError: Its pages have no end.
        RefusedError: The org does not answer it; `INVALID_TYPE` where the user may not look there.
    """
    answer = client.get(resource.value, purpose=purpose, params={"q": query}).json()
    rows = list(answer["records"])
    read: set[str] = set()
    while not answer["done"]:
        # Paths of further pages are absolute; the client keeps them on the org's own host.
        path = answer["nextRecordsUrl"]
        if path in read:
            raise ProtocolError(
                f"Salesforce named the same page twice when asked to {purpose}.",
                hint="Run again; report this if it happens twice.",
                code="salesforce.query.repeats",
            )
        read.add(path)
        answer = client.get(path, purpose=purpose).json()
        rows += answer["records"]
    return rows
