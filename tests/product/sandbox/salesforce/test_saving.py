"""Saving records, alone and in collections: order of results, refusals by row, rules, locks, owners."""

from collections.abc import Mapping
from typing import Any

import pytest

from crm_segments.sandbox.salesforce import Field
from tests.product.sandbox.conftest import Http, World
from tests.product.sandbox.salesforce.saving import codes, patch


def test_results_come_in_the_order_of_the_request(world: World, http: Http, accounts: list[str]) -> None:
    order = [accounts[3], accounts[0], accounts[4]]
    results = patch(http, [{"id": one, "Segment__c": "big"} for one in order])
    assert [row["id"] for row in results] == order
    assert all(row["errors"] == [] for row in results)
    assert [world.org.store.history.touches(one) for one in accounts] == [1, 0, 0, 1, 1]


def test_a_fifteen_character_id_means_the_same_record(world: World, http: Http, accounts: list[str]) -> None:
    (result,) = patch(http, [{"Id": accounts[0][:15], "segment__C": "small"}])
    assert result["id"] == accounts[0]
    assert world.org.store.table("Account")[accounts[0]]["Segment__c"] == "small"


BadRow = tuple[dict[str, Any], str, str, list[str]]

BAD_ROWS: list[BadRow] = [
    (
        {"Segment__c": "huge"},
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "Segment: bad value for restricted picklist field: huge",
        ["Segment__c"],
    ),
    (
        {"Segment__c": "Big"},
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "Segment: bad value for restricted picklist field: Big",
        ["Segment__c"],
    ),
    (
        {"Reason__c": "x" * 21},
        "STRING_TOO_LONG",
        f"Reason: data value too large: {'x' * 21} (max length=20)",
        ["Reason__c"],
    ),
    ({"Name": None}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", ["Name"]),
    (
        {"NumberOfEmployees": 10**9},
        "NUMBER_OUTSIDE_VALID_RANGE",
        "Employees: value outside of valid range on numeric field: 1000000000",
        ["NumberOfEmployees"],
    ),
    ({"ParentId": "xyz"}, "MALFORMED_ID", "Parent Account ID: id value of incorrect type: xyz", ["ParentId"]),
    (
        {"ParentId": "003000000000000AAA"},
        "FIELD_INTEGRITY_EXCEPTION",
        "Parent Account ID: id value of incorrect type: 003000000000000AAA",
        ["ParentId"],
    ),
    (
        {"SystemModstamp": "2026-01-01T00:00:00Z"},
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        (
            "Unable to create/update fields: SystemModstamp. Please check the security settings of this field"
            " and verify that it is read/write for your profile or permission set."
        ),
        ["SystemModstamp"],
    ),
]


@pytest.mark.parametrize("bad", BAD_ROWS, ids=[row[1] for row in BAD_ROWS])
def test_a_bad_row_is_refused_and_its_neighbors_are_saved(
    world: World, http: Http, accounts: list[str], bad: BadRow
) -> None:
    values, code, message, fields = bad
    rows: list[Mapping[str, Any]] = [
        {"id": accounts[0], "Segment__c": "big"},
        {"id": accounts[1], **values},
        {"id": accounts[2], "Segment__c": "big"},
    ]
    first, second, third = patch(http, rows)
    assert (first["success"], third["success"]) == (True, True)
    assert second == {
        "success": False,
        "errors": [{"statusCode": code, "message": message, "fields": fields}],
    }
    assert world.org.store.history.touches(accounts[1]) == 0


def test_all_or_none_saves_nothing_when_one_row_is_bad(world: World, http: Http, accounts: list[str]) -> None:
    rows: list[Mapping[str, Any]] = [
        {"id": accounts[0], "Segment__c": "big"},
        {"id": accounts[1], "Segment__c": "no"},
    ]
    results = patch(http, rows, all_or_none=True)
    assert codes(results) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"]
    assert world.org.store.history.touches() == 0


def test_the_same_record_twice_is_refused_the_second_time(http: Http, accounts: list[str]) -> None:
    rows = [{"id": accounts[0], "Segment__c": "big"}, {"id": accounts[0][:15], "Segment__c": "small"}]
    assert codes(patch(http, rows)) == ["ok", "DUPLICATE_VALUE"]


def test_records_that_are_gone_are_told_from_those_that_never_were(
    world: World, http: Http, accounts: list[str]
) -> None:
    world.org.store.delete(accounts[0], world.org.admin_id)
    world.org.store.merge(accounts[2], [accounts[1]], world.org.admin_id)
    rows = [{"id": one, "Site": "x"} for one in (accounts[0], accounts[1], "001000000000000AAA", "nonsense")]
    assert codes(patch(http, rows)) == [
        "ENTITY_IS_DELETED",
        "ENTITY_IS_DELETED",
        "INVALID_CROSS_REFERENCE_KEY",
        "MALFORMED_ID",
    ]


def test_an_unknown_field_refuses_the_request_or_only_its_row(
    world: World, http: Http, accounts: list[str]
) -> None:
    rows: list[Mapping[str, Any]] = [{"id": accounts[0], "Site": "x"}, {"id": accounts[1], "Nope__c": "x"}]
    records = [{"attributes": {"type": "Account"}, **row} for row in rows]
    answer = http("PATCH", "composite/sobjects", json={"allOrNone": False, "records": records})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_FIELD")
    assert answer.json()[0]["message"] == "No such column 'Nope__c' on sobject of type Account"
    assert world.org.store.history.touches() == 0
    world.org.settings.beliefs.unknown_field_refuses_request = False
    assert codes(patch(http, rows)) == ["ok", "INVALID_FIELD"]


@pytest.mark.parametrize(
    ("count", "error"), [(200, None), (201, (400, "EXCEEDED_ID_LIMIT")), (0, (400, "JSON_PARSER_ERROR"))]
)
def test_at_most_200_records_fit(world: World, http: Http, count: int, error: tuple[int, str] | None) -> None:
    ids = [world.org.add("Account", {"Name": "A"}) for _ in range(count)]
    records = [{"attributes": {"type": "Account"}, "id": one, "Site": "x"} for one in ids]
    answer = http("PATCH", "composite/sobjects", json={"records": records})
    found = None if answer.status_code == 200 else (answer.status_code, answer.json()[0]["errorCode"])
    assert found == error


@pytest.mark.parametrize(("changes", "status"), [(9, 200), (10, 400)])
def test_at_most_ten_chunks_of_one_type_fit(world: World, http: Http, changes: int, status: int) -> None:
    account = world.org.add("Account", {"Name": "A"})
    contacts = [world.org.add("Contact", {"LastName": "L"}) for _ in range(6)]
    rows = []
    for index in range(changes + 1):
        record_id = contacts[index // 2] if index % 2 else world.org.add("Account", {"Name": "A"})
        kind = "Contact" if index % 2 else "Account"
        rows.append({"attributes": {"type": kind}, "id": record_id, "Description": "x"})
    assert account
    assert http("PATCH", "composite/sobjects", json={"records": rows}).status_code == status


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('{"allOrNone": false, "records": [{"Id": NaN}]}', "application/json"),
        ('{"allOrNone": false, "records": [', "application/json"),
        ('{"allOrNone": false, "recordz": []}', "application/json"),
        (
            '{"records": [{"attributes": {"type": "Account"}, "id": "ID", "NumberOfEmployees": "ten"}]}',
            "application/json",
        ),
        (
            '{"records": [{"attributes": {"type": "Account"}, "id": "ID", "Name": {"a": 1}}]}',
            "application/json",
        ),
    ],
    ids=["NaN", "cut", "unknown key", "text for a number", "object for a text"],
)
def test_bodies_that_are_not_right_are_refused_whole(
    http: Http, accounts: list[str], body: str, kind: str
) -> None:
    data = body.replace('"ID"', f'"{accounts[0]}"')
    answer = http("PATCH", "composite/sobjects", data=data, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


def test_a_body_that_says_it_is_something_else_is_refused(http: Http) -> None:
    assert http.error("PATCH", "composite/sobjects", data="{}", headers={"Content-Type": "text/plain"}) == (
        415,
        "UNSUPPORTED_MEDIA_TYPE",
    )


@pytest.mark.parametrize(
    ("name", "raw", "stored"),
    [
        ("Reason__c", "  Ünïcode 😀  ", "Ünïcode 😀"),
        ("Reason__c", "   ", None),
        ("Reason__c", "", None),
        ("Reason__c", 7, "7"),
        ("AnnualRevenue", "1200", 1200.0),
        ("AnnualRevenue", 12.5, 13.0),
        ("NumberOfEmployees", 7, 7),
        ("Segment__c", None, None),
    ],
)
def test_values_are_kept_as_salesforce_keeps_them(
    http: Http, accounts: list[str], name: str, raw: object, stored: object
) -> None:
    assert codes(patch(http, [{"id": accounts[0], name: raw}])) == ["ok"]
    assert http("GET", f"sobjects/Account/{accounts[0]}").json()[name] == stored


def test_dates_and_moments_are_kept_in_one_form(world: World, http: Http, accounts: list[str]) -> None:
    world.org.add_field("Account", Field(name="Since__c", label="Since", type="date"))
    world.org.add_field("Account", Field(name="At__c", label="At", type="datetime"))
    patch(http, [{"id": accounts[0], "Since__c": "2026-11-02", "At__c": "2026-11-02T10:00:00+01:00"}])
    record = http("GET", f"sobjects/Account/{accounts[0]}").json()
    assert (record["Since__c"], record["At__c"]) == ("2026-11-02", "2026-11-02T09:00:00.000+0000")
    records = [{"attributes": {"type": "Account"}, "id": accounts[0], "Since__c": "2026-13-01"}]
    assert http.error("PATCH", "composite/sobjects", json={"records": records}) == (400, "JSON_PARSER_ERROR")


def test_the_client_library_updates_one_record(world: World, accounts: list[str]) -> None:
    assert world.client().Account.update(accounts[0], {"Segment__c": "big"}) == 204
    assert world.org.store.history.changes(accounts[0], "Segment__c")[0].new == "big"


def test_updating_one_record_may_not_name_its_id(http: Http, accounts: list[str]) -> None:
    assert http.error("PATCH", f"sobjects/Account/{accounts[0]}", json={"Id": accounts[0]}) == (
        400,
        "INVALID_FIELD",
    )


def test_unique_fields_hold_a_value_once(world: World, http: Http, accounts: list[str]) -> None:
    world.org.add_field(
        "Account",
        Field(
            name="Key__c",
            label="Key",
            type="string",
            length=20,
            unique=True,
            external_id=True,
            id_lookup=True,
        ),
    )
    results = patch(http, [{"id": accounts[0], "Key__c": "a"}, {"id": accounts[1], "Key__c": "b"}])
    assert codes(results) == ["ok", "ok"]
    (result,) = patch(http, [{"id": accounts[2], "Key__c": "A"}])
    assert accounts[0] in result["errors"][0]["message"]
    assert codes([result]) == ["DUPLICATE_VALUE"]
    assert http("GET", "sobjects/Account/Key__c/a").json()["Id"] == accounts[0]
    assert http.error("GET", "sobjects/Account/Key__c/none") == (404, "NOT_FOUND")


def test_a_key_that_several_records_share_is_answered_with_all_of_them(world: World, http: Http) -> None:
    ids = [world.org.add("Contact", {"LastName": "L", "Email": "a@example.com"}) for _ in range(2)]
    answer = http("GET", "sobjects/Contact/Email/a@example.com")
    assert answer.status_code == 300
    assert answer.json() == [f"/services/data/v67.0/sobjects/Contact/{one}" for one in ids]


def test_reading_many_records_keeps_the_order_and_marks_those_that_are_missing(
    http: Http, accounts: list[str]
) -> None:
    asked = {"ids": [accounts[2], "001000000000000AAA", accounts[0]], "fields": ["Id", "Name"]}
    found = http("POST", "composite/sobjects/Account", json=asked).json()
    assert [one and one["Id"] for one in found] == [accounts[2], None, accounts[0]]
    listed = http("GET", f"composite/sobjects/Account?ids={accounts[1]}&fields=Name").json()
    assert [one["Name"] for one in listed] == ["Account 1"]
    assert http.error("POST", "composite/sobjects/Account", json={**asked, "fields": ["Nope"]}) == (
        400,
        "INVALID_FIELD",
    )


def test_person_accounts_are_accounts_that_are_people(world: World) -> None:
    world.org.settings.person_accounts = True
    org = type(world.org)(world.clock, world.org.settings)
    described = org.require("Account")
    kind = next(one for one in described.record_types if one.is_person)
    record_id = org.add("Account", {"Name": "P", "IsPersonAccount": True, "RecordTypeId": kind.record_id})
    world.emulator.org = org
    http = Http(
        world.session(),
        f"https://{org.domain}/services/data/v67.0",
        org.sessions.open(org.org_id, org.admin_id).token,
    )
    assert http.values("SELECT Id FROM Account WHERE IsPersonAccount = true") == [record_id]
    assert http.error("PATCH", f"sobjects/Account/{record_id}", json={"Name": "x"}) == (
        400,
        "INVALID_FIELD_FOR_INSERT_UPDATE",
    )
    assert http("PATCH", f"sobjects/Account/{record_id}", json={"PersonTitle": "x"}).status_code == 204


def test_methods_and_paths_that_are_not_there_are_refused(http: Http) -> None:
    answer = http("PUT", "composite/sobjects", json={})
    assert (answer.status_code, answer.json()) == (
        405,
        [
            {
                "message": "HTTP Method 'PUT' not allowed. Allowed are DELETE,PATCH,POST",
                "errorCode": "METHOD_NOT_ALLOWED",
            }
        ],
    )
    assert http.error("GET", "nothing/here") == (404, "NOT_FOUND")
    assert http.error("GET", "sobjects/CustomField/describe") == (404, "NOT_FOUND")
