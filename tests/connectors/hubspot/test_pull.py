"""Pulls: all records beyond every cap of HubSpot's, what changed, what went, and to whom it belongs."""

import json
from dataclasses import replace
from datetime import date

import pytest

from connectors.errors import DataError, SchemaError, UnavailableError, UsageError
from connectors.hubspot.connector import HubSpotConnector
from connectors.model import ObjectKind
from crm_segments.sandbox.calls import Reply
from crm_segments.sandbox.faults import mangled
from crm_segments.sandbox.hubspot.properties import Property
from tests.hubspot import START, HubSpotWorld

COMPANIES, DEALS = ObjectKind.ACCOUNT, ObjectKind.DEAL


def rows(connector: HubSpotConnector, kind: ObjectKind, since: str | None = None) -> list[dict[str, object]]:
    return [row for page in connector.pull(kind, since=since) for row in page.table.to_pylist()]


def mark(world: HubSpotWorld, kind: ObjectKind = COMPANIES) -> str:
    *_, last = world.connector.pull(kind)
    return last.watermark


def test_more_changes_than_a_search_ever_shows_all_come(hubspot: HubSpotWorld) -> None:
    since = mark(hubspot)
    ids = hubspot.seed(COMPANIES, [{"name": str(number)} for number in range(10_150)])
    found = [row["account_id"] for row in rows(hubspot.connector, COMPANIES, since)]
    assert sorted(map(str, found)) == sorted(ids)


def test_what_the_index_did_not_show_yet_comes_with_the_next_pull(hubspot: HubSpotWorld) -> None:
    (company,) = hubspot.seed(COMPANIES, [{"name": "Acme"}])
    hubspot.pass_time(hours=1)
    since = mark(hubspot)
    hubspot.portal.settings.index_lag_seconds = 600
    hubspot.edit(COMPANIES, company, {"city": "Rome"})
    *_, missed = hubspot.connector.pull(COMPANIES, since=since)
    assert rows(hubspot.connector, COMPANIES, since) == []
    hubspot.pass_time(minutes=15)
    (row,) = rows(hubspot.connector, COMPANIES, missed.watermark)
    assert (row["account_id"], row["city"]) == (company, "Rome")


def test_a_page_of_records_that_went_is_not_the_end(hubspot: HubSpotWorld) -> None:
    since = mark(hubspot)
    ids = hubspot.seed(COMPANIES, [{"name": str(number)} for number in range(450)])
    hubspot.portal.settings.index_lag_seconds = 600
    hubspot.pass_time(minutes=20)
    hubspot.connector.identify()
    for one in sorted(ids, key=int)[:420]:
        hubspot.portal.archive("companies", one)
    found = [row["account_id"] for row in rows(hubspot.connector, COMPANIES, since)]
    assert sorted(map(str, found)) == sorted(ids, key=int)[420:]


def test_only_mapped_properties_are_asked_for(hubspot: HubSpotWorld) -> None:
    hubspot.seed(ObjectKind.CONTACT, [{"title": "CFO"}])
    rows(hubspot.connector, ObjectKind.CONTACT)
    asked = " ".join(one.target for one in hubspot.calls() if "/objects/contacts" in one.path)
    assert "properties=jobtitle" in asked
    assert not any(name in asked for name in ("email=", "properties=email", "firstname", "lastname", "phone"))


def test_so_many_mapped_properties_that_no_address_holds_them_are_read_all_the_same(
    hubspot: HubSpotWorld,
) -> None:
    names = [f"measure_{'x' * 60}_{number}" for number in range(150)]
    for name in names:
        hubspot.portal.add_property("companies", Property(name=name, label=name))
    (company,) = hubspot.seed(COMPANIES, [{"name": "Acme"}])
    hubspot.portal.edit("companies", company, {names[149]: "here"})
    mapped = {f"x_{number}": name for number, name in enumerate(names)}
    (row,) = rows(hubspot.open(fields={"account": mapped}), COMPANIES)
    assert (row["name"], row["x_149"]) == ("Acme", "here")


def test_a_deal_belongs_to_its_primary_company_in_full_and_incremental_pulls(hubspot: HubSpotWorld) -> None:
    first, primary = hubspot.seed(COMPANIES, [{"name": "A"}, {"name": "B"}])
    since = mark(hubspot, DEALS)
    values = {
        "dealname": "One",
        "amount": "12.5",
        "dealstage": "closedwon",
        "closedate": "2026-11-02T02:00:00Z",
    }
    deal = hubspot.portal.add("deals", values)
    hubspot.portal.associate("deals", deal, "companies", first)
    hubspot.portal.associate("deals", deal, "companies", primary, primary=True)
    lonely = hubspot.portal.add("deals", {"dealname": "Two"})
    for found in (rows(hubspot.connector, DEALS), rows(hubspot.connector, DEALS, since)):
        by_id = {row["deal_id"]: row for row in found}
        assert by_id[deal]["account_id"] == primary
        assert by_id[lonely]["account_id"] is None
        one = by_id[deal]
        assert (one["amount"], one["amount_number"], one["currency"]) == ("12.5", 12.5, "USD")
        assert (one["is_closed"], one["is_won"]) == (True, True)
        # Two in the morning in London is the evening before in New York.
        assert one["close_date"] == date(2026, 11, 1)


def test_calls_emails_and_meetings_come_with_their_company_and_never_share_an_id(
    hubspot: HubSpotWorld,
) -> None:
    (company,) = hubspot.seed(COMPANIES, [{"name": "A"}])
    for name in ("calls", "emails", "meetings"):
        made = hubspot.portal.add(name, {"hs_timestamp": "2026-10-01T12:00:00Z"}, record_id="77")
        hubspot.portal.associate(name, made, "companies", company)
    found = rows(hubspot.connector, ObjectKind.ACTIVITY)
    assert {(row["type"], row["account_id"]) for row in found} == {
        ("call", company),
        ("email", company),
        ("meeting", company),
    }
    assert len({row["activity_id"] for row in found}) == 3


def test_both_sides_of_a_merge_that_made_a_new_record_are_reported(hubspot: HubSpotWorld) -> None:
    hubspot.portal.settings.beliefs.merge_makes_new_record = True
    first, second = hubspot.seed(COMPANIES, [{"name": "A"}, {"name": "B"}])
    since = mark(hubspot)
    hubspot.pass_time(seconds=1)
    survivor = hubspot.portal.merge("companies", first, second)
    pages = list(hubspot.connector.pull(COMPANIES, since=since))
    gone = {one.record_id: one.merged_into for page in pages for one in page.deleted}
    assert gone == {first: survivor, second: survivor}


def test_a_cursor_that_comes_twice_is_no_page(hubspot: HubSpotWorld) -> None:
    hubspot.seed(COMPANIES, [{"name": str(number)} for number in range(250)])

    def repeat(reply: Reply) -> Reply:
        content = json.loads(reply.body)
        content["paging"] = {"next": {"after": content["results"][0]["id"]}}
        return replace(reply, body=json.dumps(content).encode())

    hubspot.emulator.faults.at(2, mangled(repeat), path="objects/companies$")
    with pytest.raises(UnavailableError, match="same page twice"):
        list(hubspot.connector.pull(COMPANIES))


def test_a_mark_ahead_of_hubspot_asks_for_everything(hubspot: HubSpotWorld) -> None:
    hubspot.pass_time(hours=2)
    since = mark(hubspot)
    hubspot.clock.set(START)
    with pytest.raises(DataError, match="ahead"):
        list(hubspot.connector.pull(COMPANIES, since=since))


def test_a_mark_older_than_the_recycle_bin_asks_for_everything(hubspot: HubSpotWorld) -> None:
    since = mark(hubspot)
    hubspot.pass_time(days=90)
    with pytest.raises(DataError, match="archived records are forgotten"):
        list(hubspot.connector.pull(COMPANIES, since=since))


def test_other_mapped_properties_ask_for_everything(hubspot: HubSpotWorld) -> None:
    since = mark(hubspot)
    other = hubspot.open(fields={"account": {"employees": "founded_year"}})
    with pytest.raises(DataError, match="properties that are read"):
        list(other.pull(COMPANIES, since=since))


def test_a_mapped_property_that_is_not_there_is_named(hubspot: HubSpotWorld) -> None:
    with pytest.raises(SchemaError, match="head_count"):
        list(hubspot.open(fields={"account": {"employees": "head_count"}}).pull(COMPANIES))


def test_marks_and_checkpoints_of_others_are_refused(hubspot: HubSpotWorld) -> None:
    for since, checkpoint in (("{}", None), (None, "{}"), (None, "not json"), ("[]", None)):
        with pytest.raises(UsageError):
            list(hubspot.connector.pull(COMPANIES, since=since, checkpoint=checkpoint))


def test_line_items_come_with_their_deal_and_their_product(hubspot: HubSpotWorld) -> None:
    since = mark(hubspot, ObjectKind.LINE_ITEM)
    product = hubspot.portal.add("products", {"name": "Seats", "price": "10"})
    deal = hubspot.portal.add("deals", {"dealname": "One"})
    values = {"hs_product_id": product, "quantity": "3", "amount": "30"}
    item = hubspot.portal.add("line_items", values)
    hubspot.portal.associate("line_items", item, "deals", deal)
    for found in (rows(hubspot.connector, ObjectKind.LINE_ITEM, one) for one in (None, since)):
        (row,) = found
        assert (row["deal_id"], row["product_id"], row["amount_number"]) == (deal, product, 30.0)
    (row,) = rows(hubspot.connector, ObjectKind.PRODUCT)
    assert (row["name"], row["price_number"], row["currency"]) == ("Seats", 10.0, "USD")


def test_contacts_come_with_their_primary_company_and_without_a_name(hubspot: HubSpotWorld) -> None:
    (company,) = hubspot.seed(COMPANIES, [{"name": "A"}])
    contact = hubspot.portal.add("contacts", {"email": "someone@example.com", "hs_email_optout": "true"})
    hubspot.portal.associate("contacts", contact, "companies", company, primary=True)
    (row,) = rows(hubspot.connector, ObjectKind.CONTACT)
    assert (row["contact_id"], row["account_id"], row["email_opt_out"]) == (contact, company, True)
    assert "someone@example.com" not in str(row)
