# ruff: noqa: S608 (queries of the test's own making)
"""SOQL: what it finds, in which order, how it looks, and what it refuses."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simple_salesforce.format import format_soql

from crm_segments.sandbox.salesforce.errors import ApiError
from crm_segments.sandbox.salesforce.soql.parser import parse
from tests.product.sandbox.conftest import Http, World


@pytest.fixture
def companies(world: World) -> dict[str, str]:
    """Ids of four accounts by name, with an owner, a parent, contacts and deals."""
    org = world.org
    ids: dict[str, str] = {}
    rows: list[dict[str, Any]] = [
        {"Name": "Alpha", "Industry": "Retail", "NumberOfEmployees": 10, "AnnualRevenue": 1000.5},
        {"Name": "beta", "Industry": "Retail", "NumberOfEmployees": 200, "Site": "50% off_x"},
        {"Name": "Gamma", "Industry": "Energy", "NumberOfEmployees": 3000},
        {"Name": "delta"},
    ]
    for row in rows:
        ids[row["Name"]] = org.add("Account", row)
    org.edit(ids["beta"], {"ParentId": ids["Gamma"]})
    for name, title in (("One", "CEO"), ("Two", None)):
        org.add("Contact", {"LastName": name, "AccountId": ids["Alpha"], "Title": title})
    org.add(
        "Opportunity", {"Name": "D", "AccountId": ids["beta"], "StageName": "X", "CloseDate": "2026-10-30"}
    )
    org.add(
        "Opportunity", {"Name": "E", "AccountId": ids["beta"], "StageName": "X", "CloseDate": "2026-11-02"}
    )
    return ids


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("Industry = 'retail'", ["Alpha", "beta"]),
        ("Industry != 'Retail'", ["delta", "Gamma"]),
        ("Industry = null", ["delta"]),
        ("Industry != null", ["Alpha", "beta", "Gamma"]),
        ("NumberOfEmployees > 10", ["beta", "Gamma"]),
        ("NumberOfEmployees >= 10 AND NumberOfEmployees < 3000", ["Alpha", "beta"]),
        ("NumberOfEmployees <= 1e1", ["Alpha"]),
        ("AnnualRevenue = 1000.5", ["Alpha"]),
        ("Name LIKE '%ta'", ["beta", "delta"]),
        ("Name LIKE 'GAM_A'", ["Gamma"]),
        (r"Site LIKE '%0\% off\_%'", ["beta"]),
        (r"Site LIKE '%0\_ off%'", []),
        ("Name IN ('ALPHA', 'nobody')", ["Alpha"]),
        ("Name NOT IN ('Alpha', 'beta')", ["delta", "Gamma"]),
        ("NOT Industry = 'Retail'", ["delta", "Gamma"]),
        ("(Industry = 'Energy' OR Name = 'Alpha') AND NumberOfEmployees != 10", ["Gamma"]),
        ("Parent.Name = 'Gamma'", ["beta"]),
        ("Account.Parent.Industry IN ('Energy')", ["beta"]),
        ("Id IN (SELECT AccountId FROM Contact WHERE Title = 'CEO')", ["Alpha"]),
        ("Id NOT IN (SELECT AccountId FROM Opportunity)", ["Alpha", "delta", "Gamma"]),
        ("IsDeleted = false AND CreatedDate = TODAY", ["Alpha", "beta", "delta", "Gamma"]),
        ("CreatedDate > 2026-11-02T10:00:00+01:00", []),
        ("SystemModstamp >= 2026-11-02T09:00:00Z AND Name = 'delta'", ["delta"]),
    ],
)
def test_conditions_find(http: Http, companies: dict[str, str], condition: str, names: list[str]) -> None:
    assert companies
    assert http.values(f"SELECT Name FROM Account WHERE {condition} ORDER BY Name") == names


@pytest.mark.parametrize(
    ("period", "names"),
    [
        ("= TODAY", ["E"]),
        ("= LAST_N_DAYS:3", ["D", "E"]),
        ("< TODAY", ["D"]),
        ("= LAST_MONTH", ["D"]),
        ("= THIS_MONTH", ["E"]),
        ("= THIS_QUARTER", ["D", "E"]),
        ("= LAST_WEEK", ["D"]),
        ("> YESTERDAY", ["E"]),
        ("= N_DAYS_AGO:3", ["D"]),
        ("= NEXT_YEAR", []),
        ("= LAST_N_YEARS:2", []),
        ("= THIS_YEAR", ["D", "E"]),
        ("= 2026-10-30", ["D"]),
    ],
)
def test_date_literals_mean_days_of_the_org(
    http: Http, companies: dict[str, str], period: str, names: list[str]
) -> None:
    assert companies
    assert http.values(f"SELECT Name FROM Opportunity WHERE CloseDate {period} ORDER BY Name") == names


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("Name", ["Alpha", "beta", "delta", "Gamma"]),
        ("Name DESC", ["Gamma", "delta", "beta", "Alpha"]),
        ("NumberOfEmployees", ["delta", "Alpha", "beta", "Gamma"]),
        ("NumberOfEmployees DESC NULLS LAST", ["Gamma", "beta", "Alpha", "delta"]),
        ("Industry NULLS LAST, Name DESC", ["Gamma", "beta", "Alpha", "delta"]),
        ("Name LIMIT 2", ["Alpha", "beta"]),
        ("Name LIMIT 2 OFFSET 1", ["beta", "delta"]),
        ("Name OFFSET 3", ["Gamma"]),
    ],
)
def test_order_limit_and_offset(http: Http, companies: dict[str, str], order: str, names: list[str]) -> None:
    assert companies
    assert http.values(f"SELECT Name FROM Account ORDER BY {order}") == names


def test_parents_are_nested_and_missing_ones_are_null(http: Http, companies: dict[str, str]) -> None:
    soql = (
        "SELECT Name, Parent.Name, Parent.Owner.Name FROM Account"
        " WHERE Name IN ('beta', 'delta') ORDER BY Name"
    )
    first, second = http.query(soql).json()["records"]
    assert first["Parent"]["Name"] == "Gamma"
    assert first["Parent"]["attributes"]["url"].endswith(companies["Gamma"])
    assert first["Parent"]["Owner"]["Name"] == "Admin"
    assert second["Parent"] is None


def test_children_are_nested_and_none_are_null(http: Http, companies: dict[str, str]) -> None:
    assert companies
    inner = "SELECT LastName FROM Contacts ORDER BY LastName DESC"
    soql = f"SELECT Name, ({inner}) FROM Account ORDER BY Name LIMIT 2"
    first, second = http.query(soql).json()["records"]
    assert first["Contacts"]["totalSize"] == 2
    assert [one["LastName"] for one in first["Contacts"]["records"]] == ["Two", "One"]
    assert second["Contacts"] is None


def test_the_owner_of_a_lead_may_be_a_queue_or_a_user(world: World, http: Http) -> None:
    queue = world.org.store.insert("Group", {"Name": "Queue", "Type": "Queue"}, "")
    world.org.add("Lead", {"LastName": "L", "Company": "C", "OwnerId": queue})
    (record,) = http.query("SELECT Owner.Name FROM Lead").json()["records"]
    assert record["Owner"]["attributes"]["type"] == "Name"
    assert record["Owner"]["Name"] == "Queue"


def test_groups_and_totals(http: Http, companies: dict[str, str]) -> None:
    assert companies
    soql = (
        "SELECT Industry, COUNT(Id), SUM(NumberOfEmployees) total, MAX(Name), MIN(NumberOfEmployees) least,"
        " AVG(NumberOfEmployees) FROM Account WHERE Industry != null GROUP BY Industry"
    )
    found = {one["Industry"]: one for one in http.query(soql).json()["records"]}
    assert found["Retail"] == {
        "attributes": {"type": "AggregateResult"},
        "Industry": "Retail",
        "expr0": 2,
        "total": 210.0,
        "expr1": "beta",
        "least": 10,
        "expr2": 105.0,
    }


def test_a_count_has_no_records(http: Http, companies: dict[str, str]) -> None:
    assert companies
    assert http.query("SELECT COUNT() FROM Account").json() == {"totalSize": 4, "done": True, "records": []}
    assert http.values("SELECT COUNT_DISTINCT(Industry) FROM Account") == [2]


def test_labels_and_all_fields(http: Http, companies: dict[str, str]) -> None:
    assert companies
    assert http.values("SELECT toLabel(Industry) FROM Account WHERE Name = 'Gamma'") == ["Energy"]
    (record,) = http.query("SELECT FIELDS(STANDARD) FROM Account WHERE Name = 'Gamma'").json()["records"]
    assert record["NumberOfEmployees"] == 3000
    assert http.error("GET", "query", params={"q": "SELECT FIELDS(ALL) FROM Account"}) == (
        400,
        "MALFORMED_QUERY",
    )


REFUSED = [
    ("SELECT Id FORM Account", "MALFORMED_QUERY", "Row:1:Column:11\nunexpected token: 'FORM'"),
    ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY", "unexpected token: <EOF>"),
    ("SELECT Id FROM Account LIMIT x", "MALFORMED_QUERY", "unexpected token: 'x'"),
    ("SELECT Id FROM Account WHERE Name = 'a' OR Name = 'b' AND Site = 'c'", "MALFORMED_QUERY", "'AND'"),
    ('SELECT Id FROM Account WHERE Name = "a"', "MALFORMED_QUERY", "unexpected token: '\"'"),
    ("SELECT Id FROM Account WHERE Name = 'a", "MALFORMED_QUERY", "unexpected token: '''"),
    (r"SELECT Id FROM Account WHERE Name = '\q'", "MALFORMED_QUERY", "Illegal character sequence"),
    ("SELECT Id; DELETE FROM Account", "MALFORMED_QUERY", "unexpected token: ';'"),
    ("SELECT * FROM Account", "MALFORMED_QUERY", "unexpected token: '*'"),
    ("SELECT Id, Name FROM Account GROUP BY Name", "MALFORMED_QUERY", "grouped or aggregated: Id"),
    ("SELECT Name FROM Account ORDER BY Description", "MALFORMED_QUERY", "can not be sorted"),
    ("SELECT Id FROM Account ALL ROWS", "MALFORMED_QUERY", "ALL ROWS not allowed"),
    (
        "SELECT Nope__c FROM Account",
        "INVALID_FIELD",
        "       ^\nERROR at Row:1:Column:8\nNo such column 'Nope__c'",
    ),
    (
        "SELECT Id\nFROM Account\nWHERE Nope = 1",
        "INVALID_FIELD",
        "\nWHERE Nope = 1\n      ^\nERROR at Row:3:Column:7",
    ),
    ("SELECT Boss.Name FROM Account", "INVALID_FIELD", "Didn't understand relationship 'Boss'"),
    ("SELECT Id FROM Account WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered"),
    (
        "SELECT Id FROM Account WHERE Name = 5",
        "INVALID_FIELD",
        "must be of type string and should be enclosed",
    ),
    ("SELECT Id FROM Account WHERE NumberOfEmployees = '5'", "INVALID_FIELD", "type int and should not be"),
    (
        "SELECT Id FROM Account WHERE CreatedDate > '2026-01-01T00:00:00Z'",
        "INVALID_FIELD",
        "filter criterion for field 'CreatedDate' must be of type dateTime and should not be enclosed",
    ),
    ("SELECT Id FROM Account WHERE CreatedDate > 2026-01-01", "INVALID_FIELD", "must be of type dateTime"),
    ("SELECT Name, Name FROM Account", "INVALID_FIELD", "duplicate field selected: Name"),
    (
        "SELECT Id FROM Nope__c",
        "INVALID_TYPE",
        "ERROR at Row:1:Column:16\nsObject type 'Nope__c' is not supported",
    ),
    ("SELECT Id FROM CustomField", "INVALID_TYPE", "not supported"),
    ("SELECT Id, (SELECT Id FROM Bosses) FROM Account", "INVALID_TYPE", "'Bosses'"),
    ("SELECT Id FROM Account WHERE Id = 'abc'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: abc"),
    ("SELECT Id FROM Account OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "offset"),
]


@pytest.mark.parametrize(("soql", "code", "part"), REFUSED, ids=[soql for soql, _, _ in REFUSED])
def test_wrong_queries_are_refused_with_the_place(http: Http, soql: str, code: str, part: str) -> None:
    answer = http.query(soql)
    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == code
    assert part in answer.json()[0]["message"]


@given(st.text(max_size=40).filter(lambda text: text.isprintable() and text.strip() == text and text))
def test_any_text_escaped_by_the_client_library_is_one_value(text: str) -> None:
    query = parse(format_soql("SELECT Id FROM Account WHERE Name = {} LIMIT 1", text))
    assert query.limit == 1
    condition = query.where
    assert condition is not None
    assert getattr(condition, "values")[0].text.replace("\\\\", "\\") == text  # noqa: B009 (a union)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert parse(f"SELECT Id FROM Account WHERE Name = {text}").select
    except ApiError as error:
        assert error.code == "MALFORMED_QUERY"  # noqa: PT017 (both outcomes are right)
