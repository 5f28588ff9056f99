"""Reads records page by page with ordinary queries, in the order of their ids.

The order is what lets a pull be resumed: ids never change, so a record that somebody edits between two pages
keeps its place, and after an interruption `Id > last` goes on where it was. A keyset over the time of change
would lose its place whenever a record is edited while it is read, and needs a tie-break for the thousands
that one import stamps with the same second (ADR 0011).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from connectors.errors import ProtocolError
from connectors.salesforce.arrow import cells_of_records
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.errors import RefusedError
from connectors.salesforce.position import Mark, Position
from connectors.salesforce.query import RecordQuery, better_refusal, repeated

__all__ = ["PagedQuery", "TooManyRecordsError"]

_NEXT = re.compile(r"/services/data/v[0-9]{2,3}\.0/(query|queryAll)/[A-Za-z0-9-]{1,64}")


class TooManyRecordsError(Exception):
    """The first page says that there are so many that a bulk job is the better way."""


@dataclass(frozen=True, slots=True)
class _Page:
    records: Sequence[Mapping[str, Any]]
    total: int
    next_path: str | None


class PagedQuery:
    """One query, followed page by page."""

    def __init__(self, client: SalesforceClient, query: RecordQuery, *, most: int | None) -> None:
        """Nothing is asked yet.

        Args:
            client: The way to Salesforce.
            query: What is asked for.
            most: From so many records on, a bulk job is better; None where it must be this way.
        """
        self._client = client
        self._query = query
        self._most = most

    def read(self, position: Position) -> Iterator[tuple[pa.Table, Position]]:
        """Cells of one page after the other, each with the position behind it.

        Raises:
            TooManyRecordsError: Before the first page, where there are `most` or more.
            ProtocolError: Pages do not fit together: repeated, missing, leading elsewhere.
            SchemaError: A field vanished meanwhile.
        """
        began, run = position.after, _Run()
        path: str | None = None
        while True:
            page = self._ask(position.after, path)
            if page is None:
                # Locators end when others open too many, or after two days: go on by the last id.
                began, run, path = position.after, _Run(), None
                continue
            if self._most is not None and not position.read and page.total >= self._most:
                raise TooManyRecordsError
            cells = cells_of_records(page.records, self._query.kinds, self._query.purpose)
            run.take(page, cells, self._query)
            position = replace(position, read=position.read + cells.num_rows, after=_last(cells, position))
            path = page.next_path
            if path is None:
                self._check_whole(run, began, position)
                yield cells, position.at_next_source()
                return
            yield cells, position

    def _ask(self, after: str, path: str | None) -> _Page | None:
        self._client.budget.require()
        params = {"q": self._query.ordered(after)} if path is None else None
        try:
            answer = self._client.get(
                path or self._query.resource, purpose=self._query.purpose, params=params
            )
        except RefusedError as error:
            if path is not None and error.api_code == "INVALID_QUERY_LOCATOR":
                return None
            if error.api_code == "QUERY_TIMEOUT" and self._most is not None and not after:
                raise TooManyRecordsError from error
            raise better_refusal(error, self._query) from error
        return _page(answer.json(), self._query)

    def _check_whole(self, run: "_Run", began: str, position: Position) -> None:
        """Fewer records than announced are right only where the others went while the pages were read."""
        if run.count == run.total:
            return
        if run.count < run.total:
            until = Mark.parse(position.mark).until
            answer = self._client.get(
                self._query.resource,
                purpose=f"count the records of {self._query.name}",
                params={
                    "q": self._query.counted(
                        f"CreatedDate < {until}", f"SystemModstamp < {until}", after=began
                    )
                },
            )
            if answer.json().get("totalSize", run.total) <= run.count:
                return
        raise ProtocolError(
            f"Salesforce announced {run.total:,} records of {self._query.name} and sent {run.count:,}; "
            "nothing of it was kept.",
            hint="Run again: everything is asked for anew. Report this if it happens twice.",
            code="salesforce.pull.count",
            details={"object": self._query.name, "announced": run.total, "sent": run.count},
        )


class _Run:
    """What was seen since the query was sent."""

    def __init__(self) -> None:
        self.count = 0
        self.total = 0
        self._paths: set[str] = set()
        self._ids: set[str] = set()

    def take(self, page: _Page, cells: pa.Table, query: RecordQuery) -> None:
        """Count a page.

        Raises:
            ProtocolError: It has records of the page before, or leads to a page that was read.
        """
        if self.count == 0:
            self.total = page.total
        ids = set(cells["Id"].to_pylist())
        if len(ids) != cells.num_rows or ids & self._ids or page.next_path in self._paths:
            raise repeated(query)
        if page.next_path is not None:
            if not ids:
                raise repeated(query)
            self._paths.add(page.next_path)
        self._ids = ids
        self.count += cells.num_rows


def _last(cells: pa.Table, position: Position) -> str:
    return str(cells["Id"][-1].as_py()) if cells.num_rows else position.after


def _page(body: Any, query: RecordQuery) -> _Page:
    records = body.get("records") if isinstance(body, dict) else None
    if not isinstance(records, list) or type(body.get("totalSize")) is not int:
        raise _odd(query)
    next_path = body.get("nextRecordsUrl")
    if bool(body.get("done")) is (next_path is not None):
        raise _odd(query)
    # Only ever a path on the org's own host: an address here would carry the session elsewhere.
    if next_path is not None and not _NEXT.fullmatch(str(next_path)):
        raise _odd(query)
    return _Page(records, body["totalSize"], next_path)


def _odd(query: RecordQuery) -> ProtocolError:
    return ProtocolError(
        f"Salesforce answered the request to {query.purpose} outside its documentation; nothing of it was "
        "kept.",
        hint="Run again. If something between changes answers (a proxy, a filter), let it pass the org's own "
        "address; report this if it stays.",
        code="salesforce.pull.odd",
    )
