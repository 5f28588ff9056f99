"""The Tooling API, as far as custom fields need it."""

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import believed, documented, recorded
from crm_segments.sandbox.salesforce.asks import Ask, Routes, object_of
from crm_segments.sandbox.salesforce.custom_fields import change_field, create_field, delete_field
from crm_segments.sandbox.salesforce.errors import ApiError, malformed_json, not_found
from crm_segments.sandbox.salesforce.ids import is_id, long_id
from crm_segments.sandbox.salesforce.reading import record_json
from crm_segments.sandbox.salesforce.soql.model import Name
from crm_segments.sandbox.salesforce.soql.parser import parse
from crm_segments.sandbox.salesforce.soql.run import run_query

__all__ = ["ROUTES"]

ROUTES = Routes()
_FIELDS = "/services/data/v{version}/tooling/sobjects/CustomField"
_ONE_ROW_FIELDS = frozenset({"metadata", "fullname"})


@ROUTES.add(
    "GET",
    "/services/data/v{version}/tooling/query",
    recorded("cumulusci_rest.json: get_data_vxx.0_tooling_query_200"),
)
def query(ask: Ask) -> Reply:
    """SOQL over what people have built; without further pages."""
    soql = ask.call.query.get("q")
    if soql is None:
        raise ApiError(400, "MALFORMED_QUERY", "A query string has to be specified")
    parsed = parse(soql)
    result = run_query(ask.asker(tooling=True), parsed)
    heavy = any(isinstance(one, Name) and one.text.lower() in _ONE_ROW_FIELDS for one in parsed.select)
    if heavy and result.total > 1:
        message = (
            "When retrieving results with Metadata or FullName fields, the query qualifications must specify"
            f" no more than one row for retrieval. Result size: {result.total}"
        )
        raise ApiError(400, "MALFORMED_QUERY", message)
    content = {
        "size": len(result.rows),
        "totalSize": result.total,
        "done": True,
        "queryLocator": None,
        "entityTypeName": result.sobject.name,
        "records": [result.render(row) for row in result.rows],
    }
    return json_reply(200, content)


@ROUTES.add("POST", _FIELDS, documented("Tooling API: CustomField"))
def create(ask: Ask) -> Reply:
    """A new custom field, which no profile sees."""
    _require_right(ask)
    body = ask.json_object()
    full_name, metadata = body.get("FullName"), body.get("Metadata")
    if not isinstance(full_name, str) or body.keys() - {"FullName", "Metadata"}:
        raise malformed_json("A CustomField needs FullName and Metadata at [line:1, column:1]")
    record_id = create_field(ask.org, full_name, object_of(metadata, "Metadata"), ask.user)
    content = {"id": record_id, "success": True, "errors": [], "warnings": [], "infos": []}
    return json_reply(201, content)


@ROUTES.add("GET", _FIELDS + "/{record_id}", documented("Tooling API: CustomField"))
def read(ask: Ask) -> Reply:
    """A custom field with its metadata."""
    row = ask.org.store.table("CustomField")[_existing(ask)]
    sobject = ask.org.store.sobject("CustomField")
    if sobject is None or not ask.org.access.allows(ask.user, sobject, "Read"):
        raise not_found()
    content = record_json(sobject, row, sobject.fields.values(), ask.version)
    content["attributes"] = {
        "type": "CustomField",
        "url": f"/services/data/v{ask.version}/tooling/sobjects/CustomField/{row['Id']}",
    }
    return json_reply(200, content)


@ROUTES.add("PATCH", _FIELDS + "/{record_id}", documented("Tooling API: CustomField"))
def update(ask: Ask) -> Reply:
    """Replaces the metadata of a custom field."""
    _require_right(ask)
    record_id = _existing(ask)
    metadata = object_of(ask.json_object().get("Metadata"), "Metadata")
    change_field(ask.org, record_id, metadata, ask.user)
    return Reply(204)


@ROUTES.add("DELETE", _FIELDS + "/{record_id}", believed("works through the Tooling API; not documented"))
def delete(ask: Ask) -> Reply:
    """Deletes a custom field and its values."""
    _require_right(ask)
    delete_field(ask.org, _existing(ask), ask.user)
    return Reply(204)


def _existing(ask: Ask) -> str:
    record_id = ask.param("record_id")
    if not is_id(record_id) or long_id(record_id) not in ask.org.store.table("CustomField"):
        raise not_found()
    return long_id(record_id)


def _require_right(ask: Ask) -> None:
    if not ask.org.access.has(ask.user, "CustomizeApplication"):
        message = "insufficient access rights on cross-reference id"
        raise ApiError(403, "INSUFFICIENT_ACCESS", message, extra={"fields": []})
