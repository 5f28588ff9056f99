"""What Salesforce has against single records: one outcome and one helpful sentence for each rule."""

from collections.abc import Callable

import pytest

from connectors.model import ObjectKind, WriteOutcome, WriteResult
from connectors.salesforce.row_errors import RowError, from_csv, from_json, verdict
from crm_segments.sandbox.salesforce import DuplicateRule, Field, ValidationRule
from tests.connectors.salesforce.writing import (
    KEY,
    REASON,
    add_fields,
    outcomes,
    put,
    seed,
    stored,
    write_job,
)
from tests.salesforce import SalesforceWorld

Route = Callable[..., list[WriteResult]]
ROUTES = pytest.mark.parametrize("route", [put, write_job], ids=["collection", "bulk job"])


@pytest.fixture
def world(salesforce: SalesforceWorld) -> SalesforceWorld:
    add_fields(salesforce, "Account", "Contact", "Lead")
    return salesforce


def one(results: list[WriteResult]) -> WriteResult:
    (result,) = results
    return result


@ROUTES
def test_a_locked_row_spares_the_others_and_is_worth_another_try(
    world: SalesforceWorld, route: Route
) -> None:
    """Pain: one locked account failed tens of thousands of rows."""
    ids = seed(world, 50)
    world.org.lock_row(ids[20], 1)
    results = route(world, [(record_id, {KEY: "big"}) for record_id in ids])
    busy = [result for result in results if result.outcome is WriteOutcome.BUSY]
    assert [(result.record_id, result.code) for result in busy] == [(ids[20], "UNABLE_TO_LOCK_ROW")]
    assert outcomes(results).count(WriteOutcome.WRITTEN) == 49
    assert outcomes(put(world, [(ids[20], {KEY: "big"})])) == [WriteOutcome.WRITTEN]


def test_contacts_stay_in_the_order_that_keeps_siblings_together(world: SalesforceWorld) -> None:
    """Pain: contacts of one account in two batches of a job waited for each other until they failed."""
    world.org.settings.bulk_batches_contend = True
    world.org.settings.bulk_batch_rows = 2
    accounts = seed(world, 3)
    contacts = [
        world.org.add("Contact", {"LastName": "X", "AccountId": account})
        for account in accounts
        for _ in "ab"
    ]
    results = write_job(world, [(one, {KEY: "big"}) for one in contacts], ObjectKind.CONTACT)
    assert set(outcomes(results)) == {WriteOutcome.WRITTEN}
    mixed = contacts[::2] + contacts[1::2]
    results = write_job(world, [(one, {KEY: "small"}) for one in mixed], ObjectKind.CONTACT)
    assert WriteOutcome.BUSY in set(outcomes(results))


@ROUTES
def test_a_record_in_approval_waits(world: SalesforceWorld, route: Route) -> None:
    (record_id,) = seed(world, 1)
    world.org.lock_for_approval(record_id)
    result = one(route(world, [(record_id, {KEY: "big"})]))
    assert (result.outcome, result.code) == (WriteOutcome.LOCKED, "ENTITY_IS_LOCKED")
    assert "approval" in result.message


@ROUTES
def test_deleted_purged_and_merged_records_are_gone(world: SalesforceWorld, route: Route) -> None:
    """Pain: deletes and merges leave ghosts."""
    purged, deleted, loser, middle, winner = seed(world, 5)
    world.delete(ObjectKind.ACCOUNT, purged)
    world.org.store.purge()
    world.delete(ObjectKind.ACCOUNT, deleted)
    put(world, [(winner, {KEY: "small"})])
    world.merge(ObjectKind.ACCOUNT, middle, loser)
    world.merge(ObjectKind.ACCOUNT, winner, middle)
    results = route(world, [(one, {KEY: "big"}) for one in (purged, deleted, loser, middle)])
    assert outcomes(results) == [WriteOutcome.GONE] * 4
    assert [result.merged_into for result in results] == [None, None, winner, winner]
    assert stored(world, winner, KEY) == "small"


@ROUTES
def test_many_gone_records_are_looked_up_together(world: SalesforceWorld, route: Route) -> None:
    ids = seed(world, 200)
    winner = ids[0]
    for loser in ids[1:]:
        world.org.store.merge(winner, [loser], world.org.admin_id)
    results = route(world, [(record_id, {KEY: "big"}) for record_id in ids[1:]])
    assert {result.merged_into for result in results} == {winner}
    lookups = world.emulator.wire.requests("GET", "/query")
    # The emulator's pages are short here; one query, and its pages.
    assert len([call for call in lookups if "q" in call.query]) <= 2


@ROUTES
def test_a_converted_lead_is_gone(world: SalesforceWorld, route: Route) -> None:
    (account,) = seed(world, 1)
    lead = world.org.add("Lead", {"LastName": "X", "Company": "Acme"})
    world.org.convert_lead(lead, account)
    result = one(route(world, [(lead, {KEY: "big"})], ObjectKind.LEAD))
    assert (result.outcome, result.merged_into) == (WriteOutcome.GONE, None)
    assert "converted" in result.message
    assert stored(world, account, KEY) is None


@ROUTES
def test_a_validation_rule_is_quoted_once_for_all_that_it_refuses(
    world: SalesforceWorld, route: Route
) -> None:
    """Pain: rules refuse an innocent label, and nobody can tell which rule and for whom to fix it."""
    rule = ValidationRule(
        "Account", "Closed accounts stay as they are.", lambda row: row.get("Site") == "closed"
    )
    world.org.settings.validation_rules.append(rule)
    ids = seed(world, 3)
    for record_id in ids[:2]:
        world.edit(ObjectKind.ACCOUNT, record_id, {"Site": "closed"})
    results = route(world, [(record_id, {KEY: "big"}) for record_id in ids])
    assert outcomes(results) == [WriteOutcome.REJECTED, WriteOutcome.REJECTED, WriteOutcome.WRITTEN]
    assert results[0].message == results[1].message
    assert "Closed accounts stay as they are." in results[0].message
    assert "Validation Rules" in results[0].message
    assert results[0].code == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert stored(world, ids[0], KEY) is None


def test_a_duplicate_rule_that_can_be_passed_is_passed(world: SalesforceWorld) -> None:
    rule = DuplicateRule("Account", "Same_Site", ("Site",))
    world.org.settings.duplicate_rules.append(rule)
    ids = seed(world, 2)
    for record_id in ids:
        world.edit(ObjectKind.ACCOUNT, record_id, {"Site": "Berlin"})
    assert outcomes(put(world, [(one, {KEY: "big"}) for one in ids])) == [WriteOutcome.WRITTEN] * 2


def test_a_job_hands_what_a_duplicate_rule_refused_to_single_requests(world: SalesforceWorld) -> None:
    """Jobs know no word that lets duplicates pass; collections do, so the record is asked again there."""
    rule = DuplicateRule("Account", "Same_Site", ("Site",))
    world.org.settings.duplicate_rules.append(rule)
    ids = seed(world, 3)
    for record_id in ids[:2]:
        world.edit(ObjectKind.ACCOUNT, record_id, {"Site": "Berlin"})
    results = write_job(world, [(one, {KEY: "big"}) for one in ids])
    assert outcomes(results) == [WriteOutcome.BUSY, WriteOutcome.BUSY, WriteOutcome.WRITTEN]
    assert outcomes(put(world, [(one, {KEY: "big"}) for one in ids[:2]])) == [WriteOutcome.WRITTEN] * 2


def test_a_duplicate_rule_without_exception_says_what_to_do(world: SalesforceWorld) -> None:
    rule = DuplicateRule("Account", "Same_Site", ("Site",), allows_save=False)
    world.org.settings.duplicate_rules.append(rule)
    ids = seed(world, 2)
    for record_id in ids:
        world.edit(ObjectKind.ACCOUNT, record_id, {"Site": "Berlin"})
    results = put(world, [(one, {KEY: "big"}) for one in ids])
    assert outcomes(results) == [WriteOutcome.REJECTED] * 2
    assert "Duplicate Rules" in results[0].message
    assert not any(record_id in results[0].message for record_id in ids)


@ROUTES
def test_an_option_that_the_record_type_hides_is_said_with_the_click_path(
    world: SalesforceWorld, route: Route
) -> None:
    partner = world.org.add_record_type("Account", "Partner", {KEY: {"small"}})
    (record_id,) = seed(world, 1)
    world.edit(ObjectKind.ACCOUNT, record_id, {"RecordTypeId": partner})
    result = one(route(world, [(record_id, {KEY: "big"})]))
    assert (result.outcome, result.field) == (WriteOutcome.REJECTED, KEY)
    assert "Record Types" in result.message
    assert "big" not in result.message


def test_an_org_whose_api_takes_hidden_options_stores_them(world: SalesforceWorld) -> None:
    world.org.settings.beliefs.record_type_hides_options = False
    partner = world.org.add_record_type("Account", "Partner", {KEY: {"small"}})
    (record_id,) = seed(world, 1)
    world.edit(ObjectKind.ACCOUNT, record_id, {"RecordTypeId": partner})
    assert outcomes(put(world, [(record_id, {KEY: "big"})])) == [WriteOutcome.WRITTEN]


@ROUTES
def test_a_record_that_sharing_hides_is_refused_with_the_fix(world: SalesforceWorld, route: Route) -> None:
    world.org.settings.private_objects.add("Account")
    world.org.rights(world.integration).system.discard("ViewAllData")
    world.org.access.forget()
    (record_id,) = seed(world, 1)
    result = one(route(world, [(record_id, {KEY: "big"})]))
    assert (result.outcome, result.code) == (
        WriteOutcome.REJECTED,
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
    )
    assert "Sharing Settings" in result.message


@pytest.mark.parametrize("refuses_request", [True, False])
def test_a_field_that_vanishes_in_mid_run_is_named(world: SalesforceWorld, *, refuses_request: bool) -> None:
    """Whether Salesforce refuses the whole request or each row is only believed: both end the same way."""
    world.org.settings.beliefs.unknown_field_refuses_request = refuses_request
    first, second, third = seed(world, 3)
    put(world, [(first, {KEY: "big", REASON: "x"})])
    world.org.remove_field("Account", REASON)
    results = put(world, [(second, {KEY: "big", REASON: "x"}), (third, {KEY: "big"})])
    assert outcomes(results) == [WriteOutcome.REJECTED, WriteOutcome.WRITTEN]
    assert results[0].field in {REASON, ""}
    assert stored(world, second, KEY) is None
    assert stored(world, third, KEY) == "big"


def test_edit_rights_that_are_taken_in_mid_run_are_named(world: SalesforceWorld) -> None:
    ids = seed(world, 2)
    put(world, [(ids[0], {KEY: "big"})])
    world.org.access.profiles[world.profile].granted_fields["Account", KEY] = False
    world.org.access.forget()
    (result,) = put(world, [(ids[1], {KEY: "big"})])
    assert (result.outcome, result.field) == (WriteOutcome.REJECTED, KEY)
    assert result.code == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert "Permission Sets" in result.message


def test_an_option_that_is_switched_off_in_mid_run_is_refused(world: SalesforceWorld) -> None:
    ids = seed(world, 2)
    put(world, [(ids[0], {KEY: "big"})])
    known = world.org.require("Account").field(KEY)
    assert known is not None
    world.org.add_field(
        "Account", Field(name=KEY, label="Segment", type="picklist", length=255, restricted=True)
    )
    (result,) = put(world, [(ids[1], {KEY: "big"})])
    assert (result.outcome, result.code, result.field) == (
        WriteOutcome.REJECTED,
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        KEY,
    )


def test_every_known_code_has_words_without_gaps() -> None:
    for code in (
        *("UNABLE_TO_LOCK_ROW", "ENTITY_IS_LOCKED", "ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY"),
        *(
            "CANNOT_UPDATE_CONVERTED_LEAD",
            "INSUFFICIENT_ACCESS_OR_READONLY",
            "INVALID_FIELD",
            "STRING_TOO_LONG",
        ),
        *("FIELD_CUSTOM_VALIDATION_EXCEPTION", "DUPLICATES_DETECTED", "REQUIRED_FIELD_MISSING", "NEVER_SEEN"),
        *("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ""),
    ):
        for field in ("", "Id", KEY):
            result = verdict("001", RowError(code, "rule {0} {", field), "Account")
            assert "{object}" not in result.message
            assert result.message.endswith((".", "?"))
            assert "001" not in result.message


def test_an_unknown_code_is_passed_on_as_a_refusal() -> None:
    result = verdict("001", RowError("SOMETHING_NEW", "secret 0014S0000000001QAA", ""), "Account")
    assert (result.outcome, result.code) == (WriteOutcome.REJECTED, "SOMETHING_NEW")
    assert "secret" not in result.message


def test_a_missing_target_of_a_lookup_is_not_taken_for_a_missing_record() -> None:
    result = verdict("001", RowError("INVALID_CROSS_REFERENCE_KEY", "", "Parent__c"), "Account")
    assert (result.outcome, result.field) == (WriteOutcome.REJECTED, "Parent__c")


def test_ids_and_addresses_in_the_text_of_a_trigger_are_taken_out() -> None:
    text = "Ask jane.doe@example.com about 0014S0000000001QAA, or a knowledgeworker."
    result = verdict("001", RowError("FIELD_CUSTOM_VALIDATION_EXCEPTION", text), "Account")
    assert "example.com" not in result.message
    assert "0014S" not in result.message
    assert "knowledgeworker" in result.message


def test_errors_of_both_routes_are_read_alike() -> None:
    row = {
        "statusCode": "STRING_TOO_LONG",
        "message": "Reason: too large: a:b (max length=255)",
        "fields": [REASON],
    }
    cell = f"STRING_TOO_LONG:Reason: too large: a:b (max length=255):{REASON} --"
    assert from_json([row]) == from_csv(cell)
    assert from_csv("UNABLE_TO_LOCK_ROW").code == "UNABLE_TO_LOCK_ROW"
    assert from_csv("UNABLE_TO_LOCK_ROW:unable to obtain:--").code == "UNABLE_TO_LOCK_ROW"
    assert from_csv("").code == "NO_ERROR_CODE"
    assert from_json(None) == from_json([]) == from_json(["x"]) == RowError("NO_ERROR_CODE")
