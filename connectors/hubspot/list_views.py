"""Keeps one list per segment, which HubSpot also calls a segment: a filter on our property decides."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from connectors.config import ConnectionSettings
from connectors.errors import SchemaError
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.errors import RefusedError
from connectors.hubspot.names import list_name, title_of
from connectors.hubspot.objects import source_of
from connectors.model import ListChange, ListSpec

__all__ = ["ListBuilder"]

_PATH = "/crm/v3/lists"
_DYNAMIC = "DYNAMIC"
_PAGE = 100


class ListBuilder:
    """The lists of our segments."""

    def __init__(self, client: HubSpotClient, settings: ConnectionSettings) -> None:
        self._client = client
        self._settings = settings

    def ensure(self, specs: Sequence[ListSpec], *, dry_run: bool) -> list[ListChange]:
        """Make one list per spec, found by its key; the id of a list never changes.

        All refusals come before the first change.

        Raises:
            SchemaError: A list of this key shows something else, or its name is taken.
            AccessError: The key may not set lists up; names the scope.
        """
        found = [self._find(spec) for spec in specs]
        changes = [_change(spec, one) for spec, one in zip(specs, found, strict=True)]
        if dry_run:
            return changes
        for change, one in zip(changes, found, strict=True):
            if one is None:
                self._create(change.spec)
            elif change.action == "rename":
                self._rename(one, change.spec)
        return changes

    def _find(self, spec: ListSpec) -> Mapping[str, Any] | None:
        """Our list with its filters.

        Raises:
            SchemaError: It shows something else.
        """
        type_id = source_of(spec.object, self._settings).type_id
        offset = 0
        while True:
            page = self._client.send(
                "POST",
                f"{_PATH}/search",
                purpose="look for our lists",
                content={"query": spec.key, "offset": offset, "count": _PAGE},
            ).json()
            for one in page.get("lists") or ():
                if title_of(str(one["name"]), spec.key) is not None and one.get("objectTypeId") == type_id:
                    return self._checked(str(one["listId"]), spec)
            offset = page.get("offset") or 0
            if not page.get("hasMore") or not offset:
                return None

    def _checked(self, list_id: str, spec: ListSpec) -> Mapping[str, Any]:
        answer = self._client.get(
            f"{_PATH}/{list_id}", purpose="read one of our lists", params=[("includeFilters", "true")]
        )
        found: Mapping[str, Any] = answer.json()["list"]
        if found.get("processingType") != _DYNAMIC or not _shows(found.get("filterBranch"), spec):
            raise SchemaError(
                f"The list {found['name']} does not show the companies of its customer segment any more.",
                hint=f"It was not touched. Lists > the list > Filters: {spec.field} is any of "
                f"{spec.value}; or give it a name without [{spec.key}], and a new one is made.",
                code="hubspot.list.foreign",
                details={"list": list_id, "field": spec.field},
            )
        return found

    def _create(self, spec: ListSpec) -> None:
        content = {
            "name": list_name(spec.title, spec.key),
            "objectTypeId": source_of(spec.object, self._settings).type_id,
            "processingType": _DYNAMIC,
            "filterBranch": _branch(spec),
        }
        try:
            self._client.send("POST", _PATH, purpose=f"make the list of {spec.key}", content=content)
        except RefusedError as error:
            raise _not_made(spec, error) from error

    def _rename(self, one: Mapping[str, Any], spec: ListSpec) -> None:
        name = urlencode({"listName": list_name(spec.title, spec.key)})
        path = f"{_PATH}/{one['listId']}/update-list-name?{name}"
        try:
            self._client.send("PUT", path, purpose=f"rename the list of {spec.key}")
        except RefusedError as error:
            raise _not_made(spec, error) from error


def _change(spec: ListSpec, found: Mapping[str, Any] | None) -> ListChange:
    if found is None:
        return ListChange(spec, "create")
    return ListChange(spec, "none" if found["name"] == list_name(spec.title, spec.key) else "rename")


def _branch(spec: ListSpec) -> dict[str, object]:
    """An OR of one AND of one filter, the form that HubSpot demands ("Lists: filters", read 2026-11)."""
    operation = {
        "operationType": "ENUMERATION",
        "operator": "IS_ANY_OF",
        "values": [spec.value],
        "includeObjectsWithNoValueSet": False,
    }
    return {
        "filterBranchType": "OR",
        "filterBranchOperator": "OR",
        "filters": [],
        "filterBranches": [
            {
                "filterBranchType": "AND",
                "filterBranchOperator": "AND",
                "filterBranches": [],
                "filters": [{"filterType": "PROPERTY", "property": spec.field, "operation": operation}],
            }
        ],
    }


def _shows(branch: Mapping[str, Any] | None, spec: ListSpec) -> bool:
    """Whether each alternative asks for our value; people may narrow a list by further filters."""
    alternatives = (branch or {}).get("filterBranches") or []
    return bool(alternatives) and all(
        any(_asks_for(one, spec) for one in alternative.get("filters") or ()) for alternative in alternatives
    )


def _asks_for(one: Mapping[str, Any], spec: ListSpec) -> bool:
    operation = one.get("operation") or {}
    return (
        one.get("property") == spec.field
        and operation.get("operator") in {"IS_ANY_OF", "IS_EXACTLY"}
        and operation.get("values") == [spec.value]
    )


def _not_made(spec: ListSpec, error: RefusedError) -> SchemaError:
    return SchemaError(
        f"HubSpot refuses the list {list_name(spec.title, spec.key)} "
        f"({error.api_error.category or error.status}).",
        hint="Is a list of this name there already, of another object perhaps? Rename or delete it: CRM > "
        "Segments (lists).",
        code="hubspot.list.refused",
        details={"key": spec.key},
    )
