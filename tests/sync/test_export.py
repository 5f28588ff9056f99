"""A plan as files: a zip that carries it whole, and a table that people can open safely."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from connectors.errors import UsageError
from connectors.model import ObjectKind
from sync import StoredPlan, approve_plan, export_plan
from sync.plan import CHANGE_SCHEMA, plan_hash, table_from_bytes
from tests.sync.world import DAY, World

WEEK = timedelta(days=7)


@pytest.fixture
def planned(world: World) -> StoredPlan:
    world.run()
    world.resize(["a000"], 400)
    world.edit("a001", crm_segment="large")
    return world.plan(as_of=DAY + WEEK)


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_zip_carries_head_changes_and_the_hash_of_an_approval(
    world: World, planned: StoredPlan, tmp_path: Path
) -> None:
    target = tmp_path / "plan.zip"
    assert export_plan(world.workspace(), planned, zip_path=target) == [target]
    with zipfile.ZipFile(target) as archive:
        assert sorted(archive.namelist()) == ["changes.csv", "changes.parquet", "plan.json"]
        document = json.loads(archive.read("plan.json"))
        changes = archive.read("changes.parquet")
    assert table_from_bytes(changes).cast(CHANGE_SCHEMA).equals(planned.plan.changes)
    assert document["head"]["plan_id"] == planned.plan.plan_id
    approved = approve_plan(world.workspace(), planned.plan.plan_id)
    assert document["hash"] == planned.hash == approved.hash
    assert document["hash"] == plan_hash(planned.plan.head.to_json(), changes)


def test_the_table_says_what_happens_to_whom(world: World, planned: StoredPlan, tmp_path: Path) -> None:
    target = tmp_path / "plan.csv"
    export_plan(world.workspace(), planned, csv_path=target)
    rows = {row["record_id"]: row for row in rows_of(target.read_bytes())}
    assert list(rows) == ["a000", "a001"]
    assert rows["a000"] == {
        "record_id": "a000",
        "name": "Company a000",
        "owner": "",
        "what": "write",
        "old_segment": "small",
        "new_segment": "middle",
        "new_segment_name": "Middle",
        "confidence": "clear",
        "reason": "400 employees",
        "since": "2026-11-09",
        "agree?": "",
    }
    assert (rows["a001"]["what"], rows["a001"]["old_segment"]) == ("held", "large")


@pytest.mark.parametrize(
    "name",
    ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "'=1", '"=1', "＝1+1"],  # noqa: RUF001
)
def test_no_cell_is_taken_for_a_formula(world: World, tmp_path: Path, name: str) -> None:
    columns = {"account_id": ["a000"], "name": [name]}
    world.crm.load({ObjectKind.ACCOUNT: pa.table(columns)}, as_of=DAY)
    target = tmp_path / "plan.csv"
    export_plan(world.workspace(), world.plan(), csv_path=target)
    (cell,) = [row["name"] for row in rows_of(target.read_bytes()) if row["record_id"] == "a000"]
    assert cell == f"'{name}"


def test_a_harmless_cell_stays_as_it_is(world: World, tmp_path: Path) -> None:
    columns = {"account_id": ["a000"], "name": ['O\'Neill, "Bob" & Söhne\n2nd line']}
    world.crm.load({ObjectKind.ACCOUNT: pa.table(columns)}, as_of=DAY)
    target = tmp_path / "plan.csv"
    export_plan(world.workspace(), world.plan(), csv_path=target)
    cells = [row["name"] for row in rows_of(target.read_bytes()) if row["record_id"] == "a000"]
    assert cells == columns["name"]


def test_a_place_that_cannot_be_written_is_refused(world: World, planned: StoredPlan, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        export_plan(world.workspace(), planned, csv_path=tmp_path / "nowhere" / "plan.csv")


def test_names_are_left_out_where_the_last_pull_is_lost(
    world: World, planned: StoredPlan, tmp_path: Path
) -> None:
    for path in (world.folder / "snapshots").rglob("*.parquet"):
        path.unlink()
    target = tmp_path / "plan.csv"
    export_plan(world.workspace(), planned, csv_path=target)
    assert {row["name"] for row in rows_of(target.read_bytes())} == {""}
