"""Imports: matched by id, touched only where they differ, all or nothing."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import CrmSegmentsError, SchemaError, UsageError
from connectors.local import open_connector
from connectors.local.connector import LocalConnector
from connectors.local.limits import MAX_FIELD_COUNT, MAX_LONG_TEXT_LENGTH
from connectors.local.load import LoadCounts
from connectors.model import CANONICAL_SCHEMAS, FieldType, FieldWrite, ObjectKind, WriteOutcome
from tests.connectors.local.making import (
    ACCOUNT,
    DAY,
    Clock,
    accounts,
    ids_of,
    managed_specs,
    modified_at,
)

CONTACT, DEAL = ObjectKind.CONTACT, ObjectKind.DEAL

Records = Mapping[str, Mapping[str, str | None]]
TEXTS = (
    st.none()
    | st.sampled_from(["Acme", "Müller", "=1+1", "'", "👩‍👩‍👧"])
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=8)
)
IMPORTS = st.dictionaries(
    st.sampled_from(["a", "A", "ä", "1", "01", "'"]),
    st.fixed_dictionaries({"name": TEXTS, "industry": TEXTS, "note": TEXTS}),
)


def table_of(records: Records) -> dict[ObjectKind, pa.Table]:
    schema = pa.schema([(name, pa.string()) for name in ("account_id", "name", "industry", "note")])
    rows = [{"account_id": record_id, **values} for record_id, values in records.items()]
    return {ACCOUNT: pa.Table.from_pylist(rows, schema=schema)}


def live(crm: LocalConnector) -> dict[str, dict[str, str | None]]:
    names = ("name", "industry", "note")
    return {
        row["account_id"]: {name: row.get(name) for name in names} for row in crm.table(ACCOUNT).to_pylist()
    }


@settings(max_examples=60)
@given(imports=st.lists(st.tuples(IMPORTS, st.booleans()), min_size=1, max_size=4))
def test_any_series_of_imports_ends_as_a_dictionary_would(imports: list[tuple[Records, bool]]) -> None:
    """Counts, contents, history and what is touched, compared with the plainest model there is."""
    with (
        TemporaryDirectory() as folder,
        open_connector(path=Path(folder) / "crm.db", create=True, clock=Clock()) as crm,
    ):
        expected: dict[str, Mapping[str, str | None]] = {}
        ever: set[str] = set()
        for records, mirror in imports:
            entries = len(crm.history(ACCOUNT))
            report = crm.load(table_of(records), as_of=DAY, mirror=mirror)
            changed = [key for key in records if key in ever and expected.get(key) != records[key]]
            absent = [key for key in expected if key not in records] if mirror else []
            assert report.counts[ACCOUNT] == LoadCounts(
                created=len([key for key in records if key not in ever]),
                changed=len(changed),
                unchanged=len([key for key in records if expected.get(key) == records[key]]),
                deleted=len(absent),
            )
            assert {entry.record_id for entry in crm.history(ACCOUNT)[entries:]} <= set(changed)
            expected = {key: values for key, values in expected.items() if key not in absent} | dict(records)
            ever |= set(records)
            assert live(crm) == expected


def test_typed_columns_come_back_as_they_were(crm: LocalConnector) -> None:
    moment = datetime(2025, 3, 1, 12, 30, 0, 125, tzinfo=UTC)
    deal = {
        "deal_id": "d1",
        "account_id": "a1",
        "is_won": True,
        "is_closed": False,
        "amount": "1.2M",
        "close_date": DAY,
        "created_at": moment,
    }
    contact = {
        "contact_id": "c1",
        "email_opens_90d": 3,
        "email_clicks_90d": 0,
        "email_opt_out": None,
        "last_activity_date": date(2026, 1, 31),
    }
    crm.load({DEAL: pa.Table.from_pylist([deal]), CONTACT: pa.Table.from_pylist([contact])}, as_of=DAY)
    for kind, record in ((DEAL, deal), (CONTACT, contact)):
        table = crm.table(kind)
        assert table.schema.equals(CANONICAL_SCHEMAS[kind])
        found = table.to_pylist()[0]
        assert {name: found[name] for name in record} == record
        others = {name for name in found if found[name] is not None} - set(record)
        assert others == {"modified_at"}


def test_moments_of_other_zones_are_kept_as_the_same_moment(crm: LocalConnector) -> None:
    moment = datetime(2025, 3, 1, 12, 30, tzinfo=UTC)
    column = pa.array([moment], pa.timestamp("ms", tz="America/New_York"))
    crm.load({ACCOUNT: pa.table({"account_id": ["a1"], "created_at": column})}, as_of=DAY)
    assert crm.table(ACCOUNT).column("created_at").to_pylist() == [moment]


def test_the_day_of_the_last_import_is_kept(crm: LocalConnector, path: Path) -> None:
    assert crm.as_of() == "2026-11-02"
    crm.load(accounts({"name": "Acme"}), as_of=date(2026, 10, 5))
    with open_connector(path=path) as again:
        assert again.as_of() == "2026-10-05"


def test_the_same_import_again_touches_nothing(crm: LocalConnector, clock: Clock) -> None:
    crm.load(accounts({"name": "Acme", "tier": "A"}, {"name": "Bolt", "tier": None}), as_of=DAY)
    *_, last = crm.pull(ACCOUNT)
    clock.move(days=7)
    report = crm.load(accounts({"name": "Acme", "tier": "A"}, {"name": "Bolt", "tier": ""}), as_of=DAY)
    assert report.counts[ACCOUNT] == LoadCounts(created=0, changed=0, unchanged=2, deleted=0)
    assert ids_of(list(crm.pull(ACCOUNT, since=last.watermark))) == []
    assert crm.history(ACCOUNT) == []


def test_only_records_that_differ_are_touched(crm: LocalConnector, clock: Clock) -> None:
    crm.load(accounts({"name": "Acme"}, {"name": "Bolt"}), as_of=DAY)
    before = [modified_at(crm, record_id) for record_id in ("a1", "a2")]
    clock.move(days=7)
    crm.load(accounts({"name": "Acme"}, {"name": "Bolt AG"}), as_of=DAY)
    assert modified_at(crm, "a1") == before[0]
    assert modified_at(crm, "a2") == clock.now > before[1]


def test_changed_values_are_in_the_history(crm: LocalConnector, clock: Clock) -> None:
    first = {"deal_id": "d1", "is_won": None, "stage": "Open", "close_date": None}
    second = {"deal_id": "d1", "is_won": True, "stage": "Won", "close_date": DAY}
    crm.load({DEAL: pa.Table.from_pylist([first])}, as_of=DAY)
    assert crm.history(DEAL) == []
    clock.move(days=7)
    crm.load({DEAL: pa.Table.from_pylist([second])}, as_of=DAY)
    found = {entry.field: (entry.old, entry.new, entry.actor) for entry in crm.history(DEAL, "d1")}
    assert found == {
        "is_won": (None, "true", "import"),
        "stage": ("Open", "Won", "import"),
        "close_date": (None, "2026-11-02", "import"),
    }
    assert {entry.changed_at for entry in crm.history(DEAL)} == {clock.now}
    assert {entry.request_id for entry in crm.history(DEAL)} == {None}


def test_a_missing_column_leaves_what_is_there(crm: LocalConnector) -> None:
    crm.load(accounts({"name": "Acme", "industry": "Mining", "tier": "A"}), as_of=DAY)
    crm.load(accounts({"name": "Acme AG"}), as_of=DAY)
    assert [row["industry"] for row in crm.table(ACCOUNT).to_pylist()] == ["Mining"]
    assert [row["tier"] for row in crm.table(ACCOUNT).to_pylist()] == ["A"]


def test_an_empty_cell_clears_what_is_there(crm: LocalConnector) -> None:
    crm.load(accounts({"name": "Acme", "industry": "Mining"}), as_of=DAY)
    crm.load(accounts({"name": "Acme", "industry": None}), as_of=DAY)
    assert [row["industry"] for row in crm.table(ACCOUNT).to_pylist()] == [None]


def test_other_columns_become_text_fields(crm: LocalConnector) -> None:
    report = crm.load(accounts({"name": "Acme", "3rd tier 👍": "007", 'o"dd': 12.5}), as_of=DAY)
    assert report.new_fields[ACCOUNT] == ("3rd tier 👍", 'o"dd')
    spec = crm.describe(ACCOUNT).field("3rd tier 👍")
    assert spec is not None
    assert (spec.type, spec.is_custom, spec.is_managed) == (FieldType.TEXT, True, False)
    assert crm.table(ACCOUNT).select(["3rd tier 👍", 'o"dd']).to_pylist() == [
        {"3rd tier 👍": "007", 'o"dd': "12.5"}
    ]
    again = crm.load(accounts({"name": "Acme", "3rd tier 👍": "008"}), as_of=DAY)
    assert again.new_fields[ACCOUNT] == ()
    assert again.counts[ACCOUNT].changed == 1


def test_our_own_fields_are_never_set_by_an_import(crm: LocalConnector) -> None:
    crm.load(accounts({"name": "Acme"}), as_of=DAY)
    crm.ensure_fields(ACCOUNT, managed_specs())
    crm.write(ACCOUNT, [FieldWrite("a1", {"our_picklist": "big"})], request_id="r1")
    report = crm.load(accounts({"name": "Acme", "our_picklist": "small", "our_text": None}), as_of=DAY)
    assert report.ignored[ACCOUNT] == ("our_picklist", "our_text")
    assert report.counts[ACCOUNT].unchanged == 1
    assert crm.read(ACCOUNT, ["a1"], ["our_picklist"]).column("our_picklist").to_pylist() == ["big"]


def test_what_the_crm_keeps_itself_is_left_out_and_said(crm: LocalConnector, clock: Clock) -> None:
    stamp = datetime(2001, 1, 1, tzinfo=UTC)
    report = crm.load(accounts({"employees_number": 12.0, "modified_at": stamp}), as_of=DAY)
    assert report.ignored[ACCOUNT] == ("employees_number", "modified_at")
    assert modified_at(crm, "a1") > clock.now - timedelta(seconds=1)


def test_a_mirror_deletes_only_absent_records_of_the_kinds_present(crm: LocalConnector) -> None:
    deal = pa.table({"deal_id": ["d1"]})
    crm.load({**accounts({"name": "Acme"}, {"name": "Bolt"}), DEAL: deal}, as_of=DAY)
    *_, last = crm.pull(ACCOUNT)
    report = crm.load(accounts({"name": "Acme"}), as_of=DAY, mirror=True)
    assert report.counts == {ACCOUNT: LoadCounts(created=0, changed=0, unchanged=1, deleted=1)}
    assert (crm.count(ACCOUNT), crm.count(DEAL)) == (1, 1)
    (page,) = crm.pull(ACCOUNT, since=last.watermark)
    assert [(gone.record_id, gone.merged_into) for gone in page.deleted] == [("a2", None)]


def test_without_mirror_nothing_is_deleted(crm: LocalConnector) -> None:
    crm.load(accounts({"name": "Acme"}, {"name": "Bolt"}), as_of=DAY)
    report = crm.load(accounts({"name": "Acme"}), as_of=DAY)
    assert report.counts[ACCOUNT].deleted == 0
    assert crm.count(ACCOUNT) == 2


def test_a_record_that_is_imported_again_is_back_with_our_values(crm: LocalConnector) -> None:
    crm.load(accounts({"name": "Acme"}, {"name": "Bolt"}), as_of=DAY)
    crm.ensure_fields(ACCOUNT, managed_specs())
    crm.write(ACCOUNT, [FieldWrite("a2", {"our_picklist": "big"})], request_id="r1")
    crm.merge(ACCOUNT, "a1", "a2")
    *_, last = crm.pull(ACCOUNT)
    report = crm.load(accounts({"name": "Acme"}, {"name": "Bolt"}), as_of=DAY)
    assert report.counts[ACCOUNT] == LoadCounts(created=0, changed=1, unchanged=1, deleted=0)
    (page,) = crm.pull(ACCOUNT, ["our_picklist"], since=last.watermark)
    assert page.table.select(["account_id", "our_picklist"]).to_pylist() == [
        {"account_id": "a2", "our_picklist": "big"}
    ]
    result = crm.write(ACCOUNT, [FieldWrite("a2", {"our_picklist": "small"})], request_id="r2")[0]
    assert (result.outcome, result.merged_into) == (WriteOutcome.WRITTEN, None)


def test_a_record_that_came_back_and_is_deleted_is_no_longer_a_merged_one(crm: LocalConnector) -> None:
    crm.load(accounts({}, {}), as_of=DAY)
    crm.merge(ACCOUNT, "a1", "a2")
    crm.load(accounts({}, {}), as_of=DAY)
    *_, last = crm.pull(ACCOUNT)
    crm.load(accounts({}), as_of=DAY, mirror=True)
    (page,) = crm.pull(ACCOUNT, since=last.watermark)
    assert [(gone.record_id, gone.merged_into) for gone in page.deleted] == [("a2", None)]


def test_a_dry_run_reports_the_same_and_stores_nothing(crm: LocalConnector) -> None:
    crm.load(accounts({"name": "Acme"}, {"name": "Bolt"}), as_of=date(2026, 10, 5))
    before, described = crm.table(ACCOUNT), crm.describe(ACCOUNT)
    tables = {**accounts({"name": "Acme AG", "tier": "A"}), DEAL: pa.table({"deal_id": ["d1"]})}
    announced = crm.load(tables, as_of=DAY, mirror=True, dry_run=True)
    assert crm.table(ACCOUNT).equals(before)
    assert crm.describe(ACCOUNT) == described
    assert (crm.as_of(), crm.count(DEAL), crm.history(ACCOUNT)) == ("2026-10-05", 0, [])
    assert crm.load(tables, as_of=DAY, mirror=True) == announced


def test_an_import_of_nothing_is_an_import(crm: LocalConnector) -> None:
    report = crm.load({ACCOUNT: pa.table({"account_id": pa.array([], pa.string())})}, as_of=DAY)
    assert report.counts[ACCOUNT] == LoadCounts(created=0, changed=0, unchanged=0, deleted=0)


@pytest.mark.parametrize(
    ("table", "code", "said"),
    [
        pytest.param(pa.table({"name": ["Acme"]}), "import.column.missing", "account_id", id="no-id-column"),
        pytest.param(pa.table({"account_id": ["a", None, ""]}), "import.id.missing", "row 2", id="empty-id"),
        pytest.param(
            pa.table({"account_id": ["a", "b", "a", "c", "c"]}), "import.id.doubled", "a, c", id="doubled-id"
        ),
        pytest.param(
            pa.Table.from_arrays([pa.array(["a"])] * 3, names=["account_id", "x", "x"]),
            "import.column.doubled",
            "column x",
            id="doubled-column",
        ),
        pytest.param(
            pa.table({"account_id": ["a"], "created_at": ["soon"]}),
            "import.column.type",
            "created_at",
            id="text-for-moment",
        ),
        pytest.param(
            pa.table({"account_id": ["a"], "tags": [["x"]]}), "import.column.type", "tags", id="list-for-text"
        ),
        pytest.param(
            pa.table({"account_id": ["a", "b"], "name": ["ok", "x\x00y"]}),
            "value.characters",
            "1 account records holds the NUL character: b",
            id="nul",
        ),
        pytest.param(
            pa.table({"account_id": ["a"], "name": ["x" * (MAX_LONG_TEXT_LENGTH + 1)]}),
            "value.too_long",
            "Field name",
            id="too-long",
        ),
        pytest.param(pa.table({"account_id": ["a"], "Name": ["x"]}), "schema.field.name", "Name", id="case"),
        pytest.param(
            pa.table({"account_id": ["a"], "_is_deleted": ["x"]}),
            "schema.field.name",
            "underscore",
            id="reserved",
        ),
        pytest.param(pa.table({"account_id": ["a"], "": ["x"]}), "schema.field.name", "100", id="no-name"),
    ],
)
def test_a_table_that_cannot_be_stored_stops_the_whole_import(
    crm: LocalConnector, table: pa.Table, code: str, said: str
) -> None:
    good = {DEAL: pa.table({"deal_id": ["d1"]})}
    with pytest.raises(CrmSegmentsError, match=said) as caught:
        crm.load({**good, ACCOUNT: table}, as_of=date(2026, 12, 24))
    assert isinstance(caught.value, UsageError | SchemaError)
    assert caught.value.code == code
    assert caught.value.hint
    assert (crm.count(DEAL), crm.count(ACCOUNT), crm.as_of()) == (0, 0, "2026-11-02")


def test_only_the_first_of_many_bad_ids_are_named(crm: LocalConnector) -> None:
    table = pa.table({"account_id": [f"id{number:02}" for number in range(30)] * 2})
    with pytest.raises(UsageError, match="30 ids") as caught:
        crm.load({ACCOUNT: table}, as_of=DAY)
    assert "id19 and 10 more" in caught.value.message
    assert "id20" not in caught.value.message


def test_too_many_columns_are_refused(crm: LocalConnector) -> None:
    table = pa.table({"account_id": ["a"]} | {f"column_{number}": ["x"] for number in range(MAX_FIELD_COUNT)})
    with pytest.raises(SchemaError, match=str(MAX_FIELD_COUNT)):
        crm.load({ACCOUNT: table}, as_of=DAY)
    assert crm.describe(ACCOUNT).field("column_1") is None


def test_references_to_missing_records_are_kept(crm: LocalConnector) -> None:
    crm.load({DEAL: pa.table({"deal_id": ["d1", "d2"], "account_id": ["nobody", None]})}, as_of=DAY)
    assert crm.table(DEAL).column("account_id").to_pylist() == ["nobody", None]
