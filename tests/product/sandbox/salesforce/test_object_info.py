"""Which options the UI API offers to records of one type."""

import pytest

from crm_segments.sandbox.salesforce import Field, PicklistOption
from tests.product.sandbox.conftest import Http, World

MASTER = "012000000000000AAA"
PATH = "ui-api/object-info/Account/picklist-values"


@pytest.fixture
def segment(world: World) -> None:
    options = [
        PicklistOption("big", "Big ones", is_default=True),
        PicklistOption("small", "Small ones"),
        PicklistOption("old", "Old ones", is_active=False),
    ]
    world.org.add_field(
        "Account", Field(name="Segment__c", label="Segment", type="picklist", length=255, options=options)
    )


def values(http: Http, record_type: str, field: str = "Segment__c") -> list[str]:
    answer = http("GET", f"{PATH}/{record_type}/{field}")
    assert answer.status_code == 200, answer.text
    return [one["value"] for one in answer.json()["values"]]


@pytest.mark.usefixtures("segment")
def test_a_record_type_offers_only_its_options(world: World, http: Http) -> None:
    partner = world.org.add_record_type("Account", "Partner", {"Segment__c": ["small"]})
    other = world.org.add_record_type("Account", "Other")
    assert values(http, partner) == ["small"]
    assert values(http, partner[:15], "segment__c") == ["small"]
    assert values(http, other) == values(http, MASTER) == ["big", "small"]


@pytest.mark.usefixtures("segment")
def test_the_answer_has_the_published_shape(http: Http) -> None:
    answer = http("GET", f"{PATH}/{MASTER}/Segment__c").json()
    first: dict[str, object] = {"attributes": None, "validFor": [], "label": "Big ones", "value": "big"}
    assert answer.keys() == {"controllerValues", "defaultValue", "eTag", "url", "values"}
    assert (answer["controllerValues"], answer["defaultValue"], answer["values"][0]) == ({}, first, first)
    assert answer["url"] == f"/services/data/v67.0/{PATH}/{MASTER}/Segment__c"


@pytest.mark.usefixtures("segment")
@pytest.mark.parametrize("path", [f"{MASTER}/Nope__c", f"{MASTER}/Name", "012000000000001AAA/Segment__c"])
def test_what_is_not_there_is_not_found(http: Http, path: str) -> None:
    assert http.error("GET", f"{PATH}/{path}") == (404, "NOT_FOUND")


@pytest.mark.usefixtures("segment")
def test_a_field_that_the_user_does_not_see_is_not_found(world: World, http: Http) -> None:
    world.org.hide_field("Account", "Segment__c", world.integration)
    assert http.error("GET", f"{PATH}/{MASTER}/Segment__c") == (404, "NOT_FOUND")
