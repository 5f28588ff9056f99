# ruff: noqa: S608 (queries of the test's own making)
"""Bulk API 2.0: jobs, their states, their three files, their parts."""

import csv
import io
from typing import Any

import pytest
from simple_salesforce.exceptions import SalesforceOperationError

from crm_segments.sandbox.salesforce import DuplicateRule, Field, PicklistOption
from tests.product.sandbox.conftest import Http, World

CSV = {"Content-Type": "text/csv; charset=UTF-8"}
SEGMENT = Field(
    name="Segment__c",
    label="Segment",
    type="picklist",
    length=255,
    restricted=True,
    options=[PicklistOption("big", "Big")],
)


@pytest.fixture
def accounts(world: World) -> list[str]:
    world.org.add_field("Account", SEGMENT)
    return [world.org.add("Account", {"Name": f"Müller, {index}", "Site": "old"}) for index in range(4)]


def start(http: Http, text: str, operation: str = "update", sobject: str = "Account", **more: Any) -> str:
    """Makes a job, uploads its file and hands it over; the path of the job."""
    body = {"operation": operation, "object": sobject, "contentType": "CSV", **more}
    made = http("POST", "jobs/ingest", json=body)
    assert made.status_code == 200, made.text
    assert made.json()["state"] == "Open"
    path = f"jobs/ingest/{made.json()['id']}"
    assert made.json()["contentUrl"] == f"services/data/v67.0/{path}/batches"
    assert http("PUT", f"{path}/batches", data=text.encode(), headers=CSV).status_code == 201
    assert http("PATCH", path, json={"state": "UploadComplete"}).status_code == 200
    return path


def finish(http: Http, path: str) -> Any:
    """Asks until the job has ended; its last description."""
    for _ in range(20):
        shown = http("GET", path).json()
        if shown["state"] in {"JobComplete", "Failed", "Aborted"}:
            return shown
    raise AssertionError(shown)


def rows(http: Http, path: str) -> list[dict[str, str]]:
    """The records of a result file."""
    answer = http("GET", path)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


def test_each_row_ends_in_one_of_three_files(world: World, http: Http, accounts: list[str]) -> None:
    world.org.store.delete(accounts[2], world.org.admin_id)
    text = (
        "Id,Segment__c,Name\n"
        f"{accounts[0]},big,\n"
        f'{accounts[1]},huge,"A ""quoted""\nname"\n'
        f"{accounts[2]},big,x\n"
        f"{accounts[3][:15]},big,\n"
    )
    path = start(http, text)
    shown = finish(http, path)
    assert (shown["state"], shown["numberRecordsProcessed"], shown["numberRecordsFailed"]) == (
        "JobComplete",
        4,
        2,
    )
    good = rows(http, f"{path}/successfulResults")
    assert [(row["sf__Id"], row["sf__Created"]) for row in good] == [
        (accounts[0], "false"),
        (accounts[3], "false"),
    ]
    bad = rows(http, f"{path}/failedResults/")
    assert [row["sf__Id"] for row in bad] == [accounts[1], accounts[2]]
    assert bad[0]["Name"] == 'A "quoted"\nname'
    assert bad[0]["sf__Error"] == (
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST:"
        "Segment: bad value for restricted picklist field: huge:Segment__c --"
    )
    assert bad[1]["sf__Error"] == "ENTITY_IS_DELETED:entity is deleted: --"
    assert rows(http, f"{path}/unprocessedRecords") == []
    assert http("GET", f"{path}/unprocessedrecords").text == '"Id","Segment__c","Name"\n'


def test_an_empty_cell_changes_nothing_and_na_empties(world: World, http: Http, accounts: list[str]) -> None:
    finish(http, start(http, f"Id,Site,Phone\n{accounts[0]},,1\n{accounts[1]},#N/A,\n"))
    table = world.org.store.table("Account")
    assert (table[accounts[0]].get("Site"), table[accounts[0]].get("Phone")) == ("old", "1")
    assert "Site" not in table[accounts[1]]


def test_states_are_shown_one_after_the_other(world: World, http: Http, accounts: list[str]) -> None:
    world.org.settings.bulk_polls = 3
    path = start(http, f"Id,Site\n{accounts[0]},new\n")
    assert http.error("GET", f"{path}/successfulResults") == (400, "INVALIDJOBSTATE")
    states = [http("GET", path).json()["state"] for _ in range(4)]
    assert states == ["UploadComplete", "InProgress", "InProgress", "JobComplete"]


def test_a_job_is_done_when_its_time_has_come_whether_or_not_anybody_asks(
    world: World, http: Http, accounts: list[str]
) -> None:
    world.org.settings.bulk_seconds = 30
    path = start(http, f"Id,Site\n{accounts[0]},new\n")
    world.clock.advance(29)
    assert http("GET", path).json()["state"] == "InProgress"
    assert http.values(f"SELECT Site FROM Account WHERE Id = '{accounts[0]}'") == ["old"]
    world.clock.advance(1)
    assert http.values(f"SELECT Site FROM Account WHERE Id = '{accounts[0]}'") == ["new"]
    assert finish(http, path)["state"] == "JobComplete"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Id,Nope__c\n{id},x\n", "InvalidBatch : Field name not found : Nope__c"),
        ("Id,Site\r\n{id},x\r\n", "ClientInputError : LineEnding is invalid on user data."),
        ("Id,Site\n{id},x,y\n", "InvalidBatch : CSV row 2 has 3 columns"),
        ("", "InvalidBatch : Failed to read the header row"),
    ],
    ids=["field", "line ending", "columns", "empty"],
)
def test_a_file_that_is_wrong_as_a_whole_fails_its_job(
    world: World, http: Http, accounts: list[str], text: str, message: str
) -> None:
    path = start(http, text.replace("{id}", accounts[0]))
    shown = finish(http, path)
    assert shown["state"] == "Failed"
    assert shown["errorMessage"].startswith(message)
    assert world.org.store.history.touches() == 0


def test_rows_after_a_failure_of_the_server_stay_unprocessed(
    world: World, http: Http, accounts: list[str]
) -> None:
    world.org.settings.bulk_fail_after_rows = 1
    path = start(http, "Id,Site\n" + "".join(f"{one},new\n" for one in accounts))
    assert finish(http, path)["state"] == "Failed"
    counts = [
        len(rows(http, f"{path}/{part}"))
        for part in ("successfulResults", "failedResults", "unprocessedrecords")
    ]
    assert counts == [1, 0, 3]


def test_batches_of_one_job_contend_for_an_account(world: World, http: Http, accounts: list[str]) -> None:
    contacts = [world.org.add("Contact", {"LastName": "L", "AccountId": accounts[0]}) for _ in range(3)]
    world.org.settings.bulk_batch_rows = 2
    world.org.settings.bulk_batches_contend = True
    path = start(http, "Id,Title\n" + "".join(f"{one},x\n" for one in contacts), sobject="Contact")
    finish(http, path)
    (bad,) = rows(http, f"{path}/failedResults")
    assert bad["sf__Id"] == contacts[2]
    assert bad["sf__Error"].startswith("UNABLE_TO_LOCK_ROW:")


def test_assignment_rules_and_duplicate_rules_of_bulk_jobs(
    world: World, http: Http, accounts: list[str]
) -> None:
    somebody = world.org.add_user("somebody@example.com", world.org.admin_profile)
    world.org.settings.assignment_rules["Account"] = somebody
    owner = world.org.store.table("Account")[accounts[0]]["OwnerId"]
    text = f"Id,Site\n{accounts[0]},new\n"
    finish(http, start(http, text))
    assert world.org.store.table("Account")[accounts[0]]["OwnerId"] == owner
    world.org.settings.beliefs.bulk_runs_assignment_rules = True
    finish(http, start(http, text))
    assert world.org.store.table("Account")[accounts[0]]["OwnerId"] == somebody
    world.org.edit(accounts[1], {"Name": "Müller, 0"})
    world.org.settings.duplicate_rules.append(DuplicateRule("Account", "Same", ("Name",)))
    path = start(http, text)
    assert finish(http, path)["numberRecordsFailed"] == 1


def test_insert_upsert_and_delete(world: World, http: Http, accounts: list[str]) -> None:
    path = start(http, "Name,Site\nNew,\n,x\n", operation="insert")
    assert finish(http, path)["numberRecordsFailed"] == 1
    (made,) = rows(http, f"{path}/successfulResults")
    assert made["sf__Created"] == "true"
    assert rows(http, f"{path}/failedResults")[0]["sf__Error"] == (
        "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"
    )
    world.org.add_field(
        "Account", Field(name="Key__c", label="K", type="string", length=9, external_id=True, id_lookup=True)
    )
    world.org.edit(accounts[0], {"Key__c": "k"})
    path = start(http, "Key__c,Name\nK,Changed\nnew,Made\n", operation="upsert", externalIdFieldName="Key__c")
    finish(http, path)
    assert [row["sf__Created"] for row in rows(http, f"{path}/successfulResults")] == ["false", "true"]
    path = start(http, f"Id\n{accounts[0]}\n", operation="delete")
    finish(http, path)
    assert http.error("GET", f"sobjects/Account/{accounts[0]}") == (404, "ENTITY_IS_DELETED")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"operation": "update", "object": "Nope"}, "INVALIDENTITY"),
        ({"operation": "write", "object": "Account"}, "INVALIDJOB"),
        ({"operation": "update", "object": "Account", "contentType": "XML"}, "INVALIDJOB"),
        ({"operation": "update", "object": "Account", "lineEnding": "CR"}, "INVALIDJOB"),
        ({"operation": "upsert", "object": "Account", "externalIdFieldName": "Site"}, "INVALIDJOB"),
        ({"operation": "update", "object": "Account", "batchSize": 5}, "JSON_PARSER_ERROR"),
    ],
)
def test_wrong_jobs_are_refused(http: Http, body: dict[str, Any], code: str) -> None:
    assert http.error("POST", "jobs/ingest", json=body) == (400, code)


def test_a_job_takes_one_file_and_closes_once(http: Http, accounts: list[str]) -> None:
    made = http("POST", "jobs/ingest", json={"operation": "update", "object": "Account"}).json()
    path = f"jobs/ingest/{made['id']}"
    assert http.error("PATCH", path, json={"state": "UploadComplete"}) == (400, "INVALIDJOBSTATE")
    assert http.error("PUT", f"{path}/batches", data="x", headers={"Content-Type": "application/json"}) == (
        415,
        "UNSUPPORTED_MEDIA_TYPE",
    )
    http("PUT", f"{path}/batches", data=f"Id,Site\n{accounts[0]},x\n", headers=CSV)
    assert http.error("PUT", f"{path}/batches", data="x", headers=CSV) == (400, "INVALIDJOBSTATE")
    http("PATCH", path, json={"state": "UploadComplete"})
    assert http.error("PATCH", path, json={"state": "UploadComplete"}) == (400, "INVALIDJOBSTATE")


def test_open_jobs_are_found_aborted_and_deleted(http: Http) -> None:
    made = http("POST", "jobs/ingest", json={"operation": "update", "object": "Account"}).json()
    path = f"jobs/ingest/{made['id']}"
    (found,) = http("GET", "jobs/ingest").json()["records"]
    assert (found["id"], found["state"], found["object"]) == (made["id"], "Open", "Account")
    assert http.error("DELETE", path) == (400, "INVALIDJOBSTATE")
    assert http("PATCH", path, json={"state": "Aborted"}).json()["state"] == "Aborted"
    assert http("DELETE", path).status_code == 204
    assert http.error("GET", path) == (404, "NOT_FOUND")


def test_a_query_job_gives_its_result_in_parts(world: World, http: Http, accounts: list[str]) -> None:
    soql = "SELECT Id, Name, Owner.Name, IsDeleted, AnnualRevenue, SystemModstamp FROM Account"
    world.org.edit(accounts[0], {"AnnualRevenue": 1000.0})
    made = http("POST", "jobs/query", json={"operation": "query", "query": soql}).json()
    assert (made["state"], made["object"], made["apiVersion"]) == ("UploadComplete", "Account", 67.0)
    path = f"jobs/query/{made['id']}"
    assert http.error("GET", f"{path}/results") == (400, "INVALIDJOBSTATE")
    assert finish(http, path)["numberRecordsProcessed"] == 4
    first = http("GET", f"{path}/results?maxRecords=3")
    assert first.headers["Sforce-NumberOfRecords"] == "3"
    assert first.content.decode().split("\n")[1] == (
        f'"{accounts[0]}","Müller, 0","Admin","false","1000.0","2026-11-02T09:00:00.000Z"'
    )
    second = http("GET", f"{path}/results?maxRecords=3&locator={first.headers['Sforce-Locator']}")
    assert (second.headers["Sforce-NumberOfRecords"], second.headers["Sforce-Locator"]) == ("1", "null")
    assert second.text.startswith('"Id","Name","Owner.Name"')
    assert http.error("GET", f"{path}/results?locator=xyz") == (400, "INVALID_QUERY_LOCATOR")
    assert http("DELETE", path).status_code == 204


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (0.0, "0.0"),
        (1234567.5, "1234567.5"),
        (12345678.0, "1.2345678E7"),
        (-100000000.0, "-1.0E8"),
        (16147805824397.0, "1.6147805824397E13"),
        (0.00025, "2.5E-4"),
    ],
)
def test_large_numbers_have_an_exponent_in_files(world: World, http: Http, value: float, cell: str) -> None:
    world.org.add("Account", {"Name": "A", "AnnualRevenue": value})
    body = {"operation": "query", "query": "SELECT AnnualRevenue FROM Account"}
    path = f"jobs/query/{http('POST', 'jobs/query', json=body).json()['id']}"
    finish(http, path)
    assert http("GET", f"{path}/results").text == f'"AnnualRevenue"\n"{cell}"\n'


def test_deleted_records_come_with_query_all_jobs(world: World, http: Http, accounts: list[str]) -> None:
    world.org.store.delete(accounts[0], world.org.admin_id)
    counts = []
    for operation in ("query", "queryAll"):
        body = {"operation": operation, "query": "SELECT Id FROM Account"}
        path = f"jobs/query/{http('POST', 'jobs/query', json=body).json()['id']}"
        counts.append(finish(http, path)["numberRecordsProcessed"])
    assert counts == [3, 4]


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT COUNT() FROM Account", "API_ERROR"),
        ("SELECT Industry, COUNT(Id) FROM Account GROUP BY Industry", "API_ERROR"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "API_ERROR"),
        ("SELECT BillingAddress FROM Account", "FUNCTIONALITY_NOT_ENABLED"),
        ("SELECT Nope FROM Account", "INVALID_FIELD"),
        ("SELECT Id FORM Account", "MALFORMED_QUERY"),
    ],
)
def test_queries_that_bulk_cannot_run_are_refused(http: Http, soql: str, code: str) -> None:
    assert http.error("POST", "jobs/query", json={"operation": "query", "query": soql}) == (400, code)


def test_query_jobs_have_a_daily_limit(world: World, http: Http) -> None:
    world.org.settings.bulk_daily_query_jobs = 1
    body = {"operation": "query", "query": "SELECT Id FROM Account"}
    path = f"jobs/query/{http('POST', 'jobs/query', json=body).json()['id']}"
    assert http("GET", "limits").json()["DailyBulkV2QueryJobs"] == {"Max": 1, "Remaining": 0}
    assert http.error("POST", "jobs/query", json=body) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert http("PATCH", path, json={"state": "Aborted"}).json()["state"] == "Aborted"


def test_the_client_library_updates_and_queries_in_bulk(world: World, accounts: list[str]) -> None:
    world.org.settings.bulk_polls = 0
    client = world.client()
    changes = [{"Id": one, "Segment__c": "big"} for one in accounts]
    (result,) = client.bulk2.Account.update(records=changes, wait=0)
    assert (result["numberRecordsTotal"], result["numberRecordsFailed"]) == (4, 0)
    (page,) = client.bulk2.Account.query("SELECT Id FROM Account WHERE Segment__c = 'big'", wait=0)
    assert len(page.strip().splitlines()) == 5
    with pytest.raises(SalesforceOperationError, match="Field name not found : Nope__c"):
        client.bulk2.Account.update(records=[{"Id": accounts[0], "Nope__c": "x"}], wait=0)


def test_a_job_that_was_aborted_after_its_work_says_how_much_it_did(
    world: World, http: Http, accounts: list[str]
) -> None:
    world.org.settings.bulk_polls = 3
    path = start(http, f"Id,Segment__c\n{accounts[0]},big\n")
    assert http("PATCH", path, json={"state": "Aborted"}).json()["state"] == "Aborted"
    shown = http("GET", path).json()
    assert (shown["state"], shown["numberRecordsProcessed"], shown["numberRecordsFailed"]) == (
        "Aborted",
        1,
        0,
    )
    assert [row["sf__Id"] for row in rows(http, f"{path}/successfulResults")] == [accounts[0]]
