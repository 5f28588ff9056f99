"""Who belongs to whom, as three paths show it."""

import pytest

from tests.product.sandbox.hubspot.conftest import Http, Portal

BATCH = "/crm/v4/associations/companies/contacts/batch/read"


@pytest.fixture
def pair(world: Portal) -> tuple[str, str]:
    """A company and a contact whose primary company it is."""
    company = world.company()
    contact = world.portal.add("contacts", {"email": "a@example.com"})
    world.portal.associate("contacts", contact, "companies", company, primary=True)
    return company, contact


def test_a_batch_names_ids_as_numbers_and_types_with_labels(http: Http, pair: tuple[str, str]) -> None:
    company, contact = pair
    answer = http.ok("POST", BATCH, json={"inputs": [{"id": company}]})
    (entry,) = answer["results"]
    assert entry["from"] == {"id": company}
    assert entry["to"] == [
        {
            "toObjectId": int(contact),
            "associationTypes": [
                {"category": "HUBSPOT_DEFINED", "typeId": 280, "label": None},
                {"category": "HUBSPOT_DEFINED", "typeId": 2, "label": "Primary"},
            ],
        }
    ]


def test_records_without_any_are_named_as_errors(world: Portal, http: Http, pair: tuple[str, str]) -> None:
    lonely = world.company()
    answer = http("POST", BATCH, json={"inputs": [{"id": pair[0]}, {"id": lonely}]})
    assert answer.status_code == 207
    (error,) = answer.json()["errors"]
    assert error["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert error["message"] == f"No contact is associated with company {lonely}."
    assert error["context"]["fromObjectId"] == [lonely]


def test_the_same_under_the_other_spelling(http: Http, pair: tuple[str, str]) -> None:
    body = {"inputs": [{"id": pair[0]}]}
    dated = http.ok("POST", "/crm/associations/2026-09/0-2/0-1/batch/read", json=body)
    assert dated["results"] == http.ok("POST", BATCH, json=body)["results"]
    path = f"/crm/v4/objects/companies/{pair[0]}/associations/contacts"
    of_one = http.ok("GET", path)["results"]
    assert of_one == dated["results"][0]["to"]
    assert http.ok("GET", path.replace("/crm/v4/objects", "/crm/objects/2026-03"))["results"] == of_one


def test_a_contact_has_one_primary_company(world: Portal, http: Http, pair: tuple[str, str]) -> None:
    company, contact = pair
    other = world.company()
    world.portal.associate("contacts", contact, "companies", other, primary=True)
    found = http.ok("GET", f"/crm/v4/objects/contacts/{contact}/associations/companies")["results"]
    labels = {str(one["toObjectId"]): [kind["label"] for kind in one["associationTypes"]] for one in found}
    assert labels == {company: [None], other: [None, "Primary"]}
    shown = http.ok("GET", f"/crm/v3/objects/contacts/{contact}?properties=associatedcompanyid")
    assert shown["properties"]["associatedcompanyid"] == other


def test_long_lists_come_by_the_page(world: Portal, http: Http) -> None:
    world.portal.settings.association_page = 3
    company = world.company()
    contacts = [world.portal.add("contacts", {"email": f"{index}@example.com"}) for index in range(5)]
    for contact in contacts:
        world.portal.associate("contacts", contact, "companies", company)
    seen, after = [], None
    for _ in range(2):
        row = {"id": company, **({"after": after} if after else {})}
        (entry,) = http.ok("POST", BATCH, json={"inputs": [row]})["results"]
        seen += [str(one["toObjectId"]) for one in entry["to"]]
        after = entry.get("paging", {}).get("next", {}).get("after")
    assert (seen, after) == (sorted(contacts, key=int), None)
    shown = http.ok("GET", f"/crm/v3/objects/companies/{company}?associations=contacts")["associations"]
    assert (len(shown["contacts"]["results"]), "paging" in shown["contacts"]) == (3, True)


def test_archived_records_are_associated_with_nobody(
    world: Portal, http: Http, pair: tuple[str, str]
) -> None:
    company, contact = pair
    world.portal.archive("contacts", contact)
    assert http("POST", BATCH, json={"inputs": [{"id": company}]}).status_code == 207
    assert "associations" not in http.ok("GET", f"/crm/v3/objects/companies/{company}?associations=contacts")


def test_companies_have_parents(world: Portal, http: Http) -> None:
    child, parent = world.company(), world.company()
    world.portal.set_parent(child, parent)
    shown = http.ok("GET", f"/crm/v3/objects/companies/{child}?properties=hs_parent_company_id")
    assert shown["properties"]["hs_parent_company_id"] == parent
    (up,) = http.ok("GET", f"/crm/v4/objects/companies/{child}/associations/companies")["results"]
    (down,) = http.ok("GET", f"/crm/v4/objects/companies/{parent}/associations/companies")["results"]
    assert [kind["typeId"] for kind in up["associationTypes"]] == [14]
    assert [kind["typeId"] for kind in down["associationTypes"]] == [13]


def test_types_are_listed(http: Http) -> None:
    found = http.ok("GET", "/crm/v4/associations/contacts/companies/labels")["results"]
    assert {one["typeId"]: one["label"] for one in found} == {279: None, 1: "Primary"}


@pytest.mark.parametrize("inputs", [[], [{"id": "1"}] * 1001, ["1"], [{"key": "1"}], [{"id": "1", "x": 1}]])
def test_batches_of_a_wrong_shape_are_refused(http: Http, inputs: list[object]) -> None:
    assert http.error("POST", BATCH, json={"inputs": inputs})[:2] == (400, "VALIDATION_ERROR")


def test_line_items_stand_under_a_name_with_a_space(world: Portal, http: Http) -> None:
    deal, item = (
        world.portal.add("deals", {"dealname": "D"}),
        world.portal.add("line_items", {"quantity": "1"}),
    )
    world.portal.associate("line_items", item, "deals", deal)
    shown = http.ok("GET", f"/crm/v3/objects/deals/{deal}?associations=line_items")["associations"]
    assert [one["id"] for one in shown["line items"]["results"]] == [item]
