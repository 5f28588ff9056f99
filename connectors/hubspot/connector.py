"""A HubSpot account as a connector: opening, identity, and the promises of the contract by subject."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import pyarrow as pa

from connectors.config import ConnectionSettings
from connectors.hubspot import fields, list_views, names, pull, read, write
from connectors.hubspot.account import Account, read_account
from connectors.hubspot.checks import examine
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.limits import LIMITS
from connectors.hubspot.objects import LABELS, source_of, sources_of
from connectors.hubspot.schema import Schema
from connectors.model import (
    CallBudget,
    ConnectionIdentity,
    FieldChange,
    FieldSpec,
    FieldWrite,
    Finding,
    Limits,
    ListChange,
    ListSpec,
    ObjectDescription,
    ObjectKind,
    Page,
    Watermark,
    WriteResult,
)

__all__ = ["HubSpotConnector"]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class HubSpotConnector:
    """One account. Made by `connectors.hubspot.open_configured`.

    Every method may raise `AuthError`, `AccessError`, `TransientError`, `QuotaExhaustedError` and
    `ProtocolError`, as the contract says.
    """

    def __init__(
        self,
        client: HubSpotClient,
        settings: ConnectionSettings,
        *,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._client = client
        self._settings = settings
        self._clock = clock
        self._schema = Schema(client)
        self._account: Account | None = None
        for kind in ObjectKind:
            # Settings that name no column are refused before the first request.
            sources_of(kind, settings)

    def __enter__(self) -> Self:
        """Nothing is opened: there is no session."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release the connections."""
        self._client.close()

    @property
    def limits(self) -> Limits:
        """What HubSpot allows."""
        return LIMITS

    def identify(self) -> ConnectionIdentity:
        """The account's id, read from the account."""
        self._account = read_account(self._client)
        return self._account.identity

    def as_of(self) -> str:
        """Today in the account's time zone."""
        if self._account is None:
            self._account = read_account(self._client)
        return self._account.today(self._clock())

    def check(self) -> list[Finding]:
        """Key, scopes, properties, version, quota: one finding each; nothing is written."""
        return examine(self._client, self._schema, self._settings)

    def describe(self, kind: ObjectKind) -> ObjectDescription:
        """The properties of the object; those of several objects have none in common that is ours."""
        found = sources_of(kind, self._settings)
        specs = self._schema.properties(found[0].name, fresh=True).specs() if found else ()
        return ObjectDescription(kind, *LABELS[kind], specs)

    def field_name(self, stem: str, part: str = "") -> str:
        """The internal name of one of our properties.

        Raises:
            ConfigError: HubSpot would refuse the name as too long.
        """
        return names.field_name(stem, part)

    def pull(
        self,
        kind: ObjectKind,
        fields: Sequence[str] = (),
        *,
        since: Watermark | None = None,
        checkpoint: str | None = None,
    ) -> Iterator[Page]:
        """Stream records in pages, as the contract says.

        Raises:
            UsageError: `since` or `checkpoint` is not one of this CRM, or not of this pull.
            DataError: `since` is ahead of the account or too long ago, or properties changed: pull all.
            SchemaError: A property that the settings name is not there, or of the wrong type.
        """
        sources = sources_of(kind, self._settings)
        return pull.Pull(self._client, self._schema, kind, sources, tuple(fields)).pages(since, checkpoint)

    def read(self, kind: ObjectKind, ids: Sequence[str], fields: Sequence[str]) -> pa.Table:
        """What the account holds now for these ids, all as text.

        Raises:
            SchemaError: One of the properties does not exist.
            UsageError: More ids than `limits.max_read_records`.
        """
        return read.read_records(self._client, self._schema, source_of(kind, self._settings), ids, fields)

    def ensure_fields(
        self, kind: ObjectKind, specs: Sequence[FieldSpec], *, dry_run: bool = False
    ) -> list[FieldChange]:
        """Make our properties as wanted, in a group of their own.

        Raises:
            SchemaError: A property is in the way.
            AccessError: The key may not set properties up.
        """
        maker = fields.FieldMaker(self._client, self._schema, source_of(kind, self._settings))
        return maker.ensure(specs, dry_run=dry_run)

    def adopt_fields(self, kind: ObjectKind, names: Sequence[str], installation_id: str) -> list[str]:
        """Put our mark on properties of another installation.

        Raises:
            SchemaError: One of them was not made by an installation of this product.
        """
        maker = fields.FieldMaker(self._client, self._schema, source_of(kind, self._settings))
        return maker.adopt(names, installation_id)

    def write(
        self,
        kind: ObjectKind,
        batch: Sequence[FieldWrite],
        *,
        request_id: str,  # noqa: ARG002 - HubSpot keeps no name of a request
    ) -> list[WriteResult]:
        """Write one batch; one result per input, in order.

        Raises:
            UsageError: The batch is larger than `limits.max_batch_records`, or names a record twice.
            UnknownOutcomeError: An answer was lost.
            QuotaExhaustedError: Only the reserve of the day's calls is left.
        """
        return write.write_batch(self._client, self._schema, source_of(kind, self._settings), batch)

    def ensure_lists(self, specs: Sequence[ListSpec], *, dry_run: bool = False) -> list[ListChange]:
        """Keep one list per spec, found by the key in its name; those of others are never touched.

        Raises:
            SchemaError: A list of that key shows something else.
        """
        return list_views.ListBuilder(self._client, self._settings).ensure(specs, dry_run=dry_run)

    def call_budget(self) -> CallBudget | None:
        """API calls of the account's day and what is left of them, as the last answer said."""
        return self._client.budget.report()
