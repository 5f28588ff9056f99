"""Streams the records of a kind in pages, whole and each once, and goes on where it was interrupted.

What makes an incremental pull right:

- Its lower bound is a moment of HubSpot's own clock, taken before the first page of the pull before, less an
  overlap: the index of searches lags behind. What changes while pages are read comes with the next
  pull again.
- A search gives no more than 10,000 records. So each one asks for ids above the last one that came, by
  ascending id, and only its first page is taken: no window can be too full.
- Archived records are no part of searches; they are listed on their own, for 90 days. Records that were
  merged are named by their survivor.
- Which properties are read, and how, is part of the watermark: when that has changed, all has to be pulled.
"""

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pyarrow as pa

from connectors.errors import DataError
from connectors.hubspot.account import Account, read_account
from connectors.hubspot.arrow import Record, Shape, shape_of
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.errors import unavailable
from connectors.hubspot.exchange import Answer
from connectors.hubspot.limits import MAX_PAGE_RECORDS, MAX_SEARCH_RECORDS, MAX_URI_CHARACTERS
from connectors.hubspot.links import links_of, read_links
from connectors.hubspot.objects import SourceObject
from connectors.hubspot.position import Mark, Phase, Position
from connectors.hubspot.read import MERGED, look, merged_ids
from connectors.hubspot.schema import Schema
from connectors.model import CANONICAL_SCHEMAS, DeletedRecord, ObjectKind, Page, Watermark

__all__ = ["OVERLAP", "Pull"]

_log = logging.getLogger(__name__)

OVERLAP = timedelta(minutes=30)
"""HubSpot promises no bound for the lag of its index ("CRM search: limits", read 2026-11); pulls without an
overlap are known to miss records."""

_ARCHIVE = timedelta(days=89)
"""Archived records can be seen for 90 days ("CRM objects: Archive a record", read 2026-11)."""

_MOST_RESULTS = 10_000


class Pull:
    """One pull, or the rest of one."""

    def __init__(
        self,
        client: HubSpotClient,
        schema: Schema,
        kind: ObjectKind,
        sources: Sequence[SourceObject],
        fields: Sequence[str],
    ) -> None:
        self._client = client
        self._schema = schema
        self._kind = kind
        self._sources = sources
        self._fields = fields

    def pages(self, since: Watermark | None, checkpoint: str | None) -> Iterator[Page]:
        """All records, or those modified since; always at least one page.

        Raises:
            UsageError: `since` or `checkpoint` is not one of this CRM, or not of this pull.
            DataError: `since` is ahead of the account or too long ago, or the properties have changed.
            SchemaError: A property that the settings name is not there.
        """
        mark = Mark.parse(since) if since is not None else None
        position = Position.parse(checkpoint, self._kind.value, since) if checkpoint is not None else None
        account = read_account(self._client)
        shapes = [self._shape(source, account) for source in self._sources]
        shape, columns = _digest(shapes, canonical=True), _digest(shapes, canonical=False)
        if position is None:
            ends = Mark(account.asked_at.replace(microsecond=0).isoformat(), shape)
            first = Phase.ALL if mark is None else Phase.CHANGED
            position = Position(self._kind.value, since, str(ends), columns, phase=first)
            _say_what_is_missing(shapes)
        if (Mark.parse(position.mark).shape, position.columns) != (shape, columns):
            raise _everything("Properties changed while records were pulled from HubSpot.", "moved")
        if mark is not None:
            _check_mark(mark, Mark.parse(position.mark))
        if position.source >= len(shapes):
            table = shapes[0].schema if shapes else CANONICAL_SCHEMAS[self._kind]
            yield Page(pa.Table.from_batches([], table), position.mark, str(position))
        while position.source < len(shapes):
            reading = _Reading(self._client, shapes[position.source], mark)
            page, position = reading.page(position)
            yield page

    def _shape(self, source: SourceObject, account: Account) -> Shape:
        known = self._schema.properties(source.name, fresh=True)
        return shape_of(source, known, self._fields, currency=account.currency, zone=account.zone_name)


class _Reading:
    """Reads pages of one object."""

    def __init__(self, client: HubSpotClient, shape: Shape, since: Mark | None) -> None:
        self._client = client
        self._shape = shape
        self._source = shape.source
        self._since = since

    def page(self, position: Position) -> tuple[Page, Position]:
        """The next page, and where the one after it begins."""
        self._client.budget.require()
        if position.phase == Phase.CHANGED:
            return self._changed(position)
        if position.phase == Phase.GONE:
            return self._archived(position)
        records, after = self._listed(position.after)
        onward = position.at(after) if after else position.next()
        table = self._shape.table(records, links_of(self._source, records))
        return Page(table, position.mark, str(onward)), onward

    def _listed(self, after: str, *, archived: bool = False) -> tuple[list[Record], str]:
        """A page of the list of records, and the cursor of the next one; empty at the end."""
        source = self._source
        properties = [] if archived else self._shape.properties
        params = [("limit", str(MAX_PAGE_RECORDS)), *([("after", after)] if after else [])]
        params += (
            [("archived", "true")] if archived else [("associations", one) for one in source.links.values()]
        )
        whole = [*params, *(("properties", name) for name in properties)]
        is_long = len(urlencode(whole)) > MAX_URI_CHARACTERS
        purpose = f"list the {source.name}"
        answer = self._client.get(
            f"/crm/v3/objects/{source.name}", purpose=purpose, params=params if is_long else whole
        )
        records = _results(answer, purpose)
        if is_long and records:
            held = look(self._client, source, [str(one["id"]) for one in records], properties).values
            records = [
                {**one, "properties": held[str(one["id"])]} for one in records if str(one["id"]) in held
            ]
        onward = str(((answer.json().get("paging") or {}).get("next") or {}).get("after") or "")
        if onward and onward == after:
            raise unavailable(purpose, "it gave the same page twice")
        return records, onward

    def _changed(self, position: Position) -> tuple[Page, Position]:
        records = self._found(position.after)
        ids = [str(one["id"]) for one in records]
        table = self._shape.table(records, read_links(self._client, self._source, ids))
        gone = tuple(
            DeletedRecord(self._id(lost), self._id(str(one["id"])))
            for one in records
            for lost in merged_ids(one["properties"])
            if lost != str(one["id"])
        )
        onward = position.at(ids[-1]) if ids else position.next()
        return Page(table, position.mark, str(onward), gone), onward

    def _found(self, after: str) -> list[Record]:
        """The next records by id that were modified since; none at the end."""
        filters = [
            {"propertyName": self._source.modified, "operator": "GTE", "value": _milliseconds(self._lower())}
        ]
        if after:
            filters.append({"propertyName": "hs_object_id", "operator": "GT", "value": after})
        purpose = f"search the {self._source.name} that changed"
        for offset in range(0, _MOST_RESULTS, MAX_SEARCH_RECORDS):
            answer = self._client.send(
                "POST",
                f"/crm/v3/objects/{self._source.name}/search",
                purpose=purpose,
                content={
                    "filterGroups": [{"filters": filters}],
                    "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
                    "properties": sorted({*self._shape.properties, MERGED}),
                    "limit": MAX_SEARCH_RECORDS,
                    "after": str(offset),
                },
                is_search=True,
            )
            records = _results(answer, purpose)
            ids = [int(one["id"]) for one in records]
            if ids != sorted(set(ids)) or (ids and after and ids[0] <= int(after)):
                raise unavailable(purpose, "its results are not in the order that was asked for")
            # Records that went are still counted by the index: a page of none is not the end of all.
            if records or not answer.json().get("paging"):
                return records
        raise unavailable(purpose, "its index shows thousands of records that are gone")

    def _archived(self, position: Position) -> tuple[Page, Position]:
        records, after = self._listed(position.after, archived=True)
        lower = self._lower()
        gone = tuple(
            DeletedRecord(self._id(str(one["id"])))
            for one in records
            if datetime.fromisoformat(one.get("archivedAt") or one["updatedAt"]) >= lower
        )
        onward = position.at(after) if after else position.next()
        return Page(self._shape.table([], {}), position.mark, str(onward), gone), onward

    def _lower(self) -> datetime:
        if self._since is None:
            raise ValueError("a full pull has no lower bound")
        return self._since.moment - OVERLAP

    def _id(self, record_id: str) -> str:
        return self._shape.record_id(record_id)


def _results(answer: Answer, purpose: str) -> list[Record]:
    found = answer.results(purpose)
    if all(str(one.get("id", "")).isdigit() and isinstance(one.get("properties"), dict) for one in found):
        return list(found)
    raise unavailable(purpose, "its answer has records without an id or properties")


def _milliseconds(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000))


def _check_mark(mark: Mark, ends: Mark) -> None:
    if mark.moment > ends.moment:
        raise _everything("The mark of the last pull lies ahead of HubSpot's clock.", "ahead")
    if ends.moment - mark.moment > _ARCHIVE:
        raise _everything("The last pull is so long ago that archived records are forgotten.", "old")
    if mark.shape != ends.shape:
        raise _everything("The properties that are read, or their types, have changed.", "shape")


def _everything(what: str, code: str) -> DataError:
    return DataError(
        f"{what} What went meanwhile cannot be told any more.",
        hint="Pull all records again: crm-segments pull --full.",
        code=f"hubspot.pull.{code}",
    )


def _digest(shapes: Sequence[Shape], *, canonical: bool) -> str:
    """A hash of what values depend on beside the records; fields that a caller asks for are its affair."""
    content = [
        [
            one.source.name,
            one.currency,
            one.zone,
            sorted(
                [column, path, one.types[path].value]
                for column, path in one.filled.items()
                if not canonical or column.removesuffix("_number") in one.source.fields
            ),
        ]
        for one in shapes
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def _say_what_is_missing(shapes: Sequence[Shape]) -> None:
    for one in shapes:
        for column, path in one.source.fields.items():
            if column not in one.filled:
                extra = {"object": one.source.name, "property": path}
                _log.info("hubspot.property_missing", extra=extra)
