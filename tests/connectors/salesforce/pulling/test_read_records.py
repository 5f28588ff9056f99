"""Reading records back by their ids."""

import pytest

from connectors.errors import ProtocolError, SchemaError, UnavailableError, UsageError
from connectors.model import ObjectKind
from crm_segments.sandbox import answer_lost, html_page, mangled
from crm_segments.sandbox.calls import Reply
from crm_segments.sandbox.salesforce import Field
from tests.salesforce import SalesforceWorld

ACCOUNT = ObjectKind.ACCOUNT


def test_values_are_text_and_ids_have_18_characters(salesforce: SalesforceWorld) -> None:
    first, second = salesforce.seed(
        ACCOUNT, [{"name": "A", "employees": 12, "annual_revenue": 1000.0}, {"name": "B"}]
    )
    salesforce.org.add_field("Account", Field(name="Since__c", label="S", type="date"))
    salesforce.org.edit(first, {"Since__c": "2026-11-02"})
    fields = ["Since__c", "NumberOfEmployees", "AnnualRevenue", "IsDeleted", "CreatedDate"]
    found = salesforce.connector.read(ACCOUNT, [first[:15], second, second, second[:15]], fields)
    assert found.column_names == ["account_id", *fields]
    assert sorted(found.to_pylist(), key=lambda one: str(one["account_id"])) == [
        {
            "account_id": first,
            "Since__c": "2026-11-02",
            "NumberOfEmployees": "12",
            "AnnualRevenue": "1000",
            "IsDeleted": "false",
            "CreatedDate": "2026-11-02T09:00:00.000Z",
        },
        {
            "account_id": second,
            "Since__c": None,
            "NumberOfEmployees": None,
            "AnnualRevenue": None,
            "IsDeleted": "false",
            "CreatedDate": "2026-11-02T09:00:00.000Z",
        },
    ]


def test_ids_of_nothing_have_no_row(salesforce: SalesforceWorld) -> None:
    (record_id,) = salesforce.seed(ACCOUNT, [{"name": "A"}])
    contact = salesforce.org.add("Contact", {"LastName": "L"})
    strange = ["", "x", "001' OR Id != '", "001000000000000AAA", contact]
    found = salesforce.connector.read(ACCOUNT, [*strange, record_id], ["Site"])
    assert found["account_id"].to_pylist() == [record_id]


@pytest.mark.parametrize(
    "name", ["Nope__c", "Hidden__c", "BillingAddress", "Parent.Site", "Site, Name", "site"]
)
def test_a_field_that_cannot_be_read_is_named(salesforce: SalesforceWorld, name: str) -> None:
    salesforce.org.add_field("Account", Field(name="Hidden__c", label="H", type="string"), visible=False)
    with pytest.raises(SchemaError) as caught:
        salesforce.connector.read(ACCOUNT, ["001000000000000AAA"], [name])
    assert name in caught.value.message


def test_a_field_that_was_made_a_moment_ago_is_found(salesforce: SalesforceWorld) -> None:
    (record_id,) = salesforce.seed(ACCOUNT, [{"name": "A"}])
    salesforce.connector.read(ACCOUNT, [record_id], ["Site"])
    salesforce.clock.advance(60)
    salesforce.add_text_field(ACCOUNT, "Note__c")
    assert salesforce.connector.read(ACCOUNT, [record_id], ["Note__c"]).num_rows == 1


def test_a_field_that_went_a_moment_ago_is_named(salesforce: SalesforceWorld) -> None:
    (record_id,) = salesforce.seed(ACCOUNT, [{"name": "A"}])
    salesforce.connector.read(ACCOUNT, [record_id], ["Site"])
    salesforce.org.hide_field("Account", "Site", salesforce.integration)
    with pytest.raises(SchemaError):
        salesforce.connector.read(ACCOUNT, [record_id], ["Site"])


def test_two_thousand_ids_go_in_one_request_and_more_are_refused(salesforce: SalesforceWorld) -> None:
    ids = salesforce.seed(ACCOUNT, [{"name": f"Company {number}"} for number in range(2_000)])
    before = len(salesforce.emulator.wire.requests("POST", "/composite/sobjects"))
    assert salesforce.connector.read(ACCOUNT, ids, ["Site"]).num_rows == 2_000
    assert len(salesforce.emulator.wire.requests("POST", "/composite/sobjects")) - before == 1
    with pytest.raises(UsageError):
        salesforce.connector.read(ACCOUNT, [*ids, "001000000000000AAA"], ["Site"])


@pytest.mark.parametrize("fault", [html_page(), answer_lost()], ids=["page with status 200", "lost answer"])
def test_a_lost_answer_can_be_asked_for_again(salesforce: SalesforceWorld, fault: object) -> None:
    """A read changes nothing, so that nothing is unknown when its answer is lost."""
    (record_id,) = salesforce.seed(ACCOUNT, [{"name": "A"}])
    salesforce.emulator.faults.at(1, fault, method="POST", path="/composite/sobjects")  # type: ignore[arg-type]
    with pytest.raises(UnavailableError):
        salesforce.connector.read(ACCOUNT, [record_id], ["Site"])
    assert salesforce.connector.read(ACCOUNT, [record_id], ["Site"]).num_rows == 1


def test_an_answer_for_fewer_records_is_refused(salesforce: SalesforceWorld) -> None:
    ids = salesforce.seed(ACCOUNT, [{"name": "A"}, {"name": "B"}])
    cut = mangled(lambda reply: Reply(reply.status, b"[null]", reply.headers))
    salesforce.emulator.faults.at(1, cut, method="POST", path="/composite/sobjects")
    with pytest.raises(ProtocolError):
        salesforce.connector.read(ACCOUNT, ids, ["Site"])
