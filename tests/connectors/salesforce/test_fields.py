"""Our fields in an org: made once, described, marked; what is not ours stays as it is."""

from dataclasses import replace

import pytest

from connectors.errors import AccessError, SchemaError, UnavailableError, UsageError
from connectors.model import FieldType, ObjectKind
from crm_segments.sandbox import FaultPlan, answer_lost, refused
from crm_segments.sandbox.salesforce import Field, SalesforceEmulator
from tests.connectors.salesforce.setup import (
    DATE,
    KEY,
    OURS,
    TEXT,
    actions,
    as_user,
    changing,
    described,
    wanted,
    with_options,
)
from tests.salesforce import SalesforceWorld

ACCOUNT = ObjectKind.ACCOUNT
OTHERS = "77aa03b2-0000-4000-8000-000000000002"


def test_fields_carry_description_help_text_and_mark(salesforce: SalesforceWorld) -> None:
    changes = salesforce.connector.ensure_fields(ACCOUNT, wanted())
    assert actions(changes) == ["create"] * 3
    seen = described(salesforce)
    text = f"Which customer segment this record is in. [crm-segments {OURS}]"
    assert seen[KEY]["inlineHelpText"] == text
    assert (seen[KEY]["type"], seen[KEY]["restrictedPicklist"], seen[KEY]["label"]) == (
        "picklist",
        True,
        "Customer segment",
    )
    assert (seen[TEXT]["type"], seen[TEXT]["length"], seen[DATE]["type"]) == ("string", 255, "date")
    kept = salesforce.org.store.table("CustomField").values()
    assert {row["Description"] for row in kept} == {text}


def test_the_second_time_sends_nothing_that_changes_something(salesforce: SalesforceWorld) -> None:
    salesforce.connector.ensure_fields(ACCOUNT, wanted())
    before = len(salesforce.emulator.wire.requests())
    with salesforce.open() as again:
        assert actions(again.ensure_fields(ACCOUNT, wanted())) == ["none"] * 3
    assert changing(salesforce, before) == []


def test_pain_13_new_fields_can_be_written_at_once(salesforce: SalesforceWorld) -> None:
    """A field made through the API is invisible until a permission shows it."""
    salesforce.connector.ensure_fields(ACCOUNT, wanted())
    account = salesforce.org.add("Account", {"Name": "A"})
    answer = salesforce.http("PATCH", f"sobjects/Account/{account}", json={KEY: "big", TEXT: "Why."})
    assert answer.status_code == 204, answer.text


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_field_of_somebody_else_that_nobody_sees_is_refused(
    salesforce: SalesforceWorld, *, dry_run: bool
) -> None:
    """It is absent from the description, and yet its name is taken."""
    metadata = {"type": "Text", "label": "Theirs", "length": 80}
    body = {"FullName": f"Account.{TEXT}", "Metadata": metadata}
    assert salesforce.http("POST", "tooling/sobjects/CustomField", json=body).status_code == 201
    before = len(salesforce.emulator.wire.requests())
    with pytest.raises(SchemaError, match=TEXT) as caught:
        salesforce.connector.ensure_fields(ACCOUNT, wanted(), dry_run=dry_run)
    assert caught.value.code == "schema.field.foreign"
    assert changing(salesforce, before) == []


def test_a_field_whose_name_differs_by_case_only_is_in_the_way(salesforce: SalesforceWorld) -> None:
    salesforce.org.add_field("Account", Field(name="crm_segment__c", label="x", type="string", length=9))
    with pytest.raises(SchemaError, match="crm_segment__c") as caught:
        salesforce.connector.ensure_fields(ACCOUNT, wanted())
    assert "field" in caught.value.hint


def test_fields_of_the_same_name_on_other_objects_are_left_alone(salesforce: SalesforceWorld) -> None:
    salesforce.connector.ensure_fields(ACCOUNT, wanted())
    assert actions(salesforce.connector.ensure_fields(ObjectKind.LEAD, wanted())) == ["create"] * 3
    assert actions(salesforce.connector.ensure_fields(ACCOUNT, wanted())) == ["none"] * 3


def test_another_installation_names_both_ways_out(salesforce: SalesforceWorld) -> None:
    salesforce.connector.ensure_fields(ACCOUNT, wanted())
    with pytest.raises(SchemaError) as caught:
        salesforce.connector.ensure_fields(ACCOUNT, wanted(OTHERS))
    assert "fields adopt" in caught.value.hint
    assert "refit" in caught.value.hint


def test_adopted_fields_are_ours_with_their_options(salesforce: SalesforceWorld) -> None:
    salesforce.connector.ensure_fields(ACCOUNT, wanted())
    adopted = salesforce.connector.adopt_fields(ACCOUNT, [KEY, TEXT, DATE, "Nope__c"], OTHERS)
    assert sorted(adopted) == sorted([KEY, TEXT, DATE])
    assert actions(salesforce.connector.ensure_fields(ACCOUNT, wanted(OTHERS))) == ["none"] * 3
    assert described(salesforce)[KEY]["inlineHelpText"].count("[crm-segments") == 1
    assert salesforce.connector.adopt_fields(ACCOUNT, [KEY, TEXT, DATE], OTHERS) == []


def test_a_field_of_somebody_else_is_not_adopted(salesforce: SalesforceWorld) -> None:
    salesforce.connector.ensure_fields(ACCOUNT, [with_options(("big", "Big"))])
    body = {"FullName": f"Account.{TEXT}", "Metadata": {"type": "Text", "label": "Theirs", "length": 80}}
    salesforce.http("POST", "tooling/sobjects/CustomField", json=body)
    before = len(salesforce.emulator.wire.requests())
    with pytest.raises(SchemaError, match=TEXT):
        salesforce.connector.adopt_fields(ACCOUNT, [KEY, TEXT], OTHERS)
    assert changing(salesforce, before) == []


def test_adopting_needs_the_right_to_change_fields(salesforce: SalesforceWorld) -> None:
    salesforce.connector.ensure_fields(ACCOUNT, wanted())
    with pytest.raises(AccessError):
        as_user(salesforce, ()).connector.adopt_fields(ACCOUNT, [KEY], OTHERS)


def test_all_refusals_come_before_the_first_change(salesforce: SalesforceWorld) -> None:
    salesforce.add_text_field(ACCOUNT, DATE)
    before = len(salesforce.emulator.wire.requests())
    with pytest.raises(SchemaError, match=DATE):
        salesforce.connector.ensure_fields(ACCOUNT, wanted())
    assert changing(salesforce, before) == []


def test_what_could_never_be_made_is_refused_without_a_request(salesforce: SalesforceWorld) -> None:
    key, text, _since = wanted()
    for wrong, error in (
        (replace(text, max_length=256), SchemaError),
        (replace(text, max_length=None), SchemaError),
        (replace(key, type=FieldType.NUMBER, options=()), SchemaError),
        (replace(key, installation_id=None), UsageError),
    ):
        with pytest.raises(error):
            salesforce.connector.ensure_fields(ACCOUNT, [wrong])
    assert salesforce.emulator.wire.requests() == []


@pytest.mark.parametrize("ordinal", range(1, 8))
def test_a_lost_answer_is_made_good_by_doing_it_again(salesforce: SalesforceWorld, ordinal: int) -> None:
    """Every step can be repeated: what was done before the answer was lost is found there."""
    faults = FaultPlan().at(ordinal, answer_lost(), method="POST")
    salesforce.connector.identify()
    emulator = SalesforceEmulator(salesforce.org, faults=faults)
    salesforce.emulator = salesforce.switchboard.emulator = emulator
    try:
        salesforce.connector.ensure_fields(ACCOUNT, wanted())
    except UnavailableError:
        salesforce.connector.ensure_fields(ACCOUNT, wanted())
    assert actions(salesforce.connector.ensure_fields(ACCOUNT, wanted())) == ["none"] * 3
    for table, count in (("CustomField", 3), ("PermissionSet", 2), ("FieldPermissions", 6)):
        assert len(salesforce.org.store.table(table)) == count
    assert len(salesforce.org.store.table("PermissionSetAssignment")) == 1


def test_a_field_that_is_deleted_is_made_again_and_shown(salesforce: SalesforceWorld) -> None:
    """Faults F15 and F16: the description is read anew each time."""
    salesforce.connector.ensure_fields(ACCOUNT, wanted())
    record = next(
        row["Id"]
        for row in salesforce.org.store.table("CustomField").values()
        if row["DeveloperName"] == "CRM_Segment_Reason"
    )
    salesforce.http("DELETE", f"tooling/sobjects/CustomField/{record}")
    changes = salesforce.connector.ensure_fields(ACCOUNT, wanted())
    assert actions(changes) == ["none", "create", "none"]
    assert TEXT in described(salesforce)


def test_a_text_that_somebody_made_shorter_is_said(salesforce: SalesforceWorld) -> None:
    salesforce.connector.ensure_fields(ACCOUNT, wanted())
    (row,) = [
        row
        for row in salesforce.org.store.table("CustomField").values()
        if row["DeveloperName"] == TEXT.removesuffix("__c")
    ]
    path = f"tooling/sobjects/CustomField/{row['Id']}"
    metadata = salesforce.http("GET", path).json()["Metadata"]
    salesforce.http("PATCH", path, json={"Metadata": {**metadata, "length": 80}})
    changes = salesforce.connector.ensure_fields(ACCOUNT, wanted(), dry_run=True)
    assert actions(changes) == ["none"] * 3
    assert "80 characters instead of 255" in changes[1].warnings[0]


def test_a_setup_that_somebody_else_is_changing_is_waited_for(salesforce: SalesforceWorld) -> None:
    salesforce.connector.identify()
    body = '[{"message": "unable to obtain exclusive access", "errorCode": "UNABLE_TO_LOCK_ROW"}]'
    faults = FaultPlan().at(1, refused(400, body=body), method="POST")
    salesforce.emulator = salesforce.switchboard.emulator = SalesforceEmulator(salesforce.org, faults=faults)
    with pytest.raises(UnavailableError, match="somebody else"):
        salesforce.connector.ensure_fields(ACCOUNT, wanted())
    assert actions(salesforce.connector.ensure_fields(ACCOUNT, wanted())) == ["create"] * 3


def test_a_custom_object_can_carry_the_fields(salesforce: SalesforceWorld) -> None:
    salesforce.org.add_object("Customer__c", "Customer")
    connector = salesforce.open(objects={"account": "Customer__c"})
    assert actions(connector.ensure_fields(ACCOUNT, wanted())) == ["create"] * 3
    assert actions(connector.ensure_fields(ACCOUNT, wanted())) == ["none"] * 3
    assert salesforce.org.require("Customer__c").field(KEY) is not None
    assert KEY not in described(salesforce)


def test_custom_objects_with_the_same_fields_are_told_apart(salesforce: SalesforceWorld) -> None:
    """Fields of custom objects are found by an id that does not name the object."""
    salesforce.org.add_object("Customer__c", "Customer")
    salesforce.org.add_object("Dealer__c", "Dealer", prefix="a01")
    salesforce.open(objects={"account": "Dealer__c"}).ensure_fields(ACCOUNT, wanted())
    connector = salesforce.open(objects={"account": "Customer__c"})
    assert actions(connector.ensure_fields(ACCOUNT, wanted())) == ["create"] * 3
    assert salesforce.org.require("Customer__c").field(KEY) is not None


def test_no_records_value_and_no_name_is_in_any_message(salesforce: SalesforceWorld) -> None:
    salesforce.org.add("Account", {"Name": "Canary Ltd"})
    salesforce.add_text_field(ACCOUNT, KEY)
    with pytest.raises(SchemaError) as caught:
        salesforce.connector.ensure_fields(ACCOUNT, wanted())
    assert "Canary" not in f"{caught.value.message}{caught.value.hint}{caught.value.details}"
