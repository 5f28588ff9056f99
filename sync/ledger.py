"""The ledger: what we are about to write, before any byte is sent, and what became of it.

A batch names rows of its plan's changes, which hold before and after. A batch that is begun and not
settled is in doubt: the process may have died before, during or after the request. Doubt is resolved by
reading the records back, never by sending again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa
import sqlalchemy as sa

from connectors.model import WriteOutcome, WriteResult
from sync import exceptions
from sync.diff import VALUE_SCHEMA
from sync.plan import PARTS, Action, Plan
from sync.results import ChangeCounts
from sync.state import schema
from sync.state.audit import BatchFacts, batch_digest, extend_audit
from sync.state.holds import add_holds
from sync.state.lock import ConnectionLock
from sync.state.store import StateStore

__all__ = ["BatchInDoubt", "Ledger", "Outcome", "load_last_written"]

INFLIGHT = "inflight"
SETTLED = "settled"


class Outcome(StrEnum):
    """What became of one record; a letter each, as the table keeps it."""

    WRITTEN = "W"
    """The CRM took it."""
    UNCHANGED = "U"
    """It was right already."""
    REJECTED = "R"
    """Refused by the CRM."""
    LOCKED = "L"
    """Locked just now; the next run takes it."""
    GONE = "G"
    """Deleted or merged."""
    HELD = "H"
    """Someone changed our field in the meantime."""
    NOT_SENT = "N"
    """Certainly not carried out: refused, or never arrived. Goes into a new batch."""


_FINAL = {Outcome.WRITTEN, Outcome.UNCHANGED, Outcome.REJECTED, Outcome.GONE, Outcome.HELD, Outcome.LOCKED}
_PLAIN = {Outcome.WRITTEN, Outcome.UNCHANGED, Outcome.NOT_SENT}
"""Outcomes that leave no exception behind."""
_FROM_WRITE = {
    WriteOutcome.WRITTEN: Outcome.WRITTEN,
    WriteOutcome.UNCHANGED: Outcome.UNCHANGED,
    WriteOutcome.REJECTED: Outcome.REJECTED,
    WriteOutcome.LOCKED: Outcome.LOCKED,
    WriteOutcome.GONE: Outcome.GONE,
}


@dataclass(frozen=True, slots=True)
class BatchInDoubt:
    """A batch whose outcome nobody knows yet."""

    batch_no: int
    rows: tuple[int, ...]
    job_reference: str | None = None
    """Set where it was handed to a bulk job."""


class Ledger:
    """The batches of one run of one plan."""

    def __init__(
        self, store: StateStore, lock: ConnectionLock, scope_id: int, run_id: str, plan: Plan
    ) -> None:
        self._store = store
        self._lock = lock
        self._scope_id = scope_id
        self._run_id = run_id
        self._plan = plan
        self._plan_hash: str | None = None
        self.schema_hash = plan.head.schema_hash
        """The fields that answers speak of; `apply` moves it on once it has made what was missing."""

    def begin(self, batches: Sequence[Sequence[int]]) -> list[int]:
        """Make the intent to write these rows durable; returns the batch numbers.

        Raises:
            LedgerError: Nothing is durable, so nothing may be sent.
            LockedError: A later run has taken the connection.
        """
        table = schema.batch
        with self._store.begin() as tx:
            self._lock.check(tx)
            highest = tx.execute(
                sa.select(sa.func.max(table.c.batch_no)).filter_by(run_id=self._run_id)
            ).scalar()
            first = 0 if highest is None else highest + 1
            numbers = list(range(first, first + len(batches)))
            intents = [
                {
                    "run_id": self._run_id,
                    "batch_no": number,
                    "state": INFLIGHT,
                    "record_count": len(rows),
                    "rows": format_rows(rows),
                    "fencing": self._lock.fencing,
                    "begun_at": self._store.now(),
                }
                for number, rows in zip(numbers, batches, strict=True)
            ]
            if intents:
                tx.execute(table.insert(), intents)
        return numbers

    def name_job(self, batch_no: int, reference: str) -> None:
        """Make durable which bulk job will carry this batch, before anything is handed to it."""
        with self._store.begin() as tx:
            self._lock.check(tx)
            tx.execute(
                schema.batch.update()
                .filter_by(run_id=self._run_id, batch_no=batch_no)
                .values(job_reference=reference)
            )

    def job_reference(self, batch_no: int) -> str | None:
        """The bulk job of this batch, if it got as far as that."""
        query = sa.select(schema.batch.c.job_reference).filter_by(run_id=self._run_id, batch_no=batch_no)
        with self._store.begin() as tx:
            found: str | None = tx.execute(query).scalar_one()
        return found

    def settle_results(
        self,
        batch_no: int,
        rows: Sequence[int],
        results: Sequence[WriteResult | None],
        *,
        busy_as: Outcome = Outcome.LOCKED,
    ) -> None:
        """Record the CRM's answer, one result per row.

        Args:
            batch_no: Which batch.
            rows: Its rows.
            results: None for a row that the CRM certainly did not reach.
            busy_as: What a record that another request held amounts to: it waits, or is sent again.
        """
        meaning = {**_FROM_WRITE, WriteOutcome.BUSY: busy_as}
        outcomes = [meaning[result.outcome] if result else Outcome.NOT_SENT for result in results]
        answered = {row: result for row, result in zip(rows, results, strict=True) if result is not None}
        self.settle(batch_no, rows, outcomes, answered, requests=1)

    def settle(
        self,
        batch_no: int,
        rows: Sequence[int],
        outcomes: Sequence[Outcome],
        results: Mapping[int, WriteResult] | None = None,
        *,
        requests: int = 0,
    ) -> None:
        """Record in one transaction what became of a batch, its exceptions, and a link of the audit chain."""
        letters = "".join(outcomes)
        with self._store.begin() as tx:
            self._lock.check(tx)
            digest = self._digest(tx, batch_no, rows, letters)
            tx.execute(
                schema.batch.update()
                .filter_by(run_id=self._run_id, batch_no=batch_no)
                .values(
                    state=SETTLED,
                    outcomes=letters,
                    requests=schema.batch.c.requests + requests,
                    settled_at=self._store.now(),
                    digest=digest,
                )
            )
            self._record_exceptions(tx, rows, outcomes, results or {})
            extend_audit(tx, self._run_id, batch_no, digest, self._store.now())

    def count_request(self, batch_no: int) -> None:
        """Count a request whose answer was lost."""
        with self._store.begin() as tx:
            self._lock.check(tx)
            tx.execute(
                schema.batch.update()
                .filter_by(run_id=self._run_id, batch_no=batch_no)
                .values(requests=schema.batch.c.requests + 1)
            )

    def in_doubt(self) -> list[BatchInDoubt]:
        """Batches that were begun and not settled."""
        query = sa.select(schema.batch).filter_by(run_id=self._run_id, state=INFLIGHT)
        with self._store.begin() as tx:
            found = tx.execute(query.order_by(schema.batch.c.batch_no)).all()
        return [BatchInDoubt(row.batch_no, tuple(parse_rows(row.rows)), row.job_reference) for row in found]

    def final_rows(self) -> dict[int, Outcome]:
        """Rows of the plan that are settled for this run, with their outcome."""
        settled: dict[int, Outcome] = {}
        for row in self._settled():
            for index, letter in zip(parse_rows(row.rows), row.outcomes, strict=True):
                if (outcome := Outcome(letter)) in _FINAL:
                    settled[index] = outcome
        return settled

    def write_requests(self) -> int:
        """Write requests that this run has sent, over all its attempts."""
        query = sa.select(sa.func.sum(schema.batch.c.requests)).filter_by(run_id=self._run_id)
        with self._store.begin() as tx:
            return int(tx.execute(query).scalar() or 0)

    def counts(self) -> ChangeCounts:
        """Records of the plan by what became of them."""
        final = list(self.final_rows().values())
        written, unchanged = final.count(Outcome.WRITTEN), final.count(Outcome.UNCHANGED)
        rejected = final.count(Outcome.REJECTED) + self._plan.rows(Action.WAIT).num_rows
        held = final.count(Outcome.HELD) + self._plan.rows(Action.HOLD).num_rows
        gone = final.count(Outcome.GONE)
        set_count = self._plan.rows(Action.SET).num_rows
        reached = len(final) - final.count(Outcome.LOCKED)
        planned = set_count + self._plan.rows(Action.WAIT).num_rows + self._plan.rows(Action.HOLD).num_rows
        return ChangeCounts(planned, written, unchanged, rejected, held, gone, pending=set_count - reached)

    def fold(self) -> None:
        """Fold confirmed rows into `last_written`, set-wise; repeatable."""
        table = schema.batch
        with self._store.begin() as tx:
            self._lock.check(tx)
            query = sa.select(table).filter_by(run_id=self._run_id, state=SETTLED, is_folded=0)
            rows = [
                index
                for batch in tx.execute(query).all()
                for index, letter in zip(parse_rows(batch.rows), batch.outcomes, strict=True)
                if Outcome(letter) in {Outcome.WRITTEN, Outcome.UNCHANGED}
            ]
            remember_written(tx, self._scope_id, self._plan.take(rows), self._run_id)
            tx.execute(table.update().filter_by(run_id=self._run_id, state=SETTLED).values(is_folded=1))

    def _settled(self) -> Sequence[sa.Row[tuple[object, ...]]]:
        query = sa.select(schema.batch).filter_by(run_id=self._run_id, state=SETTLED)
        with self._store.begin() as tx:
            return tx.execute(query.order_by(schema.batch.c.batch_no)).all()

    def _record_exceptions(
        self,
        tx: sa.Connection,
        rows: Sequence[int],
        outcomes: Sequence[Outcome],
        results: Mapping[int, WriteResult],
    ) -> None:
        if _PLAIN.issuperset(outcomes) and not exceptions.has_any(tx, self._scope_id):
            return
        slice_ = self._plan.take(rows)
        exceptions.record(
            tx,
            self._scope_id,
            slice_,
            outcomes=[outcome.name.lower() for outcome in outcomes],
            results=[results.get(row) for row in rows],
            stamp=exceptions.Stamp(self._run_id, self.schema_hash, self._store.now()),
        )
        ids = slice_["record_id"].to_pylist()
        held = [each for each, outcome in zip(ids, outcomes, strict=True) if outcome is Outcome.HELD]
        add_holds(tx, self._scope_id, held, self._store.now())

    def _digest(self, tx: sa.Connection, batch_no: int, rows: Sequence[int], letters: str) -> str:
        if self._plan_hash is None:
            query = sa.select(schema.plan.c.hash).filter_by(plan_id=self._plan.plan_id)
            self._plan_hash = tx.execute(query).scalar_one()
        return batch_digest(BatchFacts(self._run_id, batch_no, self._plan_hash, format_rows(rows), letters))


def remember_written(tx: sa.Connection, scope_id: int, changes: pa.Table, run_id: str) -> None:
    """Remember these wanted values as what the CRM carries from us."""
    if changes.num_rows == 0:
        return
    table = schema.last_written
    rows = [
        {"scope_id": scope_id, "run_id": run_id, **row}
        for row in changes.select(["record_id", *PARTS]).to_pylist()
    ]
    # The record may be there from an earlier run; both are written as one set.
    known = set(tx.execute(sa.select(table.c.record_id).filter_by(scope_id=scope_id)).scalars())
    fresh = [row for row in rows if row["record_id"] not in known]
    if fresh:
        tx.execute(table.insert(), fresh)
    update = (
        table.update()
        .where(table.c.scope_id == scope_id, table.c.record_id == sa.bindparam("b_record"))
        .values({name: sa.bindparam(f"v_{name}") for name in (*PARTS, "run_id")})
    )
    stale = [
        {"b_record": row["record_id"], **{f"v_{name}": row[name] for name in (*PARTS, "run_id")}}
        for row in rows
        if row["record_id"] in known
    ]
    if stale:
        tx.execute(update, stale)


def load_last_written(tx: sa.Connection, scope_id: int) -> pa.Table:
    """What we last wrote, in `diff.VALUE_SCHEMA`."""
    table = schema.last_written
    columns = [table.c.record_id, *(table.c[part] for part in PARTS)]
    rows = tx.execute(sa.select(*columns).filter_by(scope_id=scope_id)).all()
    values: Iterable[tuple[object, ...]] = zip(*rows, strict=True) if rows else [()] * len(columns)
    return pa.table([pa.array(column, pa.string()) for column in values], schema=VALUE_SCHEMA)


def format_rows(rows: Sequence[int]) -> str:
    """Row numbers as text: `0-199,205`."""
    parts: list[str] = []
    start = previous = None
    for row in [*rows, None]:
        if start is not None and previous is not None and row != previous + 1:
            parts.append(str(start) if start == previous else f"{start}-{previous}")
            start = row
        elif start is None:
            start = row
        previous = row
    return ",".join(parts)


def parse_rows(text: str) -> list[int]:
    """Read what `format_rows` wrote."""
    rows: list[int] = []
    for part in text.split(",") if text else []:
        first, _, last = part.partition("-")
        rows.extend(range(int(first), int(last or first) + 1))
    return rows
