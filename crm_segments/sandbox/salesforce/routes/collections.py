"""Up to 200 records in one request, with one result for each in the same order."""

from collections.abc import Mapping
from itertools import groupby

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import documented, recorded
from crm_segments.sandbox.salesforce.asks import Ask, Routes, object_of
from crm_segments.sandbox.salesforce.dml import Saving, Writer
from crm_segments.sandbox.salesforce.errors import ApiError, RowError, malformed_json
from crm_segments.sandbox.salesforce.ids import is_id, long_id
from crm_segments.sandbox.salesforce.reading import record_json
from crm_segments.sandbox.salesforce.sobjects import SObject
from crm_segments.sandbox.salesforce.values import from_json

__all__ = ["ROUTES"]

ROUTES = Routes()
_PATH = "/services/data/v{version}/composite/sobjects"
_MOST_RECORDS = 200
_MOST_CHUNKS = 10

Checked = Saving | RowError


@ROUTES.add("POST", _PATH, recorded("rest_collections.json: post_composite_sobjects_200*"))
def create(ask: Ask) -> Reply:
    """New records."""
    records, all_or_none = _records(ask)
    writer = ask.writer()
    checked = [_check(ask, writer, record, is_new=True) for record in records]
    return json_reply(200, _save(writer, checked, all_or_none=all_or_none))


@ROUTES.add("PATCH", _PATH, recorded("rest_collections.json: patch_composite_sobjects_200*"))
def update(ask: Ask) -> Reply:
    """Changes of existing records."""
    records, all_or_none = _records(ask)
    writer = ask.writer()
    seen: set[str] = set()
    checked: list[Checked] = []
    for record in records:
        record_id = _own_id(record)
        if record_id and long_id(record_id) in seen:
            message = f"Duplicate id in list: {record_id}"
            checked.append(RowError("DUPLICATE_VALUE", message, ["Id"]))
            continue
        seen.add(long_id(record_id))
        checked.append(_check(ask, writer, record, is_new=False))
    return json_reply(200, _save(writer, checked, all_or_none=all_or_none))


@ROUTES.add(
    "PATCH",
    _PATH + "/{sobject}/{key}",
    recorded("cumulusci_rest.json: patch_data_vxx.0_composite_sobjects_*_200"),
)
def upsert(ask: Ask) -> Reply:
    """Changes of records found by a field that identifies; the others are made."""
    records, all_or_none = _records(ask)
    sobject = ask.object(ask.param("sobject"))
    field = ask.org.access.readable(ask.user, sobject).get(ask.param("key").lower())
    if field is None or not (field.external_id or field.id_lookup):
        message = f"Field name provided, {ask.param('key')} is not an External ID or indexed field"
        raise ApiError(400, "INVALID_FIELD", message)
    writer = ask.writer()
    checked: list[Checked] = []
    for record in records:
        given = {name.lower(): value for name, value in record.items()}.get(field.name.lower())
        found = [
            record_id
            for record_id, row in ask.org.store.table(sobject.name).items()
            if given is not None
            and str(row.get(field.name, "")).casefold() == str(given).casefold()
            and not row.get("IsDeleted")
        ]
        if len(found) > 1:
            message = f"More than one record found for external id field: {found}"
            checked.append(RowError("DUPLICATE_EXTERNAL_ID", message))
        else:
            known = {**record, "id": found[0]} if found else record
            checked.append(_check(ask, writer, known, is_new=not found))
    results = _save(writer, checked, all_or_none=all_or_none)
    for one, result in zip(checked, results, strict=True):
        if result["success"] and isinstance(one, Saving):
            result["created"] = one.record_id is None
    return json_reply(200, results)


@ROUTES.add("DELETE", _PATH, recorded("rest_collections.json: delete_composite_sobjects_200"))
def delete(ask: Ask) -> Reply:
    """Deletes the named records."""
    ids = [one for one in ask.call.query.get("ids", "").split(",") if one]
    if not ids:
        raise ApiError(400, "MISSING_ARGUMENT", "The ids parameter is required")
    _check_count(len(ids))
    all_or_none = ask.call.query.get("allOrNone", "false").lower() == "true"
    results: list[dict[str, object]] = []
    failed = [error for one in ids if (error := _deletion_error(ask, one)) is not None]
    for one in ids:
        error = _deletion_error(ask, one)
        if error is None and all_or_none and failed:
            error = _rolled_back()
        if error is None:
            ask.writer().delete(one)
        results.append(
            error.in_collection() if error else {"id": long_id(one), "success": True, "errors": []}
        )
    return json_reply(200, results)


@ROUTES.add(
    "GET", _PATH + "/{sobject}", documented("REST API: sObject Collections, Retrieve Multiple Records")
)
def read(ask: Ask) -> Reply:
    """The named fields of the named records in their order; null for those that are not there."""
    sobject = ask.object(ask.param("sobject"))
    ids = [one for one in ask.call.query.get("ids", "").split(",") if one]
    names = [one.strip() for one in ask.call.query.get("fields", "").split(",") if one.strip()]
    return json_reply(200, _read(ask, sobject, ids, names))


@ROUTES.add(
    "POST",
    _PATH + "/{sobject}",
    documented("REST API: sObject Collections, Retrieve Multiple Records by POST"),
)
def read_by_post(ask: Ask) -> Reply:
    """The same for up to 2,000 records."""
    sobject = ask.object(ask.param("sobject"))
    body = ask.json_object()
    ids, names = body.get("ids"), body.get("fields")
    if not isinstance(ids, list) or not isinstance(names, list):
        raise malformed_json("ids and fields are required to be lists at [line:1, column:1]")
    return json_reply(200, _read(ask, sobject, [str(one) for one in ids], [str(one) for one in names]))


def _read(ask: Ask, sobject: SObject, ids: list[str], names: list[str]) -> list[dict[str, object] | None]:
    if len(ids) > 2000:
        raise ApiError(400, "EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than 2000 records")
    readable = ask.org.access.readable(ask.user, sobject)
    for name in names:
        if name.lower() not in readable:
            message = f"No such column '{name}' on entity '{sobject.name}'."
            raise ApiError(400, "INVALID_FIELD", message)
    fields = [readable[name.lower()] for name in names]
    table = ask.org.store.table(sobject.name)
    rows = [table.get(long_id(one)) if is_id(one) else None for one in ids]
    return [
        record_json(sobject, row, fields, ask.version)
        if row and not row.get("IsDeleted") and ask.org.access.sees_record(ask.user, sobject, row)
        else None
        for row in rows
    ]


def _records(ask: Ask) -> tuple[list[dict[str, object]], bool]:
    body = ask.json_object()
    unknown = sorted(body.keys() - {"allOrNone", "records"})
    if unknown:
        raise malformed_json(f'Unrecognized field "{unknown[0]}" at [line:1, column:2]')
    listed, all_or_none = body.get("records"), body.get("allOrNone", False)
    if not isinstance(listed, list) or not listed or not isinstance(all_or_none, bool):
        raise malformed_json("records is required to be a list that is not empty at [line:1, column:2]")
    _check_count(len(listed))
    records = [object_of(one, "A record") for one in listed]
    chunks = len([kind for kind, _ in groupby(records, key=_kind)])
    if chunks > _MOST_CHUNKS:
        message = (
            f"Cannot have more than {_MOST_CHUNKS} chunks in a single operation."
            " Please rearrange the data to reduce chunking."
        )
        raise ApiError(400, "INVALID_INPUT", message)
    return records, all_or_none


def _check_count(count: int) -> None:
    if count > _MOST_RECORDS:
        message = f"record limit reached. cannot submit more than {_MOST_RECORDS} records into this operation"
        raise ApiError(400, "EXCEEDED_ID_LIMIT", message)


def _kind(record: Mapping[str, object]) -> str:
    kind = object_of(record.get("attributes"), "attributes").get("type")
    if not isinstance(kind, str):
        raise ApiError(400, "INVALID_INPUT", "attributes.type is required for every record")
    return kind


def _own_id(record: Mapping[str, object]) -> str:
    found = next((value for name, value in record.items() if name.lower() == "id"), None)
    return found if isinstance(found, str) else ""


def _check(ask: Ask, writer: Writer, record: Mapping[str, object], *, is_new: bool) -> Checked:
    kind = _kind(record)
    sobject = ask.org.store.sobject(kind)
    if sobject is None or not ask.org.access.allows(ask.user, sobject, "Read"):
        raise ApiError(400, "INVALID_TYPE", f"sObject type '{kind}' is not supported.")
    try:
        values = writer.read_row(sobject, record, from_json, is_new=is_new)
        if is_new:
            return writer.check_insert(sobject, values)
        return writer.check_update(sobject, _own_id(record), values)
    except RowError as error:
        if error.code == "INVALID_FIELD" and ask.org.settings.beliefs.unknown_field_refuses_request:
            raise error.alone() from error
        return error


def _save(writer: Writer, checked: list[Checked], *, all_or_none: bool) -> list[dict[str, object]]:
    is_rolled_back = all_or_none and any(isinstance(one, RowError) for one in checked)
    results: list[dict[str, object]] = []
    for one in checked:
        if isinstance(one, RowError):
            results.append(one.in_collection())
        elif is_rolled_back:
            results.append(_rolled_back().in_collection())
        else:
            results.append({"id": writer.save(one), "success": True, "errors": []})
    return results


def _rolled_back() -> RowError:
    message = (
        "Record rolled back because not all records were valid and the request was using AllOrNone header"
    )
    return RowError("ALL_OR_NONE_OPERATION_ROLLED_BACK", message)


def _deletion_error(ask: Ask, record_id: str) -> RowError | None:
    if not is_id(record_id):
        return RowError("MALFORMED_ID", f"malformed id {record_id}")
    row = ask.org.store.find(record_id)
    if row is None:
        return RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    return RowError("ENTITY_IS_DELETED", "entity is deleted") if row.get("IsDeleted") else None
