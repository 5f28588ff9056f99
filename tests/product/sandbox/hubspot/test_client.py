"""The client library as its users call it: what it sends is understood, what it needs is in the answers."""

from typing import Any

import pytest
from hubspot.crm.companies import ApiException
from hubspot.crm.contacts import ApiException as ContactsApiException

from crm_segments.sandbox import html_page, refused
from tests.product.sandbox.hubspot.conftest import Portal


def test_pages_of_companies_with_properties_and_associations(world: Portal, client: Any) -> None:
    companies = [world.company(name=f"Company {index}", domain=f"c{index}.example") for index in range(5)]
    contact = world.portal.add("contacts", {"email": "a@example.com"})
    world.portal.associate("contacts", contact, "companies", companies[0], primary=True)
    api = client.crm.companies.basic_api
    first = api.get_page(limit=3, properties=["name", "industry"], associations=["contacts"])
    second = api.get_page(
        limit=3, after=first.paging.next.after, properties=["name"], associations=["contacts"]
    )
    assert second.paging is None
    found = [*first.results, *second.results]
    assert sorted(one.id for one in found) == sorted(companies)
    by_id = {one.id: one for one in found}
    assert by_id[companies[0]].properties["industry"] is None
    assert by_id[companies[0]].created_at.year == 2026
    linked = by_id[companies[0]].associations["contacts"].results
    assert [(one.id, one.type) for one in linked] == [
        (contact, "company_to_contact"),
        (contact, "company_to_contact_unlabeled"),
    ]
    assert by_id[companies[1]].associations is None
    assert len(api.get_page(properties=["name"]).results) == 5
    assert len(client.crm.companies.get_all()) == 5


def test_one_company_with_the_history_of_a_value(world: Portal, client: Any) -> None:
    company = world.company(industry="RETAIL")
    world.clock.advance(60)
    client.crm.companies.basic_api.update(
        company_id=company, simple_public_object_input={"properties": {"industry": "INTERNET"}}
    )
    one = client.crm.companies.basic_api.get_by_id(company, properties_with_history=["industry"])
    values = one.properties_with_history["industry"]
    assert [entry.value for entry in values] == ["INTERNET", "RETAIL"]
    assert [entry.source_type for entry in values] == ["INTEGRATION", "CRM_UI"]
    assert values[1].updated_by_user_id == world.portal.admin.user_id
    assert (values[0].timestamp - values[1].timestamp).total_seconds() == 60


def test_a_batch_update_and_a_batch_read(world: Portal, client: Any) -> None:
    companies = [world.company() for _ in range(3)]
    api = client.crm.companies.batch_api
    inputs = [{"id": one, "properties": {"city": "Bern"}} for one in companies]
    done = api.update(batch_input_simple_public_object_batch_input={"inputs": inputs})
    assert type(done).__name__ == "BatchResponseSimplePublicObject"
    assert {one.id for one in done.results} == set(companies)
    assert {one.properties["city"] for one in done.results} == {"Bern"}
    read = {
        "inputs": [{"id": one} for one in [*companies, "1"]],
        "properties": ["city"],
        "propertiesWithHistory": [],
    }
    answer = api.read(batch_read_input_simple_public_object_id=read)
    assert type(answer).__name__ == "BatchResponseSimplePublicObjectWithErrors"
    assert (answer.num_errors, answer.errors[0].context) == (1, {"ids": ["1"]})
    assert len(answer.results) == 3


def test_a_search(world: Portal, client: Any) -> None:
    wanted = [world.company(numberofemployees=str(size)) for size in (10, 200, 3000)]
    found = client.crm.companies.search_api.do_search(
        public_object_search_request={
            "filterGroups": [
                {"filters": [{"propertyName": "numberofemployees", "operator": "GTE", "value": "200"}]}
            ],
            "sorts": [{"propertyName": "numberofemployees", "direction": "DESCENDING"}],
            "properties": ["numberofemployees"],
            "limit": 200,
        }
    )
    assert (found.total, found.paging) == (2, None)
    assert [one.id for one in found.results] == [wanted[2], wanted[1]]


def test_a_group_and_a_property_with_options(client: Any) -> None:
    properties = client.crm.properties
    group = properties.groups_api.create(
        object_type="companies", property_group_create={"name": "crm_segments", "label": "CRM Segments"}
    )
    assert (group.name, group.archived) == ("crm_segments", False)
    options = [{"label": "Enterprise", "value": "enterprise", "displayOrder": 0, "hidden": False}]
    made = properties.core_api.create(
        object_type="companies",
        property_create={
            "name": "crm_segment",
            "label": "Segment",
            "type": "enumeration",
            "fieldType": "select",
            "groupName": "crm_segments",
            "options": options,
        },
    )
    assert (made.options[0].value, made.group_name) == ("enterprise", "crm_segments")
    more = [*options, {"label": "Small", "value": "small", "displayOrder": 1, "hidden": False}]
    properties.core_api.update(
        object_type="companies", property_name="crm_segment", property_update={"options": more}
    )
    read = properties.core_api.get_by_name(object_type="companies", property_name="crm_segment")
    assert [one.value for one in read.options] == ["enterprise", "small"]
    assert "crm_segment" in {one.name for one in properties.core_api.get_all("companies").results}
    properties.core_api.archive(object_type="companies", property_name="crm_segment")
    batch = properties.batch_api.read(
        "companies", {"inputs": [{"name": "crm_segment"}, {"name": "name"}], "archived": False}
    )
    assert [one.name for one in batch.results] == ["name"]


def test_a_dynamic_list_from_its_birth_to_its_end(world: Portal, client: Any) -> None:
    first, second = world.company(industry="RETAIL"), world.company(industry="INTERNET")
    lists, members = client.crm.lists.lists_api, client.crm.lists.memberships_api
    made = lists.create(
        list_create_request={
            "name": "Retail",
            "objectTypeId": "0-2",
            "processingType": "DYNAMIC",
            "filterBranch": branch("RETAIL"),
        }
    ).list
    assert (made.name, made.processing_type, made.list_version) == ("Retail", "DYNAMIC", 1)
    assert lists.get_by_name(list_name="Retail", object_type_id="0-2").list.list_id == made.list_id
    assert [one.record_id for one in members.get_page(made.list_id).results] == [first]
    lists.update_list_filters(
        list_id=made.list_id,
        list_filter_update_request={"filterBranch": branch("INTERNET")},
        enroll_objects_in_workflows=False,
    )
    assert [one.record_id for one in members.get_page(made.list_id).results] == [second]
    lists.update_name(list_id=made.list_id, list_name="Net")
    shown = lists.get_by_id(list_id=made.list_id, include_filters=True).list
    assert (shown.name, shown.list_version, shown.processing_status) == ("Net", 2, "COMPLETE")
    assert shown.filter_branch is not None
    assert [one.name for one in lists.do_search({"query": "net"}).lists] == ["Net"]
    lists.remove(list_id=made.list_id)
    with pytest.raises(Exception, match="404"):
        lists.get_by_id(list_id=made.list_id)


def test_a_manual_list(world: Portal, client: Any) -> None:
    company = world.company()
    made = client.crm.lists.lists_api.create(
        {"name": "By hand", "objectTypeId": "0-2", "processingType": "MANUAL"}
    ).list
    answer = client.crm.lists.memberships_api.add(list_id=made.list_id, request_body=[company, "1"])
    assert (answer.records_ids_added, answer.record_ids_missing) == ([company], ["1"])


def test_associations_of_many_records(world: Portal, client: Any) -> None:
    company, lonely = world.company(), world.company()
    contact = world.portal.add("contacts", {"email": "a@example.com"})
    world.portal.associate("contacts", contact, "companies", company, primary=True)
    answer = client.crm.associations.v4.batch_api.get_page(
        from_object_type="companies",
        to_object_type="contacts",
        batch_input_public_fetch_associations_batch_request={"inputs": [{"id": company}, {"id": lonely}]},
    )
    (found,) = answer.results
    assert (found._from.id, str(found.to[0].to_object_id)) == (company, contact)
    assert {one.type_id: one.label for one in found.to[0].association_types} == {280: None, 2: "Primary"}
    assert answer.num_errors == 1


def test_owners_pipelines_merges_and_archived_records(world: Portal, client: Any) -> None:
    (owner,) = client.crm.owners.owners_api.get_page().results
    assert (owner.email, owner.id) == ("admin@emulated.example", world.portal.admin.id)
    (pipeline,) = client.crm.pipelines.pipelines_api.get_all("deals").results
    assert [one.metadata["isClosed"] for one in pipeline.stages][-2:] == ["true", "true"]
    first, second = world.company(name="One"), world.company(name="Two")
    merged = client.crm.objects.basic_api.api_client.call_api(
        "/crm/v3/objects/companies/merge",
        "POST",
        header_params={"Content-Type": "application/json"},
        body={"primaryObjectId": first, "objectIdToMerge": second},
        response_types_map={200: "object"},
        auth_settings=["oauth2"],
    )[0]
    assert merged["properties"]["name"] == "One"
    client.crm.companies.basic_api.archive(company_id=merged["id"])
    (gone,) = client.crm.companies.basic_api.get_page(archived=True).results
    assert (gone.id, gone.archived, gone.archived_at is not None) == (merged["id"], True, True)


def test_a_token_is_refreshed(world: Portal) -> None:
    app = world.portal.keys.add_oauth_app("id", "secret", ["crm.objects.companies.read"], user_id=1)
    answer = world.client().oauth.tokens_api.create(
        grant_type="refresh_token",
        client_id="id",
        client_secret="secret",  # noqa: S106 (opens nothing)
        refresh_token=app.refresh_token,
    )
    assert (answer.expires_in, answer.token_type) == (1800, "bearer")
    assert world.client(access_token=answer.access_token).crm.companies.basic_api.get_page().results == []


def test_refusals_reach_the_caller_with_status_body_and_headers(world: Portal, client: Any) -> None:
    world.portal.settings.burst_calls = 1
    client.crm.companies.basic_api.get_page()
    with pytest.raises(ApiException) as refused_call:
        client.crm.companies.basic_api.get_page()
    assert refused_call.value.status == 429
    assert refused_call.value.headers["X-HubSpot-RateLimit-Remaining"] == "0"
    assert "TEN_SECONDLY_ROLLING" in refused_call.value.body
    world.clock.advance(10)
    with pytest.raises(ContactsApiException):
        world.client(access_token="nobody").crm.contacts.basic_api.get_page()  # noqa: S106 (opens nothing)


def test_a_maintenance_page_passes_the_client_as_a_success(world: Portal, client: Any) -> None:
    """Why callers must look at `results`: the client raises nothing."""
    world.emulator.faults.at(1, html_page())
    inputs = {"inputs": [{"id": world.company(), "properties": {"city": "Bern"}}]}
    done = client.crm.companies.batch_api.update(batch_input_simple_public_object_batch_input=inputs)
    assert done.results is None


def test_each_attribute_of_the_client_opens_a_connection_of_its_own(world: Portal, client: Any) -> None:
    before = world.emulator.wire.connection_count()
    for _ in range(3):
        client.crm.companies.basic_api.get_page()
    assert world.emulator.wire.connection_count() - before == 3
    api = client.crm.companies.basic_api
    for _ in range(3):
        api.get_page()
    assert world.emulator.wire.connection_count() - before == 4


def test_the_client_sends_a_read_again_and_a_write_never(world: Portal) -> None:
    client = world.client(retry=None)
    world.emulator.faults.at([1, 2], refused(429, retry_after=0), method="GET")
    assert client.crm.companies.basic_api.get_page().results == []
    world.emulator.faults.clear()
    world.emulator.faults.at([1, 2], refused(429, retry_after=0), method="POST")
    with pytest.raises(ApiException):
        client.crm.companies.search_api.do_search(public_object_search_request={})


def branch(value: str) -> dict[str, Any]:
    """Companies of one industry."""
    operation = {
        "operationType": "ENUMERATION",
        "operator": "IS_ANY_OF",
        "values": [value],
        "includeObjectsWithNoValueSet": False,
    }
    filters = [{"filterType": "PROPERTY", "property": "industry", "operation": operation}]
    names = ("filterBranchType", "filterBranchOperator")
    inner = {**dict.fromkeys(names, "AND"), "filterBranches": [], "filters": filters}
    return {**dict.fromkeys(names, "OR"), "filterBranches": [inner], "filters": []}
