"""Both spellings of a path lead to the same answer."""

import pytest

from crm_segments.sandbox.hubspot.errors import ApiError
from crm_segments.sandbox.hubspot.spelling import plain_path
from tests.product.sandbox.hubspot.conftest import Http, Portal


@pytest.mark.parametrize(
    ("dated", "numbered"),
    [
        ("/crm/objects/2026-03/companies", "/crm/v3/objects/companies"),
        ("/crm/objects/2026-09/0-2", "/crm/v3/objects/0-2"),
        ("/crm/properties/2026-09/companies/name", "/crm/v3/properties/companies/name"),
        ("/crm/properties/2026-03/companies/groups", "/crm/v3/properties/companies/groups"),
        ("/crm/owners/2026-03", "/crm/v3/owners/"),
        ("/crm/pipelines/2026-09/deals", "/crm/v3/pipelines/deals"),
        ("/crm/limits/2026-09/custom-properties", "/crm/v3/limits/custom-properties"),
        ("/crm-object-schemas/2026-09/schemas/contacts", "/crm-object-schemas/v3/schemas/contacts"),
        ("/account-info/2026-03/details", "/account-info/v3/details"),
    ],
)
def test_two_spellings_one_answer(world: Portal, http: Http, dated: str, numbered: str) -> None:
    world.company()
    assert http.ok("GET", dated) == http.ok("GET", numbered)


def test_lists_live_under_both(http: Http) -> None:
    body = {"name": "2026-09", "objectTypeId": "0-2", "processingType": "MANUAL"}
    made = http.ok("POST", "/crm/lists/2026-09", json=body)["list"]
    # A name that looks like a version is a name.
    for path in ("/crm/v3/lists", "/crm/lists/2026-03"):
        found = http.ok("GET", f"{path}/object-type-id/0-2/name/2026-09")["list"]
        assert found["listId"] == made["listId"]


@pytest.mark.parametrize("version", ["2025-09", "2027-03", "2026-09-beta"])
def test_versions_that_are_not_served_are_not_there(http: Http, version: str) -> None:
    assert http("GET", f"/crm/objects/{version}/companies").status_code == 404
    with pytest.raises(ApiError):
        plain_path(f"/crm/objects/{version}/companies")


def test_the_version_of_a_path_is_known() -> None:
    assert plain_path("/crm/objects/2026-09/companies")[0] == "2026-09"
    assert plain_path("/crm/v3/objects/companies") == ("v3", "/crm/v3/objects/companies")
    assert plain_path("/crm/v4/associations/a/b/labels")[0] == "v4"
    assert plain_path("/nowhere") == ("", "/nowhere")
