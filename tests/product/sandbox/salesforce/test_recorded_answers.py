"""The emulator held against what Salesforce really answered: status, headers, keys, types, codes, values."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from crm_segments.sandbox import refused
from crm_segments.sandbox.salesforce import DuplicateRule
from tests.product.sandbox.conftest import Http, World
from tests.product.sandbox.salesforce.recorded import (
    NEWEST_TEXT,
    add_recorded_fields,
    add_recorded_record,
    pair,
    pairs,
    shape,
)

ACCOUNT = "0014S000007NxmlQAC"
SECOND = "0014S000007Nx5BQAS"
LEAD = "00Q4S000002sSacUAE"

HEADERS = {
    "Sforce-Limit-Info": re.compile(r"api-usage=\d+/\d+"),
    "Last-Modified": re.compile(r"\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT"),
    "Location": re.compile(r"/services/data/v[\d.]+/sobjects/\w+/\w{18}"),
    "Content-Type": re.compile(r"application/json;charset=UTF-8"),
}


def as_recorded(world: World, one: Any) -> requests.Response:
    """Sends the recorded request."""
    version = re.search(r"/v([\d.]+)/", one.path)
    assert version is not None
    path = one.path.split("/", 4)[4]
    body = {} if one.body is None else {"json": one.body}
    return world.http(version=version[1])(one.method, path, **body)


def assert_headers(answer: requests.Response, recorded: Mapping[str, Any]) -> None:
    """Every header that was recorded is there, in its form."""
    for name, form in HEADERS.items():
        if name in recorded:
            assert form.fullmatch(answer.headers[name]), name


@pytest.mark.parametrize("one", list(pairs("describe")), ids=lambda one: one.name)
def test_objects_are_described_as_recorded(world: World, one: Any) -> None:
    add_recorded_fields(world.org)
    answer = as_recorded(world, one)
    assert_headers(answer, one.headers)
    ours = answer.json()
    assert list(ours) == list(one.answer)
    told_apart = {"fields", "childRelationships"}
    assert {name: value for name, value in ours.items() if name not in told_apart} == {
        name: value for name, value in one.answer.items() if name not in told_apart
    }
    assert shape(ours["childRelationships"]) == shape(one.answer["childRelationships"])
    by_name = {field["name"]: field for field in ours["fields"]}
    for field in one.answer["fields"]:
        mine = by_name[field["name"]]
        assert list(mine) == list(field)
        # Lists of options were shortened in the recording.
        options = [mine.pop("picklistValues"), field.pop("picklistValues")]
        assert mine == field
        assert shape(options[0]) == shape(options[1])


@pytest.mark.parametrize(
    "name", ["get_sobjects_Account_200", "get_sobjects_Contact_200", "get_sobjects_Lead_200"]
)
def test_records_read_as_recorded(world: World, name: str) -> None:
    one = pair("rest_collections", name)
    add_recorded_fields(world.org)
    add_recorded_record(world.org, one.answer)
    answer = as_recorded(world, one)
    assert answer.status_code == one.status
    assert_headers(answer, one.headers)
    assert answer.headers["Last-Modified"] == one.headers["Last-Modified"]
    assert answer.json() == one.answer
    assert list(answer.json()) == list(one.answer)


def test_the_organization_reads_as_recorded(world: World) -> None:
    one = pair("cumulusci_rest", "get_data_vxx.0_sobjects_Organization_00D0xORGID00000000_200")
    answer = world.http(version=NEWEST_TEXT)("GET", f"sobjects/Organization/{world.org.org_id}")
    assert answer.status_code == one.status
    assert list(answer.json()) == list(one.answer)
    assert answer.json()["Address"].keys() == one.answer["Address"].keys()


@pytest.mark.parametrize(
    "name", [f"get_sobjects_{kind}_404_NOT_FOUND" for kind in ("Account", "Contact", "Lead")]
)
def test_records_that_are_not_there_are_answered_as_recorded(world: World, name: str) -> None:
    one = pair("rest_collections", name)
    answer = as_recorded(world, one)
    assert (answer.status_code, answer.json()) == (one.status, one.answer)
    assert_headers(answer, one.headers)


def test_queries_without_and_with_records_are_answered_as_recorded(world: World, http: Http) -> None:
    empty, found = (pair("rest_collections", name) for name in ("get_query_200_q0", "get_query_200"))
    soql = "SELECT Id FROM Account WHERE AccountNumber = 'person@example.com'"
    old = world.http(version="42.0")
    answer = old.query(soql)
    assert answer.json() == empty.answer
    assert_headers(answer, empty.headers)
    world.org.add("Account", {"Name": "A", "AccountNumber": "Person@example.com"}, record_id=ACCOUNT)
    assert old.query(soql).json() == found.answer
    assert http.query(soql).json() == {
        **found.answer,
        "records": [
            {
                **found.answer["records"][0],
                "attributes": {"type": "Account", "url": f"/services/data/v67.0/sobjects/Account/{ACCOUNT}"},
            }
        ],
    }


def test_counts_and_pages_of_records_have_the_recorded_form(world: World) -> None:
    for index in range(6):
        values = {"Description": "Some Description", "Phone": "1", "AccountNumber": "123"}
        world.org.add("Account", {"Name": f"Account {index}", **values})
    count = pair("cumulusci_rest", "get_data_vxx.0_query_200")
    answer = as_recorded(world, count)
    assert answer.json() == count.answer
    assert_headers(answer, {name: value[0] for name, value in count.headers.items()})
    listed = pair("cumulusci_rest", "get_data_v62.0_query_200")
    assert shape(as_recorded(world, listed).json()) == shape(listed.answer)


@pytest.mark.parametrize(
    ("name", "count"),
    [("get_data_vxx.0_limits_recordCount_200", 1), ("get_data_v62.0_limits_recordCount_200", 3)],
)
def test_record_counts_are_answered_as_recorded(world: World, name: str, count: int) -> None:
    for index in range(count):
        world.org.add("Account", {"Name": f"Account {index}"})
    one = pair("cumulusci_rest", name)
    assert as_recorded(world, one).json() == one.answer


def test_the_tooling_api_wraps_its_records_as_recorded(world: World) -> None:
    one = pair("cumulusci_rest", "get_data_vxx.0_tooling_query_200")
    for entry in one.answer["records"]:
        # The recorded names were replaced, and would not meet the recorded condition.
        world.org.store.insert("ApexClass", {"Name": f"{entry['Name']}_TEST"}, "", entry["Id"])
    ours = as_recorded(world, one).json()
    for entry in ours["records"]:
        entry["Name"] = entry["Name"].removesuffix("_TEST")
    assert ours == one.answer


def new_account(world: World) -> None:
    """Nothing has to be there."""


def two_accounts(world: World) -> None:
    """The accounts that the recorded requests change."""
    add_recorded_fields(world.org)
    for record_id in (ACCOUNT, SECOND, "0014S000007NxlpQAC"):
        world.org.add("Account", {"Name": "Before"}, record_id=record_id)


def converted_lead(world: World) -> None:
    """A lead that somebody has converted."""
    account = world.org.add("Account", {"Name": "A"})
    world.org.add("Lead", {"LastName": "L", "Company": "C"}, record_id=LEAD)
    world.org.convert_lead(LEAD, account)


WRITES: list[tuple[str, str, Callable[[World], None]]] = [
    ("rest_collections", "post_composite_sobjects_200", new_account),
    ("rest_collections", "post_composite_sobjects_200_REQUIRED_FIELD_MISSING", new_account),
    ("rest_collections", "patch_composite_sobjects_200", two_accounts),
    ("rest_collections", "patch_composite_sobjects_200_INVALID_EMAIL_ADDRESS", two_accounts),
    ("rest_collections", "patch_composite_sobjects_200_CANNOT_UPDATE_CONVERTED_LEAD", converted_lead),
    ("rest_collections", "delete_composite_sobjects_200", two_accounts),
    ("rest_collections", "post_sobjects_Topic_201", new_account),
    ("rest_collections", "post_sobjects_Campaign_201", new_account),
    ("cumulusci_rest", "post_data_vxx.0_sobjects_Account_201", new_account),
    ("cumulusci_rest", "patch_data_vxx.0_composite_sobjects_Contact_Email_200", new_account),
    ("cumulusci_rest", "patch_data_vxx.0_composite_sobjects_Account_Id_200", new_account),
    ("cumulusci_rest", "patch_data_vxx.0_composite_sobjects_Contact_Id_200", new_account),
    ("cumulusci_rest", "patch_data_vxx.0_composite_sobjects_Opportunity_Id_200", new_account),
]


def without_new_ids(answer: Any) -> Any:
    """The answer with ids of new records, which differ each time, made equal."""
    rows = answer if isinstance(answer, list) else [answer]
    kept = [row for row in rows if row != "..."]
    return [{**row, "id": len(row["id"])} if "id" in row else row for row in kept]


@pytest.mark.parametrize(("file", "name", "prepare"), WRITES, ids=[name for _, name, _ in WRITES])
def test_writes_are_answered_as_recorded(
    world: World, file: str, name: str, prepare: Callable[[World], None]
) -> None:
    prepare(world)
    one = pair(file, name)
    if isinstance(one.body, dict) and "records" in one.body:
        one.body["records"] = [row for row in one.body["records"] if row != "..."]
    path = one.path
    if one.method == "DELETE":
        path += f"?ids={ACCOUNT},{SECOND},0014S000007NxlpQAC&allOrNone=true"
    answer = as_recorded(world, type(one)(one.name, one.method, path, one.body, 0, {}, None))
    assert answer.status_code == one.status
    assert_headers(answer, {key: value for key, value in one.headers.items() if isinstance(value, str)})
    assert without_new_ids(answer.json()) == without_new_ids(one.answer)


def test_several_requests_in_one_are_answered_as_recorded(world: World) -> None:
    world.org.add("Account", {"Name": "Sample-Name-1594"})
    one = pair("cumulusci_rest", "post_data_vxx.0_composite_200")
    ours = as_recorded(world, one).json()
    assert shape(ours) == shape(one.answer)
    refs = [part["referenceId"] for part in ours["compositeResponse"]]
    assert refs == [part["referenceId"] for part in one.answer["compositeResponse"]]
    assert [list(part["body"]["records"][0])[1] for part in ours["compositeResponse"]] == ["Id", "Name"] * 2


def test_an_unknown_object_within_several_requests_is_answered_as_recorded(world: World) -> None:
    one = pair("cumulusci_rest", "post_data_vxx.0_composite_200_err")
    assert as_recorded(world, one).json()["compositeResponse"][0]["body"] == [
        {"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}
    ]
    assert as_recorded(world, one).json() == one.answer


def test_what_has_not_changed_is_answered_as_recorded(world: World) -> None:
    one = pair("cumulusci_rest", "post_data_v49.0_composite_200")
    # The org of the emulator is younger than the recording.
    for part in one.body["compositeRequest"]:
        part["httpHeaders"]["If-Modified-Since"] = "Mon, 02 Nov 2026 09:00:00 GMT"
    ours = as_recorded(world, one).json()
    assert shape(ours) == shape(one.answer)
    assert {part["httpStatusCode"] for part in ours["compositeResponse"]} == {304}


def test_a_broken_server_answers_as_recorded(world: World) -> None:
    one = pair("cumulusci_rest", "post_data_vxx.0_composite_500")
    world.emulator.faults.at(1, refused(500))
    answer = as_recorded(world, one)
    assert (answer.status_code, answer.text) == (one.status, one.answer)


@pytest.mark.parametrize("name", ["soap_login_200", "soap_login_500_INVALID_LOGIN"])
def test_soap_logins_are_answered_as_recorded(world: World, name: str) -> None:
    one = pair("auth", name)
    password = "passwordword" if one.status == 500 else "password"
    user = "nobody@example.com" if one.status == 500 else "integration@example.com"
    body = f"<e><login><username>{user}</username><password>{password[:8]}</password></login></e>"
    world.org.sessions.passwords["integration@example.com"] = ("pass", "word")
    answer = world.session().post(
        f"https://login.salesforce.com{one.path}",
        data=body,
        headers={"SOAPAction": "login", "Content-Type": "text/xml"},
        timeout=20,
    )
    assert answer.status_code == one.status
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    tags = [tag for tag in re.findall(r"<([\w:]+)", one.answer) if tag != "sf:LoginFault"]
    assert [tag for tag in tags if f"<{tag}" not in answer.text] == []


@pytest.mark.parametrize("name", [one.name for one in pairs("errors_quoted")])
def test_refusals_are_worded_as_quoted(world: World, name: str) -> None:
    one = pair("errors_quoted", name)
    answer = provoke(world, name)
    assert answer.status_code == one.status
    assert shape(answer.json()) == shape(one.answer)
    ours, theirs = answer.json()[0], one.answer[0]
    assert ours["errorCode"] == theirs["errorCode"]
    assert masked(ours["message"]) == masked(theirs["message"])


def masked(message: str) -> str:
    """The wording of a message without the ids in it."""
    return re.sub(r"\b00\w{13,16}\b", "ID", message)


def provoke(world: World, name: str) -> requests.Response:
    """Makes the org refuse for this reason."""
    org, http = world.org, world.http(version="56.0")
    add_recorded_fields(org)
    account = org.add("Account", {"Name": "Twin"})
    if name == "UNABLE_TO_LOCK_ROW":
        org.lock_row(account, 1)
        return http("PATCH", f"sobjects/Account/{account}", json={"Site": "x"})
    if name == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST":
        contact = org.add("Contact", {"LastName": "L"})
        field = org.require("Contact").field("picklist_field__c")
        assert field is not None
        org.require("Contact").add_field(
            type(field)(
                name="Race__c",
                label="Race",
                type="picklist",
                length=255,
                options=field.options,
                restricted=True,
                permissionable=False,
                custom=True,
            )
        )
        org.access.forget()
        return http("PATCH", f"sobjects/Contact/{contact}", json={"Race__c": "Xxx"})
    if name == "INVALID_FIELD_FOR_INSERT_UPDATE":
        return http("POST", "sobjects/Lead/", json={"Name": "x", "Company": "Sample"})
    if name == "REQUEST_LIMIT_EXCEEDED":
        org.usage.add(org.settings.daily_api_requests)
        return http("GET", "tooling/query/")
    org.settings.duplicate_rules.append(DuplicateRule("Account", "Some_Rule", ("Name",), allows_save=False))
    return http("POST", "sobjects/Account", json={"Name": "Twin"})


def test_bulk_jobs_show_themselves_as_recorded(world: World, http: Http) -> None:
    record_id = world.org.add("Account", {"Name": "A"})
    created = pair("bulk_v2", "ingest_create_200")
    job = http("POST", "jobs/ingest", json=created.body)
    assert job.status_code == created.status
    # Bodies from a test-suite name fewer keys than real ones, and one that belongs to a later answer.
    assert set(created.answer) - set(job.json()) == {"jobType"}
    path = f"jobs/ingest/{job.json()['id']}"
    uploaded = pair("bulk_v2", "ingest_upload_201")
    answer = http(
        "PUT", f"{path}/batches", data=f"Id,Site\n{record_id},x\n", headers=uploaded_headers(uploaded)
    )
    assert (answer.status_code, answer.text) == (uploaded.status, uploaded.answer)
    closed = pair("bulk_v2", "ingest_close_200")
    assert http("PATCH", path, json=closed.body).json()["state"] == closed.answer["state"]
    complete = pair("bulk_v2", "ingest_job_complete_200")
    http("GET", path)
    shown = http("GET", path).json()
    assert shape(shown) == shape(complete.answer)
    assert list(shown)[:7] == list(complete.answer)[:7]
    for name in ("ingest_successful_results_200", "ingest_failed_results_200"):
        recorded = pair("bulk_v2", name)
        part = "successfulResults" if "successful" in name else "failedResults"
        results = http("GET", f"{path}/{part}")
        assert results.status_code == recorded.status
        assert results.headers["Content-Type"].startswith(recorded.headers["Content-Type"])
        assert results.text.split("\n")[0].split(",")[:2] == recorded.answer.split("\n")[0].split(",")[:2]


def uploaded_headers(one: Any) -> dict[str, str]:
    """The content type of the recorded upload."""
    return {"Content-Type": "text/csv; charset=UTF-8"} if one.status == 201 else {}


def test_bulk_query_results_come_as_recorded(world: World, http: Http) -> None:
    one = pair("bulk_v2", "query_results_200")
    account = world.org.add("Account", {"Name": "A"})
    for index in range(4):
        values = {"LastName": "x", "AccountId": account, "Email": f"p{index}@example.com"}
        world.org.add("Contact", values)
    job = http(
        "POST", "jobs/query", json={"operation": "query", "query": "SELECT Id, AccountId, Email FROM Contact"}
    ).json()
    for _ in range(2):
        http("GET", f"jobs/query/{job['id']}")
    results = http("GET", f"jobs/query/{job['id']}/results?maxRecords=50000")
    assert {name: results.headers[name] for name in one.headers} == one.headers
    assert results.text.split("\n")[0] == one.answer.split("\n")[0]


def test_every_recorded_pair_is_replayed() -> None:
    """A pair that is added must be replayed by a test here, by its own name or with its whole file."""
    text = Path(__file__).read_text(encoding="utf-8")
    whole_files = {"describe", "errors_quoted"}
    forgotten = [
        one.name
        for file in ("auth", "bulk_v2", "cumulusci_rest", "rest_collections", "describe", "errors_quoted")
        for one in pairs(file)
        if file not in whole_files and one.name not in text and "_404_NOT_FOUND" not in one.name
    ]
    assert forgotten == []
