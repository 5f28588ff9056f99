"""What a connector promises. Whoever keeps these promises passes `connectors.testing`.

A connector is opened with its settings, is a context manager and holds no other state. Engines use these
protocols only; optional abilities are checked with `isinstance` before a run begins, never in its middle.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

import pyarrow as pa

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

__all__ = ["BulkWrite", "Connector", "FieldAdopter", "FieldExporter", "ListBuilder", "Metered"]


@runtime_checkable
class Connector(Protocol):
    """One CRM account, as the engines see it.

    Every method may raise `AuthError`, `AccessError`, `TransientError` (refused before execution),
    `QuotaExhaustedError` and `ProtocolError`. Only `write` may raise `UnknownOutcomeError`; any other
    exception out of `write` promises that no record of the batch was touched.
    """

    @property
    def limits(self) -> Limits:
        """What this CRM allows."""
        ...

    def __enter__(self) -> Self:
        """Open what is needed."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release it; never raises."""
        ...

    def identify(self) -> ConnectionIdentity:
        """Ask the CRM which account this is."""
        ...

    def as_of(self) -> str:
        """Today's ISO date in the account's time zone; for the embedded CRM the date of its last import."""
        ...

    def check(self) -> list[Finding]:
        """Prove credentials, permissions and reachability, one finding each; never writes."""
        ...

    def describe(self, kind: ObjectKind) -> ObjectDescription:
        """The fields that the CRM really has, ours told from those of others."""
        ...

    def field_name(self, stem: str, part: str = "") -> str:
        """The CRM's name for one of our fields, e.g. `("crm_segment", "reason")`."""
        ...

    def pull(
        self,
        kind: ObjectKind,
        fields: Sequence[str] = (),
        *,
        since: Watermark | None = None,
        checkpoint: str | None = None,
    ) -> Iterator[Page]:
        """Stream all records, or those modified after `since`, in pages of canonical columns.

        Args:
            kind: Which records.
            fields: Further fields by their CRM names (ours, for instance); they follow the canonical
                columns under the same names. A field that does not exist is left out of the pages.
            since: The watermark of an earlier pull. Records modified since are returned at least once;
                some older ones may come again. Deleted and merged ones are reported in `Page.deleted`.
            checkpoint: The checkpoint of the last page that was kept, to resume within this pull.

        Yields:
            Pages; at least one, which may be empty. No record is lost or doubled within one pull.

        Raises:
            DataError: `since` lies ahead of the CRM (an older copy was put back): pull everything.
        """
        ...

    def read(self, kind: ObjectKind, ids: Sequence[str], fields: Sequence[str]) -> pa.Table:
        """What the CRM holds now, for these ids: the id column, then `fields`, all as text.

        Records that are gone have no row; order is not promised. Dates are ISO text, null is null.

        Raises:
            SchemaError: The object has no such field.
        """
        ...

    def ensure_fields(
        self, kind: ObjectKind, specs: Sequence[FieldSpec], *, dry_run: bool = False
    ) -> list[FieldChange]:
        """Make the fields as wanted; the second call changes nothing.

        Options are added or relabelled, never removed. A field of that name which is not ours, belongs to
        another installation or has another type is never touched.

        Raises:
            SchemaError: A field is in the way; names it and the way out.
        """
        ...

    def write(self, kind: ObjectKind, batch: Sequence[FieldWrite], *, request_id: str) -> list[WriteResult]:
        """Write one batch; one result per input, in order. An empty batch makes no request.

        Args:
            kind: Which records.
            batch: At most `limits.max_batch_records` writes to distinct existing records.
            request_id: Name of this request, sent along where the CRM keeps such a thing.

        Raises:
            UnknownOutcomeError: The answer was lost. Read back before anything else.
        """
        ...


@runtime_checkable
class ListBuilder(Protocol):
    """Optional: can keep one saved list per segment."""

    def ensure_lists(self, specs: Sequence[ListSpec], *, dry_run: bool = False) -> list[ListChange]:
        """Make one list per spec, found by object and `key`; lists of others are never touched.

        Raises:
            SchemaError: A list of this key shows another field or value.
        """
        ...


@runtime_checkable
class FieldAdopter(Protocol):
    """Optional: can hand fields of one installation over to another."""

    def adopt_fields(self, kind: ObjectKind, names: Sequence[str], installation_id: str) -> list[str]:
        """Mark fields of another installation as made by this one; values and options stay.

        Args:
            kind: The object that they are on.
            names: The CRM's names of the fields; those that are not there are left out.
            installation_id: Whose they become.

        Returns:
            The names of the fields that had another mark.

        Raises:
            SchemaError: One of them was not made by an installation of this product; none was changed.
        """
        ...


@runtime_checkable
class FieldExporter(Protocol):
    """Optional: can write our fields to files that an administrator deploys to the CRM."""

    def export_fields(
        self, specs: Mapping[ObjectKind, Sequence[FieldSpec]], folder: Path
    ) -> tuple[Path, ...]:
        """Write the files and say which. Asks the CRM nothing.

        Raises:
            UsageError: The folder holds other things.
            ConfigError: The folder cannot be written.
        """
        ...


@runtime_checkable
class BulkWrite(Protocol):
    """Optional: can write many records in one job that the CRM works on by itself.

    The reference of a job is made durable by the caller before anything is handed in, so that a job is found
    again by whoever goes on after a crash. Jobs of others are never touched.
    """

    def open_job(self, kind: ObjectKind, fields: Sequence[str]) -> str:
        """Make an empty job that will write these fields, and return its reference. Writes nothing."""
        ...

    def submit_job(
        self, reference: str, kind: ObjectKind, batch: Sequence[FieldWrite]
    ) -> list[WriteResult | None]:
        """Hand the records to the job and let it begin.

        Args:
            reference: Of a job in the state `OPEN`.
            kind: Which records.
            batch: At most `limits.max_job_records` writes to distinct records, each with the job's fields.

        Returns:
            In the order of the batch, a verdict for each record that was left out of the job, because its
            values do not fit (`REJECTED`) or only `write` can carry them (`BUSY`); None for those in the job.
            Where all are left out the job stays `OPEN`.

        Raises:
            UnknownOutcomeError: The answer was lost: `job_state` tells whether it began.
        """
        ...

    def job_state(self, reference: str) -> JobState:
        """Where the job stands."""
        ...

    def job_results(self, reference: str, ids: Sequence[str]) -> list[WriteResult | None]:
        """What became of these records in a job that has ended, in their order.

        None stands for records that the job certainly did not reach.

        Raises:
            ProtocolError: The results do not account for every record.
        """
        ...

    def abandon_job(self, reference: str) -> None:
        """End a job that has not begun, so that nothing of it is ever written; a job that is gone is fine.

        Raises:
            UnknownOutcomeError: It has begun meanwhile, or nobody knows.
        """
        ...


@runtime_checkable
class Metered(Protocol):
    """Optional: the CRM allows so many calls a day, and says how many are left."""

    def call_budget(self) -> CallBudget | None:
        """What is left, as the CRM said last; None where it does not say."""
        ...
