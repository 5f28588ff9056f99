"""From features to segments: found where they exist, refused where they do not."""

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import StopRequested
from connectors.model import UNCLASSIFIED_KEY, ObjectKind, Progress
from segmentation import (
    FeatureTable,
    NoStableSegmentsError,
    Records,
    SegmentationSettings,
    TooFewRecordsError,
    assign_segments,
    fit_segments,
)
from tests.segmentation.data import crunchbase, features_of, maven, records, table
from tests.segmentation.worlds import agreement, fit_of, world

DEFAULT = SegmentationSettings()


def fit(features: FeatureTable, **changes: object):  # type: ignore[no-untyped-def]
    return fit_segments(features, SegmentationSettings.model_validate(changes), fingerprint="test")


@pytest.mark.parametrize("seed", [7, 11])
def test_five_known_segments_are_found(seed: int) -> None:
    features, found = fit_of("five", seed)
    assert len(found.model.segments) == 5
    assert agreement(world("five", seed=seed), features, found) > 0.93


def test_company_without_segments_is_refused() -> None:
    with pytest.raises(NoStableSegmentsError):
        fit(world("none").features())


def test_even_cuts_through_what_has_no_gaps_are_refused_by_a_wide_margin() -> None:
    """Two halves of very many records agree on where to cut them, though there is nothing to cut."""
    sizes = np.exp(np.random.default_rng(3).normal(4, 1.5, 6000)).astype(int) + 1
    accounts = table(
        ObjectKind.ACCOUNT,
        account_id=[f"a{n}" for n in range(6000)],
        employees=[str(size) for size in sizes],
    )
    with pytest.raises(NoStableSegmentsError, match="what has no gaps"):
        fit(features_of(records(account=accounts)))


def test_real_companies_have_stable_segments() -> None:
    found = fit(crunchbase())
    chosen = found.evidence.chosen
    assert chosen is not None
    assert 3 <= chosen.count <= 7
    assert chosen.agreement >= 0.9
    assert sum(segment.record_count for segment in found.model.segments) == 17_727


def test_refusal_says_why_and_what_to_do() -> None:
    with pytest.raises(NoStableSegmentsError) as caught:
        fit(maven())
    error = caught.value
    assert error.exit_code == 6
    assert re.search(r"agree at \d\d of 100 points at best \(with \d segments\)", error.message)
    assert 'fallback = "tiers"' in error.hint
    assert set(error.details["agreement"]) == {"2", "3", "4"}  # type: ignore[call-overload]


def test_twelve_accounts_are_too_few() -> None:
    found = records(account=table(ObjectKind.ACCOUNT, account_id=[f"a{n}" for n in range(12)]))
    with pytest.raises(TooFewRecordsError, match="12 accounts are too few") as caught:
        fit(features_of(found))
    assert caught.value.exit_code == 6


def test_accounts_that_are_all_alike_are_refused() -> None:
    alike = table(ObjectKind.ACCOUNT, account_id=[f"a{n}" for n in range(60)], employees=["50"] * 60)
    with pytest.raises(TooFewRecordsError):
        fit(features_of(records(account=alike)))


def test_accounts_about_which_nothing_is_known_are_refused() -> None:
    empty = table(ObjectKind.ACCOUNT, account_id=[f"a{n}" for n in range(60)])
    with pytest.raises(TooFewRecordsError, match="No field") as caught:
        fit(features_of(records(account=empty)))
    assert caught.value.hint


def test_categories_alone_make_segments() -> None:
    kinds = ["Retail", "Software", "Banking"]
    only = table(
        ObjectKind.ACCOUNT,
        account_id=[f"a{n}" for n in range(120)],
        industry=[kinds[n % 3] for n in range(120)],
    )
    found = fit(features_of(records(account=only)))
    assert sorted(segment.record_count for segment in found.model.segments) == [40, 40, 40]


@pytest.mark.parametrize("name", ["industry", "employees", "annual_revenue"])
def test_one_empty_column_leaves_segments_on_the_rest(name: str) -> None:
    whole = world("five").weeks[0]
    accounts = whole.table
    at = accounts.column_names.index(name)
    emptied = accounts.set_column(at, name, pa.nulls(accounts.num_rows, pa.string()))
    features = features_of(Records(whole.kind, {**whole.tables, ObjectKind.ACCOUNT: emptied}))
    assert any(f"account.{name} is empty" in sentence for sentence in features.quality.sentences)
    assert len(fit(features).model.segments) >= 4


def test_number_of_segments_stays_within_the_settings() -> None:
    features = world("five").features()
    assert len(fit(features, max_segments=4).model.segments) <= 4
    assert len(fit(features, min_segment_share=0.2).model.segments) <= 4


def test_same_records_give_the_same_bytes() -> None:
    features, found = fit_of("five")
    again = fit_segments(features, DEFAULT, fingerprint="test")
    assert again.model.to_json() == found.model.to_json()


@settings(max_examples=3)
@given(st.randoms(use_true_random=False))
def test_order_and_names_of_records_change_nothing(chance: object) -> None:
    whole = world("five", accounts=400).weeks[0]
    before = features_of(whole)
    shuffled, ids = _shuffled(whole, np.random.default_rng(chance.randrange(10**6)))  # type: ignore[attr-defined]
    after = features_of(shuffled)
    left, right = (fit(features, min_segment_records=10, max_segments=5) for features in (before, after))
    assert left.model.to_json() == right.model.to_json()
    keys = dict(zip(*assign_segments(left.model, before).select([0, 1]).to_pydict().values(), strict=True))
    moved = dict(zip(*assign_segments(right.model, after).select([0, 1]).to_pydict().values(), strict=True))
    assert {ids[record]: key for record, key in keys.items()} == moved


def _shuffled(whole: Records, rng: np.random.Generator) -> tuple[Records, dict[str, str]]:
    """The same records in another order, with other ids and columns in another order."""
    old = whole.table.column("account_id").to_pylist()
    ids = dict(zip(old, (f"id-{n}" for n in rng.permutation(len(old))), strict=True))
    tables = {}
    for kind, found in whole.tables.items():
        mixed = found.take(rng.permutation(found.num_rows))
        renamed = [ids.get(value, value) for value in mixed.column("account_id").to_pylist()]
        mixed = mixed.set_column(
            mixed.column_names.index("account_id"), "account_id", pa.array(renamed, pa.string())
        )
        first = mixed.column_names[0]
        rest = [mixed.column_names[at] for at in 1 + rng.permutation(mixed.num_columns - 1)]
        tables[kind] = mixed.select([first, *rest])
    return Records(whole.kind, tables), ids


def test_keys_are_new_slugs_of_their_titles() -> None:
    features, found = fit_of("five")
    taken = frozenset(found.model.keys)
    again = fit_segments(features, DEFAULT, fingerprint="test", taken_keys=taken)
    keys = {segment.key for segment in again.model.segments}
    assert not keys & taken
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,39}", key) for key in keys)
    assert UNCLASSIFIED_KEY not in keys


def test_progress_is_told_and_stopping_is_obeyed() -> None:
    features = world("five", accounts=400).features()
    seen: list[Progress] = []
    with pytest.raises(StopRequested):
        fit_segments(
            features, DEFAULT, fingerprint="x", observer=seen.append, should_stop=lambda: len(seen) > 1
        )
    assert len(seen) == 2


def test_absurd_outliers_do_not_make_segments_of_their_own() -> None:
    whole = world("five").weeks[0]
    sizes = whole.table.column("employees").to_pylist()
    sizes[:20] = ["900000000"] * 20
    accounts = whole.table.set_column(
        whole.table.column_names.index("employees"), "employees", pa.array(sizes, pa.string())
    )
    features = features_of(Records(whole.kind, {**whole.tables, ObjectKind.ACCOUNT: accounts}))
    found = fit(features)
    assert len(found.model.segments) == 5
    assert min(segment.record_count for segment in found.model.segments) > 100
