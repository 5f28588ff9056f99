"""Reads many records with a job of Bulk API 2.0: Salesforce prepares files, which are read part by part."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pyarrow as pa

from connectors.errors import DataError, ProtocolError
from connectors.salesforce.arrow import HalfAnswerError, cells_of_csv, no_cells
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.errors import RefusedError, unavailable
from connectors.salesforce.position import Position
from connectors.salesforce.query import RecordQuery, better_refusal, repeated

__all__ = ["BulkQuery", "BulkReading", "JobRefusedError"]

_RUNNING = frozenset({"UploadComplete", "InProgress"})
_MOST_JOBS = 2
_MOST_POLLS = 1_500
"""Some eight hours. Salesforce gives a job up by itself long before."""


@dataclass(frozen=True, slots=True)
class BulkReading:
    """When a job reads the records, in which parts, and how its end is waited for."""

    from_records: int = 20_000
    """A job takes one call to be made, about four to be seen at its end and one for each part; pages take one
    for each 2,000 records. So here it is 7 calls against 10, and CPU 2 to 2.5 us a record against 11
    (benchmarks/salesforce_pull.py); below, the wait for its turn outweighs that."""
    part_records: int = 10_000
    """In one file: 3 MB of 20 fields. Larger ones save few calls and cost memory."""
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 20.0
    sleep: Callable[[float], None] = time.sleep

    def wait(self, polls: int) -> None:
        """Wait longer each time."""
        self.sleep(min(self.first_wait_seconds * 2 ** min(polls - 1, 10), self.longest_wait_seconds))


class JobRefusedError(Exception):
    """This org, or this object, has no bulk jobs."""


class BulkQuery:
    """One query as a job."""

    def __init__(self, client: SalesforceClient, query: RecordQuery, how: BulkReading) -> None:
        self._client = client
        self._query = query
        self._how = how
        self._empty = no_cells(query.kinds)

    def read(self, position: Position) -> Iterator[tuple[pa.Table, Position]]:
        """Cells of one part after the other, each with the position behind it.

        An empty table is given whenever something was reached that is worth keeping: the job was made, or it
        is not ready yet. So nobody waits for minutes without being able to stop, and a refused poll does not
        cost the job.

        Raises:
            JobRefusedError: No job can be made.
            DataError: The job is gone in the middle of its result.
            ProtocolError: The parts do not fit together, or the job failed twice.
        """
        while not position.locator and position.total < 0:
            if not position.job:
                position = self._made(position)
                yield self._empty, position
            position, is_waiting = self._polled(position)
            if is_waiting:
                yield self._empty, position
                self._how.wait(position.polls)
        yield from self._parts(position)

    def _made(self, position: Position) -> Position:
        self._client.budget.require()
        content = {"operation": self._query.resource, "query": self._query.whole()}
        try:
            answer = self._client.send("POST", "jobs/query", purpose=self._query.purpose, content=content)
        except RefusedError as error:
            if error.api_code in {"INVALID_FIELD", "INVALID_TYPE"}:
                raise better_refusal(error, self._query) from error
            raise JobRefusedError from error
        job = answer.json().get("id")
        if not isinstance(job, str) or not job.isalnum():
            raise self._odd("a job without an id")
        return replace(position, job=job, jobs=position.jobs + 1, polls=0, total=-1, locator="")

    def _polled(self, position: Position) -> tuple[Position, bool]:
        """The position after one look at the job, and whether it is to be waited for."""
        self._client.budget.require()
        try:
            answer = self._client.get(f"jobs/query/{position.job}", purpose=self._query.purpose)
        except RefusedError as error:
            return self._without_job(position, error), False
        found = answer.json()
        state = found.get("state")
        if state == "JobComplete":
            total = found.get("numberRecordsProcessed")
            return replace(position, total=total if type(total) is int and total >= 0 else -2), False
        if state in {"Failed", "Aborted"}:
            return self._without_job(position, None), False
        if state not in _RUNNING:
            raise self._odd("a job in an unknown state")
        if position.polls >= _MOST_POLLS:
            raise unavailable(self._query.purpose, "its job does not end")
        return replace(position, polls=position.polls + 1), True

    def _without_job(self, position: Position, error: RefusedError | None) -> Position:
        """The position before the job, which failed or is gone: a new one may do."""
        if position.jobs < _MOST_JOBS:
            return replace(position, job="", polls=0)
        raise ProtocolError(
            f"Salesforce gave up the job to {self._query.purpose}, and a second one too.",
            hint="Setup > Bulk Data Load Jobs shows why. Run again later; report this if it stays.",
            code="salesforce.job.failed",
            details={"object": self._query.name, "job": position.job},
        ) from error

    def _parts(self, position: Position) -> Iterator[tuple[pa.Table, Position]]:
        if position.total == 0:
            yield self._empty, position.at_next_source()
            return
        seen = {position.locator}
        while True:
            cells, locator = self._part(position)
            position = replace(position, read=position.read + cells.num_rows, locator=locator)
            if not locator:
                self._check_whole(position)
                yield cells, position.at_next_source()
                return
            if locator in seen:
                raise repeated(self._query)
            seen.add(locator)
            yield cells, position
            # One part in memory, not two, while the next one comes.
            del cells

    def _part(self, position: Position) -> tuple[pa.Table, str]:
        self._client.budget.require()
        params = {"maxRecords": str(self._how.part_records)}
        if position.locator:
            params["locator"] = position.locator
        path = f"jobs/query/{position.job}/results"
        try:
            answer = self._client.get(path, purpose=self._query.purpose, params=params)
        except RefusedError as error:
            raise self._lost(position) from error
        cells = self._cells(answer.content, is_first=not position.locator)
        announced = answer.headers.get("Sforce-NumberOfRecords", "")
        if announced.isdigit() and int(announced) != cells.num_rows:
            raise self._half()
        locator = answer.headers.get("Sforce-Locator", "")
        return cells, "" if locator == "null" else locator

    def _cells(self, content: bytes, *, is_first: bool) -> pa.Table:
        try:
            return cells_of_csv(content, self._query.kinds, self._query.purpose, is_first=is_first)
        except HalfAnswerError:
            raise self._half() from None

    def _check_whole(self, position: Position) -> None:
        if position.total in {-2, position.read}:
            return
        raise ProtocolError(
            f"Salesforce announced {position.total:,} records of {self._query.name} and sent "
            f"{position.read:,}; nothing of it was kept.",
            hint="Run again: everything is asked for anew. Report this if it happens twice.",
            code="salesforce.pull.count",
            details={"object": self._query.name, "announced": position.total, "sent": position.read},
        )

    def _half(self) -> Exception:
        return unavailable(self._query.purpose, "a file of results was cut short on its way")

    def _lost(self, position: Position) -> DataError:
        return DataError(
            f"Salesforce does not know the rest of the result any more when asked to {self._query.purpose}.",
            hint="Results are kept for seven days. Read everything anew: run again.",
            code="salesforce.job.gone",
            details={"object": self._query.name, "job": position.job},
            next_command="crm-segments run",
        )

    def _odd(self, what: str) -> ProtocolError:
        return ProtocolError(
            f"Salesforce answered the request to {self._query.purpose} with {what}.",
            hint="Run again; report this if it stays.",
            code="salesforce.job.odd",
        )
