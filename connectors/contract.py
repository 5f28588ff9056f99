"""What a connector promises. Whoever keeps these promises passes `connectors.testing`.

A connector is opened with its settings, is a context manager and holds no other state. Engines use these
protocols only; optional abilities are checked with `isinstance` before a run begins, never in its middle.
"""

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

import pyarrow as pa

from connectors.model import (
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

__all__ = ["Connector", "ListBuilder"]


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
