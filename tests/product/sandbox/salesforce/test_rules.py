"""What others have set up gets in the way of a write: rules, locks, record types."""

import json
from datetime import timedelta

from crm_segments.sandbox.calls import Call
from crm_segments.sandbox.salesforce import DuplicateRule, ValidationRule
from tests.product.sandbox.conftest import Http, World
from tests.product.sandbox.salesforce.saving import codes, patch


def test_the_default_assignment_rule_changes_the_owner_unless_told_not_to(
    world: World, http: Http, accounts: list[str]
) -> None:
    somebody = world.org.add_user("somebody@example.com", world.org.admin_profile)
    world.org.settings.assignment_rules["Account"] = somebody
    table = world.org.store.table("Account")
    before = table[accounts[0]]["OwnerId"]
    patch(http, [{"id": accounts[0], "Segment__c": "big"}], headers={"Sforce-Auto-Assign": "FALSE"})
    http(
        "PATCH",
        f"sobjects/Account/{accounts[0]}",
        json={"Site": "x"},
        headers={"Sforce-Auto-Assign": "false"},
    )
    assert table[accounts[0]]["OwnerId"] == before
    patch(http, [{"id": accounts[0], "Segment__c": "small"}])
    assert table[accounts[0]]["OwnerId"] == somebody
    changed = world.org.store.history.changes(accounts[0], "OwnerId")
    assert [(one.old, one.new) for one in changed] == [(before, somebody)]


def test_duplicate_rules_refuse_unless_the_client_may_and_does_save_anyway(
    world: World, http: Http, accounts: list[str]
) -> None:
    world.org.edit(accounts[1], {"Name": "Account 0"})
    world.org.settings.duplicate_rules.append(DuplicateRule("Account", "Same_Name", ("Name",)))
    row = {"id": accounts[0], "Segment__c": "big"}
    (refused,) = patch(http, [row])
    assert codes([refused]) == ["DUPLICATES_DETECTED"]
    assert refused["errors"][0]["duplicateResult"]["duplicateRule"] == "Same_Name"
    allowed = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    assert codes(patch(http, [row], headers=allowed)) == ["ok"]
    world.org.settings.duplicate_rules[0] = DuplicateRule("Account", "Block", ("Name",), allows_save=False)
    assert codes(patch(http, [row], headers=allowed)) == ["DUPLICATES_DETECTED"]


def test_validation_rules_speak_with_their_own_words(world: World, http: Http, accounts: list[str]) -> None:
    rule = ValidationRule("Account", "Site is needed", lambda row: row.get("Site") is None, "Site")
    world.org.settings.validation_rules.append(rule)
    (result,) = patch(http, [{"id": accounts[0], "Segment__c": "big"}])
    assert result["errors"] == [
        {"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "Site is needed", "fields": ["Site"]}
    ]
    assert codes(patch(http, [{"id": accounts[0], "Segment__c": "big", "Site": "x"}])) == ["ok"]


def test_records_in_approval_are_locked_for_all_but_administrators(
    world: World, http: Http, accounts: list[str]
) -> None:
    world.org.lock_for_approval(accounts[0])
    row = {"id": accounts[0], "Segment__c": "big"}
    assert codes(patch(http, [row])) == ["ENTITY_IS_LOCKED"]
    assert codes(patch(world.http(world.org.admin_id), [row])) == ["ok"]
    world.org.unlock_approval(accounts[0])
    assert codes(patch(http, [row])) == ["ok"]


def test_rows_that_somebody_works_on_cannot_be_locked_for_a_while(
    world: World, http: Http, accounts: list[str]
) -> None:
    contact = world.org.add("Contact", {"LastName": "L", "AccountId": accounts[0]})
    world.org.lock_row(accounts[0], 2)
    assert codes(patch(http, [{"id": accounts[0], "Site": "x"}, {"id": accounts[1], "Site": "x"}])) == [
        "UNABLE_TO_LOCK_ROW",
        "ok",
    ]
    (result,) = patch(http, [{"id": contact, "Title": "x"}], kind="Contact")
    assert result["errors"][0]["message"].endswith(f"1 records: {accounts[0]}")
    assert codes(patch(http, [{"id": contact, "Title": "x"}], kind="Contact")) == ["ok"]


def test_record_types_hide_options(world: World, http: Http, accounts: list[str]) -> None:
    kind = world.org.add_record_type("Account", "Partner", {"Segment__c": ["small"]})
    world.org.edit(accounts[0], {"RecordTypeId": kind})
    rows = [{"id": accounts[0], "Segment__c": "big"}, {"id": accounts[1], "Segment__c": "big"}]
    assert codes(patch(http, rows)) == ["INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "ok"]
    world.org.settings.beliefs.record_type_hides_options = False
    assert codes(patch(http, rows[:1])) == ["ok"]
    infos = http("GET", "sobjects/Account/describe").json()["recordTypeInfos"]
    assert [one["developerName"] for one in infos] == ["Partner", "Master"]


def test_requests_under_way_together_cannot_both_lock_an_account(
    world: World, http: Http, accounts: list[str]
) -> None:
    world.org.settings.parents_contend = True
    contacts = [world.org.add("Contact", {"LastName": "L", "AccountId": accounts[0]}) for _ in range(3)]
    arrived = world.clock.now()

    def answer(ordinal: int, contact: str, wait: float) -> list[str]:
        world.clock.advance(wait)
        row = {"attributes": {"type": "Contact"}, "id": contact, "Title": "x"}
        call = Call(
            "PATCH",
            "/services/data/v67.0/composite/sobjects",
            headers={"authorization": f"Bearer {http.token}", "content-type": "application/json"},
            body=json.dumps({"records": [row]}).encode(),
            ordinal=ordinal,
            arrived_at=arrived + timedelta(seconds=2 * (ordinal // 3)),
        )
        return codes(json.loads(world.emulator.answer(call).body))

    assert answer(1, contacts[0], 1) == ["ok"]
    assert answer(2, contacts[1], 0.5) == ["UNABLE_TO_LOCK_ROW"]
    assert answer(3, contacts[2], 1) == ["ok"]
