"""Queries whose whole result fits into memory: settings of the org, not its records."""

from collections.abc import Mapping
from typing import Any

from connectors.salesforce.client import SalesforceClient

__all__ = ["select"]


def select(
    client: SalesforceClient, query: str, *, purpose: str, tooling: bool = False
) -> list[Mapping[str, Any]]:
    """All rows, over all pages.

    Args:
        client: The org.
        query: SOQL; values were put in by `connectors.salesforce.client.soql`.
        purpose: What it is for, as an infinitive without "to".
        tooling: Whether it asks for what people have built.

    Raises:
        RefusedError: The org does not answer it; `INVALID_TYPE` where the user may not look there.
    """
    path = "tooling/query" if tooling else "query"
    answer = client.get(path, purpose=purpose, params={"q": query}).json()
    rows = list(answer["records"])
    while not answer["done"]:
        # Paths of further pages are absolute; the client keeps them on the org's own host.
        answer = client.get(answer["nextRecordsUrl"], purpose=purpose).json()
        rows += answer["records"]
    return rows
