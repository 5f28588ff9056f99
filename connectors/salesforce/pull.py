"""Streams the records of a kind in pages, whole and each once, and goes on where it was interrupted.

What makes an incremental pull right:

- Its lower bound is a moment of the org's own clock, taken before the first page of the pull before, less an
  overlap: a long transaction appears late with an early time. What changes while the pages are read comes
  with the next pull again.
- Deleted and merged records come from `queryAll`, which shows them as long as the recycle bin does. Records
  that count no longer (a lead that was converted, a task that was opened again) are reported like deleted
  ones, and those that count again come as records.
- Values that change while the record's time of change stays would be missed: formulas, and fields of other
  records reached through a relationship. Where one of them is pulled, an incremental pull reads all records.
- What the values depend on beside the records is part of the watermark: which fields are read and visible,
  rates of currencies, names of record types. When that has changed, everything has to be pulled.
- Sharing shows or hides records without touching them, and the recycle bin can be emptied early. Both show in
  the number of records that the user sees: it cannot have moved by more than there are records that changed.
"""

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote_plus

import pyarrow as pa

from connectors.model import DeletedRecord, Page, Watermark
from connectors.salesforce.arrow import pages_of, split_gone
from connectors.salesforce.balance import Balance, check_mark, everything
from connectors.salesforce.bulk_query import BulkQuery, BulkReading, JobRefusedError
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.currency import Rates, read_rates
from connectors.salesforce.objects import SourceObject
from connectors.salesforce.paged_query import PagedQuery, TooManyRecordsError
from connectors.salesforce.position import Mark, Position, moment_text
from connectors.salesforce.query import RecordQuery
from connectors.salesforce.schema import Schema
from connectors.salesforce.selection import Selection, select
from connectors.salesforce.visibility import Seen, count_visible, take_census, warn_of_hidden

__all__ = ["OVERLAP", "Pull"]

_log = logging.getLogger(__name__)

OVERLAP = timedelta(minutes=15)
"""A transaction may take ten minutes (Apex Developer Guide, "Execution Governors and Limits": maximum
execution time, read 2026-11) and stamps its records when it writes them, not when it ends."""

_LONGEST_ADDRESS = 12_000
"""Salesforce takes addresses of 16,384 bytes (REST API Developer Guide, "Status Codes and Error Responses",
431 and 414, read 2026-11); a longer query goes into the body of a job."""


class Pull:
    """One pull, or the rest of one."""

    def __init__(
        self,
        client: SalesforceClient,
        schema: Schema,
        sources: Sequence[SourceObject],
        fields: Sequence[str],
        how: BulkReading,
    ) -> None:
        self._client = client
        self._schema = schema
        self._sources = sources
        self._fields = fields
        self._how = how

    def pages(self, since: Watermark | None, checkpoint: str | None) -> Iterator[Page]:
        """All records, or those modified since; always at least one page.

        With formula fields, or fields of other records, among those that are pulled, all records come even
        where `since` is given: nothing else would give right values.

        Raises:
            UsageError: `since` or `checkpoint` is not one of this CRM, or not of this pull.
            DataError: `since` is ahead of the org, or what went since cannot be known any more, or what the
                values depend on has changed: pull everything.
            SchemaError: A field that the settings name is not there.
            QuotaExhaustedError: Only the reserve of API calls is left.
        """
        kind = self._sources[0].kind.value
        mark = Mark.parse(since) if since is not None else None
        position = Position.parse(checkpoint, kind, since) if checkpoint is not None else None
        selections = select(self._schema, self._sources, self._fields)
        has_currencies = any(one.path_of("currency") == "CurrencyIsoCode" for one in selections)
        rates = read_rates(self._client) if has_currencies else None
        columns = _digest([str(one.schema) for one in selections])
        shape = _shape(selections, rates)
        counts: dict[str, int] = {}
        if position is None:
            census = take_census(self._client, [one.name for one in self._sources])
            counts = dict(census.counts)
            position = Position(kind, since, str(Mark(moment_text(census.now), shape)), columns)
            _say_what_is_missing(selections)
        ends = Mark.parse(position.mark)
        if (ends.shape, position.columns) != (shape, columns):
            raise everything("Fields or rates changed while records were pulled from Salesforce.", "moved")
        if mark is not None:
            check_mark(mark, ends)
        task = _Task(self._client, selections, rates, mark, self._how)
        yield from task.pages(position, counts)


class _Task:
    """What stays the same while a pull goes through its objects."""

    def __init__(
        self,
        client: SalesforceClient,
        selections: Sequence[Selection],
        rates: Rates | None,
        since: Mark | None,
        how: BulkReading,
    ) -> None:
        self._client = client
        self._selections = selections
        self._rates = rates
        self._since = since
        self._how = how

    def pages(self, position: Position, counts: dict[str, int]) -> Iterator[Page]:
        if position.source >= len(self._selections):
            table = pa.Table.from_batches([], self._selections[0].schema)
            yield Page(table, position.watermark, str(position))
        while position.source < len(self._selections):
            selection = self._selections[position.source]
            if self._since is not None and position.here == -2:
                position = replace(position, here=count_visible(self._client, _live(selection)))
            balance = Balance(selection, position, self._since, self._lower(position))
            for cells, reached in self._read(selection, position, counts):
                position = balance.after(cells, reached)
                yield self._page(selection, cells, position)
                del cells

    def _read(
        self, selection: Selection, position: Position, counts: dict[str, int]
    ) -> Iterator[tuple[pa.Table, Position]]:
        name = selection.source.name
        query = self._query(selection, position)
        is_whole = self._since is None and not selection.source.requires and not position.read
        if not position.route:
            is_long = len(quote_plus(query.ordered("x" * 18))) > _LONGEST_ADDRESS
            knows_count = self._since is None or selection.untraced
            is_large = bool(knows_count) and counts.get(name, 0) >= self._how.from_records
            position = position.on("job" if is_large or is_long else "")
        count = 0
        for cells, reached in self._by_any_way(query, position):
            count += cells.num_rows
            yield cells, reached
            # Whoever holds a part while the next one comes holds two.
            del cells
        if is_whole and name in counts:
            warn_of_hidden(Seen(name, count, counts[name]))

    def _by_any_way(self, query: RecordQuery, position: Position) -> Iterator[tuple[pa.Table, Position]]:
        """By pages or by a job, as decided; by the other where that turns out to be impossible."""
        is_decided = position.route == "pages"
        if position.route != "job":
            most = None if is_decided else self._how.from_records
            try:
                yield from PagedQuery(self._client, query, most=most).read(position.on("pages"))
            except TooManyRecordsError:
                position = position.on("job")
            else:
                return
        try:
            yield from BulkQuery(self._client, query, self._how).read(position)
        except JobRefusedError:
            _log.warning("salesforce.job.refused", extra={"object": query.name})
            yield from PagedQuery(self._client, query, most=None).read(position.on("pages"))

    def _query(self, selection: Selection, position: Position) -> RecordQuery:
        if self._since is None:
            return _live(selection)
        name = selection.source.name
        lower = moment_text(self._lower(position))
        bound = () if selection.untraced else (f"SystemModstamp >= {lower}",)
        return RecordQuery(name, selection.kinds(with_gone=True), bound, with_gone=True)

    def _lower(self, position: Position) -> datetime:
        now = Mark.parse(position.mark).moment
        return min(self._since.moment if self._since else now, now) - OVERLAP

    def _page(self, selection: Selection, cells: pa.Table, position: Position) -> Page:
        deleted: tuple[DeletedRecord, ...] = ()
        if self._since is not None:
            cells, deleted = split_gone(cells, selection, self._lower(position))
        return Page(pages_of(cells, selection, self._rates), position.watermark, str(position), deleted)


def _live(selection: Selection) -> RecordQuery:
    """The records that count now."""
    flags = selection.source.requires.items()
    conditions = tuple(f"{flag} = {str(wanted).lower()}" for flag, wanted in flags)
    return RecordQuery(selection.source.name, selection.kinds(with_gone=False), conditions)


def _shape(selections: Sequence[Selection], rates: Rates | None) -> str:
    """A hash of what values depend on beside the records; fields that a caller asks for are its affair."""
    content = [
        [
            one.source.name,
            [
                [output.name, output.path, one.cells[output.path].value if output.path else ""]
                for output in one.outputs
                if output.name in one.source.fields
            ],
            one.record_types,
        ]
        for one in selections
    ]
    worth = None if rates is None else [rates.home, rates.places, sorted(rates.units.items())]
    return _digest([content, worth])


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def _say_what_is_missing(selections: Sequence[Selection]) -> None:
    for one in selections:
        for column in one.missing:
            field = one.source.fields[column]
            _log.info("salesforce.field_hidden", extra={"object": one.source.name, "field": field})
        if one.untraced:
            _log.info(
                "salesforce.fields_change_without_trace",
                extra={"object": one.source.name, "fields": one.untraced},
            )
