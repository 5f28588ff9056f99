"""What the embedded CRM promises about pulls, reads and writes beyond the contract."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import DataError, SchemaError, UsageError
from connectors.local import open_connector
from connectors.local.connector import LocalConnector
from connectors.local.limits import PAGE_RECORDS
from connectors.model import FieldValue, FieldWrite, ObjectKind, WriteOutcome
from tests.connectors.local.making import ACCOUNT, DAY, Clock, accounts, ids_of, managed_specs, modified_at

OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["create", "edit", "write", "delete", "merge", "import", "pull"]),
        st.integers(0, 5),
        st.integers(0, 5),
        st.sampled_from(["x", "y", "z"]),
    ),
    max_size=25,
)


@settings(max_examples=40)
@given(operations=OPERATIONS)
def test_incremental_pulls_add_up_to_the_whole(operations: list[tuple[str, int, int, str]]) -> None:
    """Whoever follows the changes holds, at any time, exactly what a full pull gives."""
    with (
        TemporaryDirectory() as folder,
        open_connector(path=Path(folder) / "crm.db", create=True, clock=Clock()) as crm,
    ):
        crm.ensure_fields(ACCOUNT, managed_specs())
        mirror: dict[str, dict[str, object]] = {}
        *_, last = crm.pull(ACCOUNT)
        for operation, one, other, text in [*operations, ("pull", 0, 0, "")]:
            act(crm, operation, f"a{one}", f"a{other}", text)
            if operation == "pull":
                *_, last = follow(crm, mirror, last.watermark)
                full = pa.concat_tables([page.table for page in crm.pull(ACCOUNT, ["our_text"])])
                assert mirror == {row["account_id"]: row for row in full.to_pylist()}


def act(crm: LocalConnector, operation: str, one: str, other: str, text: str) -> None:
    there = set(ids_of(list(crm.pull(ACCOUNT))))
    match operation:
        case "create" | "import":
            crm.load({ACCOUNT: pa.table({"account_id": [one], "name": [text]})}, as_of=DAY)
        case "edit" if one in there:
            crm.edit(ACCOUNT, one, {"name": text}, "Jo")
        case "write":
            crm.write(ACCOUNT, [FieldWrite(one, {"our_text": text})], request_id="r")
        case "delete":
            crm.delete(ACCOUNT, [one])
        case "merge" if one != other and {one, other} <= there:
            crm.merge(ACCOUNT, one, other)


def follow(crm: LocalConnector, mirror: dict[str, dict[str, object]], since: str) -> list:  # type: ignore[type-arg]
    pages = list(crm.pull(ACCOUNT, ["our_text"], since=since))
    for page in pages:
        mirror.update({row["account_id"]: row for row in page.table.to_pylist()})
        for gone in page.deleted:
            mirror.pop(gone.record_id, None)
    return pages


def test_records_that_just_fill_a_page_are_one_page(crm: LocalConnector) -> None:
    crm.load(accounts(*({"name": "x"} for _ in range(PAGE_RECORDS))), as_of=DAY)
    assert [page.table.num_rows for page in crm.pull(ACCOUNT)] == [PAGE_RECORDS]
    crm.create(ACCOUNT, {}, "Jo")
    assert [page.table.num_rows for page in crm.pull(ACCOUNT)] == [PAGE_RECORDS, 1]


def test_a_full_pull_does_not_speak_of_what_is_gone(crm: LocalConnector) -> None:
    crm.load(accounts({}, {}), as_of=DAY)
    crm.delete(ACCOUNT, ["a1"])
    assert [(ids_of([page]), page.deleted) for page in crm.pull(ACCOUNT)] == [(["a2"], ())]


@pytest.mark.parametrize("since", ["", "yesterday", "2026-11-02", "1762070400000"])
def test_the_mark_of_another_crm_is_refused(crm: LocalConnector, since: str) -> None:
    with pytest.raises(UsageError, match="last pull") as caught:
        list(crm.pull(ACCOUNT, since=since))
    assert caught.value.hint


def test_an_older_copy_of_the_file_is_noticed(crm: LocalConnector, path: Path) -> None:
    crm.load(accounts({"name": "Acme"}), as_of=DAY)
    crm.__exit__(None, None, None)
    copy = path.read_bytes()
    with open_connector(path=path) as newer:
        newer.edit(ACCOUNT, "a1", {"name": "Acme AG"}, "Jo")
        *_, last = newer.pull(ACCOUNT)
    path.write_bytes(copy)
    with pytest.raises(DataError, match="older") as caught:
        list(crm.pull(ACCOUNT, since=last.watermark))
    assert "newer file" in caught.value.hint


@pytest.mark.parametrize(
    "checkpoint",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"object":"account","since":null,"watermark":"x","after":7}',
        '{"object":"deal","since":null,"watermark":"x","after":"a1"}',
        '{"object":"account","since":"x","watermark":"x","after":"a1"}',
        '{"object":"account","since":null,"watermark":"x","after":"a1","more":1}',
    ],
)
def test_the_checkpoint_of_another_pull_is_refused(crm: LocalConnector, checkpoint: str) -> None:
    with pytest.raises(UsageError, match="go on from") as caught:
        list(crm.pull(ACCOUNT, checkpoint=checkpoint))
    assert "beginning" in caught.value.hint


def test_fields_of_every_type_follow_as_text(crm: LocalConnector) -> None:
    crm.load(accounts({"name": "Acme"}), as_of=DAY)
    crm.ensure_fields(ACCOUNT, managed_specs())
    values: dict[str, FieldValue] = {
        "our_text": "007",
        "our_picklist": "big",
        "our_number": 12,
        "our_date": DAY,
        "our_datetime": datetime(2026, 11, 2, 8, tzinfo=UTC),
        "our_boolean": False,
    }
    crm.write(ACCOUNT, [FieldWrite("a1", values)], request_id="r1")
    expected = {
        "our_text": "007",
        "our_picklist": "big",
        "our_number": "12",
        "our_date": "2026-11-02",
        "our_datetime": "2026-11-02T08:00:00.000000Z",
        "our_boolean": "false",
    }
    (page,) = crm.pull(ACCOUNT, list(expected))
    assert page.table.select(list(expected)).to_pylist() == [expected]
    assert crm.read(ACCOUNT, ["a1"], list(expected)).select(list(expected)).to_pylist() == [expected]
    assert crm.table(ACCOUNT).select(list(expected)).to_pylist() == [expected]


def test_canonical_columns_asked_for_as_extra_come_once(crm: LocalConnector) -> None:
    crm.load(accounts({"name": "Acme", "tier": "A"}), as_of=DAY)
    (page,) = crm.pull(ACCOUNT, ["name", "tier", "tier", "account_id"])
    assert page.table.column_names.count("name") == 1
    assert page.table.column_names[-1] == "tier"
    assert page.table.column_names.count("tier") == 1


def test_built_in_fields_of_every_type_are_read_as_text(crm: LocalConnector) -> None:
    contact = {"contact_id": "c1", "email_opens_90d": 3, "email_opt_out": True, "last_activity_date": DAY}
    crm.load({ObjectKind.CONTACT: pa.Table.from_pylist([contact])}, as_of=DAY)
    names = ["email_opt_out", "contact_id", "email_opens_90d", "last_activity_date", "email_clicks_90d"]
    (record,) = crm.read(ObjectKind.CONTACT, ["c1"], names).to_pylist()
    assert list(record.values()) == ["c1", "true", "3", "2026-11-02", None]


def test_reading_a_field_that_is_not_there_names_it(crm: LocalConnector) -> None:
    with pytest.raises(SchemaError, match="no field crm_segment") as caught:
        crm.read(ACCOUNT, ["a1"], ["name", "crm_segment"])
    assert "fields create" in caught.value.hint


def test_reading_more_than_the_limit_is_refused(crm: LocalConnector) -> None:
    ids = [f"a{number}" for number in range(crm.limits.max_read_records)]
    assert crm.read(ACCOUNT, ids, []).num_rows == 0
    with pytest.raises(UsageError, match="1001 records"):
        crm.read(ACCOUNT, [*ids, "one more"], [])


def test_every_written_value_is_in_the_history_with_its_request(path: Path, clock: Clock) -> None:
    with open_connector(path=path, create=True, actor="nightly run", clock=clock) as crm:
        crm.load(accounts({"name": "A"}, {"name": "B"}), as_of=DAY)
        crm.ensure_fields(ACCOUNT, managed_specs())
        clock.move(minutes=1)
        first = [FieldWrite(record, {"our_text": "x", "our_boolean": True}) for record in ("a1", "a2")]
        crm.write(ACCOUNT, first, request_id="r1")
        crm.write(ACCOUNT, [FieldWrite("a1", {"our_text": "y", "our_boolean": True})], request_id="r2")
        found = [
            (entry.record_id, entry.field, entry.old, entry.new, entry.request_id, entry.actor)
            for entry in crm.history(ACCOUNT)
        ]
        assert found == [
            ("a1", "our_text", None, "x", "r1", "nightly run"),
            ("a1", "our_boolean", None, "true", "r1", "nightly run"),
            ("a2", "our_text", None, "x", "r1", "nightly run"),
            ("a2", "our_boolean", None, "true", "r1", "nightly run"),
            ("a1", "our_text", "x", "y", "r2", "nightly run"),
        ]
        # One batch is one moment: whoever has read up to it has all of it.
        assert modified_at(crm, "a2") == clock.now < modified_at(crm, "a1")


def test_a_write_that_changes_nothing_does_not_change_the_file(crm: LocalConnector, path: Path) -> None:
    crm.load(accounts({"name": "A"}), as_of=DAY)
    crm.ensure_fields(ACCOUNT, managed_specs())
    crm.write(ACCOUNT, [FieldWrite("a1", {"our_text": "x"})], request_id="r1")
    log = path.with_name("crm.db-wal")
    before = log.read_bytes(), path.read_bytes()
    batch = [FieldWrite("a1", {"our_text": "x"}), FieldWrite("nobody", {"our_text": "x"})]
    results = crm.write(ACCOUNT, batch, request_id="r2")
    assert [result.outcome for result in results] == [WriteOutcome.UNCHANGED, WriteOutcome.GONE]
    assert (log.read_bytes(), path.read_bytes()) == before


@pytest.mark.parametrize("field", ["account_id", "created_at", "modified_at"])
def test_fields_that_the_crm_keeps_are_not_written(crm: LocalConnector, field: str) -> None:
    crm.load(accounts({"name": "A"}), as_of=DAY)
    (result,) = crm.write(ACCOUNT, [FieldWrite("a1", {field: "2026-11-02T00:00:00Z"})], request_id="r1")
    assert (result.outcome, result.code, result.field) == (WriteOutcome.REJECTED, "field.read_only", field)
    assert "a1" not in result.message


def test_the_three_ways_of_being_gone_are_told_apart(crm: LocalConnector) -> None:
    crm.load(accounts({}, {}, {}), as_of=DAY)
    crm.delete(ACCOUNT, ["a2"])
    crm.merge(ACCOUNT, "a1", "a3")
    batch = [FieldWrite(record, {"name": "x"}) for record in ("nobody", "a2", "a3")]
    results = crm.write(ACCOUNT, batch, request_id="r1")
    assert [result.code for result in results] == ["record.unknown", "record.deleted", "record.merged"]
    assert all(result.record_id in result.message for result in results)


def test_a_write_without_values_is_unchanged(crm: LocalConnector) -> None:
    crm.load(accounts({}), as_of=DAY)
    assert crm.write(ACCOUNT, [FieldWrite("a1", {})], request_id="r1")[0].outcome is WriteOutcome.UNCHANGED


def test_a_change_by_another_program_is_seen_by_the_next_pull(tmp_path: Path) -> None:
    path = tmp_path / "crm.db"
    with open_connector(path=path, create=True) as crm:
        crm.load(accounts({"name": "A"}, {"name": "B"}), as_of=DAY)
        watermark = list(crm.pull(ACCOUNT))[-1].watermark
        assert [page.table.num_rows for page in crm.pull(ACCOUNT, since=watermark)] == [0]
        with closing(sqlite3.connect(path)) as other, other:
            other.execute("UPDATE accounts SET industry = 'Shoes' WHERE account_id = 'a1'")
            other.execute("INSERT INTO accounts (account_id, name) VALUES ('z9', 'Z')")
        seen = [row for page in crm.pull(ACCOUNT, since=watermark) for row in page.table.to_pylist()]
        assert {row["account_id"]: row["industry"] for row in seen} == {"a1": "Shoes", "z9": None}
        later = list(crm.pull(ACCOUNT))[-1].watermark
        assert [page.table.num_rows for page in crm.pull(ACCOUNT, since=later)] == [0]
