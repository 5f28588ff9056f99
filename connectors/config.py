"""Typed settings of the `[connection]` table: which CRM, how it is reached, what its fields are called."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

__all__ = ["ConnectionSettings", "Secrets"]

CrmName = Annotated[str, Field(pattern="^[A-Za-z][A-Za-z0-9_]{0,79}$")]
FieldPath = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,79}(\.[A-Za-z][A-Za-z0-9_]{0,79}){0,2}$")]
ObjectName = Literal["account", "contact", "deal", "activity", "lead", "product", "line_item"]


class Secrets(BaseModel):
    """Credentials: they come from the environment only, and never show in a text."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    access_token: SecretStr | None = None
    """Environment only: CRM_SEGMENTS_CONNECTION__ACCESS_TOKEN."""
    client_id: SecretStr | None = None
    """Environment only: CRM_SEGMENTS_CONNECTION__CLIENT_ID."""
    client_secret: SecretStr | None = None
    """Environment only: CRM_SEGMENTS_CONNECTION__CLIENT_SECRET."""
    username: SecretStr | None = None
    """Environment only: CRM_SEGMENTS_CONNECTION__USERNAME."""
    password: SecretStr | None = None
    """Environment only: CRM_SEGMENTS_CONNECTION__PASSWORD."""
    security_token: SecretStr | None = None
    """Environment only: CRM_SEGMENTS_CONNECTION__SECURITY_TOKEN."""
    private_key_file: SecretStr | None = None
    """Environment only: CRM_SEGMENTS_CONNECTION__PRIVATE_KEY_FILE."""

    def reveal(self, name: str) -> str | None:
        """The plain value of one credential; an empty one counts as not given."""
        secret: SecretStr | None = getattr(self, name)
        return (secret.get_secret_value().strip() or None) if secret is not None else None


class ConnectionSettings(Secrets):
    """The `[connection]` table: which CRM. Credentials come from the environment only."""

    crm: Annotated[str, Field(pattern="^[a-z][a-z0-9_-]{0,39}$")] = "local"
    """Which CRM: "local" is the embedded one, a whole small CRM in one file."""
    path: Path = Path("crm.db")
    """File of the embedded CRM, relative to this file."""
    endpoint: str | None = None
    """Address of a rehearsal server on this machine, for CRMs that are reached over the network."""
    domain: str | None = None
    """Salesforce: your My Domain, e.g. "acme.my.salesforce.com"."""
    api_version: str | None = None
    """Version of the CRM's interface, e.g. "67.0" for Salesforce, "v3" or "2026-09" for HubSpot; unless set,
    the one that this version of crm-segments was tested against."""
    daily_call_reserve: Annotated[float, Field(ge=0, lt=1)] = 0.2
    """Share of the day's API calls that is left for others: a run pauses before it touches them."""
    list_visibility: Literal["everyone", "me"] = "everyone"
    """Who sees the list views that are made."""
    viewers: tuple[str, ...] = ()
    """Salesforce: profiles whose active users get to see our fields, e.g. ["Sales User"]."""
    objects: dict[ObjectName, CrmName] = {}
    """Salesforce: other objects to read from than the standard ones, e.g. { deal = "Subscription__c" }."""
    fields: dict[ObjectName, dict[str, FieldPath]] = {}
    """Other fields to read from, in HubSpot properties by their internal names, e.g.
    { account = { employees = "Headcount__c" } }."""

    environment_only: ClassVar[frozenset[str]] = frozenset(Secrets.model_fields)
