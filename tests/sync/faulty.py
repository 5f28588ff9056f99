"""The embedded CRM behind a bad line: requests are refused, answers get lost, people interfere."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import TracebackType
from typing import Self

import pyarrow as pa

from connectors.errors import (
    AuthError,
    ProtocolError,
    QuotaExhaustedError,
    RateLimitedError,
    UnavailableError,
    UnknownOutcomeError,
)
from connectors.local.connector import LocalConnector
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
    WriteOutcome,
    WriteResult,
)

__all__ = ["Fault", "FaultyConnector"]


class Fault(StrEnum):
    """What goes wrong with one write request."""

    REFUSED = "refused"
    """Not executed, and the CRM says so."""
    RATE_LIMITED = "rate_limited"
    """Not executed; the CRM names a wait."""
    LOST_BEFORE = "lost_before"
    """The connection broke before the CRM got it; nobody can know."""
    LOST_AFTER = "lost_after"
    """The CRM carried it out; the answer was lost."""
    LOST_HALF = "lost_half"
    """The CRM carried out the first half; the answer was lost."""
    AUTH = "auth"
    """The credentials were refused."""
    QUOTA = "quota"
    """The day's budget is used up."""
    GARBLED = "garbled"
    """The CRM carried it out and answered outside its documentation."""
    SWAPPED = "swapped"
    """The CRM carried it out and answered in another order."""
    SHORT = "short"
    """The CRM carried it out and left out the last answer."""


_REFUSALS = {
    Fault.REFUSED: UnavailableError("The CRM is away.", hint="Try later."),
    Fault.RATE_LIMITED: RateLimitedError("Too many requests.", hint="Try later.", retry_after=7),
    Fault.LOST_BEFORE: UnknownOutcomeError("The answer was lost.", hint="Read back."),
    Fault.AUTH: AuthError("The token is not valid.", hint="Renew it."),
    Fault.QUOTA: QuotaExhaustedError("The day's calls are used up.", hint="Try tomorrow."),
}


@dataclass
class FaultyConnector:
    """Hands everything on to the embedded CRM, except what the test spoils."""

    inner: LocalConnector
    batch_records: int = 5
    parallel_writes: int = 1
    counting: threading.Lock = field(default_factory=threading.Lock)
    faults: dict[int, Fault] = field(default_factory=dict)
    """By ordinal of the write request, from 0."""
    rejects: Mapping[str, str] = field(default_factory=dict)
    """Record id to the message of a validation rule that refuses it."""
    locked: set[str] = field(default_factory=set)
    busy: dict[str, int] = field(default_factory=dict)
    """Record id to how many more attempts find it held by another request."""
    before_write: Callable[[int], None] = lambda _ordinal: None
    """What happens elsewhere just before a write request arrives."""
    after_write: Callable[[int], None] = lambda _ordinal: None
    """What happens when it was carried out, before the answer leaves."""
    carried_out: Counter[str] = field(default_factory=Counter)
    """How often each record was in a request that the CRM carried out."""
    requests: list[tuple[str, list[str]]] = field(default_factory=list)
    """Every write request that was sent: its name and its records."""
    reads: int = 0
    pulls: list[tuple[ObjectKind, str | None]] = field(default_factory=list)
    spoil_page: Callable[[int, Page], Page] = lambda _ordinal, page: page
    pages: int = 0
    moved_to: str | None = None
    """Another account id, as if the settings led elsewhere."""

    @property
    def limits(self) -> Limits:
        return replace(
            self.inner.limits,
            max_batch_records=self.batch_records,
            max_parallel_writes=self.parallel_writes,
            settle_seconds=11,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.inner.__exit__(kind, error, trace)

    def identify(self) -> ConnectionIdentity:
        identity = self.inner.identify()
        return replace(identity, account=self.moved_to) if self.moved_to else identity

    def as_of(self) -> str:
        return self.inner.as_of()

    def check(self) -> list[Finding]:
        return self.inner.check()

    def describe(self, kind: ObjectKind) -> ObjectDescription:
        return self.inner.describe(kind)

    def field_name(self, stem: str, part: str = "") -> str:
        return self.inner.field_name(stem, part)

    def pull(
        self,
        kind: ObjectKind,
        fields: Sequence[str] = (),
        *,
        since: Watermark | None = None,
        checkpoint: str | None = None,
    ) -> Iterator[Page]:
        self.pulls.append((kind, since))
        for page in self.inner.pull(kind, fields, since=since, checkpoint=checkpoint):
            self.pages += 1
            yield self.spoil_page(self.pages - 1, page)

    def read(self, kind: ObjectKind, ids: Sequence[str], fields: Sequence[str]) -> pa.Table:
        self.reads += 1
        return self.inner.read(kind, ids, fields)

    def ensure_fields(
        self, kind: ObjectKind, specs: Sequence[FieldSpec], *, dry_run: bool = False
    ) -> list[FieldChange]:
        return self.inner.ensure_fields(kind, specs, dry_run=dry_run)

    def ensure_lists(self, specs: Sequence[ListSpec], *, dry_run: bool = False) -> list[ListChange]:
        return self.inner.ensure_lists(specs, dry_run=dry_run)

    def write(self, kind: ObjectKind, batch: Sequence[FieldWrite], *, request_id: str) -> list[WriteResult]:
        with self.counting:
            ordinal = len(self.requests)
            self.requests.append((request_id, [write.record_id for write in batch]))
        self.before_write(ordinal)
        fault = self.faults.get(ordinal)
        if fault in _REFUSALS:
            raise _REFUSALS[fault]
        if fault is Fault.LOST_HALF:
            self._carry_out(kind, batch[: len(batch) // 2], request_id)
            raise UnknownOutcomeError("The answer was lost half-way.", hint="Read back.")
        results = self._carry_out(kind, batch, request_id)
        self.after_write(ordinal)
        if fault is Fault.LOST_AFTER:
            raise UnknownOutcomeError("The answer was lost.", hint="Read back.")
        if fault is Fault.GARBLED:
            raise ProtocolError("The CRM answered with a page of HTML.", hint="Report this.")
        if fault is Fault.SWAPPED:
            return results[::-1]
        return results[:-1] if fault is Fault.SHORT else results

    def _carry_out(self, kind: ObjectKind, batch: Sequence[FieldWrite], request_id: str) -> list[WriteResult]:
        held = {each.record_id for each in batch if self.busy.get(each.record_id, 0) > 0}
        self.busy.update((record_id, self.busy[record_id] - 1) for record_id in held)
        taken = [each for each in batch if each.record_id not in {*self.rejects, *self.locked, *held}]
        self.carried_out.update(each.record_id for each in taken)
        done = {each.record_id: each for each in self.inner.write(kind, taken, request_id=request_id)}
        return [done.get(each.record_id) or self._refusal(each.record_id) for each in batch]

    def _refusal(self, record_id: str) -> WriteResult:
        if record_id in self.locked:
            message = "The record is being edited."
            return WriteResult(record_id, WriteOutcome.LOCKED, "record.locked", message=message)
        if record_id in self.busy:
            message = "Another request held the record."
            return WriteResult(record_id, WriteOutcome.BUSY, "record.busy", message=message)
        message = self.rejects[record_id]
        return WriteResult(record_id, WriteOutcome.REJECTED, "rule.custom", FIELDS_KEY, message)


FIELDS_KEY = "crm_segment"
