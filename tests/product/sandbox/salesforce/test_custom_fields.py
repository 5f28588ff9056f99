"""Custom fields: made, invisible, granted, changed, deleted."""

from typing import Any

import pytest
from simple_salesforce.exceptions import SalesforceMalformedRequest

from crm_segments.sandbox.salesforce import PicklistOption
from crm_segments.sandbox.salesforce.custom_fields import add_option
from tests.product.sandbox.conftest import Http, World

FULL_NAME = "Account.AI_Segment__c"


def picklist(*values: str, **more: Any) -> dict[str, Any]:
    """Metadata of a picklist."""
    options = [{"fullName": one, "default": False, "label": one.title()} for one in values]
    definition = {"sorted": False, "value": options}
    known = {"type": "Picklist", "label": "AI Segment", "required": False}
    return {**known, "valueSet": {"restricted": True, "valueSetDefinition": definition}, **more}


def create(http: Http, metadata: dict[str, Any], full_name: str = FULL_NAME) -> Any:
    return http("POST", "tooling/sobjects/CustomField", json={"FullName": full_name, "Metadata": metadata})


def grant(http: Http, user: str, *, edit: bool = True) -> str:
    """A permission set that shows the field, given to a user; its id."""
    made = http("POST", "sobjects/PermissionSet", json={"Name": "AI_Segment", "Label": "AI Segment"})
    permission_set = str(made.json()["id"])
    field = {"SobjectType": "Account", "Field": FULL_NAME, "PermissionsRead": True, "PermissionsEdit": edit}
    assert (
        http("POST", "sobjects/FieldPermissions", json={"ParentId": permission_set, **field}).status_code
        == 201
    )
    given = {"AssigneeId": user, "PermissionSetId": permission_set}
    assert http("POST", "sobjects/PermissionSetAssignment", json=given).status_code == 201
    return permission_set


def test_a_new_field_is_invisible_until_a_permission_set_shows_it(world: World, http: Http) -> None:
    metadata = picklist("enterprise", "small", description="made by us", inlineHelpText="help")
    made = create(http, metadata)
    assert made.status_code == 201
    assert made.json() == {
        "id": made.json()["id"],
        "success": True,
        "errors": [],
        "warnings": [],
        "infos": [],
    }
    assert made.json()["id"].startswith("00N")
    record_id = world.org.add("Account", {"Name": "A"})
    for user in (world.integration, world.org.admin_id):
        asking = world.http(user)
        names = [one["name"] for one in asking("GET", "sobjects/Account/describe").json()["fields"]]
        assert "AI_Segment__c" not in names
        assert asking.error("GET", "query", params={"q": "SELECT AI_Segment__c FROM Account"}) == (
            400,
            "INVALID_FIELD",
        )
    grant(http, world.integration)
    assert http("PATCH", f"sobjects/Account/{record_id}", json={"AI_Segment__c": "small"}).status_code == 204
    assert http.values("SELECT AI_Segment__c FROM Account") == ["small"]
    described = {one["name"]: one for one in http("GET", "sobjects/Account/describe").json()["fields"]}
    field = described["AI_Segment__c"]
    assert (field["label"], field["inlineHelpText"], field["restrictedPicklist"]) == (
        "AI Segment",
        "help",
        True,
    )
    assert [(one["value"], one["label"]) for one in field["picklistValues"]] == [
        ("enterprise", "Enterprise"),
        ("small", "Small"),
    ]
    assert world.http(world.org.admin_id).error(
        "GET", "query", params={"q": "SELECT AI_Segment__c FROM Account"}
    ) == (400, "INVALID_FIELD")


def test_reading_may_be_granted_without_writing(world: World, http: Http) -> None:
    create(http, picklist("small"))
    viewer = world.org.add_user("viewer@example.com", world.org.admin_profile)
    grant(http, viewer, edit=False)
    record_id = world.org.add("Account", {"Name": "A", "AI_Segment__c": "small"})
    asking = world.http(viewer)
    assert asking.values("SELECT AI_Segment__c FROM Account") == ["small"]
    assert asking.error("PATCH", f"sobjects/Account/{record_id}", json={"AI_Segment__c": None}) == (
        400,
        "INVALID_FIELD_FOR_INSERT_UPDATE",
    )


def test_permissions_are_given_in_one_collection(world: World, http: Http) -> None:
    create(http, {"type": "Text", "label": "T", "length": 80}, "Account.T__c")
    made = http("POST", "sobjects/PermissionSet", json={"Name": "P", "Label": "P"}).json()["id"]
    records = [
        {
            "attributes": {"type": "FieldPermissions"},
            "ParentId": made,
            "SobjectType": "Account",
            "Field": "Account.T__c",
            "PermissionsRead": True,
            "PermissionsEdit": True,
        },
        {
            "attributes": {"type": "PermissionSetAssignment"},
            "AssigneeId": world.integration,
            "PermissionSetId": made,
        },
    ]
    first = http("POST", "composite/sobjects", json={"records": records}).json()
    again = http("POST", "composite/sobjects", json={"records": records}).json()
    assert [row["success"] for row in first] == [True, True]
    assert [row["errors"][0]["statusCode"] for row in again] == ["DUPLICATE_VALUE", "DUPLICATE_VALUE"]


@pytest.mark.parametrize(
    ("sobject", "values", "code"),
    [
        (
            "FieldPermissions",
            {"PermissionsRead": False, "PermissionsEdit": True},
            "FIELD_INTEGRITY_EXCEPTION",
        ),
        ("FieldPermissions", {"Field": "Account.Nope__c"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("FieldPermissions", {"Field": "Account.Name"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("PermissionSet", {"Name": "P", "Label": "Again"}, "DUPLICATE_VALUE"),
        ("PermissionSet", {"Name": "two words", "Label": "x"}, "INVALID_FIELD"),
        ("PermissionSet", {"Name": "Q"}, "REQUIRED_FIELD_MISSING"),
    ],
    ids=["must read", "no such field", "not permissionable", "name taken", "not a name", "no label"],
)
def test_wrong_permissions_are_refused(http: Http, sobject: str, values: dict[str, Any], code: str) -> None:
    made = http("POST", "sobjects/PermissionSet", json={"Name": "P", "Label": "P"}).json()["id"]
    if sobject == "FieldPermissions":
        known = {"ParentId": made, "SobjectType": "Account", "Field": "Account.Site"}
        values = {**known, "PermissionsRead": True, "PermissionsEdit": True, **values}
    assert http.error("POST", f"sobjects/{sobject}", json=values) == (400, code)


def test_a_field_is_made_once(http: Http) -> None:
    create(http, picklist("a"))
    again = create(http, picklist("a"))
    assert again.status_code == 400
    assert again.json()[0]["errorCode"] == "DUPLICATE_DEVELOPER_NAME"
    assert again.json()[0]["message"] == "There is already a field named AI_Segment on Account."
    found = http(
        "GET",
        "tooling/query",
        params={
            "q": "SELECT Id, DeveloperName, TableEnumOrId, Metadata FROM CustomField"
            " WHERE DeveloperName = 'AI_Segment' AND TableEnumOrId = 'Account'"
        },
    ).json()
    assert found["totalSize"] == 1
    assert found["records"][0]["Metadata"] == picklist("a")


def test_metadata_are_shown_for_one_field_at_a_time(http: Http) -> None:
    create(http, picklist("a"))
    create(http, {"type": "Date", "label": "D"}, "Account.D__c")
    params = {"q": "SELECT Metadata FROM CustomField"}
    assert http.error("GET", "tooling/query", params=params) == (400, "MALFORMED_QUERY")


def test_options_that_an_update_leaves_out_become_inactive(world: World, http: Http) -> None:
    record = create(http, picklist("a", "b")).json()["id"]
    grant(http, world.integration)
    account = world.org.add("Account", {"Name": "A", "AI_Segment__c": "b"})
    changed = http("PATCH", f"tooling/sobjects/CustomField/{record}", json={"Metadata": picklist("a", "c")})
    assert (changed.status_code, changed.text) == (204, "")
    fields = {one["name"]: one for one in http("GET", "sobjects/Account/describe").json()["fields"]}
    options = {one["value"]: one["active"] for one in fields["AI_Segment__c"]["picklistValues"]}
    assert options == {"a": True, "c": True, "b": False}
    assert http.values("SELECT AI_Segment__c FROM Account") == ["b"]
    assert http.error("PATCH", f"sobjects/Account/{account}", json={"AI_Segment__c": "b"}) == (
        400,
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    )
    world.org.settings.beliefs.left_out_options_are_deactivated = False
    http("PATCH", f"tooling/sobjects/CustomField/{record}", json={"Metadata": picklist("c")})
    assert http("PATCH", f"sobjects/Account/{account}", json={"AI_Segment__c": "a"}).status_code == 204


def _options_of(http: Http, record: str) -> list[dict[str, Any]]:
    found = http("GET", f"tooling/sobjects/CustomField/{record}").json()["Metadata"]["valueSet"]
    return list(found["valueSetDefinition"]["value"])


def test_metadata_show_the_options_as_they_are(world: World, http: Http) -> None:
    record = create(http, picklist("a", "b")).json()["id"]
    http("PATCH", f"tooling/sobjects/CustomField/{record}", json={"Metadata": picklist("a")})
    add_option(world.org, "Account", "AI_Segment__c", PicklistOption("by_hand", "By hand"))
    shown = _options_of(http, record)
    assert [(one["fullName"], one["label"], one.get("isActive")) for one in shown] == [
        ("a", "A", None),
        ("b", "B", False),
        ("by_hand", "By hand", None),
    ]


def test_values_may_be_read_under_another_name_and_are_taken_under_both(world: World, http: Http) -> None:
    world.org.settings.beliefs.options_are_read_as_value_name = True
    record = create(http, picklist("a")).json()["id"]
    shown = _options_of(http, record)
    assert shown == [{"valueName": "a", "default": False, "label": "A"}]
    metadata = picklist("b")
    metadata["valueSet"]["valueSetDefinition"]["value"] += shown
    changed = http("PATCH", f"tooling/sobjects/CustomField/{record}", json={"Metadata": metadata})
    assert changed.status_code == 204
    assert [one["valueName"] for one in _options_of(http, record)] == ["b", "a"]


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("Account.Bad", {"type": "Date", "label": "x"}, "INVALID_FULL_NAME"),
    ("Nope.A__c", {"type": "Date", "label": "x"}, "INVALID_FULL_NAME"),
    ("Account.A__c", {"type": "Dates", "label": "x"}, "JSON_PARSER_ERROR"),
    ("Account.A__c", {"type": "Date", "label": "x", "helpText": "y"}, "JSON_PARSER_ERROR"),
    ("Account.A__c", {"type": "Date"}, "FIELD_INTEGRITY_EXCEPTION"),
    ("Account.A__c", {"type": "Date", "label": "x" * 41}, "FIELD_INTEGRITY_EXCEPTION"),
    ("Account.A__c", {"type": "Text", "label": "x", "length": 256}, "FIELD_INTEGRITY_EXCEPTION"),
    (
        "Account.A__c",
        {"type": "Text", "label": "x", "length": 9, "valueSet": {}},
        "FIELD_INTEGRITY_EXCEPTION",
    ),
    ("Account.A__c", {"type": "Picklist", "label": "x"}, "FIELD_INTEGRITY_EXCEPTION"),
    ("Account.A__c", picklist("a", "A"), "FIELD_INTEGRITY_EXCEPTION"),
    ("Account.A__c", {"type": "Checkbox", "label": "x"}, "FIELD_INTEGRITY_EXCEPTION"),
]


@pytest.mark.parametrize(("full_name", "metadata", "code"), WRONG)
def test_wrong_descriptions_are_refused(
    http: Http, full_name: str, metadata: dict[str, Any], code: str
) -> None:
    answer = create(http, metadata, full_name)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_a_type_does_not_change(http: Http) -> None:
    record = create(http, {"type": "Date", "label": "D"}, "Account.D__c").json()["id"]
    metadata = {"Metadata": {"type": "Text", "label": "D", "length": 9}}
    assert http.error("PATCH", f"tooling/sobjects/CustomField/{record}", json=metadata) == (
        400,
        "FIELD_INTEGRITY_EXCEPTION",
    )


def test_a_deleted_field_takes_values_and_permissions_with_it(world: World, http: Http) -> None:
    record = create(http, picklist("a")).json()["id"]
    grant(http, world.integration)
    account = world.org.add("Account", {"Name": "A", "AI_Segment__c": "a"})
    assert http("GET", f"tooling/sobjects/CustomField/{record}").json()["DeveloperName"] == "AI_Segment"
    assert http("DELETE", f"tooling/sobjects/CustomField/{record}").status_code == 204
    assert http.error("GET", f"tooling/sobjects/CustomField/{record}") == (404, "NOT_FOUND")
    assert http.error("GET", "query", params={"q": "SELECT AI_Segment__c FROM Account"}) == (
        400,
        "INVALID_FIELD",
    )
    assert "AI_Segment__c" not in world.org.store.table("Account")[account]
    assert world.org.store.table("FieldPermissions") == {}


def test_setting_up_needs_the_rights_for_it(world: World, http: Http) -> None:
    rights = world.org.rights(world.integration).system
    rights -= {"CustomizeApplication", "ManageProfilesPermissionsets", "ViewSetup"}
    world.org.access.forget()
    answer = create(http, picklist("a"))
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (403, "INSUFFICIENT_ACCESS")
    assert http.error("POST", "sobjects/PermissionSet", json={"Name": "P", "Label": "P"})[0] == 404
    params = {"q": "SELECT Id FROM CustomField"}
    assert http.error("GET", "tooling/query", params=params) == (400, "INVALID_TYPE")


def test_the_client_library_makes_a_field(world: World) -> None:
    client = world.client()
    body = {"FullName": FULL_NAME, "Metadata": picklist("a")}
    made = client.toolingexecute("sobjects/CustomField", method="POST", data=body)
    assert made["success"] is True
    with pytest.raises(SalesforceMalformedRequest):
        client.toolingexecute("sobjects/CustomField", method="POST", data=body)
