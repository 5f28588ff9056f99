"""Properties and groups: how they are made, changed and archived, beyond what was recorded."""

from typing import Any

import pytest

from crm_segments.sandbox.hubspot import Option, Property
from tests.product.sandbox.hubspot.conftest import Http, Portal

PATH = "/crm/v3/properties/companies"


def option(value: str, **more: Any) -> dict[str, Any]:
    """One option of a body."""
    return {"label": value.title(), "value": value, "displayOrder": 0, "hidden": False, **more}


def definition(**more: Any) -> dict[str, Any]:
    """A new enumeration."""
    return {
        "name": "crm_segment",
        "label": "Segment",
        "type": "enumeration",
        "fieldType": "select",
        "groupName": "companyinformation",
        "options": [option("enterprise"), option("small")],
        **more,
    }


@pytest.mark.parametrize(
    "more",
    [
        {"name": "CRM_Segment"},
        {"name": "1st"},
        {"name": "x" * 101},
        {"name": None},
        {"label": ""},
        {"type": "picklist"},
        {"fieldType": "text"},
        {"groupName": "nowhere"},
        {"options": [option("a"), option("a", label="Other")]},
        {"options": [option("a"), option("b", label="A")]},
        {"options": [{"label": "A", "value": "a"}]},
        {"options": [option("", label="A")]},
        {"options": "a"},
        {"type": "string", "fieldType": "text"},
        {"colour": "red"},
        {"displayOrder": "first"},
        {"options": [option("a", displayOrder="first")]},
    ],
    ids=str,
)
def test_definitions_that_make_no_sense_are_refused(http: Http, more: dict[str, Any]) -> None:
    assert http.error("POST", PATH, json=definition(**more))[:2] == (400, "VALIDATION_ERROR")
    assert http.error("GET", f"{PATH}/crm_segment")[0] == 404


def test_options_that_are_left_out_go_and_values_of_records_stay(world: Portal, http: Http) -> None:
    http.ok("POST", PATH, json=definition())
    company = world.company(crm_segment="small")
    http.ok("PATCH", f"{PATH}/crm_segment", json={"options": [option("enterprise")]})
    assert [one["value"] for one in http.ok("GET", f"{PATH}/crm_segment")["options"]] == ["enterprise"]
    assert world.portal.values("companies", company)["crm_segment"] == "small"
    assert http.update({company: {"crm_segment": "small"}}).status_code == 400


def test_labels_and_descriptions_change_and_names_do_not(http: Http) -> None:
    http.ok("POST", PATH, json=definition())
    changed = http.ok("PATCH", f"{PATH}/crm_segment", json={"label": "Ours", "description": "id 1"})
    assert (changed["label"], changed["description"], len(changed["options"])) == ("Ours", "id 1", 2)
    assert http.error("PATCH", f"{PATH}/crm_segment", json={"name": "other"})[0] == 400
    assert http.error("PATCH", f"{PATH}/nope", json={"label": "x"})[:2] == (404, "OBJECT_NOT_FOUND")


def test_a_property_of_a_list_cannot_go(http: Http) -> None:
    http.ok("POST", PATH, json=definition())
    operation = {"operationType": "ENUMERATION", "operator": "IS_ANY_OF", "values": ["small"]}
    filters = [{"filterType": "PROPERTY", "property": "crm_segment", "operation": operation}]
    branch = {"filterBranchType": "OR", "filterBranches": [{"filterBranchType": "AND", "filters": filters}]}
    body = {"name": "L", "objectTypeId": "0-2", "processingType": "DYNAMIC", "filterBranch": branch}
    made = http.ok("POST", "/crm/v3/lists", json=body)["list"]
    status, _, message = http.error("DELETE", f"{PATH}/crm_segment")
    assert (status, "used in 1 places" in message) == (400, True)
    assert http("DELETE", f"/crm/v3/lists/{made['listId']}").status_code == 204
    assert http("DELETE", f"{PATH}/crm_segment").status_code == 204


def test_what_belongs_to_hubspot_cannot_go_and_read_only_definitions_cannot_change(
    world: Portal, http: Http
) -> None:
    assert http.error("DELETE", f"{PATH}/industry")[0] == 400
    assert http.error("PATCH", f"{PATH}/hs_object_id", json={"label": "x"})[0] == 400
    fixed = Property(name="fixed", label="F", type="enumeration", field_type="select", read_only_options=True)
    fixed.set_options([Option("a", "A")])
    world.portal.add_property("companies", fixed)
    assert http.error("PATCH", f"{PATH}/fixed", json={"options": [option("b")]})[0] == 400
    assert http.ok("PATCH", f"{PATH}/fixed", json={"label": "Fixed"})["label"] == "Fixed"


def test_an_enumeration_may_become_a_text(http: Http) -> None:
    http.ok("POST", PATH, json=definition())
    changed = http.ok("PATCH", f"{PATH}/crm_segment", json={"type": "string", "fieldType": "text"})
    assert (changed["type"], changed["options"]) == ("string", [])
    assert http.error("PATCH", f"{PATH}/crm_segment", json={"type": "number"})[0] == 400


def test_an_object_has_a_limited_number_of_custom_properties(world: Portal, http: Http) -> None:
    world.portal.settings.custom_property_limit = 1
    http.ok("POST", PATH, json=definition())
    assert http.error("POST", PATH, json=definition(name="second"))[0] == 400
    usage = http.ok("GET", "/crm/v3/limits/custom-properties")["byObjectType"]
    assert {one["objectTypeId"]: one["usage"] for one in usage}["0-2"] == 1


def test_several_at_once(http: Http) -> None:
    inputs = [definition(), definition(name="Bad")]
    answer = http("POST", f"{PATH}/batch/create", json={"inputs": inputs})
    assert (answer.status_code, answer.json()["numErrors"]) == (207, 1)
    names = {"inputs": [{"name": "crm_segment"}]}
    assert http("POST", f"{PATH}/batch/archive", json=names).status_code == 204
    read = http.ok("POST", f"{PATH}/batch/read", json={**names, "archived": True})
    assert [one["archived"] for one in read["results"]] == [True]


def test_groups_are_found_made_once_and_end_when_empty(http: Http) -> None:
    body = {"name": "ours", "label": "Ours"}
    http.ok("POST", f"{PATH}/groups", json=body)
    assert http.error("POST", f"{PATH}/groups", json=body)[:2] == (409, "OBJECT_ALREADY_EXISTS")
    assert "ours" in {one["name"] for one in http.ok("GET", f"{PATH}/groups")["results"]}
    http.ok("POST", PATH, json=definition(groupName="ours"))
    assert http.error("DELETE", f"{PATH}/groups/ours")[0] == 400
    http("DELETE", f"{PATH}/crm_segment")
    assert http("DELETE", f"{PATH}/groups/ours").status_code == 204
    assert http.error("GET", f"{PATH}/groups/ours")[:2] == (404, "OBJECT_NOT_FOUND")
    changed = http.ok("PATCH", f"{PATH}/groups/companyinformation", json={"displayOrder": 5})
    assert changed["displayOrder"] == 5


def test_definitions_of_archived_properties_are_listed_apart(http: Http) -> None:
    http.ok("POST", PATH, json=definition())
    http("DELETE", f"{PATH}/crm_segment")
    assert "crm_segment" not in {one["name"] for one in http.ok("GET", PATH)["results"]}
    archived = http.ok("GET", f"{PATH}?archived=true")["results"]
    assert [one["name"] for one in archived] == ["crm_segment"]
