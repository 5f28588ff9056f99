from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from crm_segments.sample import generate
from crm_segments.sample.presets import PRESETS
from crm_segments.sample.spelling import banded, other_legal_form, variant
from crm_segments.sample.world import Dirt
from tests.product.sample.bundles import rows_by_id, rows_of

CLEAN = Dirt(
    missing=0, missing_small=0, disguised=0, variants=0, bands=0, outliers=0, blank_lost=0, blank_won=0,
    orphans=0, foreign=0, slips=0, copies=0, odd_names=False,
)  # fmt: skip
FILES = {"account": "accounts.csv", "deal": "opportunities.csv"}


def soiled(folder: Path, dirt: Dirt, weeks: int = 1) -> Path:
    generate(
        folder, world=replace(PRESETS["five"], dirt=dirt), accounts=400, weeks=weeks, truth=folder / "truth"
    )
    return folder


def cells(path: Path) -> dict[tuple[str, str], str]:
    return {
        (record_id, field): value
        for record_id, row in rows_by_id(path).items()
        for field, value in row.items()
    }


def test_dirt_changes_exactly_what_its_log_says(tmp_path: Path) -> None:
    clean, dirty = soiled(tmp_path / "clean", CLEAN), soiled(tmp_path / "dirty", Dirt())
    log = defaultdict(list)
    for stain in rows_of(dirty / "truth" / "dirt_log.csv"):
        log[stain["object"], stain["record_id"], stain["field"]].append(stain)
    for kind, name in FILES.items():
        before, after = cells(clean / "week_00" / name), cells(dirty / "week_00" / name)
        for (record_id, field), value in before.items():
            stains = log[kind, record_id, field]
            if value == after[record_id, field]:
                assert not stains
            else:
                assert stains[0]["clean"] == value
                assert stains[-1]["dirty"] == after[record_id, field]
        added = {record_id for record_id, _ in after} - {record_id for record_id, _ in before}
        copies = {
            key[1] for key, stains in log.items() if key[0] == kind and key[2] == "account_id" and stains
        }
        assert added == (copies if kind == "account" else set())


def test_dirt_touches_neither_truth_nor_contacts_nor_activities(tmp_path: Path) -> None:
    clean, dirty = soiled(tmp_path / "clean", CLEAN, weeks=3), soiled(tmp_path / "dirty", Dirt(), weeks=3)
    for name in (
        "truth/segments.csv", "truth/drift.csv", "week_02/contacts.csv", "week_02/activities.csv",
    ):  # fmt: skip
        assert (clean / name).read_bytes() == (dirty / name).read_bytes()


def test_a_clean_world_has_an_empty_log(tmp_path: Path) -> None:
    folder = soiled(tmp_path, CLEAN)
    assert rows_of(folder / "truth" / "dirt_log.csv") == []


@pytest.mark.parametrize(
    ("dirt", "expected"),
    [
        pytest.param(
            replace(CLEAN, missing=0.2),
            {
                ("industry", "missing"),
                ("city", "missing"),
                ("website", "missing"),
                ("founded_year", "missing"),
            },
            id="missing",
        ),
        pytest.param(
            replace(CLEAN, missing_small=0.3),
            {("employees", "missing"), ("annual_revenue", "missing")},
            id="missing_small",
        ),
        pytest.param(
            replace(CLEAN, missing_small=0.3, disguised=1.0),
            {("employees", "disguised missing"), ("annual_revenue", "disguised missing")},
            id="disguised",
        ),
        pytest.param(
            replace(CLEAN, variants=0.2),
            {("industry", "other spelling"), ("country", "other spelling"), ("city", "other spelling")},
            id="variants",
        ),
        pytest.param(
            replace(CLEAN, bands=0.2),
            {("employees", "band or unit"), ("annual_revenue", "band or unit")},
            id="bands",
        ),
        pytest.param(
            replace(CLEAN, outliers=0.1),
            {("employees", "absurd"), ("annual_revenue", "absurd")},
            id="outliers",
        ),
        pytest.param(replace(CLEAN, blank_lost=0.3), {("amount", "missing")}, id="blank_lost"),
        pytest.param(replace(CLEAN, blank_won=0.3), {("amount", "missing")}, id="blank_won"),
        pytest.param(replace(CLEAN, orphans=0.1), {("account_id", "no account")}, id="orphans"),
        pytest.param(
            replace(CLEAN, foreign=0.1),
            {("amount", "other currency"), ("currency", "other currency")},
            id="foreign",
        ),
        pytest.param(replace(CLEAN, slips=0.05), {("amount", "a hundred times too large")}, id="slips"),
        pytest.param(replace(CLEAN, copies=0.1), {("account_id", "near-copy")}, id="copies"),
        pytest.param(replace(CLEAN, odd_names=True), {("name", "odd name")}, id="odd_names"),
    ],
)
def test_each_dial_makes_its_own_kind_of_dirt(
    tmp_path: Path, dirt: Dirt, expected: set[tuple[str, str]]
) -> None:
    log = rows_of(soiled(tmp_path, dirt) / "truth" / "dirt_log.csv")
    assert {(stain["field"], stain["kind"]) for stain in log} == expected


def test_a_careless_spelling_stays_the_same_from_week_to_week(tmp_path: Path) -> None:
    folder = soiled(tmp_path, Dirt(), weeks=3)
    first, last = rows_by_id(folder / "week_00/accounts.csv"), rows_by_id(folder / "week_02/accounts.csv")
    for account_id, row in first.items():
        for field in ("name", "website", "industry", "country", "city", "founded_year"):
            assert last[account_id][field] == row[field]


def test_small_accounts_lack_their_size_more_often_than_large_ones(tmp_path: Path) -> None:
    sized = replace(CLEAN, missing_small=0.6)
    clean = rows_by_id(soiled(tmp_path / "clean", CLEAN) / "week_00/accounts.csv")
    dirty = rows_by_id(soiled(tmp_path / "dirty", sized) / "week_00/accounts.csv")
    small = [key for key, row in clean.items() if int(row["employees"]) < 50]
    large = [key for key, row in clean.items() if int(row["employees"]) > 1000]
    missing_small = sum(dirty[key]["employees"] == "" for key in small) / len(small)
    missing_large = sum(dirty[key]["employees"] == "" for key in large) / len(large)
    assert missing_small > 0.4
    assert missing_large < 0.25


def test_half_of_the_near_copies_take_a_part_of_the_deals(tmp_path: Path) -> None:
    folder = soiled(tmp_path, replace(CLEAN, copies=0.1)) / "week_00"
    accounts = rows_by_id(folder / "accounts.csv")
    copies = {key for key in accounts if key.startswith("A9")}
    owners = {row["account_id"] for row in rows_of(folder / "opportunities.csv")}
    assert 20 < len(copies) < 70
    assert 0.2 < len(copies & owners) / len(copies) < 0.7
    for key in copies:
        original = accounts[f"A{int(key[1:]) - 8_000_000}"]
        assert accounts[key]["name"] != original["name"]
        assert accounts[key]["employees"] == original["employees"]


def test_the_demo_company_has_a_formula_an_emoji_and_a_right_to_left_name(tmp_path: Path) -> None:
    (folder,) = generate(tmp_path, accounts=60)
    names = [row["name"] for row in rows_of(folder / "accounts.csv")]
    assert any(name.startswith("=") for name in names)
    assert any("🥐" in name for name in names)
    assert any("\u0600" <= name[0] <= "\u06ff" for name in names)


@pytest.mark.parametrize(
    ("number", "draw", "spelled"),
    [
        ("4", 0.0, "1-10"),
        ("50", 0.0, "11-50"),
        ("51", 0.0, "51-200"),
        ("10000", 0.0, "5001-10000"),
        ("10001", 0.0, "10,001+"),
        ("312", 0.7, "~310"),
        ("1234", 0.9, "1,234"),
        ("1234000", 0.0, "1.2M"),
        ("1234000", 0.7, "$1.2M"),
        ("234000", 0.0, "234.0K"),
    ],
)
def test_sizes_are_written_as_people_write_them(number: str, draw: float, spelled: str) -> None:
    assert banded(number, draw) == spelled


def test_rarer_spellings_are_drawn_less_often() -> None:
    draws = [variant("Technology", place / 1000) for place in range(1000)]
    assert draws.count("technology") > draws.count("technolgy") > draws.count("技術") > 0


@pytest.mark.parametrize("name", ["Oakford Stores Inc.", "Oakford Stores", "Elmwell Freight GmbH & Co. KG"])
@pytest.mark.parametrize("draw", [0.1, 0.9])
def test_a_copy_is_spelled_differently(name: str, draw: float) -> None:
    assert other_legal_form(name, draw) != name
    assert other_legal_form(name, draw).upper().startswith(name.upper()[:12])
