"""The org itself: which one it is, what time it is there, in which currency it counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.errors import ProtocolError
from connectors.model import ConnectionIdentity
from connectors.salesforce.client import SalesforceClient

__all__ = ["Organization", "read_organization"]


@dataclass(frozen=True, slots=True)
class Organization:
    """What the org says of itself."""

    org_id: str
    """18 characters."""
    name: str
    is_sandbox: bool
    time_zone: str
    """IANA name; people in sales see days in it."""

    def identity(self, host: str) -> ConnectionIdentity:
        """The org as the key of all state. A sandbox that is refreshed gets a new id."""
        return ConnectionIdentity("salesforce", self.org_id, host)

    def today(self, now: datetime) -> str:
        """The day it is in the org, as ISO text.

        Args:
            now: The present moment, with a zone.
        """
        try:
            zone: ZoneInfo | None = ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            zone = None
        return now.astimezone(zone or UTC).date().isoformat()


def read_organization(client: SalesforceClient) -> Organization:
    """Ask the org who it is.

    Raises:
        ProtocolError: It does not say.
    """
    query = "SELECT Id, Name, IsSandbox, TimeZoneSidKey FROM Organization"
    answer = client.get("query", purpose="read which org this is", params={"q": query})
    records: list[Mapping[str, Any]] = answer.json().get("records") or []
    if len(records) != 1 or not records[0].get("Id"):
        raise ProtocolError(
            "Salesforce does not say which org this is.",
            hint="The integration user must be able to read Organization, as users are by default.",
            code="salesforce.organization",
        )
    (found,) = records
    return Organization(
        found["Id"], found["Name"] or "", bool(found["IsSandbox"]), found["TimeZoneSidKey"] or "UTC"
    )
