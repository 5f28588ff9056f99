"""Single records: read, made, changed, deleted, and found by an id of one's own."""

from email.utils import format_datetime

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import documented, recorded
from crm_segments.sandbox.salesforce.asks import Ask, Routes
from crm_segments.sandbox.salesforce.errors import ApiError, RowError, not_found
from crm_segments.sandbox.salesforce.ids import is_id, long_id
from crm_segments.sandbox.salesforce.reading import record_json
from crm_segments.sandbox.salesforce.sobjects import SObject
from crm_segments.sandbox.salesforce.store import Row
from crm_segments.sandbox.salesforce.values import from_json, parse_moment

__all__ = ["ROUTES"]

ROUTES = Routes()
_RECORD = "/services/data/v{version}/sobjects/{sobject}/{record_id}"


@ROUTES.add(
    "POST",
    "/services/data/v{version}/sobjects/{sobject}",
    recorded("cumulusci_rest.json: post_data_vxx.0_sobjects_Account_201"),
)
def create(ask: Ask) -> Reply:
    """A new record."""
    sobject = ask.object(ask.param("sobject"))
    writer = ask.writer()
    try:
        values = writer.read_row(sobject, ask.json_object(), from_json, is_new=True)
        record_id = writer.save(writer.check_insert(sobject, values))
    except RowError as error:
        raise error.alone() from error
    location = f"/services/data/v{ask.version}/sobjects/{sobject.name}/{record_id}"
    return json_reply(201, {"id": record_id, "success": True, "errors": []}, {"Location": location})


@ROUTES.add("GET", _RECORD, recorded("rest_collections.json: get_sobjects_*_200, *_404_NOT_FOUND"))
def read(ask: Ask) -> Reply:
    """All fields of a record that the user sees, or those asked for."""
    sobject, row = _existing(ask)
    readable = ask.org.access.readable(ask.user, sobject)
    wanted = ask.call.query.get("fields")
    fields = list(readable.values())
    if wanted is not None:
        unknown = [name for name in wanted.split(",") if name.strip().lower() not in readable]
        if unknown:
            message = f"No such column '{unknown[0].strip()}' on entity '{sobject.name}'."
            raise ApiError(400, "INVALID_FIELD", message)
        fields = [readable[name.strip().lower()] for name in wanted.split(",")]
    headers = {}
    if row.get("LastModifiedDate"):
        changed = parse_moment(str(row["LastModifiedDate"]))
        headers["Last-Modified"] = format_datetime(changed, usegmt=True)
    return json_reply(200, record_json(sobject, row, fields, ask.version), headers)


@ROUTES.add("PATCH", _RECORD, documented("REST API: sObject Rows, Update a Record"))
def update(ask: Ask) -> Reply:
    """Changes a record; the answer has no body."""
    sobject, row = _existing(ask)
    body = ask.json_object()
    if any(name.lower() == "id" for name in body):
        message = "The Id field should not be specified in the sobject data."
        raise ApiError(400, "INVALID_FIELD", message, extra={"fields": ["Id"]})
    writer = ask.writer()
    try:
        values = writer.read_row(sobject, body, from_json)
        writer.save(writer.check_update(sobject, str(row["Id"]), values))
    except RowError as error:
        raise error.alone() from error
    return Reply(204)


@ROUTES.add("DELETE", _RECORD, documented("REST API: sObject Rows, Delete a Record"))
def delete(ask: Ask) -> Reply:
    """Puts a record into the recycle bin."""
    _, row = _existing(ask)
    try:
        ask.writer().delete(str(row["Id"]))
    except RowError as error:
        raise error.alone() from error
    return Reply(204)


@ROUTES.add(
    "GET",
    "/services/data/v{version}/sobjects/{sobject}/{key}/{value}",
    documented("REST API: sObject Rows by External ID"),
)
def read_by_key(ask: Ask) -> Reply:
    """The record with this value in a field that identifies; several are answered with 300."""
    sobject = ask.object(ask.param("sobject"))
    field = ask.org.access.readable(ask.user, sobject).get(ask.param("key").lower())
    if field is None or not (field.external_id or field.id_lookup):
        message = f"Provided external ID field does not exist or is not accessible: {ask.param('key')}"
        raise ApiError(404, "NOT_FOUND", message)
    wanted = ask.param("value").casefold()
    found = [
        row
        for row in ask.org.store.table(sobject.name).values()
        if str(row.get(field.name, "")).casefold() == wanted and not row.get("IsDeleted")
    ]
    if not found:
        raise not_found()
    base = f"/services/data/v{ask.version}/sobjects/{sobject.name}"
    if len(found) > 1:
        return json_reply(300, [f"{base}/{row['Id']}" for row in found])
    fields = ask.org.access.readable(ask.user, sobject).values()
    return json_reply(200, record_json(sobject, found[0], fields, ask.version))


def _existing(ask: Ask) -> tuple[SObject, Row]:
    sobject = ask.object(ask.param("sobject"))
    record_id = ask.param("record_id")
    row = ask.org.store.table(sobject.name).get(long_id(record_id)) if is_id(record_id) else None
    if row is None or not ask.org.access.sees_record(ask.user, sobject, row):
        raise not_found()
    if row.get("IsDeleted"):
        raise ApiError(404, "ENTITY_IS_DELETED", "entity is deleted", extra={"fields": []})
    return sobject, row
