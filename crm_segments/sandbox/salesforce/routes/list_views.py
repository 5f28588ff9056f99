"""List views through the UI API, and the older list of them."""

import re
from dataclasses import replace

from crm_segments.sandbox.calls import Reply, json_reply
from crm_segments.sandbox.evidence import documented
from crm_segments.sandbox.salesforce.asks import Ask, Routes, object_of
from crm_segments.sandbox.salesforce.errors import ApiError, malformed_json, method_not_allowed, not_found
from crm_segments.sandbox.salesforce.list_views import OPERATORS, SCOPES, ListView, ViewFilter
from crm_segments.sandbox.salesforce.sobjects import SObject

__all__ = ["ROUTES"]

ROUTES = Routes()
_ALL = "/services/data/v{version}/ui-api/list-info/{sobject}"
_ONE = _ALL + "/{api_name}"
_FIRST_VERSION = 61.0
_API_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*")
_LONGEST_LABEL = 40
_KEYS = frozenset(
    {
        *("listViewApiName", "label", "displayColumns", "filteredByInfo", "filterLogicString", "scope"),
        "visibility",
    }
)


@ROUTES.add("POST", _ALL, documented("UI API: Create a List View (61.0 and later)"))
def create(ask: Ask) -> Reply:
    """A new list view."""
    sobject = _sobject(ask)
    body = _body(ask)
    api_name = body.get("listViewApiName")
    if not isinstance(api_name, str) or not _API_NAME.fullmatch(api_name) or len(api_name) > 80:
        raise _wrong("listViewApiName: letters, digits and single underscores, beginning with a letter")
    if _find(ask, sobject, api_name) is not None:
        message = f"This Developer Name already exists: {api_name}"
        raise ApiError(400, "DUPLICATE_DEVELOPER_NAME", message)
    empty = ListView("", sobject.name, api_name, "", ("Name",), (), None, "everything", "Private", ask.user)
    view = _changed(ask, sobject, empty, body)
    if not view.label:
        raise _wrong("label: a value is required")
    values = {"Name": view.label, "DeveloperName": api_name, "SobjectType": sobject.name}
    record_id = ask.org.store.insert("ListView", {**values, "IsSoqlCompatible": True}, ask.user)
    ask.org.list_views[record_id] = replace(view, record_id=record_id)
    return json_reply(201, _content(sobject, ask.org.list_views[record_id]))


@ROUTES.add("GET", _ALL, documented("UI API: Get List Views for an Object"))
def read_all(ask: Ask) -> Reply:
    """The list views of an object that the user sees."""
    sobject = ask.object(ask.param("sobject"))
    lists = [
        {
            "apiName": view.api_name,
            "id": view.record_id,
            "label": view.label,
            "listUiUrl": f"/services/data/v{ask.version}/ui-api/list-ui/{view.record_id}",
            "objectApiName": sobject.name,
        }
        for view in _visible(ask, sobject)
    ]
    content = {
        "count": len(lists),
        "currentPageToken": "0",
        "currentPageUrl": f"/services/data/v{ask.version}/ui-api/list-info/{sobject.name}?pageToken=0",
        "lists": lists,
        "nextPageToken": None,
        "nextPageUrl": None,
        "objectApiName": sobject.name,
    }
    return json_reply(200, content)


@ROUTES.add("GET", _ONE, documented("UI API: Get List View Metadata"))
def read(ask: Ask) -> Reply:
    """One list view."""
    sobject = ask.object(ask.param("sobject"))
    return json_reply(200, _content(sobject, _existing(ask, sobject)))


@ROUTES.add("PATCH", _ONE, documented("UI API: Update a List View (61.0 and later)"))
def update(ask: Ask) -> Reply:
    """Changes a list view; what is not named stays."""
    sobject = _sobject(ask)
    view = _existing(ask, sobject)
    _require_owner(ask, view)
    changed = _changed(ask, sobject, view, _body(ask))
    ask.org.list_views[view.record_id] = changed
    ask.org.store.update(view.record_id, {"Name": changed.label}, ask.user)
    return json_reply(200, _content(sobject, changed))


@ROUTES.add("DELETE", _ONE, documented("UI API: Delete a List View (61.0 and later)"))
def delete(ask: Ask) -> Reply:
    """Deletes a list view."""
    sobject = _sobject(ask)
    view = _existing(ask, sobject)
    _require_owner(ask, view)
    del ask.org.list_views[view.record_id]
    del ask.org.store.table("ListView")[view.record_id]
    return Reply(204)


@ROUTES.add(
    "GET", "/services/data/v{version}/sobjects/{sobject}/listviews", documented("REST API: List Views")
)
def listviews(ask: Ask) -> Reply:
    """The list views of an object, as the older resource shows them."""
    sobject = ask.object(ask.param("sobject"))
    base = f"/services/data/v{ask.version}/sobjects/{sobject.name}/listviews"
    shown = [
        {
            "describeUrl": f"{base}/{view.record_id}/describe",
            "developerName": view.api_name,
            "id": view.record_id,
            "label": view.label,
            "resultsUrl": f"{base}/{view.record_id}/results",
            "soqlCompatible": True,
            "url": f"{base}/{view.record_id}",
        }
        for view in _visible(ask, sobject)
    ]
    content = {
        "done": True,
        "listviews": shown,
        "nextRecordsUrl": None,
        "size": len(shown),
        "sobjectType": sobject.name,
    }
    return json_reply(200, content)


def _sobject(ask: Ask) -> SObject:
    if float(ask.version) < _FIRST_VERSION:
        raise method_not_allowed(ask.call.method, ["GET"])
    return ask.object(ask.param("sobject"))


def _body(ask: Ask) -> dict[str, object]:
    body = ask.json_object()
    unknown = sorted(body.keys() - _KEYS)
    if unknown:
        raise malformed_json(f'Unrecognized field "{unknown[0]}" at [line:1, column:2]')
    return body


def _changed(ask: Ask, sobject: SObject, view: ListView, body: dict[str, object]) -> ListView:
    """The view with what the body says, if all of it may be."""
    label = body.get("label", view.label)
    if not isinstance(label, str) or len(label) > _LONGEST_LABEL:
        raise _wrong(f"View Name: data value too large (max length={_LONGEST_LABEL})")
    visibility = body.get("visibility", view.visibility)
    if visibility not in {"Public", "Private", "Shared"}:
        raise _wrong("visibility: expected Public, Private or Shared")
    scope = object_of(body.get("scope", {"apiName": view.scope}), "scope").get("apiName")
    if scope not in SCOPES:
        raise _wrong(f"scope: unknown value {scope}")
    needed = "CreateCustomizeFilters" if visibility == "Private" else "EditPublicFilters"
    if not ask.org.access.has(ask.user, needed):
        raise ApiError(403, "INSUFFICIENT_ACCESS", "insufficient access rights on list view")
    logic = body.get("filterLogicString", view.logic)
    return replace(
        view,
        label=label,
        columns=_columns(ask, sobject, body.get("displayColumns", list(view.columns))),
        filters=_filters(ask, sobject, body["filteredByInfo"]) if "filteredByInfo" in body else view.filters,
        logic=str(logic) if logic else None,
        scope=str(scope),
        visibility=str(visibility),
    )


def _columns(ask: Ask, sobject: SObject, wanted: object) -> tuple[str, ...]:
    readable = ask.org.access.readable(ask.user, sobject)
    if not isinstance(wanted, list) or not wanted:
        raise _wrong("displayColumns: expected a list of fields")
    for name in wanted:
        first = str(name).partition(".")[0]
        if first.lower() not in readable and sobject.reference(first) is None:
            raise _wrong(f"displayColumns: unknown field {name}")
    return tuple(str(name) for name in wanted)


def _filters(ask: Ask, sobject: SObject, wanted: object) -> tuple[ViewFilter, ...]:
    if not isinstance(wanted, list):
        raise _wrong("filteredByInfo: expected a list")
    readable = ask.org.access.readable(ask.user, sobject)
    found = []
    for one in wanted:
        entry = object_of(one, "A filter")
        field = readable.get(str(entry.get("fieldApiName")).lower())
        labels = entry.get("operandLabels")
        if field is None:
            raise _wrong(f"filteredByInfo: unknown field {entry.get('fieldApiName')}")
        if entry.get("operator") not in OPERATORS or not isinstance(labels, list):
            raise _wrong("filteredByInfo: expected a known operator and operandLabels")
        if ask.org.settings.beliefs.list_filters_split_at_commas:
            labels = [part for label in labels for part in _parts(str(label))]
        shown = field.translated(ask.org.settings.translated_labels)
        known = {option.label for option in shown.options if option.is_active}
        strange = [label for label in labels if field.type == "picklist" and label not in known]
        if strange:
            raise _wrong(f"filteredByInfo: {field.name} has no value with the label {strange[0]}")
        found.append(ViewFilter(field.name, str(entry["operator"]), tuple(str(label) for label in labels)))
    return tuple(found)


def _parts(label: str) -> list[str]:
    """The values that people mean who type this into a filter."""
    if len(label) > 1 and label.startswith('"') and label.endswith('"'):
        return [label[1:-1].replace('""', '"')]
    return [part.strip() for part in label.split(",")]


def _visible(ask: Ask, sobject: SObject) -> list[ListView]:
    return [
        view
        for view in ask.org.list_views.values()
        if view.sobject == sobject.name and (view.visibility != "Private" or view.owner == ask.user)
    ]


def _find(ask: Ask, sobject: SObject, api_name: str) -> ListView | None:
    wanted = api_name.lower()
    views = (view for view in ask.org.list_views.values() if view.sobject == sobject.name)
    return next((view for view in views if view.api_name.lower() == wanted), None)


def _existing(ask: Ask, sobject: SObject) -> ListView:
    view = _find(ask, sobject, ask.param("api_name"))
    if view is None or view not in _visible(ask, sobject):
        raise not_found()
    return view


def _require_owner(ask: Ask, view: ListView) -> None:
    if view.owner != ask.user and not ask.org.access.has(ask.user, "EditPublicFilters"):
        raise ApiError(403, "INSUFFICIENT_ACCESS", "insufficient access rights on list view")


def _content(sobject: SObject, view: ListView) -> dict[str, object]:
    def label(name: str) -> str:
        field = sobject.field(name)
        return field.label if field else name

    return {
        "cloneable": True,
        "createable": True,
        "deletable": True,
        "displayColumns": [
            {"fieldApiName": name, "label": label(name), "sortable": True} for name in view.columns
        ],
        "filterLogicString": view.logic,
        "filteredByInfo": [
            {
                "fieldApiName": one.field,
                "label": label(one.field),
                "operandLabels": list(one.labels),
                "operator": one.operator,
            }
            for one in view.filters
        ],
        "label": view.label,
        "listReference": {
            "id": view.record_id,
            "listViewApiName": view.api_name,
            "objectApiName": sobject.name,
            "type": "listView",
        },
        "orderedByInfo": [],
        "scope": {"apiName": view.scope, "label": f"{SCOPES[view.scope]} {sobject.label_plural}"},
        "searchable": True,
        "updateable": True,
        "userPreferences": {"columnWidths": {}, "columnWrap": {}},
        "visibility": view.visibility,
        "visibilityEditable": True,
    }


def _wrong(message: str) -> ApiError:
    return ApiError(400, "INVALID_INPUT", message)
