"""List views: made, found, renamed, deleted, and what may not be in them."""

from typing import Any

import pytest

from crm_segments.sandbox.salesforce import Field, PicklistOption
from tests.product.sandbox.conftest import Http, World

VIEW: dict[str, Any] = {
    "listViewApiName": "Segment_Big",
    "label": "Segment: Big",
    "displayColumns": ["Name", "Industry", "Segment__c"],
    "filteredByInfo": [{"fieldApiName": "Segment__c", "operandLabels": ["Big ones"], "operator": "Equals"}],
    "filterLogicString": "1",
    "scope": {"apiName": "everything"},
    "visibility": "Public",
}


@pytest.fixture
def segment(world: World) -> None:
    options = [PicklistOption("big", "Big ones"), PicklistOption("old", "Old ones", is_active=False)]
    world.org.add_field(
        "Account", Field(name="Segment__c", label="Segment", type="picklist", length=255, options=options)
    )


@pytest.mark.usefixtures("segment")
def test_a_list_view_lives_through_all_its_changes(http: Http) -> None:
    made = http("POST", "ui-api/list-info/Account", json=VIEW)
    assert made.status_code == 201, made.text
    assert made.json()["listReference"]["listViewApiName"] == "Segment_Big"
    assert made.json()["filteredByInfo"][0]["operandLabels"] == ["Big ones"]
    assert http("GET", "ui-api/list-info/Account/segment_big").json() == made.json()
    renamed = http("PATCH", "ui-api/list-info/Account/Segment_Big", json={"label": "Segment: Huge"})
    assert renamed.json() == {**made.json(), "label": "Segment: Huge"}
    listed = http("GET", "ui-api/list-info/Account").json()["lists"]
    assert [(one["apiName"], one["label"]) for one in listed] == [("Segment_Big", "Segment: Huge")]
    assert http.values("SELECT Name FROM ListView WHERE SobjectType = 'Account'") == ["Segment: Huge"]
    older = http("GET", "sobjects/Account/listviews").json()
    assert [one["developerName"] for one in older["listviews"]] == ["Segment_Big"]
    assert http("DELETE", "ui-api/list-info/Account/Segment_Big").status_code == 204
    assert http.error("GET", "ui-api/list-info/Account/Segment_Big") == (404, "NOT_FOUND")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"label": "x" * 41}, "INVALID_INPUT"),
    ({"label": ""}, "INVALID_INPUT"),
    ({"listViewApiName": "two words"}, "INVALID_INPUT"),
    ({"displayColumns": ["Nope__c"]}, "INVALID_INPUT"),
    (
        {"filteredByInfo": [{"fieldApiName": "Segment__c", "operandLabels": ["big"], "operator": "Equals"}]},
        "INVALID_INPUT",
    ),
    (
        {
            "filteredByInfo": [
                {"fieldApiName": "Segment__c", "operandLabels": ["Old ones"], "operator": "Equals"}
            ]
        },
        "INVALID_INPUT",
    ),
    (
        {"filteredByInfo": [{"fieldApiName": "Nope__c", "operandLabels": ["x"], "operator": "Equals"}]},
        "INVALID_INPUT",
    ),
    (
        {"filteredByInfo": [{"fieldApiName": "Name", "operandLabels": ["x"], "operator": "Is"}]},
        "INVALID_INPUT",
    ),
    ({"scope": {"apiName": "all"}}, "INVALID_INPUT"),
    ({"visibility": "World"}, "INVALID_INPUT"),
    ({"colour": "red"}, "JSON_PARSER_ERROR"),
]


@pytest.mark.usefixtures("segment")
@pytest.mark.parametrize(("changes", "code"), WRONG)
def test_wrong_list_views_are_refused(world: World, http: Http, changes: dict[str, Any], code: str) -> None:
    assert http.error("POST", "ui-api/list-info/Account", json={**VIEW, **changes}) == (400, code)
    assert world.org.list_views == {}


@pytest.mark.usefixtures("segment")
def test_columns_are_answered_with_their_labels(http: Http) -> None:
    made = http("POST", "ui-api/list-info/Account", json={**VIEW, "displayColumns": ["Name", "Owner.Alias"]})
    assert made.status_code == 201, made.text
    assert [one["fieldApiName"] for one in made.json()["displayColumns"]] == ["Name", "Owner.Alias"]
    assert made.json()["displayColumns"][0] == {
        "fieldApiName": "Name",
        "label": "Account Name",
        "sortable": True,
    }


@pytest.mark.usefixtures("segment")
def test_people_of_another_language_see_and_filter_their_labels(world: World, http: Http) -> None:
    world.org.settings.translated_labels["Big ones"] = "Große"
    fields = {one["name"]: one for one in http("GET", "sobjects/Account/describe").json()["fields"]}
    assert [one["label"] for one in fields["Segment__c"]["picklistValues"]][:1] == ["Große"]
    assert http.error("POST", "ui-api/list-info/Account", json=VIEW) == (400, "INVALID_INPUT")
    filters = [{"fieldApiName": "Segment__c", "operandLabels": ["Große"], "operator": "Equals"}]
    made = http("POST", "ui-api/list-info/Account", json={**VIEW, "filteredByInfo": filters})
    assert made.status_code == 201, made.text


def test_a_comma_in_a_value_may_separate_two(world: World, http: Http) -> None:
    options = [
        PicklistOption("a", "Large, loyal"),
        PicklistOption("b", "Large"),
        PicklistOption("c", "loyal"),
    ]
    world.org.add_field(
        "Account", Field(name="Segment__c", label="Segment", type="picklist", length=255, options=options)
    )
    world.org.settings.beliefs.list_filters_split_at_commas = True
    for number, (typed, meant) in enumerate(
        [("Large, loyal", ["Large", "loyal"]), ('"Large, loyal"', ["Large, loyal"]), ("Large", ["Large"])]
    ):
        filters = [{"fieldApiName": "Segment__c", "operandLabels": [typed], "operator": "Equals"}]
        body = {**VIEW, "listViewApiName": f"View{number}", "filteredByInfo": filters}
        made = http("POST", "ui-api/list-info/Account", json=body)
        assert made.json()["filteredByInfo"][0]["operandLabels"] == meant


@pytest.mark.usefixtures("segment")
def test_a_name_is_taken_once(http: Http) -> None:
    http("POST", "ui-api/list-info/Account", json=VIEW)
    assert http.error("POST", "ui-api/list-info/Account", json=VIEW) == (400, "DUPLICATE_DEVELOPER_NAME")


@pytest.mark.usefixtures("segment")
def test_list_views_are_written_from_version_61_on(world: World) -> None:
    assert world.http(version="60.0").error("POST", "ui-api/list-info/Account", json=VIEW) == (
        405,
        "METHOD_NOT_ALLOWED",
    )
    assert world.http(version="61.0")("POST", "ui-api/list-info/Account", json=VIEW).status_code == 201


@pytest.mark.usefixtures("segment")
def test_private_list_views_are_for_their_owners(world: World, http: Http) -> None:
    http("POST", "ui-api/list-info/Account", json={**VIEW, "visibility": "Private"})
    other = world.http(world.org.admin_id)
    assert other.error("GET", "ui-api/list-info/Account/Segment_Big") == (404, "NOT_FOUND")
    assert other("GET", "ui-api/list-info/Account").json()["lists"] == []


@pytest.mark.usefixtures("segment")
def test_public_list_views_need_the_right_to_manage_them(world: World, http: Http) -> None:
    world.org.rights(world.integration).system.discard("EditPublicFilters")
    world.org.access.forget()
    assert http.error("POST", "ui-api/list-info/Account", json=VIEW) == (403, "INSUFFICIENT_ACCESS")
    assert http("POST", "ui-api/list-info/Account", json={**VIEW, "visibility": "Private"}).status_code == 201
