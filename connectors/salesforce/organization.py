"""The org itself: which one it is, what time it is there, in which currency it counts."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.errors import ConfigError, ProtocolError
from connectors.model import ConnectionIdentity
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.errors import RefusedError
from connectors.salesforce.queries import read_rows

__all__ = ["Organization", "check_version", "read_organization"]


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
        ConfigError: It does not offer the version of the API that is asked for.
        ProtocolError: It does not say.
    """
    query = "SELECT Id, Name, IsSandbox, TimeZoneSidKey FROM Organization"
    try:
        records = read_rows(client, query, purpose="read which org this is")
    except RefusedError as error:
        if error.status == 404:
            # No query at all is known under this version.
            check_version(client)
        raise
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


def check_version(client: SalesforceClient) -> None:
    """Whether the org offers the version of the API that is used.

    Salesforce supports a version for at least three years ("API End-of-Life Policy", read 2026-11).

    Raises:
        ConfigError: It does not; names its newest.
    """
    answer = client.get("/services/data", purpose="list the versions of its interface")
    known = [str(one.get("version")) for one in answer.json()]
    if client.version in known:
        return
    newest = max(known, key=float, default="none")
    raise ConfigError(
        f"The org does not offer version {client.version} of the API; its newest is {newest}.",
        hint=f'Set api_version = "{newest}" under [connection].',
        code="config.api_version",
        details={"known": known},
    )
