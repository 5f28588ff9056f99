"""The emulator held against what HubSpot really answered: status, headers, keys, types, codes, values."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from crm_segments.sandbox.hubspot import Option, PortalSettings, Property
from tests.product.sandbox.hubspot.conftest import Portal
from tests.product.sandbox.hubspot.recorded import FILES, Pair, pair, pairs, shape

CUSTOM = "2-3604285"
OUT_OF_SCOPE = {
    "legacy_v1_404_object_not_found": "the contacts API of version 1 is not emulated",
    "legacy_v1_400_validation": "the same; its codes and words are held against version 3 below",
}
NUMBERS = re.compile(r"X-HubSpot-RateLimit-", re.IGNORECASE)


def as_recorded(world: Portal, one: Pair) -> requests.Response:
    """Sends the recorded request."""
    more: dict[str, Any] = {} if one.body is None else {"json": one.body}
    return world.http()(one.method, one.path, params=one.query, **more)


def assert_headers(answer: requests.Response, one: Pair) -> None:
    """The headers that were recorded are there, and those that were not are not."""
    ours = {name for name in answer.headers if NUMBERS.match(name)}
    assert {name.lower() for name in ours} == {name.lower() for name in one.headers if NUMBERS.match(name)}
    for name in ours:
        assert re.fullmatch(r"\d+", answer.headers[name])
    assert answer.headers["X-HubSpot-Correlation-Id"]
    kind = one.headers.get("Content-Type")
    assert answer.headers.get("Content-Type", "").lower() == (kind or "").lower()


def without(content: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The content without what differs each time."""
    return {name: value for name, value in content.items() if name not in names}


def add_recorded_properties(world: Portal) -> None:
    """The custom object and the custom properties of the recorded account."""
    world.portal.add_object(CUSTOM, "acme_object", "Acme object")
    texts = {"contacts": ["text_field"], CUSTOM: ["text_field", "first_name", "last_name"]}
    for kind, names in texts.items():
        for name in names:
            world.portal.add_property(kind, Property(name=name, label=name))
        for name in ("number", "date") if kind == "contacts" else ("number",):
            one = Property(name=f"{name}_field", label=name, type=name, field_type=name)
            world.portal.add_property(kind, one)
    world.portal.add_property(CUSTOM, Property(name="grouparoo_object_property", label="p"))


def add_recorded_records(world: Portal, kind: str, results: list[dict[str, Any]]) -> None:
    """Records exactly as an answer shows them."""
    for one in results:
        values = {name: value for name, value in one["properties"].items() if value is not None}
        stamps = {
            world.portal.kind(kind).created_name: one["createdAt"],
            world.portal.kind(kind).modified_name: one["updatedAt"],
        }
        world.portal.add(kind, {**values, **stamps}, record_id=one["id"])


def kind_of(one: Pair) -> str:
    """The kind of record in the recorded path."""
    return one.path.split("/")[4]


@pytest.mark.parametrize(
    "name",
    [
        *("company_search_empty", "company_search_hit", "company_search_multi"),
        *("contact_search_hit", "contact_search_multi"),
        *("custom_search_empty", "custom_search_hit", "custom_search_multi"),
    ],
)
def test_searches_are_answered_as_recorded(world: Portal, name: str) -> None:
    one = pair("objects_v3", name)
    add_recorded_properties(world)
    add_recorded_records(world, kind_of(one), one.answer["results"])
    answer = as_recorded(world, one)
    assert answer.status_code == one.status
    assert_headers(answer, one)
    assert answer.json() == one.answer
    assert [list(found["properties"]) for found in answer.json()["results"]] == [
        list(found["properties"]) for found in one.answer["results"]
    ]


def test_a_record_that_went_a_moment_ago_is_counted_and_not_shown_as_recorded(world: Portal) -> None:
    one = pair("objects_v3", "contact_search_empty")
    gone = world.portal.add("contacts", {"email": "person-a49980@example.com"})
    world.portal.settings.index_lag_seconds = 10
    world.portal.archive("contacts", gone)
    assert as_recorded(world, one).json() == one.answer
    world.clock.advance(10)
    assert as_recorded(world, one).json() == {"total": 0, "results": []}


@pytest.mark.parametrize("name", [f"{kind}_search_429_secondly" for kind in ("company", "contact", "custom")])
def test_too_many_searches_are_refused_as_recorded(world: Portal, name: str) -> None:
    one = pair("objects_v3", name)
    add_recorded_properties(world)
    world.portal.settings.search_calls = 5
    answers = [as_recorded(world, one) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [one.status]
    assert_headers(answers[-1], one)
    assert without(answers[-1].json(), "correlationId") == without(one.answer, "correlationId")
    assert set(answers[-1].json()) == set(one.answer)
    world.clock.advance(1)
    assert as_recorded(world, one).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        *("company_batch_create_201", "contact_batch_create_201", "custom_batch_create_201"),
        *(
            "company_batch_create_multi_201",
            "contact_batch_create_multi_201",
            "custom_batch_create_multi_201",
        ),
    ],
)
def test_new_records_are_answered_as_recorded(world: Portal, name: str) -> None:
    one = pair("objects_v3", name)
    add_recorded_properties(world)
    answer = as_recorded(world, one)
    assert answer.status_code == one.status
    assert_headers(answer, one)
    assert list(answer.json()) == list(one.answer)
    assert answer.json()["status"] == one.answer["status"]
    key = next(iter(one.body["inputs"][0]["properties"]))
    ours = {found["properties"][key]: found for found in answer.json()["results"]}
    assert len(ours) == len(one.body["inputs"])
    assert one.answer["results"]
    for theirs in one.answer["results"]:
        mine = ours[theirs["properties"][key]]
        assert shape(mine) == shape(theirs)
        assert list(mine["properties"]) == list(theirs["properties"])
        # Domains of addresses were made anonymous in one place only.
        changing = ["hs_object_id", "hs_all_contact_vids", "hs_email_domain", "createdate", "hs_createdate"]
        changing += ["hs_lastmodifieddate", "lastmodifieddate"]
        assert without(mine["properties"], *changing) == without(theirs["properties"], *changing)
    if "multi" in name:
        in_order = [row["properties"][key] for row in one.body["inputs"]]
        assert [found["properties"][key] for found in answer.json()["results"]] != in_order


@pytest.mark.parametrize(
    "name",
    [
        *("company_batch_update_200", "contact_batch_update_200", "custom_batch_update_200"),
        *(
            "company_batch_update_multi_200",
            "contact_batch_update_multi_200",
            "custom_batch_update_multi_200",
        ),
    ],
)
def test_changed_records_are_answered_as_recorded(world: Portal, name: str) -> None:
    one = pair("objects_v3", name)
    add_recorded_properties(world)
    kind = kind_of(one)
    for theirs in one.answer["results"]:
        created = {world.portal.kind(kind).created_name: theirs["createdAt"]}
        email = {"email": f"before-{theirs['id']}@example.com"} if kind == "CONTACT" else {}
        world.portal.add(kind, {**created, **email}, record_id=theirs["id"])
    answer = as_recorded(world, one)
    assert answer.status_code == one.status
    assert_headers(answer, one)
    assert list(answer.json()) == list(one.answer)
    for mine, theirs in zip(answer.json()["results"], one.answer["results"], strict=True):
        changing = ("hs_lastmodifieddate", "lastmodifieddate", "hs_email_domain")
        assert list(mine["properties"]) == list(theirs["properties"])
        assert without(mine["properties"], *changing) == without(theirs["properties"], *changing)
        assert without(mine, "properties", "updatedAt") == without(theirs, "properties", "updatedAt")
        stamp = world.portal.kind(kind).modified_name
        assert mine["properties"][stamp] == mine["updatedAt"]


@pytest.mark.parametrize("name", [f"{kind}_batch_archive_204" for kind in ("company", "contact", "custom")])
def test_archiving_is_answered_as_recorded(world: Portal, name: str) -> None:
    one = pair("objects_v3", name)
    add_recorded_properties(world)
    record_id = one.body["inputs"][0]["id"]
    world.portal.add(kind_of(one), {}, record_id=record_id)
    answer = as_recorded(world, one)
    assert (answer.status_code, answer.text) == (one.status, one.answer)
    assert_headers(answer, one)
    assert world.portal.record(kind_of(one), record_id).archived_at is not None


def test_the_account_is_described_as_recorded(world: Portal) -> None:
    one = pair("account", "integrations_v1_me")
    world.portal.portal_id, world.portal.account_type = 1111111, "DEVELOPER_TEST"
    answer = as_recorded(world, one)
    assert answer.json() == one.answer
    assert_headers(answer, one)


def test_limits_of_custom_properties_are_answered_as_recorded(world: Portal) -> None:
    one = pair("limits_2026_09", "limits_custom_properties_200")
    counts = {entry["objectTypeId"]: entry["usage"] for entry in one.answer["byObjectType"]}
    for kind, count in counts.items():
        for index in range(count):
            world.portal.add_property(kind, Property(name=f"own_{index}", label=f"{index}"))
    ours = as_recorded(world, one).json()
    kinds = {entry["objectTypeId"]: entry for entry in ours["byObjectType"]}
    assert [kinds[entry["objectTypeId"]] for entry in one.answer["byObjectType"]] == one.answer[
        "byObjectType"
    ]
    assert list(ours) == list(one.answer)
    assert ours["overallLimit"] == one.answer["overallLimit"]
    # Recorded in words: a key for definitions only is refused.
    narrow = world.http("crm.schemas.companies.read")
    assert narrow.error(one.method, one.path)[:2] == (403, "MISSING_SCOPES")
    assert world.http("crm.objects.contacts.read")(one.method, one.path).status_code == 200


def test_the_schema_of_contacts_holds_all_that_was_recorded(world: Portal) -> None:
    one = pair("schemas", "schema_contact_one_property_per_type")
    for entry in one.answer["properties"]:
        world.portal.definitions(world.portal.kind("contacts"))[entry["name"]] = described(entry)
    answer = as_recorded(world, one)
    assert_headers(answer, one)
    ours = answer.json()
    assert set(one.answer) <= set(ours)
    told_apart = (
        "properties",
        "searchableProperties",
        "primaryDisplayProperty",
        "secondaryDisplayProperties",
    )
    assert {name: ours[name] for name in without(one.answer, *told_apart)} == without(one.answer, *told_apart)
    by_name = {entry["name"]: entry for entry in ours["properties"]}
    for entry in one.answer["properties"]:
        mine = by_name[entry["name"]]
        # A key of 2021 that later recordings lack.
        theirs = without(entry, "showCurrencySymbol")
        assert {name: mine[name] for name in theirs} == theirs


def described(entry: Mapping[str, Any]) -> Property:
    """A property as its definition says."""
    metadata = entry["modificationMetadata"]
    one = Property(
        name=entry["name"],
        label=entry["label"],
        type=entry["type"],
        field_type=entry["fieldType"],
        group=entry["groupName"],
        description=entry["description"],
        display_order=entry["displayOrder"],
        calculated=entry["calculated"],
        external_options=entry["externalOptions"],
        has_unique_value=entry["hasUniqueValue"],
        hidden=entry["hidden"],
        hubspot_defined=entry.get("hubspotDefined", False),
        form_field=entry["formField"],
        read_only_value=metadata["readOnlyValue"],
        read_only_definition=metadata["readOnlyDefinition"],
        read_only_options=metadata.get("readOnlyOptions", False),
        archivable=metadata["archivable"],
        formula=entry.get("calculationFormula"),
        created_at=entry["createdAt"],
        updated_at=entry["updatedAt"],
        created_by=entry.get("createdUserId"),
        updated_by=entry.get("updatedUserId"),
    )
    one.set_options(
        [
            Option(o["value"], o["label"], o["displayOrder"], o["hidden"], o.get("description"))
            for o in entry["options"]
        ]
    )
    return one


PROPERTIES = "/crm/properties/2026-09/companies"
TEXT = {
    "name": "conf_text",
    "label": "Conformance text",
    "type": "string",
    "fieldType": "text",
    "groupName": "conf_group",
    "description": "Created by a conformance run",
}
CHOICE = {
    "name": "conf_choice",
    "label": "Conformance choice",
    "type": "enumeration",
    "fieldType": "select",
    "groupName": "conf_group",
    "options": [
        {"label": "Alpha", "value": "alpha", "displayOrder": 0, "hidden": False},
        {
            "label": "Beta",
            "value": "beta",
            "displayOrder": 1,
            "hidden": False,
            "description": "The second option",
        },
        {"label": "Gamma", "value": "gamma", "displayOrder": 2, "hidden": True},
    ],
}


def test_properties_and_groups_live_as_recorded(world: Portal) -> None:
    """One life of a group and two properties, in the order of the recorded run."""
    http = world.http()
    seen = []

    def replay(name: str, body: Any = None) -> Any:
        one = pair("properties_2026_09", name)
        seen.append(name)
        used = Pair(one.name, one.method, one.path, one.query, body or one.body, one.status, {}, one.answer)
        answer = as_recorded(world, used)
        assert answer.status_code == one.status, answer.text
        if one.answer is None:
            return answer.json() if answer.content else None
        ours = answer.json()
        changing = ("correlationId", "createdAt", "updatedAt", "createdUserId", "updatedUserId", "archivedAt")
        assert without({key: ours[key] for key in one.answer}, *changing, "message") == without(
            one.answer, *changing, "message"
        )
        assert one.answer.get("message", "") in ours.get("message", "")
        return ours

    replay("property_read_unknown_404")
    replay("group_create_201")
    assert http("POST", f"{PROPERTIES}/groups", json={"name": "g", "label": "G"}).headers["Location"]
    replay("group_label_update_200")
    made = replay("property_create_text_201", TEXT)
    assert list(made) == list(pair("properties_2026_09", "property_create_text_201").answer)
    replay("property_create_enumeration_201", CHOICE)
    replay("property_patch_without_options_keeps_them_200")
    replay("property_patch_option_added_200")
    replay("property_patch_option_left_out_is_removed_200")
    replay("property_create_existing_409", TEXT)
    replay("property_archive_204")
    replay("property_read_archived_without_flag_404")
    assert replay("property_read_archived_true_200")["archivedAt"]
    world.clock.advance(60)
    restored = replay("property_create_archived_name_restores_201", {**TEXT, "label": "Anew"})
    assert (restored["createdAt"], restored["label"]) == (made["createdAt"], "Anew")
    assert restored["updatedAt"] > made["updatedAt"]
    http.ok("POST", f"{PROPERTIES}/groups", json={"name": "conf_holder", "label": "Holder"})
    http.ok("POST", PROPERTIES, json={**TEXT, "name": "conf_used", "groupName": "conf_holder"})
    nested = pair("properties_2026_09", "group_delete_with_active_properties_400")
    refused = as_recorded(world, nested)
    seen.append(nested.name)
    assert refused.status_code == nested.status
    for part in (nested.answer["subCategory"], nested.answer["message"]):
        assert part in refused.json()["message"]
    world.portal.use_property("companies", "conf_used", "a form")
    replay("property_delete_in_use_400")
    assert seen == [one.name for one in pairs("properties_2026_09")]


def expired(world: Portal) -> requests.Response:
    app = world.portal.keys.add_oauth_app("id", "secret", ["crm.objects.companies.write"], user_id=1)
    token, _ = world.portal.keys.refresh("id", "secret", app.refresh_token)
    world.clock.advance(1800)
    return world.http(token=token).update({"1": {"name": "x"}})


def without_scope(world: Portal) -> requests.Response:
    return world.http("crm.objects.companies.read")("GET", f"/crm/v3/owners/{world.portal.admin.id}")


def twice(world: Portal) -> requests.Response:
    world.portal.add("contacts", {"email": "a@example.com"}, record_id="1001")
    rows = [{"properties": {"email": email}} for email in ("b@example.com", "A@example.com")]
    return world.http()("POST", "/crm/v3/objects/contacts/batch/create", json={"inputs": rows})


def by_record_id(world: Portal) -> requests.Response:
    world.portal.portal_id = 1111111
    row = {"id": world.company(), "idProperty": "hs_object_id", "properties": {"name": "x"}}
    return world.http()("POST", "/crm/v3/objects/companies/batch/update", json={"inputs": [row]})


def without_properties(world: Portal) -> requests.Response:
    return world.http()("PATCH", f"/crm/v3/objects/companies/{world.company()}", json={"properties": {}})


def unknown_option(world: Portal) -> requests.Response:
    one = Property(name="some_status", label="s", type="enumeration", field_type="select")
    one.set_options([Option(value, value) for value in ("none", "possible", "confirmed")])
    world.portal.add_property("companies", one)
    body = {"properties": {"some_status": "confirmed: Xxx"}}
    return world.http()("PATCH", f"/crm/v3/objects/companies/{world.company()}", json=body)


def bad_upsert(world: Portal) -> requests.Response:
    world.portal.add_property(
        "contacts", Property(name="age", label="Age", type="number", field_type="number")
    )
    row = {"id": "a@example.com", "idProperty": "email", "properties": {"age": "old"}}
    return world.http()("POST", "/crm/v3/objects/contacts/batch/upsert", json={"inputs": [row]})


QUOTED: Mapping[str, Callable[[Portal], requests.Response]] = {
    "401_expired_oauth_token": expired,
    "403_missing_scopes": without_scope,
    "409_contact_exists": twice,
    "400_update_by_non_unique_property": by_record_id,
    "400_no_properties": without_properties,
    "400_invalid_option": unknown_option,
    "207_batch_upsert_validation": bad_upsert,
}


@pytest.mark.parametrize("name", QUOTED)
def test_refusals_are_worded_as_quoted(world: Portal, name: str) -> None:
    one = pair("errors", name)
    answer = QUOTED[name](world)
    assert answer.status_code == one.status
    ours = answer.json()
    # Moments and scopes differ; texts that were cut short are compared as far as they go.
    changing = ("correlationId", "context", "errors", "message")
    assert {key: ours[key] for key in without(one.answer, *changing)} == without(one.answer, *changing)
    assert shape(ours.get("context")) == shape(one.answer.get("context"))
    assert ours.get("message") == one.answer.get("message")
    for mine, theirs in zip(ours.get("errors", []), one.answer.get("errors", []), strict=True):
        assert without(mine, "message", "context") == without(theirs, "message", "context")
        assert mine["message"].startswith(theirs["message"].partition("...")[0])


def test_codes_of_refused_values_are_those_of_the_recorded_older_api(world: Portal) -> None:
    recorded = [
        one.answer["validationResults"][0]
        for one in pairs("errors")
        if one.name == "legacy_v1_400_validation"
    ]
    values = [{"closedate": "asd000"}, {"email": "000"}]
    contact = world.portal.add("contacts", {})
    for given, one in zip(values, recorded, strict=True):
        _, _, message = world.http().error(
            "PATCH", f"/crm/v3/objects/contacts/{contact}", json={"properties": given}
        )
        for part in (one["message"], one["error"], one["name"]):
            assert part in message


def test_every_recorded_pair_is_replayed_or_out_of_scope_for_a_reason() -> None:
    """A pair that is added must be replayed by a test here, by its name, or be named above with a reason."""
    text = Path(__file__).read_text(encoding="utf-8")
    patterns = [re.sub(r"\{\w+\}", ".*", found) for found in re.findall(r'"(\{kind\}[^"]*)"', text)]
    named = set(re.findall(r'"(\w+)"', text))
    forgotten = [
        one.name
        for file in FILES
        for one in pairs(file)
        if one.name not in named and not any(re.fullmatch(pattern, one.name) for pattern in patterns)
    ]
    assert forgotten == []
    assert all(OUT_OF_SCOPE.values())


def test_recorded_headers_show_the_limits_of_that_account(world: Portal) -> None:
    one = pair("objects_v3", "company_batch_create_201")
    world.portal.settings.burst_calls, world.portal.settings.daily_calls = 100, 250_000
    answer = as_recorded(world, one)
    expected = {
        **{name: value for name, value in one.headers.items() if NUMBERS.match(name)},
        "X-HubSpot-RateLimit-Daily-Remaining": "249999",
    }
    assert {name: answer.headers[name] for name in expected} == expected


def test_the_settings_of_a_new_portal_are_those_of_a_professional_account() -> None:
    settings = PortalSettings()
    assert (settings.burst_calls, settings.daily_calls, settings.search_calls) == (190, 625_000, 5)
