# ruff: noqa: S608 (queries of the test's own making)
"""Who may see what, and how much may be asked."""

from typing import Any

import pytest
from simple_salesforce.exceptions import SalesforceRefusedRequest

from crm_segments.sandbox.salesforce import ADMINISTRATOR, Field, OrgSettings, ProfileRights, SalesforceOrg
from tests.product.sandbox.conftest import Http, World


def test_limits_and_counts_are_for_those_who_see_the_setup(world: World, http: Http) -> None:
    assert http("GET", "limits").status_code == 200
    world.org.rights(world.integration).system.discard("ViewSetup")
    world.org.access.forget()
    assert http.error("GET", "limits") == (403, "INSUFFICIENT_ACCESS")
    assert http.error("GET", "limits/recordCount?sObjects=Account") == (403, "INSUFFICIENT_ACCESS")


def test_sharing_shows_fewer_records_than_the_org_has(world: World, http: Http) -> None:
    world.org.settings.private_objects.add("Account")
    world.org.rights(world.integration).system.discard("ViewAllData")
    world.org.access.forget()
    mine = world.org.add("Account", {"Name": "Mine", "OwnerId": world.integration})
    theirs = world.org.add("Account", {"Name": "Theirs"})
    for account in (mine, theirs):
        world.org.add("Contact", {"LastName": "L", "AccountId": account})
    assert http.values("SELECT Id FROM Account") == [mine]
    assert http.values("SELECT AccountId FROM Contact") == [mine]
    counts = http("GET", "limits/recordCount?sObjects=Account,Contact").json()["sObjects"]
    assert counts == [{"count": 2, "name": "Account"}, {"count": 2, "name": "Contact"}]
    assert http.error("GET", f"sobjects/Account/{theirs}") == (404, "NOT_FOUND")
    world.org.access.shared.add((world.integration, theirs))
    assert len(http.values("SELECT Id FROM Account")) == 2


def test_objects_without_a_right_do_not_exist_for_the_user(world: World) -> None:
    profile = world.org.add_profile("Narrow", ProfileRights({"ApiEnabled"}, {"Account": frozenset({"Read"})}))
    user = world.org.add_user("narrow@example.com", profile)
    record_id = world.org.add("Account", {"Name": "A"})
    http = world.http(user)
    assert http.values("SELECT Id FROM Account") == [record_id]
    assert http.error("GET", "query", params={"q": "SELECT Id FROM Contact"}) == (400, "INVALID_TYPE")
    assert http.error("GET", "sobjects/Contact/describe") == (404, "NOT_FOUND")
    named = {one["name"] for one in http("GET", "sobjects").json()["sobjects"]}
    assert named & {"Account", "Contact", "Lead"} == {"Account"}
    assert http.error("PATCH", f"sobjects/Account/{record_id}", json={"Site": "x"}) == (
        403,
        "INSUFFICIENT_ACCESS_OR_READONLY",
    )


def test_a_permission_set_gives_what_the_profile_lacks(world: World) -> None:
    profile = world.org.add_profile("Narrow", ProfileRights({"ApiEnabled"}, {}))
    user = world.org.add_user("narrow@example.com", profile)
    record_id = world.org.add("Account", {"Name": "A"})
    given = world.org.add("PermissionSet", {"Name": "Edit_Accounts", "Label": "Edit"})
    rights = {"PermissionsRead": True, "PermissionsEdit": True}
    world.org.add("ObjectPermissions", {"ParentId": given, "SobjectType": "Account", **rights})
    world.org.add("PermissionSetAssignment", {"PermissionSetId": given, "AssigneeId": user})
    assert world.http(user)("PATCH", f"sobjects/Account/{record_id}", json={"Site": "x"}).status_code == 204


def test_fields_without_field_level_security_are_absent_everywhere(world: World, http: Http) -> None:
    world.org.add_field(
        "Account", Field(name="Secret__c", label="Secret", type="string", length=9), visible=False
    )
    world.org.hide_field("Account", "Industry", world.integration)
    record_id = world.org.add("Account", {"Name": "A", "Industry": "Retail"})
    names = {one["name"] for one in http("GET", "sobjects/Account/describe").json()["fields"]}
    assert names & {"Secret__c", "Industry"} == set()
    assert "Industry" not in http("GET", f"sobjects/Account/{record_id}").json()
    for name in ("Secret__c", "Industry"):
        assert http.error("GET", "query", params={"q": f"SELECT {name} FROM Account"}) == (
            400,
            "INVALID_FIELD",
        )
        assert http.error("PATCH", f"sobjects/Account/{record_id}", json={name: "x"}) == (
            400,
            "INVALID_FIELD",
        )


def test_read_only_fields_say_so_and_refuse(world: World, http: Http) -> None:
    world.org.rights(world.integration).read_only_fields.add(("Account", "Site"))
    world.org.access.forget()
    fields = {one["name"]: one for one in http("GET", "sobjects/Account/describe").json()["fields"]}
    assert (fields["Site"]["updateable"], fields["Phone"]["updateable"]) == (False, True)
    record_id = world.org.add("Account", {"Name": "A"})
    assert http.error("PATCH", f"sobjects/Account/{record_id}", json={"Site": "x"}) == (
        400,
        "INVALID_FIELD_FOR_INSERT_UPDATE",
    )


def test_every_request_counts_and_says_how_many_there_were(http: Http) -> None:
    assert http("GET", "limits").headers["Sforce-Limit-Info"] == "api-usage=1/15000"
    answer = http("GET", "limits")
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=2/15000"
    assert answer.json()["DailyApiRequests"] == {"Max": 15000, "Remaining": 14998}


def test_the_client_library_sees_the_daily_limit(world: World) -> None:
    client = world.client()
    client.query("SELECT Id FROM Account")
    assert client.api_usage["api-usage"].used == 1
    world.org.usage.add(20_000)
    with pytest.raises(SalesforceRefusedRequest) as refused:
        client.query("SELECT Id FROM Account")
    content: Any = refused.value.content
    assert content == [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]


def test_requests_come_free_after_a_day(world: World, http: Http) -> None:
    world.org.usage.add(20_000)
    assert http.error("GET", "limits") == (403, "REQUEST_LIMIT_EXCEEDED")
    world.clock.advance(25 * 3600)
    assert world.http()("GET", "limits").status_code == 200


def test_amounts_are_converted_to_the_home_currency(world: World) -> None:
    org = SalesforceOrg(world.clock, OrgSettings(multi_currency=True))
    world.emulator.org = org
    deal: dict[str, Any] = {
        "Name": "D",
        "StageName": "X",
        "CloseDate": "2026-11-02",
        "Amount": 90.0,
        "CurrencyIsoCode": "EUR",
    }
    org.add("Opportunity", deal)
    token = org.sessions.open(org.org_id, org.admin_id).token
    http = Http(world.session(), f"https://{org.domain}/services/data/v67.0", token)
    (record,) = http.query(
        "SELECT Amount, convertCurrency(Amount) home, CurrencyIsoCode FROM Opportunity"
    ).json()["records"]
    assert (record["Amount"], record["home"], record["CurrencyIsoCode"]) == (90.0, 100.0, "EUR")


def test_custom_objects_have_records_and_fields_of_their_own(world: World, http: Http) -> None:
    world.org.add_object("Plan__c", "Plan")
    world.org.add_field(
        "Plan__c", Field(name="Price__c", label="Price", type="currency", precision=18, scale=2)
    )
    record_id = world.org.add("Plan__c", {"Name": "Gold", "Price__c": 9.5})
    assert http.values("SELECT Price__c FROM Plan__c WHERE Name = 'gold'") == [9.5]
    assert http("PATCH", f"sobjects/Plan__c/{record_id}", json={"Price__c": 10}).status_code == 204
    assert http("GET", "sobjects/Plan__c/describe").json()["custom"] is True


def test_two_orgs_share_nothing(world: World) -> None:
    other = SalesforceOrg(world.clock)
    other.add_field("Account", Field(name="Own__c", label="Own", type="string", length=9))
    assert world.org.require("Account").field("Own__c") is None
    assert other.rights(other.admin_id).system >= ADMINISTRATOR
