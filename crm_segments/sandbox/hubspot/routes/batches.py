"""Up to a hundred records at a time: read, create, update, upsert, archive."""

from collections.abc import Sequence
from dataclasses import dataclass

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import documented, recorded
from crm_segments.sandbox.hubspot.asks import Ask, Routes, strings
from crm_segments.sandbox.hubspot.creating import (
    NewLink,
    check_id_property,
    check_links,
    connect_new,
    look_up,
)
from crm_segments.sandbox.hubspot.errors import ApiError, invalid_input, validation_error
from crm_segments.sandbox.hubspot.kinds import Kind
from crm_segments.sandbox.hubspot.moments import moment_text
from crm_segments.sandbox.hubspot.reading import read_names, record_json, value_history, written_json
from crm_segments.sandbox.hubspot.settings import Beliefs
from crm_segments.sandbox.hubspot.store import Record
from crm_segments.sandbox.hubspot.writes import Draft

__all__ = ["ROUTES"]

ROUTES = Routes()
_MOST = 100
_UPDATE_INPUT = frozenset({"id", "properties", "idProperty", "objectWriteTraceId"})
_CREATE_INPUT = frozenset({"properties", "associations", "objectWriteTraceId"})

Input = dict[str, object]


@dataclass(frozen=True, slots=True)
class _Checked:
    """An input that may be written."""

    draft: Draft
    input: Input
    links: Sequence[NewLink] = ()


@ROUTES.add(
    "POST", "/crm/v3/objects/{kind}/batch/read", documented("CRM objects: Retrieve a batch of records")
)
def read_batch(ask: Ask) -> Reply:
    """Records by id, or by the value of a unique property; 207 where some are not there."""
    kind = ask.kind()
    ask.require(kind.read_scopes)
    ask.check_query("archived")
    body = ask.json_object("inputs", "properties", "propertiesWithHistory", "idProperty")
    id_property = _id_property(ask, kind, body.get("idProperty"))
    history = strings(body, "propertiesWithHistory")
    names = read_names(ask.portal, kind, [*strings(body, "properties"), *history])
    keys = [_key(one) for one in _inputs(ask, body, {"id"}, most=50 if history else _MOST)]
    archived = ask.flag("archived")
    found = {
        key: look_up(ask.portal, kind, key, id_property=id_property, archived=archived)
        for key in dict.fromkeys(keys)
    }
    results = []
    for record in _distinct([one for one in found.values() if one is not None]):
        shown = record_json(kind, record, names)
        if history:
            wanted = [name for name in names if name in history]
            shown["propertiesWithHistory"] = value_history(ask.portal, kind, record, wanted)
        results.append(shown)
    _arrange(results, ask.portal.settings.beliefs)
    missing = [key for key, record in found.items() if record is None]
    return _answer(ask, 200, results, _missing(kind, missing))


@ROUTES.add(
    "POST",
    "/crm/v3/objects/{kind}/batch/create",
    recorded("objects_v3.json: company_batch_create_201, contact_batch_create_201, custom_batch_create_201"),
)
def create_batch(ask: Ask) -> Reply:
    """New records; an input that carries a trace id fails alone (documented: Error handling)."""
    kind = ask.kind()
    ask.require(kind.write_scopes)
    ask.check_query()
    inputs = _inputs(ask, ask.json_object("inputs"), _CREATE_INPUT)
    writer = ask.writer(kind)
    results: list[dict[str, object]] = []
    errors: list[dict[str, object]] = []
    checked: list[_Checked] = []
    for one in inputs:
        try:
            links = check_links(ask.portal, kind, one.get("associations"))
            checked.append(_Checked(writer.check_create(one.get("properties")), one, links))
        except ApiError as error:
            errors.append(_alone(error, one, allowed=True))
    _check_unique_within(ask, kind, [one.draft for one in checked])
    for ready in checked:
        record = writer.save(ready.draft)
        connect_new(ask.portal, kind, record, ready.links)
        results.append(_traced(written_json(kind, record, None), ready.input))
    # Recorded (objects_v3.json: company_batch_create_multi_201): neither the order of the inputs nor of ids.
    results.sort(key=lambda shown: str(shown["id"])[::-1])
    return _answer(ask, 201, results, errors)


@ROUTES.add(
    "POST",
    "/crm/v3/objects/{kind}/batch/update",
    recorded("objects_v3.json: company_batch_update_200, company_batch_update_multi_200"),
)
def update_batch(ask: Ask) -> Reply:
    """Changes of records: one that is not in order refuses them all, and nothing is written."""
    kind = ask.kind()
    ask.require(kind.write_scopes)
    ask.check_query()
    inputs = _inputs(ask, ask.json_object("inputs"), _UPDATE_INPUT)
    _check_distinct(inputs)
    beliefs = ask.portal.settings.beliefs
    checked, errors, missing = _check_updates(ask, kind, inputs)
    _check_unique_within(ask, kind, [one.draft for one in checked])
    if missing and not beliefs.missing_ids_fail_alone:
        (refusal,) = _missing(kind, missing)
        raise ApiError(404, "OBJECT_NOT_FOUND", str(refusal["message"]), extra={"context": {"ids": missing}})
    writer = ask.writer(kind)
    results = [
        _traced(written_json(kind, writer.save(one.draft), one.draft.names), one.input) for one in checked
    ]
    _arrange(results, beliefs)
    return _answer(ask, 200, results, [*errors, *_missing(kind, missing)])


@ROUTES.add(
    "POST", "/crm/v3/objects/{kind}/batch/upsert", recorded("errors.json: 207_batch_upsert_validation")
)
def upsert_batch(ask: Ask) -> Reply:
    """Changes of records named by a unique property; those that are not there are made."""
    kind = ask.kind()
    ask.require(kind.write_scopes)
    ask.check_query()
    inputs = _inputs(ask, ask.json_object("inputs"), _UPDATE_INPUT)
    _check_distinct(inputs)
    writer = ask.writer(kind)
    results: list[dict[str, object]] = []
    errors: list[dict[str, object]] = []
    for one in inputs:
        name = _id_property(ask, kind, one.get("idProperty"))
        if name is None:
            raise validation_error("idProperty is required for upserts")
        record = look_up(ask.portal, kind, _key(one), id_property=name)
        properties = one.get("properties")
        try:
            if record is None:
                given = properties if isinstance(properties, dict) else {}
                draft = writer.check_create({name: _key(one), **given})
            else:
                draft = writer.check_update(record, properties)
        except ApiError as error:
            errors.append(error.in_batch())
            continue
        shown = written_json(kind, writer.save(draft), draft.names if record else None)
        results.append({**_traced(shown, one), "new": record is None})
    return _answer(ask, 200, results, errors)


@ROUTES.add(
    "POST", "/crm/v3/objects/{kind}/batch/archive", recorded("objects_v3.json: company_batch_archive_204")
)
def archive_batch(ask: Ask) -> Reply:
    """Records go into the recycle bin; ids that are not there are passed over."""
    kind = ask.kind()
    ask.require(kind.write_scopes)
    ask.check_query()
    for one in _inputs(ask, ask.json_object("inputs"), {"id"}):
        record = look_up(ask.portal, kind, _key(one))
        if record is not None:
            ask.portal.store.archive(kind, record, ask.origin())
    return Reply(204)


def _check_updates(
    ask: Ask, kind: Kind, inputs: Sequence[Input]
) -> tuple[list[_Checked], list[dict[str, object]], list[str]]:
    """What may be written, what fails alone, and the ids that are not there."""
    writer = ask.writer(kind)
    isolates = ask.portal.settings.beliefs.trace_ids_isolate_updates
    checked: list[_Checked] = []
    errors: list[dict[str, object]] = []
    missing: list[str] = []
    for one in inputs:
        key = _key(one)
        id_property = _id_property(ask, kind, one.get("idProperty"))
        record = look_up(ask.portal, kind, key, id_property=id_property)
        if record is None:
            missing.append(key)
            continue
        try:
            checked.append(_Checked(writer.check_update(record, one.get("properties")), one))
        except ApiError as error:
            errors.append(_alone(error, one, allowed=isolates))
    return checked, errors, missing


def _alone(error: ApiError, one: Input, *, allowed: bool) -> dict[str, object]:
    """The error of one input, where it does not refuse the whole batch."""
    trace = one.get("objectWriteTraceId")
    if trace is None or not allowed:
        raise error
    return error.in_batch({"objectWriteTraceId": [str(trace)]})


def _inputs(ask: Ask, body: Input, known: frozenset[str] | set[str], *, most: int = _MOST) -> list[Input]:
    found = body.get("inputs")
    if not isinstance(found, list) or not found:
        raise validation_error("Some required fields were not set: [inputs]")
    if len(found) > most:
        raise validation_error(f"The maximum number of inputs supported in a batch request is {most}")
    for one in found:
        if not isinstance(one, dict):
            raise invalid_input("inputs must hold objects")
        ask.check_members(one, known)
    return found


def _key(one: Input) -> str:
    found = one.get("id")
    if not isinstance(found, str | int) or isinstance(found, bool) or found == "":
        raise validation_error("Some required fields were not set: [id]")
    return str(found)


def _id_property(ask: Ask, kind: Kind, raw: object) -> str | None:
    if raw is None:
        return None
    check_id_property(ask.portal, kind, str(raw))
    return str(raw)


def _check_distinct(inputs: Sequence[Input]) -> None:
    keys = [_key(one) for one in inputs]
    if len(set(keys)) < len(keys):
        twice = sorted({key for key in keys if keys.count(key) > 1})
        raise validation_error(
            f"Duplicate IDs found in batch input: [{', '.join(twice)}]. IDs must be unique"
        )


def _check_unique_within(ask: Ask, kind: Kind, drafts: Sequence[Draft]) -> None:
    for name in ask.portal.store.table(kind).unique:
        seen: set[str] = set()
        for value in (one.values.get(name) for one in drafts):
            if value is not None and value.lower() in seen:
                text = f"{kind.label} with {name} {value} stands in this batch twice"
                raise ApiError(409, "CONFLICT", text)
            seen.add((value or "").lower())


def _arrange(results: list[dict[str, object]], beliefs: Beliefs) -> None:
    """Recorded (objects_v3.json: company_batch_update_multi_200): by id, whatever the order of the inputs."""
    results.sort(key=lambda shown: int(str(shown["id"])), reverse=not beliefs.results_are_sorted)


def _distinct(records: Sequence[Record]) -> list[Record]:
    """Two ids of a merge lead to one record."""
    return list({record.id: record for record in records}.values())


def _missing(kind: Kind, ids: Sequence[str]) -> list[dict[str, object]]:
    # Seen in the tests of several public clients, for reads and for updates alike.
    if not ids:
        return []
    text = (
        f"Could not get some {kind.singular.upper()} objects, they may be deleted or not exist."
        " Check that ids are valid."
    )
    context = {"ids": list(ids)}
    return [{"status": "error", "category": "OBJECT_NOT_FOUND", "message": text, "context": context}]


def _traced(shown: dict[str, object], one: Input) -> dict[str, object]:
    trace = one.get("objectWriteTraceId")
    return shown if trace is None else {**shown, "objectWriteTraceId": str(trace)}


def _answer(
    ask: Ask, status: int, results: list[dict[str, object]], errors: list[dict[str, object]]
) -> Reply:
    content: dict[str, object] = {"status": "COMPLETE", "results": results}
    if errors:
        content.update(numErrors=len(errors), errors=errors)
    arrived = ask.call.arrived_at or ask.portal.now()
    content.update(startedAt=moment_text(arrived), completedAt=moment_text(ask.portal.now()))
    return json_reply(207 if errors else status, content)
