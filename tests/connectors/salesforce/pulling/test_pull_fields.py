"""What the columns hold: types, mapped fields, hidden fields, currencies, persons, ids."""

import logging
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from connectors.errors import AccessError, ConfigError, DataError, SchemaError
from connectors.model import CANONICAL_SCHEMAS, ObjectKind
from crm_segments.sandbox.salesforce import Field, OrgSettings
from tests.connectors.salesforce.pulling.worlds import BulkWorld, table_of
from tests.salesforce import SalesforceWorld, Switchboard

ACCOUNT, CONTACT, DEAL = ObjectKind.ACCOUNT, ObjectKind.CONTACT, ObjectKind.DEAL


def records(world: SalesforceWorld, kind: ObjectKind = ACCOUNT, **settings: Any) -> list[dict[str, Any]]:
    with world.open(**settings) as connector:
        found: list[dict[str, Any]] = table_of(connector.pull(kind)).to_pylist()
        return found


def number(name: str, type_: str = "double") -> Field:
    return Field(name=name, label=name, type=type_, precision=18, scale=2)


def test_every_kind_of_value_comes_as_its_column_says(either: SalesforceWorld) -> None:
    """The same by pages and by jobs, although one way gives JSON and the other nothing but text."""
    (account,) = either.seed(
        ACCOUNT,
        [
            {
                "name": "007",
                "website": "example.com",
                "employees": 3039,
                "annual_revenue": 1234567.5,
                "founded_year": "1999",
                "country": "null",
            }
        ],
    )
    deal = either.org.add(
        "Opportunity",
        {
            "Name": "D",
            "AccountId": account,
            "StageName": "Closed Won",
            "IsClosed": True,
            "IsWon": True,
            "Amount": 100000.0,
            "CloseDate": "2026-10-31",
        },
    )
    (found,) = records(either)
    assert (found["name"], found["country"], found["founded_year"]) == ("007", "null", "1999")
    assert (found["employees"], found["employees_number"]) == ("3039", 3039.0)
    assert (found["annual_revenue"], found["annual_revenue_number"]) == ("1234567.5", 1234567.5)
    assert (found["currency"], found["region"]) == (None, None)
    assert found["created_at"] == datetime(2026, 11, 2, 9, tzinfo=UTC)
    (found,) = records(either, DEAL)
    assert (found["deal_id"], found["account_id"], found["is_closed"], found["is_won"]) == (
        deal,
        account,
        True,
        True,
    )
    assert (found["amount"], found["amount_number"], found["close_date"]) == (
        "100000",
        100000.0,
        date(2026, 10, 31),
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.1, "0.1"),
        (-3.0, "-3"),
        (123456789012.55, "123456789012.55"),
        (1e15, "1000000000000000"),
    ],
)
def test_numbers_are_written_as_people_write_them(either: SalesforceWorld, value: float, text: str) -> None:
    either.seed(ACCOUNT, [{"name": "A", "annual_revenue": value}, {"name": "B"}])
    first, second = records(either)
    assert (first["annual_revenue"], first["annual_revenue_number"]) == (text, value)
    assert (second["annual_revenue"], second["annual_revenue_number"]) == (None, None)


@pytest.mark.parametrize("kind", list(ObjectKind))
def test_no_name_of_a_person_and_no_address_is_asked_for(
    salesforce: SalesforceWorld, kind: ObjectKind
) -> None:
    list(salesforce.connector.pull(kind))
    queries = [call.query.get("q", "") for call in salesforce.emulator.wire.requests("GET", "/query")]
    forbidden = ("LastName", "FirstName", "Email,", "PersonEmail", "Phone", "Street", "Birthdate")
    assert queries
    assert not [word for word in forbidden for query in queries if word in query]
    if kind in {CONTACT, ObjectKind.LEAD}:
        assert not [query for query in queries if " Name" in query]


def test_the_name_of_a_person_account_is_not_pulled(salesforce_server: tuple[Switchboard, str]) -> None:
    board, url = salesforce_server
    for way in (SalesforceWorld, BulkWorld):
        world = way(url, board, settings=OrgSettings(person_accounts=True))
        world.org.add("Account", {"Name": "Acme"})
        world.org.add("Account", {"Name": "Ada Example", "LastName": "Example", "IsPersonAccount": True})
        assert [one["name"] for one in records(world)] == ["Acme", None]
        assert "IsPersonAccount" not in table_of(world.connector.pull(ACCOUNT)).column_names
        world.close()


def test_mapped_fields_fill_columns_and_follow_as_text(either: SalesforceWorld) -> None:
    """Companies keep the size and the tier of an account in fields of their own."""
    org = either.org
    org.add_field("Account", number("Headcount__c"))
    org.add_field("Account", Field(name="Renewal__c", label="R", type="date"))
    org.add_field("Account", Field(name="Called__c", label="C", type="datetime"))
    org.add_field("Account", Field(name="Partner__c", label="P", type="boolean", nillable=False))
    owner = org.add_user("owner@example.com", org.admin_profile, last_name="Owner")
    (account,) = either.seed(ACCOUNT, [{"name": "A", "employees": 1, "owner": owner}])
    org.edit(
        account,
        {
            "Headcount__c": 250.0,
            "Renewal__c": "2027-01-31",
            "Called__c": "2026-10-01T12:30:00.000+0000",
            "Partner__c": True,
        },
    )
    fields = {
        "employees": "headcount__c",
        "x_renewal": "Renewal__c",
        "x_called": "Called__c",
        "x_partner": "Partner__c",
        "x_owner_zone": "Owner.TimeZoneSidKey",
        "x_grandparent": "Parent.Parent.Industry",
    }
    (found,) = records(either, fields={"account": fields})
    assert list(found)[-5:] == [name for name in fields if name.startswith("x_")]
    assert (found["employees"], found["employees_number"]) == ("250", 250.0)
    assert [found[name] for name in list(fields)[1:]] == [
        "2027-01-31",
        "2026-10-01T12:30:00.000Z",
        "true",
        "America/Los_Angeles",
        None,
    ]


def test_a_size_kept_as_text_stays_text(either: SalesforceWorld) -> None:
    either.add_text_field(ACCOUNT, "Size__c")
    (account,) = either.seed(ACCOUNT, [{"name": "A"}])
    either.org.edit(account, {"Size__c": "50-200"})
    (found,) = records(either, fields={"account": {"employees": "Size__c"}})
    assert (found["employees"], found["employees_number"]) == ("50-200", None)


def test_records_of_a_custom_object_stand_for_deals(either: SalesforceWorld) -> None:
    org = either.org
    org.add_object("Subscription__c", "Subscription")
    org.add_field("Subscription__c", number("Value__c", "currency"))
    org.add_field(
        "Subscription__c",
        Field(
            name="Account__c",
            label="Account",
            type="reference",
            length=18,
            refers_to=("Account",),
            relationship="Account__r",
        ),
    )
    (account,) = either.seed(ACCOUNT, [{"name": "A", "industry": "Retail"}])
    made = org.add("Subscription__c", {"Name": "S", "Value__c": 12.5, "Account__c": account})
    mapped = {"amount": "Value__c", "account_id": "Account__c", "x_industry": "Account__r.Industry"}
    (found,) = records(either, DEAL, objects={"deal": "Subscription__c"}, fields={"deal": mapped})
    assert (found["deal_id"], found["account_id"], found["amount_number"], found["x_industry"]) == (
        made,
        account,
        12.5,
        "Retail",
    )
    assert (found["stage"], found["is_won"]) == (None, None)


@pytest.mark.parametrize(
    "name", ["Nope__c", "Parent.Nope__c", "Nope__r.Name", "Hidden__c", "BillingAddress", "Id.Name"]
)
def test_a_mapped_field_that_cannot_be_read_is_named(salesforce: SalesforceWorld, name: str) -> None:
    """A field without a grant looks as if it did not exist, and the error said so and no more."""
    salesforce.org.add_field("Account", number("Hidden__c"), visible=False)
    with pytest.raises(SchemaError) as caught:
        records(salesforce, fields={"account": {"x_mine": name}})
    assert name in caught.value.message
    assert "x_mine" in caught.value.message
    assert "Permission Sets" in caught.value.hint


def test_a_mapped_field_of_another_type_is_named(salesforce: SalesforceWorld) -> None:
    with pytest.raises(SchemaError) as caught:
        records(salesforce, DEAL, fields={"deal": {"is_won": "StageName"}})
    assert caught.value.code == "salesforce.field.type"
    with pytest.raises(SchemaError):
        records(salesforce, CONTACT, fields={"contact": {"email_opens_90d": "Title"}})


def test_a_column_that_does_not_exist_is_refused_before_any_request(salesforce: SalesforceWorld) -> None:
    with pytest.raises(ConfigError):
        salesforce.open(fields={"account": {"employes": "NumberOfEmployees"}})


def test_an_object_that_the_user_does_not_see_is_named(salesforce: SalesforceWorld) -> None:
    with pytest.raises(AccessError) as caught:
        records(salesforce, DEAL, objects={"deal": "Subscription__c"})
    assert "Subscription__c" in caught.value.message


def test_a_hidden_standard_field_is_null_and_said_once(
    either: SalesforceWorld, caplog: pytest.LogCaptureFixture
) -> None:
    """New and lost fields were invisible to a running integration: the description is read at every pull."""
    either.seed(ACCOUNT, [{"name": "A", "industry": "Retail"}] * 45)
    assert records(either)[0]["industry"] == "Retail"
    either.org.hide_field("Account", "Industry", either.integration)
    caplog.clear()
    with caplog.at_level(logging.INFO, "connectors.salesforce"):
        assert {one["industry"] for one in records(either)} == {None}
    lines = [vars(one) for one in caplog.records if one.getMessage() == "salesforce.field_hidden"]
    assert [(one["object"], one["field"]) for one in lines] == [("Account", "Industry")]


def test_amounts_of_several_currencies_come_in_the_corporate_one(
    salesforce_server: tuple[Switchboard, str],
) -> None:
    board, url = salesforce_server
    for way in (SalesforceWorld, BulkWorld):
        world = way(url, board, settings=OrgSettings(multi_currency=True))
        world.seed(
            ACCOUNT,
            [
                {"name": "A", "annual_revenue": 1000.0, "currency": "USD"},
                {"name": "B", "annual_revenue": 1000.0, "currency": "EUR"},
                {"name": "C", "annual_revenue": 1000.0, "currency": "XXX"},
                {"name": "D", "currency": "GBP"},
            ],
        )
        found = [
            (one["annual_revenue"], one["annual_revenue_number"], one["currency"]) for one in records(world)
        ]
        assert found == [
            ("1000", 1000.0, "USD"),
            ("1111.11", 1111.11, "USD"),
            ("1000", 1000.0, "XXX"),
            (None, None, "USD"),
        ]
        world.close()


def test_new_rates_make_everything_be_pulled(salesforce_server: tuple[Switchboard, str]) -> None:
    board, url = salesforce_server
    world = SalesforceWorld(url, board, settings=OrgSettings(multi_currency=True))
    *_, last = world.connector.pull(ACCOUNT)
    assert list(world.connector.pull(ACCOUNT, since=last.watermark))
    (rate,) = [one for one, row in world.org.store.table("CurrencyType").items() if row["IsoCode"] == "EUR"]
    world.org.edit(rate, {"ConversionRate": 0.95})
    with pytest.raises(DataError):
        list(world.connector.pull(ACCOUNT, since=last.watermark))
    world.close()


def test_short_ids_in_mapped_fields_are_made_long(either: SalesforceWorld) -> None:
    """Ids of 15 characters differ by capitals only, and were taken for one another."""
    either.add_text_field(ACCOUNT, "Parent_Key__c")
    parent, child = either.seed(ACCOUNT, [{"name": "P"}, {"name": "C"}])
    either.org.edit(child, {"Parent_Key__c": parent[:15]})
    found = records(either, fields={"account": {"parent_id": "Parent_Key__c"}})
    assert {one["account_id"]: one["parent_id"] for one in found} == {parent: None, child: parent}


def test_schemas_are_canonical_for_every_kind(either: SalesforceWorld) -> None:
    for kind in ObjectKind:
        table = table_of(either.connector.pull(kind))
        assert isinstance(table, pa.Table)
        assert table.schema.equals(CANONICAL_SCHEMAS[kind])


def test_products_and_line_items(either: SalesforceWorld) -> None:
    product = either.org.add("Product2", {"Name": "Support", "Family": "Services"})
    deal = either.org.add("Opportunity", {"Name": "D", "StageName": "New"})
    item = either.org.add(
        "OpportunityLineItem",
        {"OpportunityId": deal, "Product2Id": product, "Quantity": 3.0, "TotalPrice": 99.5},
    )
    (found,) = records(either, ObjectKind.PRODUCT)
    assert (found["product_id"], found["name"], found["family"], found["price"]) == (
        product,
        "Support",
        "Services",
        None,
    )
    (found,) = records(either, ObjectKind.LINE_ITEM)
    assert (found["line_item_id"], found["deal_id"], found["product_id"], found["quantity"]) == (
        item,
        deal,
        product,
        "3",
    )
    assert (found["amount"], found["amount_number"]) == ("99.5", 99.5)
