"""Incremental pulls: whatever happens to a record between two pulls, the second one makes it right.

Each test runs by pages and by jobs.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from connectors.errors import DataError, UsageError
from connectors.model import ObjectKind
from connectors.salesforce.balance import RECYCLE_BIN
from connectors.salesforce.pull import OVERLAP
from crm_segments.sandbox import meanwhile
from crm_segments.sandbox.salesforce import Field
from crm_segments.sandbox.salesforce.fields import Value
from crm_segments.sandbox.salesforce.refusals import query_timeout
from tests.connectors.salesforce.pulling.worlds import deleted_of, ids_of, table_of
from tests.salesforce import SalesforceWorld

ACCOUNT, LEAD, ACTIVITY = ObjectKind.ACCOUNT, ObjectKind.LEAD, ObjectKind.ACTIVITY
CONTACT, DEAL = ObjectKind.CONTACT, ObjectKind.DEAL
LATER = OVERLAP.total_seconds() + 1


def watermark(world: SalesforceWorld, kind: ObjectKind = ACCOUNT, **settings: Any) -> str:
    """The end of a full pull; nothing that happened before or happens later lies in its overlap."""
    world.clock.advance(LATER)
    with world.open(**settings) as connector:
        *_, last = connector.pull(kind)
    world.clock.advance(LATER)
    return last.watermark


def add_formula(world: SalesforceWorld) -> dict[str, int]:
    """A field whose values change when an administrator edits the formula, or time passes."""
    limits = {"big": 100}

    def tier(row: Mapping[str, object]) -> object:
        size = row.get("NumberOfEmployees")
        return "big" if isinstance(size, int) and size >= limits["big"] else "small"

    world.org.add_field("Account", Field(name="Tier__c", label="Tier", type="string", formula=tier))
    return limits


def test_nothing_changed_means_nothing_comes(either: SalesforceWorld) -> None:
    either.seed(ACCOUNT, [{"name": "A"}, {"name": "B"}])
    since = watermark(either)
    pages = list(either.connector.pull(ACCOUNT, since=since))
    assert (ids_of(pages), deleted_of(pages)) == ([], {})


def test_many_records_of_one_second_all_come(either: SalesforceWorld) -> None:
    """Imports stamp thousands of records alike; cursors over the time of change lost some of them."""
    ids = either.seed(ACCOUNT, [{"name": f"Company {number}"} for number in range(50)])
    since = watermark(either)
    for one in ids:
        either.org.edit(one, {"Site": "imported"})
    assert ids_of(either.connector.pull(ACCOUNT, since=since)) == ids


def test_a_long_transaction_that_appears_late_is_not_missed(either: SalesforceWorld) -> None:
    """Records whose transaction ended after a pull carried a time from before it, and were skipped."""
    (record_id,) = either.seed(ACCOUNT, [{"name": "A"}])
    either.clock.advance(3_600)
    *_, last = either.connector.pull(ACCOUNT)
    either.clock.advance(1)
    either.org.store.commit_late(record_id, {"Site": "late"}, either.org.admin_id, seconds=599)
    either.clock.advance(86_400)
    table = table_of(either.connector.pull(ACCOUNT, ["Site"], since=last.watermark))
    assert (table["account_id"].to_pylist(), table["Site"].to_pylist()) == ([record_id], ["late"])


def test_what_changes_while_pages_are_read_comes_with_the_next_pull(either: SalesforceWorld) -> None:
    """The end of one pull is the moment before its first page, never the moment after its last."""
    ids = either.seed(ACCOUNT, [{"name": f"Company {number}"} for number in range(50)])
    either.clock.advance(3_600)
    edits = iter([ids[5], ids[45]])

    def edit() -> None:
        either.edit(ACCOUNT, next(edits), {"Site": "meanwhile"})

    either.emulator.faults.at([1, 2], meanwhile(edit), path=r"v67\.0/query|/results$")
    pages = list(either.connector.pull(ACCOUNT))
    assert ids_of(pages) == ids
    either.clock.advance(86_400)
    again = either.connector.pull(ACCOUNT, since=pages[-1].watermark)
    assert ids_of(again) == [ids[5], ids[45]]


def test_the_clock_of_this_machine_does_not_matter(either: SalesforceWorld) -> None:
    """The org's year is another one than this machine's: watermarks are the org's."""
    either.clock.set(either.clock.now() + timedelta(days=4_000))
    (record_id,) = either.seed(ACCOUNT, [{"name": "A"}])
    since = watermark(either)
    assert ids_of(either.connector.pull(ACCOUNT, since=since)) == []
    either.edit(ACCOUNT, record_id, {"Site": "new"})
    assert ids_of(either.connector.pull(ACCOUNT, since=since)) == [record_id]


def test_a_watermark_ahead_of_the_org_is_refused(either: SalesforceWorld) -> None:
    """A sandbox that was put back to an earlier state must not be read from a later moment on."""
    since = watermark(either)
    either.clock.set(either.clock.now() - timedelta(days=1))
    with pytest.raises(DataError) as caught:
        list(either.connector.pull(ACCOUNT, since=since))
    assert caught.value.code == "salesforce.watermark.ahead"


@pytest.mark.parametrize("since", ["", "2026-11-02T09:00:00Z", "{}", '{"until":"today","shape":"x"}', "[1]"])
def test_a_foreign_watermark_is_refused(salesforce: SalesforceWorld, since: str) -> None:
    with pytest.raises(UsageError):
        list(salesforce.connector.pull(ACCOUNT, since=since))


def test_what_the_recycle_bin_has_forgotten_cannot_be_pulled_incrementally(either: SalesforceWorld) -> None:
    """Records deleted and purged since would stay as ghosts for ever."""
    kept, gone = either.seed(ACCOUNT, [{"name": "A"}, {"name": "B"}])
    since = watermark(either)
    either.delete(ACCOUNT, gone)
    either.org.store.purge()
    either.clock.advance(RECYCLE_BIN.total_seconds())
    with pytest.raises(DataError) as caught:
        list(either.connector.pull(ACCOUNT, since=since))
    assert caught.value.code == "salesforce.watermark.old"
    assert ids_of(either.connector.pull(ACCOUNT)) == [kept]


def test_deleted_and_merged_records_are_named_and_restored_ones_come_back(either: SalesforceWorld) -> None:
    """Deletes and merges left ghosts behind."""
    kept, deleted, merged = either.seed(ACCOUNT, [{"name": name} for name in "ABC"])
    since = watermark(either)
    either.delete(ACCOUNT, deleted)
    either.merge(ACCOUNT, kept, merged)
    pages = list(either.connector.pull(ACCOUNT, since=since))
    assert deleted_of(pages) == {deleted: None, merged: kept}
    assert ids_of(pages) == [kept]
    since = watermark(either)
    either.org.edit(deleted, {"IsDeleted": None})
    pages = list(either.connector.pull(ACCOUNT, since=since))
    assert (ids_of(pages), deleted_of(pages)) == ([deleted], {})


def test_records_that_sharing_hides_from_now_on_are_noticed(either: SalesforceWorld) -> None:
    """A lost permission empties a full pull; in an incremental one the old records would stay for ever."""
    either.seed(ACCOUNT, [{"name": f"Company {number}"} for number in range(3)])
    since = watermark(either)
    either.org.settings.private_objects.add("Account")
    either.org.rights(either.integration).system.discard("ViewAllData")
    either.org.access.forget()
    with pytest.raises(DataError) as caught:
        list(either.connector.pull(ACCOUNT, since=since))
    assert caught.value.code == "salesforce.watermark.unexplained"
    since = watermark(either)
    either.org.settings.private_objects.clear()
    with pytest.raises(DataError):
        list(either.connector.pull(ACCOUNT, since=since))


def test_records_purged_from_the_recycle_bin_at_once_are_noticed(either: SalesforceWorld) -> None:
    """Nothing names them any more, so that no incremental pull would ever report them."""
    ids = either.seed(ACCOUNT, [{"name": f"Company {number}"} for number in range(3)])
    since = watermark(either)
    either.delete(ACCOUNT, ids[0])
    either.delete(ACCOUNT, ids[1])
    either.org.store.purge()
    either.edit(ACCOUNT, ids[2], {"Site": "new"})
    with pytest.raises(DataError) as caught:
        list(either.connector.pull(ACCOUNT, since=since))
    assert caught.value.code == "salesforce.watermark.unexplained"
    assert ids_of(either.connector.pull(ACCOUNT)) == [ids[2]]


def test_what_is_counted_survives_an_interruption(either: SalesforceWorld) -> None:
    """Many records are made and go; the pull stops after each page, and goes on in another process."""
    ids = either.seed(ACCOUNT, [{"name": f"Company {number}"} for number in range(70)])
    since = watermark(either)
    for one in ids[:45]:
        either.delete(ACCOUNT, one)
    made = either.seed(ACCOUNT, [{"name": "New"}])
    pages, checkpoint = [next(either.connector.pull(ACCOUNT, since=since))], None
    while checkpoint != pages[-1].checkpoint:
        checkpoint = pages[-1].checkpoint
        with either.open() as fresh:
            pages.append(next(fresh.pull(ACCOUNT, since=since, checkpoint=checkpoint)))
    assert (ids_of(pages), sorted(deleted_of(pages))) == (made, ids[:45])
    either.clock.advance(LATER)
    assert ids_of(either.connector.pull(ACCOUNT, since=pages[-1].watermark)) == made


def test_counting_that_takes_too_long_is_done_without(salesforce: SalesforceWorld) -> None:
    ids = salesforce.seed(ACCOUNT, [{"name": f"Company {number}"} for number in range(3)])
    since = watermark(salesforce)
    salesforce.edit(ACCOUNT, ids[0], {"Site": "new"})
    salesforce.emulator.faults.at(1, query_timeout(), path="/query$")
    pages = list(salesforce.connector.pull(ACCOUNT, since=since))
    assert ids_of(pages) == ids[:1]
    assert ids_of(salesforce.connector.pull(ACCOUNT, since=pages[-1].watermark)) == ids[:1]


def test_contacts_go_with_their_account(either: SalesforceWorld) -> None:
    (account,) = either.seed(ACCOUNT, [{"name": "A"}])
    (contact,) = either.seed(CONTACT, [{"account_id": account, "title": "CFO"}])
    since = watermark(either, CONTACT)
    either.delete(ACCOUNT, account)
    assert deleted_of(either.connector.pull(CONTACT, since=since)) == {contact: None}


def test_a_converted_lead_is_gone_and_merged_into_nothing(either: SalesforceWorld) -> None:
    (account,) = either.seed(ACCOUNT, [{"name": "A"}])
    kept, converted = either.seed(LEAD, [{"company": "A"}, {"company": "B"}])
    since = watermark(either, LEAD)
    either.org.convert_lead(converted, account)
    pages = list(either.connector.pull(LEAD, since=since))
    assert (ids_of(pages, LEAD), deleted_of(pages)) == ([], {converted: None})
    assert ids_of(either.connector.pull(LEAD), LEAD) == [kept]


def test_a_task_counts_while_it_is_done(either: SalesforceWorld) -> None:
    """Records leave and enter what is read without being deleted or made."""
    open_: dict[str, Value] = {"Status": "Not Started", "IsClosed": False}
    done: dict[str, Value] = {"Status": "Completed", "IsClosed": True}
    first = either.org.add("Task", done)
    second = either.org.add("Task", open_)
    third = either.org.add("Task", done)
    since = watermark(either, ACTIVITY)
    either.org.edit(first, open_)
    either.org.edit(second, done)
    either.org.edit(third, {"IsArchived": True})
    pages = list(either.connector.pull(ACTIVITY, since=since))
    assert (ids_of(pages, ACTIVITY), deleted_of(pages)) == ([second], {first: None, third: None})
    assert ids_of(either.connector.pull(ACTIVITY), ACTIVITY) == [second]


def test_formula_fields_are_right_after_an_incremental_pull(either: SalesforceWorld) -> None:
    """Formulas and roll-ups change without touching the time of change, and went stale."""
    limits = add_formula(either)
    ids = either.seed(ACCOUNT, [{"name": "A", "employees": 50}, {"name": "B", "employees": 500}])
    mapped: dict[str, Any] = {"fields": {"account": {"x_tier": "Tier__c"}}}
    since = watermark(either, ACCOUNT, **mapped)
    either.delete(ACCOUNT, *either.seed(ACCOUNT, [{"name": "Came and went"}]))
    limits["big"] = 10
    with either.open(**mapped) as connector:
        pages = list(connector.pull(ACCOUNT, since=since))
    assert dict(zip(ids_of(pages), table_of(pages)["x_tier"].to_pylist(), strict=True)) == dict.fromkeys(
        ids, "big"
    )
    assert len(deleted_of(pages)) == 1


def test_a_formula_asked_for_by_its_own_name_is_right_too(either: SalesforceWorld) -> None:
    limits = add_formula(either)
    either.seed(ACCOUNT, [{"name": "A", "employees": 50}])
    since = watermark(either)
    limits["big"] = 10
    table = table_of(either.connector.pull(ACCOUNT, ["Tier__c"], since=since))
    assert table["Tier__c"].to_pylist() == ["big"]


def test_what_went_long_ago_is_not_named_again_where_all_records_are_read(either: SalesforceWorld) -> None:
    add_formula(either)
    kept, gone = either.seed(ACCOUNT, [{"name": "A"}, {"name": "B"}])
    either.delete(ACCOUNT, gone)
    either.clock.advance(LATER)
    mapped: dict[str, Any] = {"fields": {"account": {"x_tier": "Tier__c"}}}
    since = watermark(either, ACCOUNT, **mapped)
    with either.open(**mapped) as connector:
        pages = list(connector.pull(ACCOUNT, since=since))
    assert (ids_of(pages), deleted_of(pages)) == ([kept], {})


def test_fields_of_other_records_are_right_after_an_incremental_pull(either: SalesforceWorld) -> None:
    """What stands on the parent changes without touching the child."""
    parent, child = either.seed(ACCOUNT, [{"name": "Parent"}, {"name": "Child"}])
    either.org.edit(child, {"ParentId": parent})
    mapped: dict[str, Any] = {"fields": {"account": {"x_parent_site": "Parent.Site"}}}
    since = watermark(either, ACCOUNT, **mapped)
    either.edit(ACCOUNT, parent, {"Site": "Berlin"})
    with either.open(**mapped) as connector:
        table = table_of(connector.pull(ACCOUNT, since=since))
    found = dict(zip(table["account_id"].to_pylist(), table["x_parent_site"].to_pylist(), strict=True))
    assert found == {parent: None, child: "Berlin"}


def test_a_field_that_became_visible_makes_everything_be_pulled(either: SalesforceWorld) -> None:
    """Fields granted later stayed empty on all records that nobody touched."""
    either.seed(ACCOUNT, [{"name": "A", "industry": "Retail"}])
    either.org.hide_field("Account", "Industry", either.integration)
    since = watermark(either)
    either.org.rights(either.integration).hidden_fields.clear()
    either.org.access.forget()
    with pytest.raises(DataError) as caught:
        list(either.connector.pull(ACCOUNT, since=since))
    assert caught.value.code == "salesforce.watermark.moved"


def test_a_field_that_was_removed_does_not_break_the_pull(either: SalesforceWorld) -> None:
    """Removed fields crashed running integrations."""
    either.add_text_field(ACCOUNT, "Note__c")
    either.seed(ACCOUNT, [{"name": "A"}])
    since = watermark(either)
    either.org.remove_field("Account", "Note__c")
    pages = list(either.connector.pull(ACCOUNT, ["Note__c"], since=since))
    assert "Note__c" not in table_of(pages).column_names


def test_another_field_behind_a_column_makes_everything_be_pulled(either: SalesforceWorld) -> None:
    since = watermark(either)
    with either.open(fields={"account": {"city": "ShippingCity"}}) as connector, pytest.raises(DataError):
        list(connector.pull(ACCOUNT, since=since))


def test_a_renamed_record_type_makes_everything_be_pulled(either: SalesforceWorld) -> None:
    """Deals show the name of their record type, and are not touched when it changes."""
    record_type = either.org.add_record_type("Opportunity", "Renewal")
    deal = either.org.add("Opportunity", {"Name": "D", "RecordTypeId": record_type, "StageName": "New"})
    assert table_of(either.connector.pull(DEAL))["pipeline"].to_pylist() == ["Renewal"]
    since = watermark(either, DEAL)
    assert ids_of(either.connector.pull(DEAL, since=since), DEAL) == []
    either.org.add_record_type("Opportunity", "Upsell")
    with pytest.raises(DataError):
        list(either.connector.pull(DEAL, since=since))
    assert ids_of(either.connector.pull(DEAL), DEAL) == [deal]
