"""One batch in one request: what is sent, what is refused before, and whose result is whose."""

from datetime import UTC, date, datetime

import orjson
import pytest

from connectors.errors import AccessError, UsageError
from connectors.model import FieldValue, FieldWrite, ObjectKind, WriteOutcome
from crm_segments.sandbox import FaultPlan, mangled
from crm_segments.sandbox.calls import Reply
from crm_segments.sandbox.salesforce import Field
from tests.connectors.salesforce.writing import (
    AMOUNT,
    DAY,
    FLAG,
    KEY,
    MOMENT,
    REASON,
    WHOLE,
    add_fields,
    collections,
    outcomes,
    put,
    seed,
    stored,
    written_bodies,
)
from tests.salesforce import SalesforceWorld


@pytest.fixture
def world(salesforce: SalesforceWorld) -> SalesforceWorld:
    add_fields(salesforce)
    return salesforce


def test_every_type_of_field_is_written_as_it_was_given(world: SalesforceWorld) -> None:
    (record_id,) = seed(world, 1)
    values: dict[str, FieldValue] = {
        KEY: "big",
        REASON: "412 employees",
        DAY: date(2026, 11, 2),
        AMOUNT: 0.93,
        WHOLE: 7,
        FLAG: True,
        MOMENT: datetime(2026, 11, 2, 8, 15, tzinfo=UTC),
    }
    assert outcomes(put(world, [(record_id, values)])) == [WriteOutcome.WRITTEN]
    assert [stored(world, record_id, name) for name in values] == [
        *("big", "412 employees", "2026-11-02", 0.93, 7, True),
        "2026-11-02T08:15:00.000+0000",
    ]


def test_two_hundred_records_are_one_request(world: SalesforceWorld) -> None:
    ids = seed(world, 200)
    put(world, [(record_id, {KEY: "big"}) for record_id in ids])
    put(world, [(record_id, {KEY: "small"}) for record_id in ids])
    assert len(collections(world)) == 2
    # The second batch needed neither a login nor a description.
    assert [call.method for call in world.emulator.wire.requests()][-2:] == ["PATCH", "PATCH"]


def test_an_empty_batch_asks_nothing_at_all(world: SalesforceWorld) -> None:
    assert put(world, []) == []
    assert world.emulator.wire.requests() == []


def test_a_write_without_values_is_not_sent(world: SalesforceWorld) -> None:
    (record_id,) = seed(world, 1)
    assert outcomes(put(world, [(record_id, {})])) == [WriteOutcome.UNCHANGED]
    assert world.org.store.history.touches(record_id) == 0


def test_two_forms_of_one_id_are_one_record(world: SalesforceWorld) -> None:
    (record_id,) = seed(world, 1)
    with pytest.raises(UsageError, match=record_id):
        put(world, [(record_id, {KEY: "big"}), (record_id[:15], {KEY: "small"})])
    assert collections(world) == []


def test_an_id_of_15_characters_reaches_its_record_and_comes_back_as_given(world: SalesforceWorld) -> None:
    """Pain: ids of 15 and 18 characters were taken for two records."""
    (record_id,) = seed(world, 1)
    (result,) = put(world, [(record_id[:15], {KEY: "big"})])
    assert (result.record_id, result.outcome) == (record_id[:15], WriteOutcome.WRITTEN)
    assert stored(world, record_id, KEY) == "big"


def test_ids_that_differ_only_in_capitals_are_two_records(world: SalesforceWorld) -> None:
    """Pain: keys that ignore capitals merged two records."""
    upper = world.org.add("Account", {"Name": "Upper"}, record_id="0014S00000ABCDE")
    lower = world.org.add("Account", {"Name": "Lower"}, record_id="0014S00000abcde")
    put(world, [(upper, {KEY: "big"}), (lower, {KEY: "small"})])
    assert [stored(world, one, KEY) for one in (upper, lower)] == ["big", "small"]


@pytest.mark.parametrize(
    "record_id", ["", "42", "0014S00000000 1", "acme@example.com", "0014S0000000001QAAx"]
)
def test_what_is_no_id_is_refused_and_the_others_are_written(world: SalesforceWorld, record_id: str) -> None:
    (good,) = seed(world, 1)
    bad, fine = put(world, [(record_id, {KEY: "big"}), (good, {KEY: "big"})])
    assert (bad.outcome, bad.code, fine.outcome) == (
        WriteOutcome.REJECTED,
        "record.id",
        WriteOutcome.WRITTEN,
    )
    assert record_id == "" or record_id not in bad.message


def test_a_batch_above_the_limit_is_refused_before_anything_is_asked(world: SalesforceWorld) -> None:
    batch = [FieldWrite(f"0014S{number:010d}", {KEY: "big"}) for number in range(201)]
    with pytest.raises(UsageError, match="201"):
        world.connector.write(ObjectKind.ACCOUNT, batch, request_id="test")
    assert world.emulator.wire.requests() == []


def test_records_are_updated_by_id_and_never_made(world: SalesforceWorld) -> None:
    """Pain: "already exists", right after a search had found nothing; e-mail is no key here."""
    before = len(world.org.store.table("Account"))
    (result,) = put(world, [("0014S00000zzzzzAAA", {KEY: "big"})])
    assert (result.outcome, result.merged_into) == (WriteOutcome.GONE, None)
    assert len(world.org.store.table("Account")) == before


def test_only_the_named_fields_are_sent(world: SalesforceWorld) -> None:
    """Pain: sending every attribute fired flows and put hand edits back."""
    (record_id,) = seed(world, 1)
    sent = written_bodies(world)
    put(world, [(record_id, {KEY: "big", REASON: None})])
    assert [orjson.loads(body) for body in sent] == [
        {
            "allOrNone": False,
            "records": [{"attributes": {"type": "Account"}, "id": record_id, KEY: "big", REASON: None}],
        }
    ]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), True, "7", 1.005, 1e17, 2**60])
def test_a_number_that_salesforce_would_bend_is_refused(world: SalesforceWorld, value: FieldValue) -> None:
    """Trap: both client libraries put a bare NaN on the wire, others turn it into null and wipe the field."""
    (record_id,) = seed(world, 1)
    world.edit(ObjectKind.ACCOUNT, record_id, {AMOUNT: 5.0})
    (result,) = put(world, [(record_id, {AMOUNT: value})])
    assert (result.outcome, result.field) == (WriteOutcome.REJECTED, AMOUNT)
    assert stored(world, record_id, AMOUNT) == 5.0
    assert collections(world) == []


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        (REASON, " x", "value.spaces"),
        (REASON, "x\u00a0", "value.spaces"),
        (REASON, "\ufeffx", "value.spaces"),
        (REASON, "   ", "value.spaces"),
        (REASON, "a\x00b", "value.characters"),
        (REASON, "a\x0bb", "value.characters"),
        (REASON, "half \ud83d pair", "value.characters"),
        (REASON, "\uffff", "value.characters"),
        (REASON, "x" * 256, "value.too_long"),
        (REASON, "👍" * 128, "value.too_long"),
        (REASON, 7, "value.type"),
        (KEY, "Big", "value.option"),
        (KEY, "Big ones", "value.option"),
        (KEY, "old", "value.option"),
        (KEY, "big ", "value.option"),
        (KEY, 1, "value.option"),
        (DAY, "2026-02-30", "value.date"),
        (DAY, "1699-12-31", "value.date"),
        (DAY, "02.11.2026", "value.type"),
        (DAY, datetime(2026, 11, 2, tzinfo=UTC), "value.type"),
        (MOMENT, "2026-12-24T18:00:00", "value.type"),
        (MOMENT, "2026-12-24T18:00:00.5Z", "value.datetime"),
        (FLAG, None, "value.required"),
        (FLAG, 1, "value.type"),
        (FLAG, "true", "value.type"),
        (WHOLE, 1.5, "value.number"),
        (WHOLE, 10**8, "value.number"),
        ("Nope__c", "x", "field.unknown"),
        (KEY.lower(), "big", "field.unknown"),
        ("CreatedDate", "2026-11-02", "field.read_only"),
        ("OwnerId", "0054S0000000001QAA", "field.type"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_before_it_is_sent(
    world: SalesforceWorld, name: str, value: FieldValue, code: str
) -> None:
    (record_id,) = seed(world, 1)
    (result,) = put(world, [(record_id, {REASON: "fine", name: value})])
    assert (result.outcome, result.field, result.code) == (WriteOutcome.REJECTED, name, code)
    assert result.message
    assert record_id not in result.message
    assert not isinstance(value, str) or len(value) < 5 or value not in result.message
    assert collections(world) == []


def test_texts_are_counted_as_salesforce_counts_them(world: SalesforceWorld) -> None:
    (record_id,) = seed(world, 1)
    for text in ("x" * 255, "ü" * 255, "👍" * 127 + "x"):
        assert outcomes(put(world, [(record_id, {REASON: text})])) == [WriteOutcome.WRITTEN]
        assert stored(world, record_id, REASON) == text


def test_empty_text_and_none_clear_and_are_never_stored_as_words(world: SalesforceWorld) -> None:
    """Pain: a blank wiped a good value, or did nothing, or became the text None."""
    ids = seed(world, 2)
    full: dict[str, FieldValue] = {
        KEY: "big",
        REASON: "x",
        DAY: "2026-11-02",
        AMOUNT: 1,
        MOMENT: "2026-11-02T08:15:00Z",
    }
    put(world, [(record_id, full) for record_id in ids])
    put(world, [(ids[0], dict.fromkeys(full)), (ids[1], dict.fromkeys(full, ""))])
    assert [stored(world, record_id, name) for record_id in ids for name in full] == [None] * 10


def test_days_are_written_as_days(world: SalesforceWorld) -> None:
    """Pain: a date was taken for a moment and moved to the day before."""
    ids = seed(world, 3)
    days: list[FieldValue] = [date(2024, 2, 29), "2026-12-31", date(1700, 1, 1)]
    put(world, [(record_id, {DAY: day}) for record_id, day in zip(ids, days, strict=True)])
    assert [stored(world, record_id, DAY) for record_id in ids] == ["2024-02-29", "2026-12-31", "1700-01-01"]


def test_a_field_that_the_user_may_only_see_is_named_before_anything_is_sent(world: SalesforceWorld) -> None:
    (record_id,) = seed(world, 1)
    world.org.access.profiles[world.profile].granted_fields["Account", KEY] = False
    world.org.access.forget()
    (result,) = put(world, [(record_id, {KEY: "big"})])
    assert (result.outcome, result.code, result.field) == (WriteOutcome.REJECTED, "field.read_only", KEY)
    assert "Permission Sets" in result.message
    assert collections(world) == []


def test_rich_text_is_not_written_because_it_comes_back_changed(world: SalesforceWorld) -> None:
    (record_id,) = seed(world, 1)
    world.org.add_field("Account", Field(name="Multi__c", label="Multi", type="multipicklist", length=255))
    (result,) = put(world, [(record_id, {"Multi__c": "b;a"})])
    assert (result.outcome, result.code) == (WriteOutcome.REJECTED, "field.type")


def test_an_object_that_nobody_may_edit_is_refused_with_the_click_path(world: SalesforceWorld) -> None:
    world.org.store.sobject("Account").traits = type(world.org.require("Account").traits)(updateable=False)  # type: ignore[union-attr]
    world.org.access.forget()
    with pytest.raises(AccessError, match="Account") as caught:
        put(world, [("0014S0000000001QAA", {KEY: "big"})])
    assert "Permission Sets" in caught.value.hint
    assert collections(world) == []


def test_results_are_joined_by_position_and_not_by_what_stands_in_them(world: SalesforceWorld) -> None:
    """Pain: a refused row comes without an id and was tied to the wrong record."""
    ids = seed(world, 6)
    world.delete(ObjectKind.ACCOUNT, ids[1])
    world.org.lock_row(ids[4], 1)
    order = [ids[number] for number in (4, 1, 0, 5, 2, 3)]
    results = put(world, [(record_id, {KEY: "big"}) for record_id in order])
    assert [result.record_id for result in results] == order
    assert outcomes(results) == [WriteOutcome.BUSY, WriteOutcome.GONE, *[WriteOutcome.WRITTEN] * 4]


def test_headers_that_keep_owners_are_on_every_request(world: SalesforceWorld) -> None:
    (record_id,) = seed(world, 1)
    put(world, [(record_id, {KEY: "big"})])
    for call in world.emulator.wire.requests():
        assert call.header("Sforce-Auto-Assign") == "FALSE", call.path
        assert call.header("Sforce-Duplicate-Rule-Header") == "allowSave=true", call.path


def test_no_owner_changes_when_an_assignment_rule_waits(world: SalesforceWorld) -> None:
    other = world.org.add_user("queue@example.com", world.profile)
    world.org.settings.assignment_rules["Account"] = other
    (record_id,) = seed(world, 1)
    owner = stored(world, record_id, "OwnerId")
    put(world, [(record_id, {KEY: "big"})])
    assert (stored(world, record_id, KEY), stored(world, record_id, "OwnerId")) == ("big", owner)


def test_the_headers_are_on_the_resend_after_a_session_has_ended(world: SalesforceWorld) -> None:
    """Trap: after a new login the client library sends the request again without its headers."""
    other = world.org.add_user("queue@example.com", world.profile)
    world.org.settings.assignment_rules["Account"] = other
    (record_id,) = seed(world, 1)
    owner = stored(world, record_id, "OwnerId")
    put(world, [(record_id, {KEY: "small"})])
    world.org.sessions.expire_all()
    put(world, [(record_id, {KEY: "big"})])
    assert [call.header("Sforce-Auto-Assign") for call in collections(world)] == ["FALSE"] * 3
    assert (stored(world, record_id, KEY), stored(world, record_id, "OwnerId")) == ("big", owner)


def test_no_value_and_no_id_is_logged(world: SalesforceWorld, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    (record_id,) = seed(world, 1)
    world.emulator.wire.faults = FaultPlan().at(
        1, mangled(lambda reply: Reply(503, b"{}", reply.headers)), path="queryAll"
    )
    world.delete(ObjectKind.ACCOUNT, record_id)
    assert outcomes(put(world, [(record_id, {REASON: "confidential"})])) == [WriteOutcome.GONE]
    assert "salesforce.merged_unknown" in caplog.text
    assert "confidential" not in caplog.text


def test_a_field_that_was_made_a_moment_ago_is_known(world: SalesforceWorld) -> None:
    (record_id,) = seed(world, 1)
    put(world, [(record_id, {KEY: "big"})])
    world.clock.advance(2)
    world.org.add_field("Account", Field(name="New__c", label="New", type="string", length=20))
    assert outcomes(put(world, [(record_id, {"New__c": "x"})])) == [WriteOutcome.WRITTEN]
