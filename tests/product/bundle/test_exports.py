"""Exports for people and import tools: safe in a spreadsheet, whole or absent, over nobody else's file."""

import csv
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_segments.bundle import (
    BundleError,
    read_bundle,
    write_bundle,
    write_data_loader,
    write_hubspot_import,
)
from tests.product.bundle.conftest import TODAY

ACCOUNTS = pa.table(
    {"account_id": ["A1", "A2"], "name": ["Acme", "=HYPERLINK(1)"], "amount_due": ["-5", "-2+3"]}
)
SEGMENTS = pa.table(
    {
        "record_id": ["A2", "A9"],
        "segment_key": ["steady", "steady"],
        "segment_name": ["Steady", "Steady"],
        "segment_confidence": ["clear", "clear"],
        "segment_confidence_score": [0.93, 0.5],
        "segment_reason": ["@412 employees", "x"],
        "segment_since": [date(2026, 3, 1), date(2026, 3, 1)],
    }
)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_segment_columns_are_appended_to_the_records_they_belong_to(tmp_path: Path) -> None:
    paths = write_bundle(tmp_path, {"account": ACCOUNTS}, {"account": SEGMENTS}, as_of=TODAY, name="x")
    assert [path.name for path in paths] == ["accounts.csv", "bundle.json"]
    first, second = rows_of(tmp_path / "accounts.csv")
    assert list(first)[-6:] == [
        *("segment_key", "segment_name", "segment_confidence"),
        *("segment_confidence_score", "segment_reason", "segment_since"),
    ]
    assert {first[name] for name in list(first)[-6:]} == {""}
    assert (second["segment_key"], second["segment_confidence_score"], second["segment_since"]) == (
        *("steady", "0.93", "2026-03-01"),
    )


def test_formulas_are_marked_and_numbers_are_not(tmp_path: Path) -> None:
    write_bundle(tmp_path, {"account": ACCOUNTS}, {"account": SEGMENTS}, as_of=TODAY, name="x")
    first, second = rows_of(tmp_path / "accounts.csv")
    assert (first["amount_due"], second["amount_due"]) == ("-5", "'-2+3")
    assert (second["name"], second["segment_reason"]) == ("'=HYPERLINK(1)", "'@412 employees")


@settings(deadline=None, max_examples=150)
@given(st.text("=+-@\t\r\n'\" 1a\uff1d", min_size=1, max_size=6))
def test_no_cell_begins_like_a_formula(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("out") / "out.csv"
    write_data_loader(
        path, pa.table({"record_id": ["A1"], "segment_reason": [text]}), {"segment_reason": "R__c"}
    )
    written = rows_of(path)[0]["R__c"]
    bare = written.lstrip("\"' \n")
    is_number = written.startswith("-") and written[1:].isdigit()
    assert (
        written.startswith("'")
        or is_number
        or not bare.startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d"))
    )


def test_marks_are_taken_away_from_our_own_exports_only(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("account_id,name\nA1,'=x\n")
    assert read_bundle(tmp_path, today=TODAY).tables["account"]["name"].to_pylist() == ["'=x"]


def test_numbers_without_a_text_become_the_text_and_times_of_change_are_left_out(tmp_path: Path) -> None:
    table = pa.table(
        {
            "account_id": ["A1", "A2"],
            "employees": ["50-200", None],
            "employees_number": [100.0, 412.0],
            "modified_at": pa.array([datetime(2026, 1, 1, tzinfo=UTC)] * 2, pa.timestamp("us", tz="UTC")),
        }
    )
    write_bundle(tmp_path, {"account": table}, {}, as_of=TODAY, name="x")
    assert rows_of(tmp_path / "accounts.csv") == [
        {"account_id": "A1", "employees": "50-200"},
        {"account_id": "A2", "employees": "412"},
    ]


def test_zero_bytes_are_replaced_so_that_the_file_can_be_read(tmp_path: Path) -> None:
    table = pa.table({"account_id": ["A1"], "name": ["a\0b"]})
    write_bundle(tmp_path, {"account": table}, {}, as_of=TODAY, name="x")
    name = read_bundle(tmp_path, today=TODAY).tables["account"]["name"][0].as_py()
    assert name == "a\N{REPLACEMENT CHARACTER}b"


def test_a_second_export_replaces_the_first_and_removes_what_is_no_longer_there(tmp_path: Path) -> None:
    leads = pa.table({"lead_id": ["L1"]})
    write_bundle(tmp_path, {"account": ACCOUNTS, "lead": leads}, {}, as_of=TODAY, name="x")
    (tmp_path / "mine.txt").write_text("stays")
    write_bundle(tmp_path, {"lead": leads}, {}, as_of=TODAY, name="x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle.json", "leads.csv", "mine.txt"]


def test_an_export_never_removes_what_a_forged_list_names(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("stays")
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "bundle.json").write_text(
        '{"written_by": "crm-segments", "files": ["../secret.csv", "bundle.json"]}'
    )
    write_bundle(folder, {"account": ACCOUNTS}, {}, as_of=TODAY, name="x")
    assert (tmp_path / "secret.csv").read_text() == "stays"


def test_even_a_faulty_bundle_json_is_replaced_when_forced(tmp_path: Path) -> None:
    (tmp_path / "bundle.json").write_text("{")
    with pytest.raises(BundleError, match="not valid JSON"):
        write_bundle(tmp_path, {"account": ACCOUNTS}, {}, as_of=TODAY, name="x")
    write_bundle(tmp_path, {"account": ACCOUNTS}, {}, as_of=TODAY, name="x", force=True)
    assert read_bundle(tmp_path, today=date(2030, 1, 1)).as_of == TODAY


@pytest.mark.parametrize("name", ["accounts.csv", "bundle.json"])
def test_files_of_others_are_left_alone_unless_forced(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    with pytest.raises(BundleError, match=f"already holds {name}") as caught:
        write_bundle(tmp_path, {"account": ACCOUNTS}, {}, as_of=TODAY, name="x")
    assert "--force" in caught.value.hint
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, "{}")]
    write_bundle(tmp_path, {"account": ACCOUNTS}, {}, as_of=TODAY, name="x", force=True)
    assert len(read_bundle(tmp_path, today=TODAY).tables["account"]) == 2


def test_a_failed_export_leaves_the_earlier_one_whole(tmp_path: Path) -> None:
    write_bundle(tmp_path, {"account": ACCOUNTS}, {}, as_of=TODAY, name="x")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    broken = pa.table({"account_id": ["A1"], "name": [["no text"]]})
    with pytest.raises(pa.ArrowException):
        write_bundle(tmp_path, {"account": broken}, {}, as_of=TODAY, name="x")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match="cannot be made"):
        write_bundle(tmp_path / "file" / "folder", {"account": ACCOUNTS}, {}, as_of=TODAY, name="x")
    with pytest.raises(BundleError, match="cannot be written"):
        write_data_loader(tmp_path / "nowhere" / "out.csv", SEGMENTS, {"segment_key": "S__c"})


def test_exports_follow_the_rights_that_the_user_has_set(tmp_path: Path) -> None:
    earlier = os.umask(0o027)
    try:
        paths = write_bundle(tmp_path / "out", {"account": ACCOUNTS}, {}, as_of=TODAY, name="x")
    finally:
        os.umask(earlier)
    assert {path.stat().st_mode & 0o777 for path in paths} == {0o640}


def test_data_loader_gets_ids_and_api_names_in_plain_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "update.csv"
    names = {"segment_key": "CRM_Segment__c", "segment_since": "CRM_Segment_Since__c"}
    assert write_data_loader(path, SEGMENTS, names) == path
    assert path.read_bytes() == (
        b"Id,CRM_Segment__c,CRM_Segment_Since__c\r\nA2,steady,2026-03-01\r\nA9,steady,2026-03-01\r\n"
    )


def test_hubspot_gets_record_ids_and_property_names(tmp_path: Path) -> None:
    path = tmp_path / "import.csv"
    write_hubspot_import(path, SEGMENTS, {"segment_key": "crm_segment"})
    assert rows_of(path)[0] == {"Record ID": "A2", "crm_segment": "steady"}


def test_an_import_file_replaces_its_like_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "update.csv"
    names = {"segment_key": "CRM_Segment__c"}
    write_data_loader(path, SEGMENTS, names)
    write_data_loader(path, SEGMENTS.slice(0, 1), names)
    assert len(rows_of(path)) == 1
    with pytest.raises(BundleError, match="not an earlier export"):
        write_hubspot_import(path, SEGMENTS, {"segment_key": "crm_segment"})
    write_hubspot_import(path, SEGMENTS, {"segment_key": "crm_segment"}, force=True)
    assert list(rows_of(path)[0]) == ["Record ID", "crm_segment"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["update.csv"]
