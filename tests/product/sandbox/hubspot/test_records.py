"""Records one at a time and by the page: reading, changing, archiving, merging."""

from typing import Any

import pytest

from crm_segments.sandbox.hubspot import HubSpotPortal, Property, Requirement, ValidationRule
from tests.product.sandbox.hubspot.conftest import Http, Portal

COMPANIES = "/crm/v3/objects/companies"


def test_pages_follow_each_other_by_id_and_the_last_one_says_so(world: Portal, http: Http) -> None:
    companies = [world.company(name=f"{index}") for index in range(25)]
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = http.ok("GET", f"{COMPANIES}?after={after}")
        seen += [one["id"] for one in page["results"]]
        after = page["paging"]["next"]["after"] if "paging" in page else None
    assert seen == sorted(companies, key=int)
    assert companies != sorted(companies, key=int)


@pytest.mark.parametrize("limit", ["0", "101", "many"])
def test_pages_have_between_one_and_a_hundred_records(http: Http, limit: str) -> None:
    assert http.error("GET", f"{COMPANIES}?limit={limit}")[:2] == (400, "VALIDATION_ERROR")


def test_pages_with_history_have_at_most_fifty_records(http: Http) -> None:
    assert http.error("GET", f"{COMPANIES}?limit=51&propertiesWithHistory=name")[0] == 400
    assert http("GET", f"{COMPANIES}?limit=50&propertiesWithHistory=name").status_code == 200


def test_named_properties_come_with_null_and_unknown_ones_not_at_all(world: Portal, http: Http) -> None:
    company = world.company()
    shown = http.ok("GET", f"{COMPANIES}/{company}?properties=industry,nope&properties=city")["properties"]
    assert list(shown) == ["city", "createdate", "hs_lastmodifieddate", "hs_object_id", "industry"]
    assert shown["industry"] is None
    unnamed = http.ok("GET", f"{COMPANIES}/{company}")["properties"]
    assert list(unnamed) == ["createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"]


def test_the_index_of_a_wrong_kind_is_refused(http: Http) -> None:
    assert http.error("GET", "/crm/v3/objects/wombats")[0] == 400


@pytest.mark.parametrize("name", ["companies", "company", "COMPANY", "0-2", "Companies"])
def test_a_kind_has_several_names(world: Portal, http: Http, name: str) -> None:
    company = world.company()
    assert http.ok("GET", f"/crm/v3/objects/{name}/{company}")["id"] == company


def test_archived_records_are_on_pages_of_their_own(world: Portal, http: Http) -> None:
    live, gone = world.company(), world.company()
    assert http("DELETE", f"{COMPANIES}/{gone}").status_code == 204
    assert http("DELETE", f"{COMPANIES}/1").status_code == 204
    assert [one["id"] for one in http.ok("GET", COMPANIES)["results"]] == [live]
    (shown,) = http.ok("GET", f"{COMPANIES}?archived=true")["results"]
    assert (shown["id"], shown["archived"]) == (gone, True)
    assert shown["archivedAt"] == "2026-11-02T09:00:00Z"
    assert http.error("GET", f"{COMPANIES}/{gone}")[:2] == (404, "OBJECT_NOT_FOUND")
    assert http.ok("GET", f"{COMPANIES}/{gone}?archived=true")["id"] == gone
    assert http.error("PATCH", f"{COMPANIES}/{gone}", json={"properties": {"city": "x"}})[0] == 404
    world.portal.restore("companies", gone)
    assert http.ok("GET", f"{COMPANIES}/{gone}")["archived"] is False


def test_archived_records_are_gone_after_ninety_days(world: Portal, http: Http) -> None:
    gone = world.company()
    world.portal.archive("companies", gone)
    world.clock.advance(89 * 86_400)
    assert len(http.ok("GET", f"{COMPANIES}?archived=true")["results"]) == 1
    world.clock.advance(2 * 86_400)
    assert http.ok("GET", f"{COMPANIES}?archived=true")["results"] == []
    assert http.error("GET", f"{COMPANIES}/{gone}?archived=true")[0] == 404


def test_a_write_moves_the_modification_time_and_names_its_author(world: Portal, http: Http) -> None:
    company = world.company(city="Bern")
    world.clock.advance(1.5)
    answer = http.ok("PATCH", f"{COMPANIES}/{company}", json={"properties": {"city": "Basel"}})
    assert answer["updatedAt"] == answer["properties"]["hs_lastmodifieddate"] == "2026-11-02T09:00:01.500Z"
    assert answer["createdAt"] == "2026-11-02T09:00:00Z"
    history = http.ok("GET", f"{COMPANIES}/{company}?propertiesWithHistory=city")["propertiesWithHistory"]
    newest, oldest = history["city"]
    assert (newest["sourceType"], oldest["sourceType"]) == ("INTEGRATION", "CRM_UI")
    assert newest["sourceId"].isdigit()
    assert oldest == {
        "value": "Bern",
        "timestamp": "2026-11-02T09:00:00Z",
        "sourceType": "CRM_UI",
        "sourceId": f"userId:{world.portal.admin.user_id}",
        "updatedByUserId": world.portal.admin.user_id,
    }


@pytest.mark.parametrize("moves", [True, False])
def test_a_write_that_changes_nothing_is_a_write(world: Portal, http: Http, moves: bool) -> None:
    world.portal.settings.beliefs.no_op_writes_move_times = moves
    company = world.company(city="Bern")
    world.clock.advance(60)
    answer = http.ok("PATCH", f"{COMPANIES}/{company}", json={"properties": {"city": "Bern"}})
    assert (answer["updatedAt"] != answer["createdAt"]) is moves
    assert world.portal.store.history.no_op_touches() == 1
    assert world.portal.store.history.touches(f"0-2/{company}") == 1


def test_new_records_know_their_companies(world: Portal, http: Http) -> None:
    company = world.company()
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}]
    body = {"properties": {"email": "a@b.example"}, "associations": [{"to": {"id": company}, "types": types}]}
    made = http.ok("POST", "/crm/v3/objects/contacts", json=body)
    assert made["properties"]["hs_email_domain"] == "b.example"
    shown = http.ok("GET", f"/crm/v3/objects/contacts/{made['id']}?associations=companies")
    assert shown["associations"]["companies"]["results"] == [
        {"id": company, "type": "contact_to_company"},
        {"id": company, "type": "contact_to_company_unlabeled"},
    ]
    body["associations"] = [{"to": {"id": "1"}, "types": types}]
    body["properties"] = {"email": "c@b.example"}
    assert http.error("POST", "/crm/v3/objects/contacts", json=body)[0] == 404
    batch = {"inputs": [{"properties": {"email": "d@b.example"}}, body]}
    assert http.error("POST", "/crm/v3/objects/contacts/batch/create", json=batch)[0] == 404
    # Nothing was made.
    assert http.search("contacts")["total"] == 1


def test_contacts_are_found_by_their_address(world: Portal, http: Http) -> None:
    contact = world.portal.add("contacts", {"email": "A@example.com"})
    path = "/crm/v3/objects/contacts/a@example.com"
    assert http.ok("GET", f"{path}?idProperty=email")["id"] == contact
    assert http.error("GET", f"{path}?idProperty=firstname")[0] == 400
    other = world.portal.add("contacts", {"email": "b@example.com"})
    taken = {"properties": {"email": "a@example.com"}}
    assert http.error("PATCH", f"/crm/v3/objects/contacts/{other}", json=taken)[:2] == (409, "CONFLICT")
    mine = {"properties": {"email": "a@EXAMPLE.com"}}
    assert http("PATCH", f"/crm/v3/objects/contacts/{contact}", json=mine).status_code == 200


@pytest.mark.parametrize("makes_new", [True, False])
@pytest.mark.parametrize("resolve", [True, False])
def test_a_merge_leaves_one_record(world: Portal, http: Http, makes_new: bool, resolve: bool) -> None:
    beliefs = world.portal.settings.beliefs
    beliefs.merge_makes_new_record, beliefs.merged_ids_resolve = makes_new, resolve
    first, second = world.company(name="One"), world.company(name="Two", city="Bern")
    contact = world.portal.add("contacts", {"email": "a@example.com"})
    world.portal.associate("contacts", contact, "companies", second, primary=True)
    body = {"primaryObjectId": first, "objectIdToMerge": second}
    merged = http.ok("POST", f"{COMPANIES}/merge", json=body)["id"]
    assert (merged not in {first, second}) is makes_new
    shown = http.ok("GET", f"{COMPANIES}/{merged}?properties=name,city,hs_merged_object_ids")["properties"]
    assert (shown["name"], shown["city"]) == ("One", "Bern")
    assert set(shown["hs_merged_object_ids"].split(";")) == ({first, second} if makes_new else {second})
    assert [one["id"] for one in http.ok("GET", COMPANIES)["results"]] == [merged]
    assert http.ok("GET", f"{COMPANIES}?archived=true")["results"] == []
    answer = http("GET", f"{COMPANIES}/{second}")
    assert (answer.status_code, answer.json().get("id")) == ((200, merged) if resolve else (404, None))
    linked = http.ok("GET", f"/crm/v3/objects/contacts/{contact}?associations=companies")["associations"]
    assert {one["id"] for one in linked["companies"]["results"]} == {merged}
    if not resolve:
        http("DELETE", f"{COMPANIES}/{second}")
        assert http("GET", f"{COMPANIES}/{merged}").status_code == 200
    else:
        # The result has another id than the one that was sent.
        rows = http.update({second: {"city": "Basel"}}).json()["results"]
        assert [one["id"] for one in rows] == [merged]


def test_a_merge_needs_two_records(world: Portal, http: Http) -> None:
    company = world.company()
    for body, status in (
        ({"primaryObjectId": company, "objectIdToMerge": company}, 400),
        ({"primaryObjectId": company, "objectIdToMerge": "1"}, 404),
        ({"primaryObjectId": company}, 400),
    ):
        assert http.error("POST", f"{COMPANIES}/merge", json=body)[0] == status


START = {"v3": "/crm/v3/objects", "2026-03": "/crm/objects/2026-03", "2026-09": "/crm/objects/2026-09"}


@pytest.mark.parametrize("version", START)
def test_rules_for_the_form_of_values_bind_every_version(world: Portal, http: Http, version: str) -> None:
    rule = ValidationRule(
        "companies", "city", "INVALID_ALPHA", "Enter only letters", lambda value: not value.isalpha()
    )
    world.portal.settings.validation_rules.append(rule)
    path = f"{START[version]}/companies/{world.company(city='8000 Zürich')}"
    _, _, message = http.error("PATCH", path, json={"properties": {"city": "B3"}})
    entry = '{"isValid":false,"message":"Enter only letters","error":"INVALID_ALPHA","name":"city"}'
    assert message == f"Property values were not valid: [{entry}]"
    # Values that a rule came too late for disturb no other write.
    assert http("PATCH", path, json={"properties": {"state": "ZH", "city": "Bern"}}).status_code == 200


@pytest.mark.parametrize("version", START)
@pytest.mark.parametrize("binds", [True, False])
def test_required_properties_bind_from_one_version_on(
    world: Portal, http: Http, version: str, binds: bool
) -> None:
    world.portal.settings.beliefs.requirements_bind_every_write = binds
    world.portal.settings.requirements.append(Requirement("companies", "city", ("type", "PARTNER")))
    company = world.company(type="PARTNER")
    path = f"{START[version]}/companies/{company}"
    is_new = version == "2026-09"
    label = http("PATCH", path, json={"properties": {"description": "ours"}})
    assert label.status_code == (400 if is_new and binds else 200)
    made_so = http("PATCH", path, json={"properties": {"type": "PARTNER"}})
    assert made_so.status_code == (400 if is_new else 200)
    if is_new:
        assert made_so.json()["errors"][0]["context"] == {"propertyName": ["city"]}
    both = {"properties": {"type": "PARTNER", "city": "Bern"}}
    assert http("PATCH", path, json=both).status_code == 200
    assert http("PATCH", path, json={"properties": {"description": "ours"}}).status_code == 200


@pytest.mark.parametrize("version", START)
def test_what_a_new_record_needs_is_asked_of_new_records_only(
    world: Portal, http: Http, version: str
) -> None:
    world.portal.settings.requirements.append(Requirement("companies", "city"))
    company = world.company()
    start = f"{START[version]}/companies"
    made = http("POST", start, json={"properties": {"name": "New"}})
    assert made.status_code == (400 if version == "2026-09" else 201)
    assert http("PATCH", f"{start}/{company}", json={"properties": {"name": "Old"}}).status_code == 200


def test_deals_say_whether_they_are_won(world: Portal, http: Http) -> None:
    deal = world.portal.add("deals", {"dealname": "D", "dealstage": "closedwon", "amount": "5"})
    names = "properties=hs_is_closed,hs_is_closed_won,amount_in_home_currency"
    shown = http.ok("GET", f"/crm/v3/objects/deals/{deal}?{names}")["properties"]
    assert (shown["hs_is_closed"], shown["hs_is_closed_won"]) == ("true", "true")
    assert shown["amount_in_home_currency"] == "5"
    path = f"/crm/v3/objects/deals/{deal}"
    http.ok("PATCH", path, json={"properties": {"dealstage": "appointmentscheduled"}})
    assert http.ok("GET", f"{path}?{names}")["properties"]["hs_is_closed"] == "false"
    assert http.error("PATCH", path, json={"properties": {"dealstage": "nowhere"}})[0] == 400


@pytest.mark.parametrize("refuses", [True, False])
def test_what_means_nothing_is_refused_or_passed_over(world: Portal, http: Http, refuses: bool) -> None:
    world.portal.settings.beliefs.unknown_parameters_are_refused = refuses
    company = world.company()
    status = 400 if refuses else 200
    assert http("GET", f"{COMPANIES}?proprties=name").status_code == status
    body: dict[str, Any] = {"properties": {"city": "x"}, "notify": True}
    assert http("PATCH", f"{COMPANIES}/{company}", json=body).status_code == status


def test_bodies_must_be_json_and_say_so(world: Portal, http: Http) -> None:
    path = f"{COMPANIES}/{world.company()}"
    json_type = {"Content-Type": "application/json"}
    assert http("PATCH", path, data="{}", headers={"Content-Type": "text/plain"}).status_code == 415
    assert http.error("PATCH", path, data="{", headers=json_type)[1] == "VALIDATION_ERROR"
    nan = '{"properties": {"annualrevenue": NaN}}'
    assert "NaN" in http.error("PATCH", path, data=nan, headers=json_type)[2]
    assert http.error("PATCH", path, json=[1])[0] == 400
    assert http.error("PATCH", path, json={"properties": {"city": {"a": 1}}})[0] == 400


def test_paths_and_methods_that_are_not_there(http: Http) -> None:
    assert http("GET", "/crm/v3/nowhere").status_code == 404
    answer = http("PUT", COMPANIES)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST")


def test_an_address_that_is_too_long_is_refused(http: Http) -> None:
    names = ",".join(f"property_with_a_long_name_{index}" for index in range(1000))
    assert http("GET", f"{COMPANIES}?properties={names}").status_code == 414
    assert http("GET", f"{COMPANIES}?properties=name").status_code == 200


def test_custom_objects_have_records_and_properties_of_their_own(world: Portal, http: Http) -> None:
    world.portal.add_object("2-77", "plans", "Plan")
    world.portal.add_property(
        "plans", Property(name="price", label="Price", type="number", field_type="number")
    )
    made = http.ok("POST", "/crm/v3/objects/2-77", json={"properties": {"price": 9.5}})
    assert made["properties"]["price"] == "9.5"
    assert http.found("plans", propertyName="price", operator="EQ", value="9.5") == [made["id"]]


def test_two_portals_share_nothing(world: Portal, http: Http) -> None:
    other = HubSpotPortal(world.clock)
    other.add_property("companies", Property(name="own", label="Own"))
    other.add("companies", {"own": "x"})
    assert http.ok("GET", COMPANIES)["results"] == []
    assert http.error("GET", "/crm/v3/properties/companies/own")[0] == 404
