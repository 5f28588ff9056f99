"""The account that the key belongs to: which one, where its day begins, what its money is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.errors import ProtocolError
from connectors.hubspot.client import HubSpotClient
from connectors.model import ConnectionIdentity

__all__ = ["Account", "read_account"]


@dataclass(frozen=True, slots=True)
class Account:
    """One HubSpot account, which its API calls a portal."""

    portal_id: str
    label: str
    zone: tzinfo
    zone_name: str
    """As Arrow takes it: a name, or an offset such as `-05:00`."""
    currency: str | None
    """Of all amounts that HubSpot converts."""
    asked_at: datetime
    """When HubSpot said so, by its own clock."""

    @property
    def identity(self) -> ConnectionIdentity:
        """Which connection this is."""
        return ConnectionIdentity("hubspot", self.portal_id, self.label)

    def today(self, now: datetime) -> str:
        """The ISO date in the account's time zone."""
        return now.astimezone(self.zone).date().isoformat()

    def next_midnight(self, now: datetime) -> datetime:
        """When the account's next day begins."""
        tomorrow = now.astimezone(self.zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), self.zone)


def read_account(client: HubSpotClient) -> Account:
    """Ask for the account; also tells the budget when the day's calls begin anew.

    Raises:
        ProtocolError: The answer does not name it.
    """
    answer = client.get("/account-info/v3/details", purpose="read which account this is")
    raw = answer.json()
    portal_id = raw.get("portalId")
    if not isinstance(portal_id, int):
        raise ProtocolError(
            "HubSpot did not say which account the key belongs to.",
            hint="Run again; report this if it stays.",
            code="hubspot.account.odd",
        )
    zone, name = _zone(raw)
    label = f"{raw.get('uiDomain') or 'app.hubspot.com'} account {portal_id}"
    account = Account(str(portal_id), label, zone, name, _text(raw.get("companyCurrency")), answer.moment)
    client.budget.resumes_at = account.next_midnight(account.asked_at)
    return account


def _zone(raw: Mapping[str, Any]) -> tuple[tzinfo, str]:
    """By name where this machine knows it (HubSpot uses old names, too), else by today's offset."""
    name = _text(raw.get("timeZone")) or "UTC"
    try:
        return ZoneInfo(name), name
    except (ZoneInfoNotFoundError, ValueError):
        pass
    offset = raw.get("utcOffsetMilliseconds")
    if not isinstance(offset, int):
        return UTC, "UTC"
    shift = timedelta(milliseconds=offset)
    minutes = abs(shift) // timedelta(minutes=1)
    sign = "-" if shift < timedelta() else "+"
    return timezone(shift), f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"


def _text(raw: object) -> str | None:
    return raw if isinstance(raw, str) and raw else None
