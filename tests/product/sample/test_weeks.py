from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from crm_segments.sample import generate
from crm_segments.sample.presets import PRESETS
from crm_segments.sample.world import Dirt, Move
from tests.product.sample.bundles import rows_by_id, rows_of
from tests.product.sample.test_dirt import CLEAN

WEEKS = 6


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("moving")
    world = replace(PRESETS["five"], dirt=CLEAN, movers=0.02)
    generate(folder, world=world, accounts=1000, weeks=WEEKS, truth=folder / "truth")
    return folder


def truth_by_week(folder: Path) -> list[dict[str, str]]:
    weeks: list[dict[str, str]] = [{} for _ in range(WEEKS)]
    for row in rows_of(folder / "truth/segments.csv"):
        weeks[int(row["week"])][row["account_id"]] = row["true_segment"]
    return weeks


def moved(truth: list[dict[str, str]]) -> dict[str, tuple[int, str, str]]:
    return {
        account: (week, truth[week - 1][account], truth[week][account])
        for week in range(1, WEEKS)
        for account in truth[week - 1]
        if truth[week - 1][account] != truth[week][account]
    }


def test_without_movers_nobody_changes_segment(tmp_path: Path) -> None:
    world = replace(PRESETS["five"], movers=0.0)
    generate(tmp_path, world=world, accounts=300, weeks=WEEKS, truth=tmp_path / "truth")
    assert moved(truth_by_week(tmp_path)) == {}


def test_as_many_move_each_week_as_the_world_says(moving: Path) -> None:
    weeks = Counter(week for week, _, _ in moved(truth_by_week(moving)).values())
    # The first who set out in week 1 arrive in week 2.
    assert weeks[1] == 0
    assert 0.016 < sum(weeks.values()) / 1000 / (WEEKS - 2) < 0.024


def test_moves_follow_the_ways_of_the_world(moving: Path) -> None:
    ways = {(move.source, move.target) for move in PRESETS["five"].moves}
    assert {(source, target) for _, source, target in moved(truth_by_week(moving)).values()} == ways


def test_who_joins_a_buying_segment_buys_within_the_four_weeks(moving: Path) -> None:
    last = {
        account: week
        for account, (week, _, target) in moved(truth_by_week(moving)).items()
        if target != "enterprise_quiet" and week <= WEEKS - 3
    }
    assert len(last) > 15
    wins = [wins_by_account(moving / f"week_{week:02d}") for week in range(WEEKS)]
    for account, week in last.items():
        assert wins[week + 2][account] >= wins[week - 2][account] + 3


def test_who_goes_quiet_has_cancelled_its_late_contracts(moving: Path) -> None:
    leavers = [
        account
        for account, (week, _, target) in moved(truth_by_week(moving)).items()
        if target == "enterprise_quiet" and week <= WEEKS - 3
    ]
    assert leavers
    deals = rows_of(moving / f"week_{WEEKS - 1:02d}/opportunities.csv")
    for account in leavers:
        own = [deal for deal in deals if deal["account_id"] == account]
        assert any(deal["stage"] == "Cancelled" for deal in own)
        assert all(deal["close_date"] < "2026-06-01" for deal in own if deal["is_won"] == "true")


def test_who_grows_into_a_larger_segment_gets_its_size(moving: Path) -> None:
    first = rows_by_id(moving / "week_00/accounts.csv")
    last = rows_by_id(moving / f"week_{WEEKS - 1:02d}/accounts.csv")
    grown = [
        int(last[account]["employees"]) / int(first[account]["employees"])
        for account, (week, source, _) in moved(truth_by_week(moving)).items()
        if source == "small_loyal" and week <= WEEKS - 3
    ]
    assert len(grown) > 5
    assert sorted(grown)[len(grown) // 2] > 5


def test_sizes_of_those_who_stay_are_refreshed_by_at_most_five_percent_a_week(moving: Path) -> None:
    before, after = (rows_by_id(moving / f"week_0{week}/accounts.csv") for week in (0, 1))
    drift = rows_of(moving / "truth/drift.csv")
    movers = {row["account_id"] for row in drift if row["kind"] == "sets out"}
    refreshed = {row["account_id"] for row in drift if row["kind"] == "size refreshed" and row["week"] == "1"}
    assert 0.08 < len(refreshed) / len(before) < 0.12
    for account, row in before.items():
        change = abs(int(after[account]["employees"]) - int(row["employees"]))
        if account not in movers:
            assert change <= 0.05 * int(row["employees"]) + 1
            assert change == 0 or account in refreshed


def test_records_are_never_lost_and_closed_deals_stay_closed(moving: Path) -> None:
    for name in ("accounts.csv", "contacts.csv", "opportunities.csv", "activities.csv"):
        exports = [rows_by_id(moving / f"week_{week:02d}" / name) for week in range(WEEKS)]
        for before, after in pairwise(exports):
            assert before.keys() <= after.keys()
            if name == "opportunities.csv":
                assert all(after[key]["is_closed"] == "true" for key in before if closed(before[key]))
                assert all(after[key]["amount"] == row["amount"] for key, row in before.items())


def test_half_a_percent_of_new_accounts_come_each_week(moving: Path) -> None:
    before, after = (rows_by_id(moving / f"week_0{week}/accounts.csv") for week in (0, 1))
    new = after.keys() - before.keys()
    assert len(new) == 5
    assert all("2026-11-02" < after[key]["created_date"] <= "2026-11-09" for key in new)
    truth = truth_by_week(moving)
    assert {truth[1][key] for key in new} == {"small_one_time"}


def test_a_world_of_ones_own_has_its_own_moves(tmp_path: Path) -> None:
    world = replace(PRESETS["five"], movers=0.05, moves=(Move("small_loyal", "small_one_time"),), dirt=Dirt())
    generate(tmp_path, world=world, accounts=400, weeks=WEEKS, truth=tmp_path / "truth")
    changes = {(source, target) for _, source, target in moved(truth_by_week(tmp_path)).values()}
    assert changes == {("small_loyal", "small_one_time")}


def wins_by_account(folder: Path) -> Counter[str]:
    deals = rows_of(folder / "opportunities.csv")
    return Counter(deal["account_id"] for deal in deals if deal["is_won"] == "true")


def closed(deal: dict[str, str]) -> bool:
    return deal["is_closed"] == "true"
