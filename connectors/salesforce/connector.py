"""A Salesforce org as a connector: opening, identity, and the promises of the contract by subject."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from connectors.config import ConnectionSettings
from connectors.model import (
    CallBudget,
    ConnectionIdentity,
    FieldChange,
    FieldSpec,
    FieldWrite,
    Finding,
    JobState,
    Limits,
    ListChange,
    ListSpec,
    ObjectDescription,
    ObjectKind,
    Page,
    Watermark,
    WriteResult,
)
from connectors.salesforce import bulk_ingest, fields, list_views, metadata_package, names, pull, read, write
from connectors.salesforce.bulk_query import BulkReading
from connectors.salesforce.checks import examine
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.limits import LIMITS
from connectors.salesforce.objects import sources_of
from connectors.salesforce.organization import Organization, read_organization
from connectors.salesforce.schema import Schema

__all__ = ["SalesforceConnector"]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SalesforceConnector:
    """One org. Made by `connectors.salesforce.open_configured`; the first request logs in.

    Every method may raise `AuthError`, `AccessError`, `TransientError`, `QuotaExhaustedError` and
    `ProtocolError`, as the contract says.
    """

    def __init__(
        self,
        client: SalesforceClient,
        settings: ConnectionSettings,
        *,
        clock: Callable[[], datetime] = _utc_now,
        bulk_reading: BulkReading | None = None,
    ) -> None:
        self._client = client
        self._settings = settings
        self._clock = clock
        self._bulk_reading = bulk_reading or BulkReading()
        self._schema = Schema(client)
        self._organization: Organization | None = None
        for kind in ObjectKind:
            # Settings that name no column are refused before the first request.
            sources_of(kind, settings)

    def __enter__(self) -> Self:
        """Nothing is opened: the first request logs in."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release the connections."""
        self._client.close()

    @property
    def limits(self) -> Limits:
        """What Salesforce allows."""
        return LIMITS

    def identify(self) -> ConnectionIdentity:
        """The org's id, read from the org."""
        self._organization = read_organization(self._client)
        return self._organization.identity(self._client.host)

    def as_of(self) -> str:
        """Today in the org's time zone."""
        if self._organization is None:
            self._organization = read_organization(self._client)
        return self._organization.today(self._clock())

    def check(self) -> list[Finding]:
        """Credentials, permissions, visibility, quota: one finding each; nothing is written."""
        return examine(self._client, self._schema, self._settings)

    def describe(self, kind: ObjectKind) -> ObjectDescription:
        """The fields of the object that the user sees."""
        return self._schema.describe(kind, sources_of(kind, self._settings)[0].name)

    def field_name(self, stem: str, part: str = "") -> str:
        """The API name of one of our fields.

        Raises:
            ConfigError: Salesforce would refuse the name as too long.
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

        Where formula fields, or fields of other records, are among those that are read, all records come even
        with `since`: such values change without a trace.

        Raises:
            UsageError: `since` or `checkpoint` is not one of this CRM, or not of this pull.
            DataError: `since` is ahead of the org, or the org cannot say any more what was deleted since, or
                fields, rates or record types changed: pull everything.
            SchemaError: A field that the settings name is not there, or of the wrong type.
        """
        sources = sources_of(kind, self._settings)
        asked = pull.Pull(self._client, self._schema, sources, tuple(fields), self._bulk_reading)
        return asked.pages(since, checkpoint)

    def read(self, kind: ObjectKind, ids: Sequence[str], fields: Sequence[str]) -> pa.Table:
        """What the org holds now for these ids, all as text.

        Raises:
            SchemaError: One of the fields does not exist or is not visible.
            UsageError: More ids than `limits.max_read_records`.
        """
        source = sources_of(kind, self._settings)[0]
        return read.read_records(self._client, self._schema, source, ids, fields)

    def ensure_fields(
        self, kind: ObjectKind, specs: Sequence[FieldSpec], *, dry_run: bool = False
    ) -> list[FieldChange]:
        """Make our fields as wanted and visible to those who need them.

        Raises:
            SchemaError: A field is in the way.
            AccessError: Fields are missing, and the user may not make them; says who may and how.
        """
        source = sources_of(kind, self._settings)[0]
        maker = fields.FieldMaker(self._client, self._schema, source, self._settings.viewers)
        return maker.ensure(specs, dry_run=dry_run)

    def adopt_fields(self, kind: ObjectKind, names: Sequence[str], installation_id: str) -> list[str]:
        """Put our mark on fields of another installation.

        Raises:
            SchemaError: One of the fields was not made by an installation of this product.
            AccessError: The user may not change fields.
        """
        source = sources_of(kind, self._settings)[0]
        maker = fields.FieldMaker(self._client, self._schema, source, self._settings.viewers)
        return maker.adopt(names, installation_id)

    def export_fields(
        self, specs: Mapping[ObjectKind, Sequence[FieldSpec]], folder: Path
    ) -> tuple[Path, ...]:
        """Write a package for the Metadata API with our fields and permission sets.

        Raises:
            UsageError: The folder holds other things.
            ConfigError: The folder cannot be written.
        """
        named = {sources_of(kind, self._settings)[0].name: found for kind, found in specs.items()}
        return metadata_package.write_package(named, folder, version=self._client.version)

    def write(
        self,
        kind: ObjectKind,
        batch: Sequence[FieldWrite],
        *,
        request_id: str,  # noqa: ARG002 - Salesforce keeps no name of a request
    ) -> list[WriteResult]:
        """Write one batch in one request; one result per input, in order.

        Raises:
            UsageError: The batch is larger than `limits.max_batch_records`, or names a record twice.
            UnknownOutcomeError: The answer was lost.
            QuotaExhaustedError: Only the reserve of API calls is left.
        """
        source = sources_of(kind, self._settings)[0]
        return write.write_batch(self._client, self._schema, source, batch)

    def ensure_lists(self, specs: Sequence[ListSpec], *, dry_run: bool = False) -> list[ListChange]:
        """Keep one list view per spec, found by its API name; those of others are never touched.

        Raises:
            SchemaError: A list view of that name shows something else.
        """
        builder = list_views.ListViewBuilder(self._client, self._schema, self._settings)
        return builder.ensure(specs, dry_run=dry_run)

    def open_job(self, kind: ObjectKind, fields: Sequence[str]) -> str:  # noqa: ARG002 - the file names them
        """Make an empty bulk job; its id is the reference."""
        return bulk_ingest.open_job(self._client, sources_of(kind, self._settings)[0])

    def submit_job(
        self, reference: str, kind: ObjectKind, batch: Sequence[FieldWrite]
    ) -> list[WriteResult | None]:
        """Upload the records and close the job, which begins it.

        Returns:
            A verdict for each record that was left out of the job; None for those that are in it.

        Raises:
            UnknownOutcomeError: The answer was lost: `job_state` tells whether it began.
        """
        source = sources_of(kind, self._settings)[0]
        return bulk_ingest.submit_job(self._client, self._schema, source, reference, batch)

    def job_state(self, reference: str) -> JobState:
        """Where the job stands."""
        return bulk_ingest.job_state(self._client, reference)

    def job_results(self, reference: str, ids: Sequence[str]) -> list[WriteResult | None]:
        """What became of these records, from the three files of results.

        Raises:
            ProtocolError: The files do not account for every record.
        """
        return bulk_ingest.job_results(self._client, self._schema, reference, ids)

    def abandon_job(self, reference: str) -> None:
        """Abort a job that has not begun.

        Raises:
            UnknownOutcomeError: It has begun meanwhile, or nobody knows.
        """
        bulk_ingest.abandon_job(self._client, reference)

    def call_budget(self) -> CallBudget | None:
        """API calls of the org in 24 hours and what is left of them, as the last answer said."""
        return self._client.budget.report()
