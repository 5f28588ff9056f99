import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_segments.sample import WORLDS, generate
from tests.product.sample.bundles import bytes_of, rows_by_id, rows_of

COLUMNS = {
    "accounts.csv": (
        "account_id,name,website,industry,country,state,city,employees,annual_revenue,currency,founded_year,"
        "source,owner,parent_account_id,created_date"
    ),
    "contacts.csv": (
        "contact_id,account_id,title,email,email_opens_90d,email_clicks_90d,email_opt_out,last_activity_date,"
        "created_date"
    ),
    "opportunities.csv": (
        "opportunity_id,account_id,name,stage,is_closed,is_won,amount,currency,type,pipeline,product,owner,"
        "created_date,close_date"
    ),
    "activities.csv": "activity_id,account_id,contact_id,type,date",
}


@pytest.mark.parametrize("world", WORLDS)
def test_same_arguments_give_the_same_bytes(tmp_path: Path, world: str) -> None:
    for place in ("one", "two"):
        generate(
            tmp_path / place, world=world, accounts=120, weeks=3, seed=3, truth=tmp_path / place / "truth"
        )
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")


def test_another_seed_gives_another_company(tmp_path: Path) -> None:
    generate(tmp_path / "one", accounts=60, seed=1)
    generate(tmp_path / "two", accounts=60, seed=2)
    one, two = bytes_of(tmp_path / "one"), bytes_of(tmp_path / "two")
    assert all(one[name] != two[name] for name in one if name.endswith(".csv"))


def test_more_weeks_leave_the_earlier_ones_as_they_were(tmp_path: Path) -> None:
    generate(tmp_path / "short", accounts=150, weeks=2)
    generate(tmp_path / "long", accounts=150, weeks=4)
    longer = bytes_of(tmp_path / "long")
    assert all(longer[name] == content for name, content in bytes_of(tmp_path / "short").items())


def test_each_week_is_a_bundle_seven_days_later(tmp_path: Path) -> None:
    folders = generate(tmp_path, accounts=40, weeks=3)
    assert [folder.name for folder in folders] == ["week_00", "week_01", "week_02"]
    for week, folder in enumerate(folders):
        about = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
        assert about["synthetic"] is True
        assert about["name"] == "sample-five"
        assert about["description"]
        assert about["as_of"] == (date(2026, 11, 2) + timedelta(days=7 * week)).isoformat()
        headers = {path.name: path.read_text("utf-8").split("\n")[0] for path in folder.glob("*.csv")}
        assert headers == COLUMNS


def test_truth_is_written_only_when_asked_for(tmp_path: Path) -> None:
    generate(tmp_path / "out", accounts=40)
    assert {path.name for path in tmp_path.rglob("*.*")} == {*COLUMNS, "bundle.json"}
    generate(tmp_path / "out", accounts=40, truth=tmp_path / "truth")
    written = {path.name for path in (tmp_path / "truth").iterdir()}
    assert written == {"segments.csv", "drift.csv", "dirt_log.csv", "world.json"}


def test_ids_are_unique_and_point_at_records_that_exist(tmp_path: Path) -> None:
    folder = generate(tmp_path, accounts=300, weeks=2)[-1]
    accounts = rows_by_id(folder / "accounts.csv")
    contacts = rows_by_id(folder / "contacts.csv")
    deals = rows_by_id(folder / "opportunities.csv")
    activities = rows_by_id(folder / "activities.csv")
    assert {row["account_id"] for row in contacts.values()} <= set(accounts)
    assert {row["account_id"] for row in deals.values()} - {""} <= set(accounts)
    assert {row["parent_account_id"] for row in accounts.values()} - {""} <= set(accounts)
    for activity in activities.values():
        assert contacts[activity["contact_id"]]["account_id"] == activity["account_id"]


def test_nothing_has_happened_after_the_day_of_the_bundle(tmp_path: Path) -> None:
    folder = generate(tmp_path, accounts=300, weeks=4)[-1]
    today = (date(2026, 11, 2) + timedelta(days=21)).isoformat()
    created = {row["account_id"]: row["created_date"] for row in rows_of(folder / "accounts.csv")}
    for deal in rows_of(folder / "opportunities.csv"):
        # Orders of newcomers are older than their entry into the CRM.
        is_entered_late = created.get(deal["account_id"], "") == deal["created_date"] > "2026-11-02"
        assert deal["created_date"] <= deal["close_date"] or is_entered_late or not deal["account_id"]
        assert deal["created_date"] <= today
        assert deal["is_closed"] == "false" or deal["close_date"] <= today
    for contact in rows_of(folder / "contacts.csv"):
        assert (
            created[contact["account_id"]]
            <= contact["created_date"]
            <= contact["last_activity_date"]
            <= today
        )
    assert max(row["date"] for row in rows_of(folder / "activities.csv")) <= today


def test_contacts_are_roles_that_nobody_can_write_to(tmp_path: Path) -> None:
    (folder,) = generate(tmp_path, accounts=100)
    for contact in rows_of(folder / "contacts.csv"):
        role = contact["title"].lower().replace(" ", ".")
        assert contact["email"] == f"{role}.{contact['contact_id'].lower()}@example.invalid"
        assert int(contact["email_clicks_90d"]) <= int(contact["email_opens_90d"])


def test_names_are_mostly_unique_and_addresses_belong_to_nobody(tmp_path: Path) -> None:
    (folder,) = generate(tmp_path, accounts=2000)
    accounts = rows_of(folder / "accounts.csv")
    assert len({row["name"] for row in accounts}) > 0.97 * len(accounts)
    assert all(row["website"].endswith(".example") for row in accounts if row["website"])


def test_an_unknown_world_names_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r'"six"; choose one of five, none, seven'):
        generate(tmp_path, world="six")


@pytest.mark.parametrize(("accounts", "weeks"), [(0, 1), (1, 0), (-5, 1)])
def test_an_impossible_size_is_refused_before_anything_is_written(
    tmp_path: Path, accounts: int, weeks: int
) -> None:
    with pytest.raises(ValueError, match="at least 1 account"):
        generate(tmp_path / "out", accounts=accounts, weeks=weeks)
    assert not (tmp_path / "out").exists()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(accounts=st.integers(1, 40), weeks=st.integers(1, 6), seed=st.integers(0, 10**9))
def test_any_small_company_can_be_generated(tmp_path: Path, accounts: int, weeks: int, seed: int) -> None:
    folders = generate(tmp_path, accounts=accounts, weeks=weeks, seed=seed, truth=tmp_path / "truth")
    exported = {row["account_id"] for row in rows_of(folders[-1] / "accounts.csv")}
    true = {row["account_id"] for row in rows_of(tmp_path / "truth" / "segments.csv")}
    assert true <= exported


def test_the_sample_company_loads_neither_pandas_nor_the_rest_of_the_product() -> None:
    program = (
        "import sys, crm_segments.sample; "
        "print([m for m in ('pandas', 'sklearn', 'pyarrow', 'connectors', 'segmentation', 'sync') "
        "if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert answer.stdout.strip() == "[]"
