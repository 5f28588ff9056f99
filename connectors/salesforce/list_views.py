"""One list view per segment, kept through the User Interface API.

A list view is found by its API name for good. Its label and its filter follow the segment's title, because
Salesforce filters picklists by the labels of their options ("List Filter By Info Input", read 2026-11). Its
columns, its further filters and who sees it are set once and then belong to the people who use it.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NoReturn

from connectors.config import ConnectionSettings
from connectors.errors import AccessError, SchemaError
from connectors.model import ListChange, ListSpec, ObjectKind
from connectors.salesforce.client import SalesforceClient, soql
from connectors.salesforce.errors import RefusedError
from connectors.salesforce.names import list_view_name
from connectors.salesforce.objects import sources_of
from connectors.salesforce.queries import read_rows
from connectors.salesforce.schema import Schema, SObject

__all__ = ["ListViewBuilder"]

_log = logging.getLogger(__name__)

_MAX_LABEL = 40
"""Characters of a list view's label (Metadata API Developer Guide, "ListView", read 2026-11)."""

_MAX_COLUMNS = 15
"""Fields that a list view shows (Help, "List View Considerations", read 2026-11)."""

_COLUMNS: Mapping[ObjectKind, tuple[str, ...]] = {
    ObjectKind.ACCOUNT: ("Name", "Industry", "Type"),
    ObjectKind.CONTACT: ("Name", "Account.Name", "Title"),
    ObjectKind.LEAD: ("Name", "Company", "Status"),
}
_OWNER = "Owner.Alias"


class ListViewBuilder:
    """The list views of one connection."""

    def __init__(self, client: SalesforceClient, schema: Schema, settings: ConnectionSettings) -> None:
        self._client = client
        self._schema = schema
        self._settings = settings

    def ensure(self, specs: Sequence[ListSpec], *, dry_run: bool) -> list[ListChange]:
        """Make or follow up one list view per spec; the second time nothing changes.

        All refusals that can be known come before the first change.

        Raises:
            SchemaError: A list view of that API name shows another field or value.
            AccessError: The user may not make list views, or none that others see.
        """
        jobs = []
        labels: dict[str, set[str]] = {}
        for spec in specs:
            sobject = self._schema.sobject(sources_of(spec.object, self._settings)[0].name)
            if sobject.name not in labels:
                labels[sobject.name] = self._labels(sobject.name, specs)
            foreign = labels[sobject.name]
            label = _label(spec.title, foreign)
            foreign.add(label.casefold())
            present = self._find(sobject.name, list_view_name(spec.key))
            jobs.append((spec, sobject, label, present, self._changes(spec, sobject, label, present)))
        done = []
        for spec, sobject, label, present, changes in jobs:
            action = "create" if present is None else "rename" if changes else "none"
            if not dry_run and present is None:
                self._save("POST", spec, sobject, self._content(spec, sobject, label))
                _log.info("salesforce.list.made", extra={"object": sobject.name, "list": spec.key})
            elif not dry_run and changes:
                self._save("PATCH", spec, sobject, changes)
            done.append(ListChange(spec, action))
        return done

    def _labels(self, sobject: str, specs: Sequence[ListSpec]) -> set[str]:
        """Labels of other people's list views of this object, as far as the user sees them."""
        own = {list_view_name(spec.key).lower() for spec in specs}
        query = soql("SELECT DeveloperName, Name FROM ListView WHERE SobjectType = {}", sobject)
        rows = read_rows(self._client, query, purpose="read the names of list views")
        return {
            str(row["Name"]).casefold() for row in rows if str(row["DeveloperName"] or "").lower() not in own
        }

    def _find(self, sobject: str, name: str) -> Mapping[str, Any] | None:
        path = f"ui-api/list-info/{sobject}/{name}"
        try:
            found: Mapping[str, Any] = self._client.get(path, purpose="read a list view").json()
        except RefusedError as error:
            if error.status != 404:
                raise
            return None
        return found

    def _changes(
        self, spec: ListSpec, sobject: SObject, label: str, present: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """What has to change of a list view that is there.

        Raises:
            SchemaError: It shows another field or value.
        """
        if present is None:
            return {}
        filters = [dict(one) for one in present["filteredByInfo"]]
        ours = _ours(filters, spec)
        if len(ours) != 1 or ours[0]["operator"] != "Equals":
            raise SchemaError(
                f"The list view {list_view_name(spec.key)} of {sobject.name} does not show the records of "
                f"one value of {spec.field}.",
                hint="It was not touched. Set its filter back, or delete it; crm-segments makes it again.",
                code="salesforce.list.other",
                details={"object": spec.object.value, "list": list_view_name(spec.key)},
            )
        changes: dict[str, Any] = {} if present["label"] == label else {"label": label}
        if not _means(ours[0]["operandLabels"], _option_label(spec, sobject)):
            keys = ("fieldApiName", "operandLabels", "operator")
            changes["filteredByInfo"] = [{key: one[key] for key in keys} for one in filters]
        return changes

    def _content(self, spec: ListSpec, sobject: SObject, label: str) -> dict[str, Any]:
        """A list view that is made."""
        is_public = self._settings.list_visibility == "everyone"
        return {
            "listViewApiName": list_view_name(spec.key),
            "label": label,
            "displayColumns": _columns(spec, sobject),
            "filteredByInfo": [{"fieldApiName": spec.field, "operandLabels": [], "operator": "Equals"}],
            "visibility": "Public" if is_public else "Private",
        }

    def _save(self, method: str, spec: ListSpec, sobject: SObject, content: Mapping[str, Any]) -> None:
        """Make or change a list view, and prove that its filter is the one that was meant.

        Raises:
            SchemaError: Salesforce understands the title as something else.
        """
        one = f"{sobject.name}/{list_view_name(spec.key)}"
        path = sobject.name if method == "POST" else one
        if "filteredByInfo" not in content:
            self._send(method, path, content)
            return
        label = _option_label(spec, sobject)
        spellings = _spellings(label)
        for spelling in spellings:
            try:
                answer = self._send(method, path, _with_operand(content, spec, spelling))
            except RefusedError:
                if spelling == spellings[-1]:
                    raise
                continue
            if any(_means(one["operandLabels"], label) for one in _ours(answer["filteredByInfo"], spec)):
                return
            # It is there now, with a filter that was understood otherwise.
            method, path, content = "PATCH", one, {"filteredByInfo": content["filteredByInfo"]}
        raise SchemaError(
            f"Salesforce takes the title of {spec.value} in the filter of the list view "
            f"{list_view_name(spec.key)} for something else.",
            hint="Rename the segment without commas and quotes, or set build_lists = false under [sync].",
            code="salesforce.list.filter",
            details={"object": spec.object.value, "list": list_view_name(spec.key)},
        )

    def _send(self, method: str, path: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
        purpose = f"{'make' if method == 'POST' else 'change'} a list view"
        try:
            answer = self._client.send(method, f"ui-api/list-info/{path}", purpose=purpose, content=content)
            found: Mapping[str, Any] = answer.json()
        except AccessError as error:
            self._refuse(purpose, error)
        except RefusedError as error:
            if error.api_code != "DUPLICATE_DEVELOPER_NAME":
                raise
            raise SchemaError(
                f"Somebody else has a private list view called {content['listViewApiName']}, which the "
                "Salesforce user does not see.",
                hint="Its owner, or an administrator who logs in as its owner, deletes or renames it; "
                "crm-segments then makes its own.",
                code="salesforce.list.hidden",
                details={"list": content["listViewApiName"]},
            ) from error
        return found

    def _refuse(self, purpose: str, error: AccessError) -> NoReturn:
        if self._settings.list_visibility == "everyone":
            right, more = "Manage Public List Views", ', or list_visibility = "me" under [connection]'
        else:
            right, more = "Create and Customize List Views", ""
        raise AccessError(
            f'The Salesforce user may not {purpose}: it lacks the permission "{right}".',
            hint=f"Setup > Permission Sets > the set of the integration user > System Permissions > Edit: "
            f'"{right}"{more}; or build_lists = false under [sync] to go without list views.',
            code="salesforce.access.list_views",
            details={"permission": right},
            next_command="crm-segments doctor",
        ) from error


def _label(title: str, foreign: Collection[str]) -> str:
    """The title, or one that tells ours from a list view that has it already."""
    number = 1
    label = title.strip()[:_MAX_LABEL]
    while label.casefold() in foreign:
        ending = "" if number == 1 else f" ({number})"
        label = f"{f'Segment: {title.strip()}'[: _MAX_LABEL - len(ending)]}{ending}"
        number += 1
    return label


def _ours(filters: Sequence[Mapping[str, Any]], spec: ListSpec) -> list[Mapping[str, Any]]:
    """The conditions on our field."""
    return [one for one in filters if str(one["fieldApiName"]).lower() == spec.field.lower()]


def _spellings(label: str) -> tuple[str, ...]:
    """The label, and where filters might take it for several, the label in quotes.

    Filters of list views separate values by commas, and quotes keep them together (Help, "Enter Filter
    Criteria", read 2026-11); whether that holds for values that come one by one is not documented.
    """
    return (label, _quoted(label)) if any(sign in label for sign in ',"') else (label,)


def _quoted(label: str) -> str:
    doubled = label.replace('"', '""')
    return f'"{doubled}"'


def _means(operands: Sequence[str], label: str) -> bool:
    """Whether a filter asks for this very label."""
    return list(operands) in ([label], [_quoted(label)])


def _with_operand(content: Mapping[str, Any], spec: ListSpec, spelling: str) -> dict[str, Any]:
    filters = [
        {**one, "operandLabels": [spelling]} if one in _ours([one], spec) else one
        for one in content["filteredByInfo"]
    ]
    return {**content, "filteredByInfo": filters}


def _option_label(spec: ListSpec, sobject: SObject) -> str:
    """What the option is called in the org; the title where it is not there yet."""
    field = sobject.spec(spec.field)
    options = field.options if field else ()
    return next((option.label for option in options if option.value == spec.value), spec.title)


def _columns(spec: ListSpec, sobject: SObject) -> list[str]:
    """Columns that help: what identifies the record, our fields that the user sees, and the owner."""
    useful = [name for name in _COLUMNS.get(spec.object, ("Name",)) if _is_visible(sobject, name)]
    stem = spec.field.removesuffix("__c").lower()
    ours = [
        name
        for name in sobject.fields
        if name.lower().startswith((f"{stem}_", f"{stem}__c"))
        and (field := sobject.spec(name)) is not None
        and field.is_managed
    ]
    owner = [_OWNER] if "OwnerId" in sobject.fields else []
    return [*useful, *ours, *owner][:_MAX_COLUMNS]


def _is_visible(sobject: SObject, name: str) -> bool:
    first, _, rest = name.partition(".")
    return (f"{first}Id" if rest else first) in sobject.fields
