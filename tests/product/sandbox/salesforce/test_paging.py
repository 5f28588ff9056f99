# ruff: noqa: S608 (queries of the test's own making)
"""Pages of query results, deleted records, and times of change."""

import pytest

from crm_segments.sandbox.salesforce import Field
from tests.product.sandbox.conftest import Http, World, name_records


def add_accounts(world: World, count: int) -> list[str]:
    return [world.org.add("Account", {"Name": f"Account {index:05}"}) for index in range(count)]


def all_pages(http: Http, soql: str, size: int | None = None) -> list[list[str]]:
    """Ids by page."""
    headers = {} if size is None else {"Sforce-Query-Options": f"batchSize={size}"}
    answer = http.query(soql, headers=headers)
    pages = [name_records(answer)]
    while not answer.json()["done"]:
        path = answer.json()["nextRecordsUrl"]
        assert path.startswith("/services/data/v67.0/query/01g")
        answer = http("GET", path.removeprefix("/services/data/v67.0/"))
        pages.append(name_records(answer))
    assert "nextRecordsUrl" not in answer.json()
    return pages


@pytest.mark.parametrize(
    ("asked", "sizes"),
    [(None, [450]), (200, [200, 200, 50]), (1, [200, 200, 50]), (225, [225, 225]), (9999, [450])],
    ids=["default", "200", "too small", "exact", "too large"],
)
def test_pages_hold_what_was_asked_within_the_limits(
    world: World, http: Http, asked: int | None, sizes: list[int]
) -> None:
    ids = add_accounts(world, 450)
    pages = all_pages(http, "SELECT Id FROM Account ORDER BY Name", asked)
    assert [len(page) for page in pages] == sizes
    assert [one for page in pages for one in page] == ids


def test_pages_may_be_shorter_than_asked(world: World, http: Http) -> None:
    ids = add_accounts(world, 30)
    world.org.settings.max_page_rows = 12
    pages = all_pages(http, "SELECT Id FROM Account ORDER BY Name", 2000)
    assert [len(page) for page in pages] == [12, 12, 6]
    assert [one for page in pages for one in page] == ids


def test_the_client_library_reads_all_pages(world: World) -> None:
    ids = add_accounts(world, 25)
    world.org.settings.max_page_rows = 10
    client = world.client()
    assert [one["Id"] for one in client.query_all_iter("SELECT Id FROM Account ORDER BY Name")] == ids


def test_a_locator_is_worth_something_to_its_user_and_for_two_days(world: World, http: Http) -> None:
    add_accounts(world, 250)
    soql, headers = "SELECT Id FROM Account", {"Sforce-Query-Options": "batchSize=200"}
    path = http.query(soql, headers=headers).json()["nextRecordsUrl"].removeprefix("/services/data/v67.0/")
    assert world.http(world.org.admin_id).error("GET", path) == (400, "INVALID_QUERY_LOCATOR")
    assert http.error("GET", "query/01gRO0000016PIAYA2-500") == (400, "INVALID_QUERY_LOCATOR")
    assert http("GET", path).status_code == 200
    world.clock.advance(2 * 86_400 + 1)
    assert world.http().error("GET", path) == (400, "INVALID_QUERY_LOCATOR")


def test_a_header_that_means_nothing_is_refused(http: Http) -> None:
    headers = {"Sforce-Query-Options": "pageSize=200"}
    assert http.error("GET", "query", params={"q": "SELECT Id FROM Account"}, headers=headers) == (
        400,
        "INVALID_HEADER",
    )


def test_deleted_records_are_seen_by_query_all_only(world: World, http: Http) -> None:
    kept, gone = add_accounts(world, 2)
    contact = world.org.add("Contact", {"LastName": "L", "AccountId": gone})
    assert http("DELETE", f"sobjects/Account/{gone}").status_code == 204
    soql = "SELECT Id, IsDeleted, MasterRecordId FROM Account ORDER BY Name"
    assert name_records(http.query(soql)) == [kept]
    records = http("GET", "queryAll", params={"q": soql}).json()["records"]
    assert [(one["Id"], one["IsDeleted"], one["MasterRecordId"]) for one in records] == [
        (kept, False, None),
        (gone, True, None),
    ]
    assert http.values("SELECT Id FROM Contact") == []
    assert http.error("GET", f"sobjects/Contact/{contact}") == (404, "ENTITY_IS_DELETED")
    assert world.org.store.purge() == 2
    assert http.error("GET", f"sobjects/Account/{gone}") == (404, "NOT_FOUND")


def test_merged_records_name_their_survivor_and_hand_over_their_children(world: World, http: Http) -> None:
    winner, loser = add_accounts(world, 2)
    contact = world.org.add("Contact", {"LastName": "L", "AccountId": loser})
    world.clock.advance(60)
    world.org.store.merge(winner, [loser], world.org.admin_id)
    answer = http("GET", "queryAll", params={"q": f"SELECT MasterRecordId FROM Account WHERE Id = '{loser}'"})
    assert answer.json()["records"][0]["MasterRecordId"] == winner
    assert http.values(f"SELECT AccountId FROM Contact WHERE Id = '{contact}'") == [winner]
    assert http.values("SELECT Id FROM Account WHERE SystemModstamp > 2026-11-02T09:00:30Z") == [winner]


def test_every_write_moves_the_time_of_change_even_one_that_changes_nothing(world: World, http: Http) -> None:
    (record_id,) = add_accounts(world, 1)
    world.clock.advance(90)
    http("PATCH", f"sobjects/Account/{record_id}", json={"Name": "Account 00000"})
    assert http.values("SELECT SystemModstamp FROM Account") == ["2026-11-02T09:01:30.000+0000"]
    assert world.org.store.history.touches(record_id) == 1
    assert world.org.store.history.no_op_touches(record_id) == 1


def test_a_long_transaction_appears_with_an_older_time_of_change(world: World, http: Http) -> None:
    (record_id,) = add_accounts(world, 1)
    world.clock.advance(600)
    world.org.store.commit_late(record_id, {"Site": "late"}, world.org.admin_id, seconds=120)
    assert http.values("SELECT SystemModstamp FROM Account WHERE Site = 'late'") == [
        "2026-11-02T09:08:00.000+0000"
    ]


def test_a_formula_changes_without_a_trace(world: World, http: Http) -> None:
    (record_id,) = add_accounts(world, 1)
    tiers = {"limit": 100}

    def tier(row: object) -> object:
        assert isinstance(row, dict)
        return "big" if row.get("NumberOfEmployees", 0) >= tiers["limit"] else "small"

    world.org.add_field(
        "Account",
        Field(name="Tier__c", label="Tier", type="string", length=1300, formula=tier, formula_text="IF()"),
    )
    world.org.edit(record_id, {"NumberOfEmployees": 50})
    before = http.query("SELECT Tier__c, SystemModstamp FROM Account").json()["records"][0]
    tiers["limit"] = 10
    world.clock.advance(60)
    after = http.query("SELECT Tier__c, SystemModstamp FROM Account").json()["records"][0]
    assert (before["Tier__c"], after["Tier__c"]) == ("small", "big")
    assert before["SystemModstamp"] == after["SystemModstamp"]
    fields = {one["name"]: one for one in http("GET", "sobjects/Account/describe").json()["fields"]}
    assert (fields["Tier__c"]["calculated"], fields["Tier__c"]["updateable"]) == (True, False)
    assert http.error("PATCH", f"sobjects/Account/{record_id}", json={"Tier__c": "x"}) == (
        400,
        "INVALID_FIELD_FOR_INSERT_UPDATE",
    )


def test_a_query_over_too_many_records_runs_into_the_time_limit(world: World, http: Http) -> None:
    add_accounts(world, 11)
    world.org.settings.query_timeout_rows = 10
    assert http.error("GET", "query", params={"q": "SELECT Id FROM Account"}) == (400, "QUERY_TIMEOUT")
