"""What people do by hand: create, edit, delete, merge; and the history of it."""

from collections.abc import Mapping

import pyarrow as pa
import pytest

from connectors.errors import UsageError
from connectors.local.connector import LocalConnector
from connectors.model import FieldValue, FieldWrite, ObjectKind, WriteOutcome
from tests.connectors.local.making import ACCOUNT, DAY, Clock, accounts, ids_of, managed_specs, modified_at

CONTACT, DEAL, ACTIVITY = ObjectKind.CONTACT, ObjectKind.DEAL, ObjectKind.ACTIVITY


def test_a_new_record_has_its_values_and_both_times(crm: LocalConnector) -> None:
    record_id = crm.create(ACCOUNT, {"name": "Acme", "country": "US"}, "Jo")
    (record,) = crm.table(ACCOUNT).to_pylist()
    assert (record["account_id"], record["name"], record["country"]) == (record_id, "Acme", "US")
    assert record["created_at"] == record["modified_at"] == modified_at(crm, record_id)
    assert {entry.actor for entry in crm.history(ACCOUNT, record_id)} == {"Jo"}


def test_a_new_record_may_bring_its_id(crm: LocalConnector) -> None:
    assert crm.create(DEAL, {"deal_id": "d-7"}, "Jo") == "d-7"
    assert crm.create(DEAL, {}, "Jo") != crm.create(DEAL, {}, "Jo")
    assert crm.count(DEAL) == 3


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"account_id": "a1"}, "record.doubled"),
        ({"account_id": ""}, "record.id"),
        ({"account_id": 7}, "record.id"),
        ({"name": 7}, "value.type"),
        ({"nobody": "x"}, "field.unknown"),
        ({"created_at": "2026-11-02T00:00:00Z"}, "field.read_only"),
    ],
)
def test_a_new_record_that_does_not_fit_is_not_made(
    crm: LocalConnector, values: Mapping[str, FieldValue], code: str
) -> None:
    crm.load(accounts({"name": "Acme"}), as_of=DAY)
    with pytest.raises(UsageError) as caught:
        crm.create(ACCOUNT, values, "Jo")
    assert caught.value.code == code
    assert crm.count(ACCOUNT) == 1


def test_the_id_of_a_deleted_record_is_not_used_again(crm: LocalConnector) -> None:
    crm.create(ACCOUNT, {"account_id": "a1"}, "Jo")
    crm.delete(ACCOUNT, ["a1"])
    with pytest.raises(UsageError, match="a1 already"):
        crm.create(ACCOUNT, {"account_id": "a1"}, "Jo")


def test_an_edit_is_stored_with_its_author(crm: LocalConnector, clock: Clock) -> None:
    crm.load(accounts({"name": "Acme", "industry": "Mining"}), as_of=DAY)
    clock.move(minutes=5)
    assert crm.edit(ACCOUNT, "a1", {"name": "Acme AG", "industry": None}, "Jo")
    found = [
        (entry.field, entry.old, entry.new, entry.actor, entry.request_id, entry.changed_at)
        for entry in crm.history(ACCOUNT, "a1")
    ]
    assert found == [
        ("name", "Acme", "Acme AG", "Jo", None, clock.now),
        ("industry", "Mining", None, "Jo", None, clock.now),
    ]
    assert modified_at(crm, "a1") == clock.now


def test_an_edit_that_changes_nothing_touches_nothing(crm: LocalConnector, clock: Clock) -> None:
    crm.load(accounts({"name": "Acme"}), as_of=DAY)
    before = modified_at(crm, "a1")
    clock.move(minutes=5)
    assert not crm.edit(ACCOUNT, "a1", {"name": "Acme"}, "Jo")
    assert modified_at(crm, "a1") == before


@pytest.mark.parametrize("field", ["account_id", "created_at", "modified_at", "employees_number", "nobody"])
def test_fields_that_the_crm_keeps_are_not_edited(crm: LocalConnector, field: str) -> None:
    crm.load(accounts({"name": "Acme"}), as_of=DAY)
    with pytest.raises(UsageError, match=f"account a1: .*{field}"):
        crm.edit(ACCOUNT, "a1", {"name": "Acme AG", field: "x"}, "Jo")
    assert crm.table(ACCOUNT).column("name").to_pylist() == ["Acme"]


def test_records_that_are_gone_are_not_edited(crm: LocalConnector) -> None:
    crm.load(accounts({"name": "Acme"}), as_of=DAY)
    crm.delete(ACCOUNT, ["a1"])
    for record_id in ("a1", "nobody"):
        with pytest.raises(UsageError, match=f"no account {record_id}"):
            crm.edit(ACCOUNT, record_id, {"name": "x"}, "Jo")


def test_deleting_counts_what_was_there(crm: LocalConnector) -> None:
    crm.load(accounts({"name": "A"}, {"name": "B"}, {"name": "C"}), as_of=DAY)
    assert crm.delete(ACCOUNT, ["a1", "a2", "a1", "nobody"]) == 2
    assert crm.delete(ACCOUNT, ["a1"]) == 0
    assert ids_of(list(crm.pull(ACCOUNT))) == ["a3"]


def test_deleting_again_does_not_report_it_again(crm: LocalConnector) -> None:
    crm.load(accounts({"name": "A"}), as_of=DAY)
    crm.delete(ACCOUNT, ["a1"])
    *_, last = crm.pull(ACCOUNT)
    crm.delete(ACCOUNT, ["a1"])
    assert [page.deleted for page in crm.pull(ACCOUNT, since=last.watermark)] == [()]


def test_the_survivor_of_a_merge_gets_what_belonged_to_the_other(crm: LocalConnector) -> None:
    crm.load(
        {
            **accounts({"parent_id": "a2"}, {"parent_id": None}, {"parent_id": "a2"}),
            CONTACT: pa.table({"contact_id": ["c1", "c2"], "account_id": ["a2", "a3"]}),
            DEAL: pa.table({"deal_id": ["d1"], "account_id": ["a2"]}),
            ACTIVITY: pa.table({"activity_id": ["t1"], "account_id": ["a2"], "contact_id": ["a2"]}),
        },
        as_of=DAY,
    )
    crm.merge(ACCOUNT, "a1", "a2")
    # The survivor was a child of the other one, and cannot be its own parent.
    assert [row["parent_id"] for row in crm.table(ACCOUNT).to_pylist()] == [None, "a1"]
    assert crm.table(CONTACT).column("account_id").to_pylist() == ["a1", "a3"]
    assert crm.table(DEAL).column("account_id").to_pylist() == ["a1"]
    assert crm.table(ACTIVITY).select(["account_id", "contact_id"]).to_pylist() == [
        {"account_id": "a1", "contact_id": "a2"}
    ]
    assert [(entry.field, entry.old, entry.new) for entry in crm.history(DEAL)] == [
        ("account_id", "a2", "a1")
    ]


def test_merged_contacts_hand_over_their_activities(crm: LocalConnector) -> None:
    crm.load(
        {
            CONTACT: pa.table({"contact_id": ["c1", "c2"]}),
            ACTIVITY: pa.table({"activity_id": ["t1", "t2"], "contact_id": ["c2", None]}),
        },
        as_of=DAY,
    )
    crm.merge(CONTACT, "c1", "c2")
    assert crm.table(ACTIVITY).column("contact_id").to_pylist() == ["c1", None]


def test_a_merge_touches_the_survivor_and_keeps_its_values(crm: LocalConnector, clock: Clock) -> None:
    crm.load(accounts({"name": "Acme"}, {"name": "Bolt"}), as_of=DAY)
    clock.move(minutes=5)
    crm.merge(ACCOUNT, "a1", "a2")
    assert crm.table(ACCOUNT).column("name").to_pylist() == ["Acme"]
    assert modified_at(crm, "a1") == clock.now


def test_a_chain_of_merges_leads_to_the_last_survivor(crm: LocalConnector) -> None:
    crm.load(accounts({}, {}, {}), as_of=DAY)
    crm.merge(ACCOUNT, "a2", "a1")
    crm.merge(ACCOUNT, "a3", "a2")
    crm.ensure_fields(ACCOUNT, managed_specs())
    batch = [FieldWrite(record_id, {"our_text": "x"}) for record_id in ("a1", "a2", "a3")]
    results = crm.write(ACCOUNT, batch, request_id="r1")
    assert [(result.outcome, result.merged_into) for result in results] == [
        (WriteOutcome.GONE, "a3"),
        (WriteOutcome.GONE, "a3"),
        (WriteOutcome.WRITTEN, None),
    ]


@pytest.mark.parametrize(
    ("winner", "loser"), [("a1", "a1"), ("a1", "nobody"), ("nobody", "a1"), ("a2", "a1")]
)
def test_a_merge_that_makes_no_sense_changes_nothing(crm: LocalConnector, winner: str, loser: str) -> None:
    crm.load(accounts({}, {}), as_of=DAY)
    crm.delete(ACCOUNT, ["a2"])
    with pytest.raises(UsageError) as caught:
        crm.merge(ACCOUNT, winner, loser)
    assert caught.value.hint
    assert crm.count(ACCOUNT) == 1


def test_the_history_can_be_asked_by_record_and_field(crm: LocalConnector) -> None:
    crm.load(accounts({"name": "A"}, {"name": "B"}), as_of=DAY)
    crm.edit(ACCOUNT, "a1", {"name": "A1", "country": "US"}, "Jo")
    crm.edit(ACCOUNT, "a2", {"name": "B1"}, "Jo")
    assert [entry.record_id for entry in crm.history(ACCOUNT, field="name")] == ["a1", "a2"]
    assert [entry.field for entry in crm.history(ACCOUNT, "a1")] == ["name", "country"]
    assert [entry.new for entry in crm.history(ACCOUNT, "a1", "country")] == ["US"]
    assert crm.history(DEAL) == []
