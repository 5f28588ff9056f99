"""One record at a time, pages of records, and merges."""

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import documented, recorded
from crm_segments.sandbox.hubspot.asks import Ask, Routes, whole_number
from crm_segments.sandbox.hubspot.creating import check_links, connect_new, find_record, look_up
from crm_segments.sandbox.hubspot.errors import validation_error
from crm_segments.sandbox.hubspot.kinds import Kind
from crm_segments.sandbox.hubspot.reading import (
    associations_json,
    read_names,
    record_json,
    value_history,
    written_json,
)
from crm_segments.sandbox.hubspot.store import Record

__all__ = ["ROUTES"]

ROUTES = Routes()
_PAGE = 100
_PAGE_WITH_HISTORY = 50
_READS = ("properties", "propertiesWithHistory", "associations", "archived")


@ROUTES.add("GET", "/crm/v3/objects/{kind}", documented("CRM objects: Retrieve records"))
def list_records(ask: Ask) -> Reply:
    """A page of records by ascending id."""
    kind = ask.kind()
    ask.require(kind.read_scopes)
    ask.check_query(*_READS, "limit", "after")
    has_history = "propertiesWithHistory" in ask.call.query
    limit = ask.limit(default=10, most=_PAGE_WITH_HISTORY if has_history else _PAGE)
    after = whole_number("after", ask.call.query.get("after") or 0, least=0, most=10**18)
    found = ask.portal.store.table(kind).page(after, limit + 1, archived=ask.flag("archived"))
    show = _Shower(ask, kind)
    content: dict[str, object] = {"results": [show(record) for record in found[:limit]]}
    if len(found) > limit:
        # Where the next page begins; clients take it as it is.
        next_id = found[limit].id
        link = f"https://api.hubapi.com/crm/v3/objects/{kind.name}?limit={limit}&after={next_id}"
        content["paging"] = {"next": {"after": next_id, "link": link}}
    return json_reply(200, content)


@ROUTES.add("POST", "/crm/v3/objects/{kind}", documented("CRM objects: Create a record"))
def create_record(ask: Ask) -> Reply:
    """One new record."""
    kind = ask.kind()
    ask.require(kind.write_scopes)
    ask.check_query()
    body = ask.json_object("properties", "associations", "objectWriteTraceId")
    writer = ask.writer(kind)
    links = check_links(ask.portal, kind, body.get("associations"))
    record = writer.save(writer.check_create(body.get("properties")))
    connect_new(ask.portal, kind, record, links)
    return json_reply(201, written_json(kind, record, None))


@ROUTES.add("POST", "/crm/v3/objects/{kind}/merge", documented("CRM objects: Merge two records"))
def merge_records(ask: Ask) -> Reply:
    """Two records become one."""
    kind = ask.kind()
    ask.require(kind.write_scopes)
    ask.check_query()
    body = ask.json_object("primaryObjectId", "objectIdToMerge")
    for name in ("primaryObjectId", "objectIdToMerge"):
        if not isinstance(body.get(name), str | int):
            raise validation_error(f"Some required fields were not set: [{name}]")
    by = ask.caller.source
    ids = str(body["primaryObjectId"]), str(body["objectIdToMerge"])
    for record_id in ids:
        find_record(ask.portal, kind, record_id)
    result = ask.portal.merge(kind.name, *ids, by=by)
    record = ask.portal.record(kind.name, result)
    return json_reply(200, record_json(kind, record, read_names(ask.portal, kind, [])))


@ROUTES.add("GET", "/crm/v3/objects/{kind}/{record_id}", documented("CRM objects: Retrieve a record"))
def read_record(ask: Ask) -> Reply:
    """One record."""
    kind = ask.kind()
    ask.require(kind.read_scopes)
    ask.check_query(*_READS, "idProperty")
    record = find_record(
        ask.portal,
        kind,
        ask.param("record_id"),
        id_property=ask.call.query.get("idProperty"),
        archived=ask.flag("archived"),
    )
    return json_reply(200, _Shower(ask, kind)(record))


@ROUTES.add(
    "PATCH",
    "/crm/v3/objects/{kind}/{record_id}",
    recorded("errors.json: 400_no_properties, 400_invalid_option"),
)
def update_record(ask: Ask) -> Reply:
    """A change of one record."""
    kind = ask.kind()
    ask.require(kind.write_scopes)
    ask.check_query("idProperty")
    body = ask.json_object("properties", "objectWriteTraceId")
    id_property = ask.call.query.get("idProperty")
    record = find_record(ask.portal, kind, ask.param("record_id"), id_property=id_property)
    writer = ask.writer(kind)
    draft = writer.check_update(record, body.get("properties"))
    return json_reply(200, written_json(kind, writer.save(draft), draft.names))


@ROUTES.add("DELETE", "/crm/v3/objects/{kind}/{record_id}", documented("CRM objects: Archive a record"))
def archive_record(ask: Ask) -> Reply:
    """The record goes into the recycle bin; so does one that is not there (quoted: n8n-io/n8n#3219)."""
    kind = ask.kind()
    ask.require(kind.write_scopes)
    ask.check_query()
    record = look_up(ask.portal, kind, ask.param("record_id"))
    if record is not None:
        ask.portal.store.archive(kind, record, ask.origin())
    return Reply(204)


class _Shower:
    """Shows records as this request wants them."""

    def __init__(self, ask: Ask, kind: Kind) -> None:
        self._ask = ask
        self._kind = kind
        history = set(ask.values("propertiesWithHistory"))
        self._names = read_names(ask.portal, kind, [*ask.values("properties"), *history])
        self._history = [name for name in self._names if name in history]
        self._targets = [ask.portal.kind(name) for name in ask.values("associations")]
        for target in self._targets:
            ask.require(target.read_scopes)

    def __call__(self, record: Record) -> dict[str, object]:
        shown = record_json(self._kind, record, self._names)
        if self._history:
            shown["propertiesWithHistory"] = value_history(
                self._ask.portal, self._kind, record, self._history
            )
        if self._targets:
            linked = associations_json(self._ask.portal, self._kind, record, self._targets)
            if linked:
                shown["associations"] = linked
        return shown
