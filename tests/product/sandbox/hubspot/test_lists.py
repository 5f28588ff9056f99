"""Lists: filters that really decide, members that follow in the background, names that are unique."""

from typing import Any

import pytest

from crm_segments.sandbox.hubspot import Property
from tests.product.sandbox.hubspot.conftest import Http, Portal

LISTS = "/crm/v3/lists"


def root(*filters: dict[str, Any], branches: Any = ()) -> dict[str, Any]:
    """Filters that must all fit, in the form that lists want."""
    inner = {"filterBranchType": "AND", "filters": list(filters), "filterBranches": list(branches)}
    return {"filterBranchType": "OR", "filterBranches": [inner], "filters": []}


def by(name: str, operation_type: str, operator: str, **more: Any) -> dict[str, Any]:
    """A filter on one property."""
    operation = {"operationType": operation_type, "operator": operator, **more}
    return {"filterType": "PROPERTY", "property": name, "operation": operation}


def create(http: Http, branch: Any = None, *, name: str = "L", kind: str = "0-2", **more: Any) -> Any:
    """A list, dynamic where it has filters."""
    processing = "MANUAL" if branch is None else "DYNAMIC"
    body = {"name": name, "objectTypeId": kind, "processingType": processing, **more}
    if branch is not None:
        body["filterBranch"] = branch
    return http.ok("POST", LISTS, json=body)["list"]


def members(http: Http, list_id: str) -> set[str]:
    """Ids of the members."""
    return {one["recordId"] for one in http.ok("GET", f"{LISTS}/{list_id}/memberships?limit=250")["results"]}


@pytest.fixture
def companies(world: Portal) -> dict[str, str]:
    """Companies by name, with values of all types."""
    many = Property(name="tags", label="Tags", type="enumeration", field_type="checkbox")
    world.portal.add_property("companies", many)
    return {
        "a": world.company(
            name="Alpha Ltd", industry="RETAIL", numberofemployees="10", is_public="true", tags="x;y"
        ),
        "b": world.company(
            name="Beta", industry="INTERNET", numberofemployees="200", is_public="false", tags="x"
        ),
        "c": world.company(name="Gamma"),
    }


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (by("industry", "ENUMERATION", "IS_ANY_OF", values=["RETAIL", "BANKING"]), "a"),
        (by("industry", "ENUMERATION", "IS_NONE_OF", values=["RETAIL"]), "bc"),
        (
            by(
                "industry", "ENUMERATION", "IS_NONE_OF", values=["RETAIL"], includeObjectsWithNoValueSet=False
            ),
            "b",
        ),
        (
            by("industry", "ENUMERATION", "IS_ANY_OF", values=["RETAIL"], includeObjectsWithNoValueSet=True),
            "ac",
        ),
        (by("tags", "ENUMERATION", "IS_EXACTLY", values=["x"]), "b"),
        (by("tags", "ENUMERATION", "IS_NOT_EXACTLY", values=["x"]), "ac"),
        (by("tags", "ENUMERATION", "CONTAINS_ALL", values=["y", "x"]), "a"),
        (by("tags", "ENUMERATION", "DOES_NOT_CONTAIN_ALL", values=["y", "x"]), "bc"),
        (by("name", "MULTISTRING", "IS_EQUAL_TO", values=["beta", "GAMMA"]), "bc"),
        (by("name", "MULTISTRING", "CONTAINS", values=["lt"]), "a"),
        (by("name", "STRING", "STARTS_WITH", value="al"), "a"),
        (by("name", "STRING", "ENDS_WITH", value="a"), "bc"),
        (by("name", "STRING", "IS_NOT_EQUAL_TO", value="Beta"), "ac"),
        (by("name", "STRING", "DOES_NOT_CONTAIN", value="m"), "ab"),
        (by("numberofemployees", "NUMBER", "IS_GREATER_THAN", value=10), "b"),
        (by("numberofemployees", "NUMBER", "IS_GREATER_THAN_OR_EQUAL_TO", value=10), "ab"),
        (by("numberofemployees", "NUMBER", "IS_BETWEEN", lowerBound=5, upperBound=50), "a"),
        (by("is_public", "BOOL", "IS_EQUAL_TO", value=True), "a"),
        (by("is_public", "BOOL", "IS_NOT_EQUAL_TO", value=True), "bc"),
        (by("industry", "ALL_PROPERTY", "IS_KNOWN"), "ab"),
        (by("industry", "ALL_PROPERTY", "IS_UNKNOWN"), "c"),
    ],
    ids=lambda value: (
        value if isinstance(value, str) else f"{value['property']}-{value['operation']['operator']}"
    ),
)
def test_filters_choose_members(
    http: Http, companies: dict[str, str], one: dict[str, Any], expected: str
) -> None:
    made = create(http, root(one))
    assert members(http, made["listId"]) == {companies[name] for name in expected}


def test_earlier_values_count_where_the_filter_says_so(
    world: Portal, http: Http, companies: dict[str, str]
) -> None:
    world.portal.edit("companies", companies["a"], {"industry": "BANKING"})
    ever = create(http, root(by("industry", "ENUMERATION", "HAS_EVER_BEEN_ANY_OF", values=["RETAIL"])))
    never = by("industry", "ENUMERATION", "HAS_NEVER_BEEN_ANY_OF", values=["RETAIL"])
    assert members(http, ever["listId"]) == {companies["a"]}
    other = create(http, root(never), name="never")
    assert members(http, other["listId"]) == {companies["b"], companies["c"]}


def test_filters_of_a_branch_must_all_fit_and_branches_are_alternatives(
    http: Http, companies: dict[str, str]
) -> None:
    retail = by("industry", "ENUMERATION", "IS_ANY_OF", values=["RETAIL"])
    large = by("numberofemployees", "NUMBER", "IS_GREATER_THAN", value=100)
    assert members(http, create(http, root(retail, large))["listId"]) == set()
    either = root(retail)
    either["filterBranches"] += root(large)["filterBranches"]
    assert members(http, create(http, either, name="either")["listId"]) == {companies["a"], companies["b"]}


def test_contacts_are_chosen_by_a_property_of_their_company(
    world: Portal, http: Http, companies: dict[str, str]
) -> None:
    contacts = {}
    for name, company in companies.items():
        contacts[name] = world.portal.add("contacts", {"email": f"{name}@example.com"})
        world.portal.associate("contacts", contacts[name], "companies", company, primary=name != "b")
    inner = {
        "filterBranchType": "ASSOCIATION",
        "objectTypeId": "0-2",
        "operator": "IN_LIST",
        "associationTypeId": 279,
        "associationCategory": "HUBSPOT_DEFINED",
        "filters": [by("industry", "ENUMERATION", "IS_ANY_OF", values=["RETAIL", "INTERNET"])],
    }
    made = create(http, root(branches=[inner]), kind="0-1")
    assert members(http, made["listId"]) == {contacts["a"], contacts["b"]}
    primary = create(http, root(branches=[{**inner, "associationTypeId": 1}]), kind="0-1", name="primary")
    assert members(http, primary["listId"]) == {contacts["a"]}
    assert http.error("DELETE", "/crm/v3/properties/companies/industry")[0] == 400
    assert world.portal.uses(world.portal.kind("companies"), "industry") == 2
    world.portal.edit("companies", companies["a"], {"industry": None})
    assert members(http, made["listId"]) == {contacts["b"]}


def test_lists_refer_to_lists(http: Http, companies: dict[str, str]) -> None:
    inner = create(http, root(by("industry", "ALL_PROPERTY", "IS_KNOWN")))
    outside = {"filterType": "IN_LIST", "listId": inner["listId"], "operator": "NOT_IN_LIST"}
    assert members(http, create(http, root(outside), name="outside")["listId"]) == {companies["c"]}


def test_a_list_cannot_depend_on_itself(http: Http) -> None:
    first = create(http, root(by("industry", "ALL_PROPERTY", "IS_KNOWN")), name="first")
    inside = {"filterType": "IN_LIST", "listId": first["listId"], "operator": "IN_LIST"}
    second = create(http, root(inside), name="second")
    for list_id in (first["listId"], second["listId"]):
        back = root({"filterType": "IN_LIST", "listId": list_id, "operator": "IN_LIST"})
        path = f"{LISTS}/{first['listId']}/update-list-filters"
        assert http.error("PUT", path, json={"filterBranch": back})[0] == 400


def test_records_that_go_leave_the_lists_of_people(world: Portal, http: Http) -> None:
    made, company = create(http), world.company()
    http.ok("PUT", f"{LISTS}/{made['listId']}/memberships/add", json=[company])
    world.portal.archive("companies", company)
    assert members(http, made["listId"]) == set()


def test_members_of_a_dynamic_list_follow_in_the_background(world: Portal, http: Http) -> None:
    company = world.company(industry="RETAIL")
    world.portal.settings.list_lag_seconds = 20
    made = create(http, root(by("industry", "ENUMERATION", "IS_ANY_OF", values=["RETAIL"])))
    assert (made["processingStatus"], made["size"]) == ("PROCESSING", 0)
    assert members(http, made["listId"]) == set()
    world.clock.advance(20)
    shown = http.ok("GET", f"{LISTS}/{made['listId']}")["list"]
    assert (shown["processingStatus"], shown["size"]) == ("COMPLETE", 1)
    world.portal.edit("companies", company, {"industry": "BANKING"})
    assert members(http, made["listId"]) == {company}
    world.clock.advance(20)
    assert members(http, made["listId"]) == set()


def test_a_member_keeps_the_time_since_when_it_is_one(world: Portal, http: Http) -> None:
    company = world.company(industry="RETAIL")
    made = create(http, root(by("industry", "ALL_PROPERTY", "IS_KNOWN")))
    path = f"{LISTS}/{made['listId']}/memberships"
    first = http.ok("GET", path)["results"]
    world.clock.advance(60)
    world.portal.edit("companies", company, {"industry": "BANKING"})
    assert http.ok("GET", path)["results"] == first


def test_members_come_by_the_page(world: Portal, http: Http) -> None:
    made = create(http)
    ids = [world.company() for _ in range(5)]
    http.ok("PUT", f"{LISTS}/{made['listId']}/memberships/add", json=ids)
    first = http.ok("GET", f"{LISTS}/{made['listId']}/memberships?limit=3")
    assert (first["total"], len(first["results"])) == (5, 3)
    after = first["paging"]["next"]["after"]
    second = http.ok("GET", f"{LISTS}/{made['listId']}/memberships?limit=3&after={after}")
    assert "paging" not in second
    got = [one["recordId"] for one in [*first["results"], *second["results"]]]
    assert got == sorted(ids, key=int)
    assert http.error("GET", f"{LISTS}/{made['listId']}/memberships?limit=251")[0] == 400


def test_people_decide_about_manual_lists(world: Portal, http: Http) -> None:
    made = create(http)
    company, other = world.company(), world.company()
    path = f"{LISTS}/{made['listId']}/memberships"
    added = http.ok("PUT", f"{path}/add", json=[company, company, "1"])
    assert added == {"recordsIdsAdded": [company], "recordIdsRemoved": [], "recordIdsMissing": ["1"]}
    both = {"recordIdsToAdd": [other], "recordIdsToRemove": [company]}
    assert http.ok("PUT", f"{path}/add-and-remove", json=both)["recordIdsRemoved"] == [company]
    assert members(http, made["listId"]) == {other}
    assert http.ok("PUT", f"{path}/remove", json=[other])["recordIdsRemoved"] == [other]
    http.ok("PUT", f"{path}/add", json=[company])
    assert http("DELETE", path).status_code == 204
    assert members(http, made["listId"]) == set()
    assert http.error("PUT", f"{path}/add", json={"ids": []})[0] == 400


def test_members_of_dynamic_lists_cannot_be_set_and_filters_of_manual_ones_neither(http: Http) -> None:
    known = root(by("industry", "ALL_PROPERTY", "IS_KNOWN"))
    dynamic, manual = create(http, known), create(http, name="M")
    assert http.error("PUT", f"{LISTS}/{dynamic['listId']}/memberships/add", json=["1"])[0] == 400
    body = {"filterBranch": known}
    assert http.error("PUT", f"{LISTS}/{manual['listId']}/update-list-filters", json=body)[0] == 400


def test_a_snapshot_is_taken_once(world: Portal, http: Http) -> None:
    company = world.company(industry="RETAIL")
    made = create(http, root(by("industry", "ALL_PROPERTY", "IS_KNOWN")), processingType="SNAPSHOT", name="S")
    assert members(http, made["listId"]) == {company}
    world.company(industry="RETAIL")
    assert members(http, made["listId"]) == {company}


def test_a_name_belongs_to_one_list(http: Http) -> None:
    first = create(http, name="One: Größe & Co/2?")
    create(http, name="Two")
    answer = http("POST", LISTS, json={"name": "two", "objectTypeId": "0-2", "processingType": "MANUAL"})
    assert (answer.status_code, answer.json()["subCategory"]) == (400, "ILS.DUPLICATE_LIST_NAMES")
    path = f"{LISTS}/{first['listId']}/update-list-name"
    assert http.error("PUT", path, params={"listName": "Two"})[0] == 400
    named = f"{LISTS}/object-type-id/0-2/name"
    assert (
        http.ok("GET", f"{named}/One%3A%20Gr%C3%B6%C3%9Fe%20%26%20Co%2F2%3F")["list"]["listId"]
        == first["listId"]
    )
    assert http.error("GET", f"{named}/Three")[:2] == (404, "OBJECT_NOT_FOUND")
    assert http.error("GET", f"{LISTS}/object-type-id/0-1/name/Two")[0] == 404
    renamed = http.ok("PUT", path, params={"listName": "Three"})["updatedList"]
    assert (renamed["name"], renamed["listId"]) == ("Three", first["listId"])
    assert http.ok("PUT", path, params={"listName": "THREE"})["updatedList"]["name"] == "THREE"


def test_a_deleted_list_frees_its_name_and_can_come_back(http: Http) -> None:
    made = create(http)
    assert http("DELETE", f"{LISTS}/{made['listId']}").status_code == 204
    assert http.error("GET", f"{LISTS}/{made['listId']}")[0] == 404
    again = create(http)
    assert again["listId"] != made["listId"]
    assert http.error("PUT", f"{LISTS}/{made['listId']}/restore")[0] == 400
    http("DELETE", f"{LISTS}/{again['listId']}")
    assert http("PUT", f"{LISTS}/{made['listId']}/restore").status_code == 204
    assert http.ok("GET", f"{LISTS}?listIds={made['listId']}&listIds=99")["lists"][0]["name"] == "L"


def test_other_filters_take_nobody_to_workflows_unless_told(world: Portal, http: Http) -> None:
    company = world.company(industry="RETAIL")
    made = create(http, root(by("industry", "ENUMERATION", "IS_ANY_OF", values=["BANKING"])))
    path = f"{LISTS}/{made['listId']}/update-list-filters"
    known = {"filterBranch": root(by("industry", "ALL_PROPERTY", "IS_KNOWN"))}
    changed = http.ok("PUT", path, json=known)["updatedList"]
    assert (changed["listVersion"], world.portal.lists.enrolled) == (2, [])
    none = {"filterBranch": root(by("industry", "ALL_PROPERTY", "IS_UNKNOWN"))}
    http.ok("PUT", f"{path}?enrollObjectsInWorkflows=false", json=none)
    http.ok("GET", f"{LISTS}/{made['listId']}")
    http.ok("PUT", f"{path}?enrollObjectsInWorkflows=true", json=known)
    assert world.portal.lists.enrolled == [(made["listId"], company)]


def test_filters_are_shown_when_wanted_with_what_the_server_fills_in(http: Http) -> None:
    made = create(http, root(by("industry", "ENUMERATION", "IS_ANY_OF", values=["RETAIL"])))
    assert "filterBranch" not in http.ok("GET", f"{LISTS}/{made['listId']}")["list"]
    shown = http.ok("GET", f"{LISTS}/{made['listId']}?includeFilters=true")["list"]["filterBranch"]
    (inner,) = shown["filterBranches"]
    assert (shown["filterBranchOperator"], inner["filterBranchOperator"]) == ("OR", "AND")
    assert inner["filters"][0]["operation"]["includeObjectsWithNoValueSet"] is False
    # What is shown can be sent as it is.
    again = http.ok("PUT", f"{LISTS}/{made['listId']}/update-list-filters", json={"filterBranch": shown})
    assert again["updatedList"]["filterBranch"] == shown


KNOWN = by("industry", "ALL_PROPERTY", "IS_KNOWN")


@pytest.mark.parametrize(
    "branch",
    [
        {"filterBranchType": "AND", "filters": [KNOWN]},
        {"filterBranchType": "OR", "filters": [KNOWN], "filterBranches": []},
        {"filterBranchType": "OR", "filterBranches": []},
        root(),
        root(by("nope", "ALL_PROPERTY", "IS_KNOWN")),
        root(by("industry", "MULTISTRING", "IS_EQUAL_TO", values=["x"])),
        root(by("industry", "ENUMERATION", "LIKES", values=["x"])),
        root(by("industry", "ENUMERATION", "IS_ANY_OF")),
        root(by("industry", "ENUMERATION", "HAS_EVER_LIKED", values=["x"])),
        root(by("industry", "ALL_PROPERTY", "IS_ODD")),
        root(by("numberofemployees", "NUMBER", "IS_EQUAL_TO", value="9")),
        root(by("is_public", "BOOL", "IS_EQUAL_TO", value="true")),
        root({"filterType": "PAGE_VIEW"}),
        root({"filterType": "PROPERTY", "property": "industry"}),
        root({"filterType": "IN_LIST", "listId": "99", "operator": "IN_LIST"}),
        root({"filterType": "IN_LIST", "listId": "99", "operator": "NEAR_LIST"}),
        root(branches=[{"filterBranchType": "UNIFIED_EVENTS"}]),
        root(branches=[{"filterBranchType": "ASSOCIATION", "operator": "OUT", "objectTypeId": "0-1"}]),
        root(branches=[{"filterBranchType": "ASSOCIATION", "operator": "IN_LIST", "objectTypeId": "0-1"}]),
        {"filterBranchType": "OR", "filterBranches": "x"},
        "x",
    ],
    ids=lambda branch: str(branch)[:80],
)
def test_filters_that_make_no_sense_are_refused(http: Http, branch: Any) -> None:
    body = {"name": "L", "objectTypeId": "0-2", "processingType": "DYNAMIC", "filterBranch": branch}
    assert http.error("POST", LISTS, json=body)[0] in {400, 404}
    assert http.ok("POST", f"{LISTS}/search", json={})["total"] == 0


@pytest.mark.parametrize(
    "more",
    [
        {"name": ""},
        {"objectTypeId": "9-9"},
        {"processingType": "STATIC"},
        {"processingType": "DYNAMIC"},
        {"filterBranch": root(KNOWN)},
        {"colour": "red"},
    ],
    ids=str,
)
def test_lists_that_make_no_sense_are_refused(http: Http, more: dict[str, Any]) -> None:
    body = {"name": "L", "objectTypeId": "0-2", "processingType": "MANUAL", **more}
    assert http.error("POST", LISTS, json=body)[:2] == (400, "VALIDATION_ERROR")


def test_lists_are_searched_by_name_and_type(http: Http) -> None:
    create(http, name="CRM: one")
    create(http, root(KNOWN), name="CRM: two")
    create(http, name="Other")
    found = http.ok("POST", f"{LISTS}/search", json={"query": "crm", "count": 1})
    assert (found["total"], found["hasMore"], found["offset"]) == (2, True, 1)
    (dynamic,) = http.ok("POST", f"{LISTS}/search", json={"processingTypes": ["DYNAMIC"]})["lists"]
    assert (dynamic["name"], dynamic["additionalProperties"]["hs_list_size"]) == ("CRM: two", "0")
