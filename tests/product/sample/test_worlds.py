import json
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_segments.sample import WORLDS, generate
from crm_segments.sample.accounts import draw_accounts
from crm_segments.sample.membership import agreement, best_guess, segment_probabilities
from crm_segments.sample.presets import PRESETS
from crm_segments.sample.streams import Streams
from crm_segments.sample.world import World, separated
from tests.product.sample.bundles import rows_of
from tests.product.sample.test_dirt import CLEAN

GROUPINGS = st.lists(st.integers(0, 4), min_size=2, max_size=60)


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("five")
    generate(folder, world=replace(PRESETS["five"], dirt=CLEAN), accounts=2000, truth=folder / "truth")
    return folder


def ceiling(folder: Path, world: World) -> float:
    generate(folder, world=world, accounts=500, truth=folder / "truth")
    found: float = json.loads((folder / "truth/world.json").read_text("utf-8"))["ceiling_ari"]
    return found


def by_segment(folder: Path, values: dict[str, float]) -> dict[str, float]:
    grouped = defaultdict(list)
    for row in rows_of(folder / "truth/segments.csv"):
        grouped[row["true_segment"]].append(values.get(row["account_id"], 0.0))
    return {segment: median(found) for segment, found in grouped.items()}


def test_the_demo_company_has_its_five_segments_in_their_shares(five: Path) -> None:
    counts = Counter(row["true_segment"] for row in rows_of(five / "truth/segments.csv"))
    for segment in PRESETS["five"].segments:
        assert counts[segment.key] / 2000 == pytest.approx(segment.share, abs=0.03)


def test_two_pairs_are_alike_in_size_and_differ_in_what_they_buy(five: Path) -> None:
    accounts = rows_of(five / "week_00/accounts.csv")
    sizes = by_segment(five, {row["account_id"]: float(row["employees"]) for row in accounts})
    won = [row for row in rows_of(five / "week_00/opportunities.csv") if row["is_won"] == "true"]
    lately = Counter(row["account_id"] for row in won if row["close_date"] > "2025-11-02")
    orders = by_segment(five, {key: float(count) for key, count in lately.items()})
    assert sizes["enterprise_steady"] == pytest.approx(sizes["enterprise_quiet"], rel=0.25)
    assert sizes["small_loyal"] == pytest.approx(sizes["small_one_time"], rel=0.4)
    assert orders["enterprise_steady"] >= 4
    assert orders["enterprise_quiet"] == 0
    assert orders["small_loyal"] >= 3
    assert orders["small_one_time"] == 0


def test_about_a_quarter_of_the_customers_bought_once(five: Path) -> None:
    won = Counter(
        row["account_id"] for row in rows_of(five / "week_00/opportunities.csv") if row["is_won"] == "true"
    )
    once = sum(count == 1 for count in won.values()) / len(won)
    assert 0.23 < once < 0.33
    assert len(won) < 2000


def test_few_customers_bring_most_of_the_revenue(five: Path) -> None:
    revenue: Counter[str] = Counter()
    for row in rows_of(five / "week_00/opportunities.csv"):
        if row["is_won"] == "true":
            revenue[row["account_id"]] += int(row["amount"])
    ranked = sorted(revenue.values(), reverse=True)
    assert 0.55 < sum(ranked[: len(ranked) // 10]) / sum(ranked) < 0.8


def test_revenue_follows_size(five: Path) -> None:
    accounts = rows_of(five / "week_00/accounts.csv")
    sizes = [np.log(float(row["employees"])) for row in accounts]
    revenues = [np.log(float(row["annual_revenue"])) for row in accounts]
    assert np.corrcoef(sizes, revenues)[0, 1] > 0.95


def test_deals_are_also_lost_and_under_way(five: Path) -> None:
    stages = Counter(row["stage"] for row in rows_of(five / "week_00/opportunities.csv"))
    assert set(stages) == {"Prospecting", "Proposal", "Negotiation", "Closed Won", "Closed Lost"}
    assert stages["Closed Lost"] > 0.15 * stages["Closed Won"]


@pytest.mark.parametrize("world", WORLDS)
def test_shares_of_every_world_add_up(world: str) -> None:
    assert sum(segment.share for segment in PRESETS[world].segments) == pytest.approx(1.0)


def test_seven_segments_are_in_the_finer_world(tmp_path: Path) -> None:
    generate(tmp_path, world="seven", accounts=500, truth=tmp_path / "truth")
    assert len({row["true_segment"] for row in rows_of(tmp_path / "truth/segments.csv")}) == 7


def test_the_world_without_segments_has_one_truth_and_accounts_all_alike(tmp_path: Path) -> None:
    generate(tmp_path, world="none", accounts=300, weeks=4, truth=tmp_path / "truth")
    truth = rows_of(tmp_path / "truth/segments.csv")
    assert {row["true_segment"] for row in truth} == {"everyone"}
    alike = separated(PRESETS["none"]).segments
    for quantity in ("employees", "order_value", "silence"):
        assert len({round(getattr(segment, quantity).median, 6) for segment in alike}) == 1
        assert len({round(getattr(segment, quantity).spread, 6) for segment in alike}) == 1
    for name in ("orders_per_year", "growth", "once", "never", "quarter_end", "opens", "clicks", "contacts"):
        assert len({round(getattr(segment, name), 9) for segment in alike}) == 1
    assert len({segment.products for segment in alike}) == 1


def test_the_dial_moves_segments_apart(tmp_path: Path) -> None:
    ceilings = [
        ceiling(tmp_path / str(dial), replace(PRESETS["five"], separation=dial)) for dial in (0.25, 0.5, 1.0)
    ]
    assert ceilings == sorted(ceilings)
    assert ceilings[0] < 0.6
    assert ceilings[-1] > 0.95


def test_stated_membership_is_as_often_right_as_it_says() -> None:
    world = separated(replace(PRESETS["five"], separation=0.2))
    accounts = draw_accounts(world, 30_000, Streams(5), 20_000)
    stated = segment_probabilities(accounts, world)
    surest = stated.max(axis=1)
    is_right = best_guess(accounts, world) == accounts.segment
    for lowest in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        inside = (surest >= lowest) & (surest < lowest + 0.1)
        assert inside.sum() > 300
        assert is_right[inside].mean() == pytest.approx(surest[inside].mean(), abs=0.04)


def test_accounts_on_the_border_are_named(tmp_path: Path) -> None:
    world = replace(PRESETS["five"], separation=0.4, movers=0.05)
    generate(tmp_path, world=world, accounts=400, weeks=3, truth=tmp_path / "truth")
    for row in rows_of(tmp_path / "truth/segments.csv"):
        assert 0 <= float(row["membership_probability"]) <= 1
        assert (row["is_borderline"] == "true") == (float(row["membership_probability"]) < 0.8)
    moving = [
        row for row in rows_of(tmp_path / "truth/drift.csv") if row["kind"] == "moves" and row["week"] == "2"
    ]
    stated = {
        row["account_id"]: row["membership_probability"]
        for row in rows_of(tmp_path / "truth/segments.csv")
        if row["week"] == "2"
    }
    assert moving
    assert {stated[row["account_id"]] for row in moving} == {"0.5000"}


@given(GROUPINGS)
def test_a_grouping_agrees_wholly_with_itself_under_other_names(groups: list[int]) -> None:
    first = np.array(groups)
    assert agreement(first, (first * 3 + 1) % 5) == pytest.approx(1.0)


def test_unrelated_groupings_agree_only_by_chance() -> None:
    rng = Streams(1).of("test")
    assert agreement(rng.integers(0, 5, 5000), rng.integers(0, 5, 5000)) == pytest.approx(0.0, abs=0.01)


def test_streams_of_other_names_seeds_or_places_differ() -> None:
    firsts = {
        stream.of(name).random()
        for stream in (Streams(1), Streams(2), Streams(1).within("week:01"))
        for name in ("orders", "sizes")
    }
    assert len(firsts) == 6
    assert Streams(1).of("orders").random() == Streams(1).of("orders").random()
