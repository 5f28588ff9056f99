"""Several properties at a time."""

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import documented
from crm_segments.sandbox.hubspot.asks import Ask, Routes
from crm_segments.sandbox.hubspot.errors import ApiError, invalid_input, validation_error
from crm_segments.sandbox.hubspot.moments import moment_text
from crm_segments.sandbox.hubspot.routes.properties import (
    MEMBERS,
    definitions_of,
    require_schema_read,
    require_schema_write,
)

__all__ = ["ROUTES"]

ROUTES = Routes()
_MOST = 100


@ROUTES.add(
    "POST",
    "/crm/v3/properties/{kind}/batch/read",
    documented("CRM properties: Retrieve a batch"),
)
def read_batch(ask: Ask) -> Reply:
    """Properties by name; 207 where some are not there."""
    kind = ask.kind()
    require_schema_read(ask, kind)
    ask.check_query()
    body = ask.json_object("inputs", "archived", "dataSensitivity")
    definitions = definitions_of(ask, kind)
    found, errors = [], []
    for one in _inputs(ask, body, ("name",)):
        try:
            archived = body.get("archived") is True
            found.append(definitions.get(str(one.get("name")), archived=archived).as_json())
        except ApiError as error:
            errors.append(error.in_batch({"name": [str(one.get("name"))]}))
    return _answer(ask, 200, found, errors)


@ROUTES.add(
    "POST",
    "/crm/v3/properties/{kind}/batch/create",
    documented("CRM properties: Create a batch"),
)
def create_batch(ask: Ask) -> Reply:
    """New properties; 207 where some are refused."""
    kind = ask.kind()
    require_schema_write(ask, kind)
    ask.check_query()
    definitions = definitions_of(ask, kind)
    made, errors = [], []
    for one in _inputs(ask, ask.json_object("inputs"), MEMBERS):
        try:
            made.append(definitions.create(one).as_json())
        except ApiError as error:
            errors.append(error.in_batch({"name": [str(one.get("name"))]}))
    return _answer(ask, 201, made, errors)


@ROUTES.add(
    "POST",
    "/crm/v3/properties/{kind}/batch/archive",
    documented("CRM properties: Archive a batch"),
)
def archive_batch(ask: Ask) -> Reply:
    """Properties are archived; the first that may not be refuses the request."""
    kind = ask.kind()
    require_schema_write(ask, kind)
    ask.check_query()
    definitions = definitions_of(ask, kind)
    for one in _inputs(ask, ask.json_object("inputs"), ("name",)):
        definitions.archive(str(one.get("name")))
    return Reply(204)


def _inputs(ask: Ask, body: dict[str, object], known: tuple[str, ...]) -> list[dict[str, object]]:
    found = body.get("inputs")
    if not isinstance(found, list) or not 0 < len(found) <= _MOST:
        raise validation_error(f"inputs must hold between 1 and {_MOST} properties")
    for one in found:
        if not isinstance(one, dict):
            raise invalid_input("inputs must hold objects")
        ask.check_members(one, known)
    return found


def _answer(
    ask: Ask, status: int, results: list[dict[str, object]], errors: list[dict[str, object]]
) -> Reply:
    now = moment_text(ask.portal.now())
    content: dict[str, object] = {"status": "COMPLETE", "results": results}
    if errors:
        content.update(numErrors=len(errors), errors=errors)
    return json_reply(207 if errors else status, {**content, "startedAt": now, "completedAt": now})
