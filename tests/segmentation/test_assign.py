"""Assigning records with a frozen model."""

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from connectors.model import UNCLASSIFIED_KEY, ObjectKind
from segmentation import (
    ASSIGNMENT_SCHEMA,
    FeatureTable,
    ModelMismatchError,
    Records,
    SegmentationSettings,
    assign_segments,
    fit_segments,
)
from tests.segmentation.data import crunchbase, features_of, records, table
from tests.segmentation.worlds import fit_of, world


def by_id(assigned: pa.Table) -> dict[str, dict[str, Any]]:
    return {row["record_id"]: row for row in assigned.to_pylist()}


def current(rows: dict[str, str]) -> pa.Table:
    return pa.table({"record_id": list(rows), "segment_key": list(rows.values())})


def with_employees(whole: Records, sizes: dict[str, str]) -> FeatureTable:
    accounts = whole.table
    ids = accounts.column("account_id").to_pylist()
    old = accounts.column("employees").to_pylist()
    new = [sizes.get(record, size) for record, size in zip(ids, old, strict=True)]
    at = accounts.column_names.index("employees")
    changed = accounts.set_column(at, "employees", pa.array(new, pa.string()))
    return features_of(Records(whole.kind, {**whole.tables, ObjectKind.ACCOUNT: changed}))


def test_every_record_gets_one_segment_with_score_and_runner_up() -> None:
    features, fit = fit_of("five")
    assigned = assign_segments(fit.model, features)
    assert assigned.schema == ASSIGNMENT_SCHEMA
    assert assigned.column("record_id").to_pylist() == features.ids.to_pylist()
    for row in assigned.to_pylist():
        assert row["segment_key"] in fit.model.keys
        assert 0 <= row["score"] <= 1
        assert row["runner_up"] in fit.model.keys
        assert row["runner_up"] != row["segment_key"]
        band = "clear" if row["score"] >= 0.9 else "likely" if row["score"] >= 0.6 else "close call"
        assert row["band"] == band


def test_scores_hold_what_they_promise() -> None:
    """Of the records with a clear score, about as many are where they truly belong."""
    found = world("five")
    features, fit = fit_of("five")
    rows = [
        row for row in assign_segments(fit.model, features).to_pylist() if row["record_id"] in found.truth
    ]
    meaning: dict[str, dict[str, int]] = {}
    for row in rows:
        true = meaning.setdefault(row["segment_key"], {})
        true[found.truth[row["record_id"]]] = true.get(found.truth[row["record_id"]], 0) + 1
    name = {key: max(counts, key=counts.__getitem__) for key, counts in meaning.items()}
    right = [name[row["segment_key"]] == found.truth[row["record_id"]] for row in rows]
    promised = sum(row["score"] for row in rows) / len(rows)
    assert abs(promised - sum(right) / len(right)) < 0.05


def test_record_stays_until_another_segment_is_clearly_better() -> None:
    features, fit = fit_of("five")
    model = fit.model
    fresh = by_id(assign_segments(model, features))
    close = [row for row in fresh.values() if 0 < row["score"] < 0.7]
    clear = [row for row in fresh.values() if row["score"] > 0.99]
    assert close
    assert clear
    held = {str(row["record_id"]): str(row["runner_up"]) for row in [*close, *clear]}
    again = by_id(assign_segments(model, features, current=current(held)))
    assert all(again[str(row["record_id"])]["segment_key"] == row["runner_up"] for row in close)
    assert all(again[str(row["record_id"])]["segment_key"] == row["segment_key"] for row in clear)


def test_margin_is_a_number_of_the_model() -> None:
    features, fit = fit_of("five")
    groups = fit.model.groups
    assert groups is not None
    stubborn = replace(fit.model, groups=replace(groups, stay_margin=1e9, least_fit=-1e9))
    fresh = assign_segments(fit.model, features).to_pylist()
    held = {row["record_id"]: row["runner_up"] for row in fresh}
    again = assign_segments(stubborn, features, current=current(held)).to_pylist()
    assert [row["segment_key"] for row in again] == [row["runner_up"] for row in fresh]


def test_keys_of_another_model_hold_nobody() -> None:
    features, fit = fit_of("five")
    held = dict.fromkeys(features.ids.to_pylist(), "gone_for_good")
    assert assign_segments(fit.model, features, current=current(held)) == assign_segments(fit.model, features)


def test_few_labels_move_in_a_week_and_fewer_than_without_the_margin() -> None:
    found = world("five", weeks=2)
    first, second = found.features(0), found.features(1)
    model = fit_segments(first, SegmentationSettings(), fingerprint="x").model
    before = assign_segments(model, first).select(["record_id", "segment_key"])
    old = dict(zip(*before.to_pydict().values(), strict=True))
    moves = [
        sum(
            old.get(row["record_id"], row["segment_key"]) != row["segment_key"]
            for row in assign_segments(model, second, current=held).to_pylist()
        )
        for held in (before, None)
    ]
    assert moves[0] <= 0.01 * len(second)
    assert moves[0] < moves[1]


def test_record_unlike_all_others_is_not_forced_into_a_segment() -> None:
    features, fit = fit_of("five")
    odd = features.values.copy()
    contrary = {"employees": 1e9, "annual_revenue": 1.0, "won_deals": 900, "average_deal": 0.01}
    contrary |= {"days_since_win": 30_000, "trend": -1, "email_opens": 900, "days_since_activity": 9_000}
    contrary |= {
        "contacts": 500,
        "activities_90d": 900,
        "company_age": 900,
        "opt_out_share": 1,
        "win_rate": 0,
    }
    for name, value in contrary.items():
        odd.loc[0, name] = value
    row = assign_segments(fit.model, replace(features, values=odd)).to_pylist()[0]
    assert row["segment_key"] == UNCLASSIFIED_KEY
    assert row["band"] == "close call"
    assert row["runner_up"] in fit.model.keys


def test_record_about_which_nothing_is_known_is_not_forced_into_a_segment() -> None:
    features, fit = fit_of("five")
    blank = features.values.copy()
    for name in blank.columns:
        blank.loc[0, name] = None
    row = assign_segments(fit.model, replace(features, values=blank)).to_pylist()[0]
    assert row["segment_key"] == UNCLASSIFIED_KEY


def test_who_is_in_a_segment_is_not_thrown_out_by_a_hair() -> None:
    features, fit = fit_of("five")
    groups = fit.model.groups
    assert groups is not None
    strict = replace(fit.model, groups=replace(groups, least_fit=14.0))
    fresh = by_id(assign_segments(strict, features))
    inside = {
        key: str(row["runner_up"]) for key, row in fresh.items() if row["segment_key"] == UNCLASSIFIED_KEY
    }
    outside = dict.fromkeys(
        (key for key, row in fresh.items() if row["segment_key"] != UNCLASSIFIED_KEY), UNCLASSIFIED_KEY
    )
    assert inside
    again = by_id(assign_segments(strict, features, current=current(inside | outside)))
    assert any(again[key]["segment_key"] != UNCLASSIFIED_KEY for key in inside)
    assert any(again[key]["segment_key"] == UNCLASSIFIED_KEY for key in outside)


def test_new_records_are_assigned_by_an_old_model() -> None:
    whole = world("five").weeks[0]
    _, fit = fit_of("five")
    some = with_employees(whole, {"nobody": "1"})
    assert len(assign_segments(fit.model, some)) == whole.table.num_rows


def test_no_records_get_no_segments() -> None:
    _, fit = fit_of("five")
    nobody = features_of(records(account=table(ObjectKind.ACCOUNT, account_id=[])))
    assert assign_segments(fit.model, nobody).num_rows == 0


def test_model_that_needs_a_lost_feature_is_refused_by_name() -> None:
    _, fit = fit_of("five")
    with pytest.raises(ModelMismatchError, match=r"account\.employees") as caught:
        assign_segments(fit.model, crunchbase())
    assert caught.value.exit_code == 6
    assert "Employees (account.employees)" in caught.value.message
    assert "employees," not in caught.value.message
    assert "refit" in caught.value.hint


def test_model_for_another_object_is_refused() -> None:
    features, fit = fit_of("five")
    with pytest.raises(ModelMismatchError, match="accounts, not for contacts"):
        assign_segments(fit.model, replace(features, kind=ObjectKind.CONTACT))


def test_model_in_another_currency_is_refused() -> None:
    features, fit = fit_of("five")
    with pytest.raises(ModelMismatchError, match="USD"):
        assign_segments(fit.model, replace(features, currency="EUR"))
