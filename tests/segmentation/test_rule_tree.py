"""Rules that imitate the segments, and what would move a record: few, typed by hand, measured, true."""

import re
from dataclasses import replace

import pyarrow as pa
import pytest

from segmentation import (
    FeatureTable,
    RuleTree,
    TooFewRecordsError,
    assign_segments,
    explain_record,
    make_rules,
)
from segmentation.model import SegmentModel
from tests.segmentation.worlds import fit_of, world


def rules_of(name: str) -> tuple[FeatureTable, SegmentModel, RuleTree]:
    features, fit = fit_of(name)
    return features, fit.model, make_rules(fit.model, features)


@pytest.mark.parametrize("name", ["five", "seven"])
def test_rules_are_few_exclude_each_other_and_leave_nobody_out(name: str) -> None:
    features, model, found = rules_of(name)
    assert len(found.rules) <= max(10, len(model.segments))
    assert {rule.key for rule in found.rules} == {segment.key for segment in model.segments}
    assert sum(rule.record_count for rule in found.rules) == len(features)
    assert set(found.labels(features)) == {rule.key for rule in found.rules}


def test_fidelity_is_what_it_says_on_another_company_of_the_same_kind() -> None:
    _, model, found = rules_of("five")
    others = world("five", seed=11).features()
    keys = assign_segments(model, others).column("segment_key").to_numpy(zero_copy_only=False)
    agreement = float((found.labels(others) == keys).mean())
    assert found.fidelity > 0.94
    assert abs(agreement - found.fidelity) < 0.02


def test_conditions_are_words_that_an_administrator_can_type() -> None:
    for _, _, found in (rules_of("five"), rules_of("seven")):
        for rule in found.rules:
            assert rule.conditions
            for condition in rule.conditions:
                assert not re.search(r"\d{3}\.\d|e\+|nan", condition.words()), condition.words()
                assert condition.words().startswith(condition.spec.title)


def test_rules_need_records_in_segments() -> None:
    features, fit = fit_of("five")
    few = replace(features, ids=features.ids[:20], values=features.values.iloc[:20])
    with pytest.raises(TooFewRecordsError, match="50 are needed"):
        make_rules(fit.model, few)


def test_what_is_said_to_move_a_record_moves_it() -> None:
    features, fit = fit_of("five")
    row = next(
        row
        for row in assign_segments(fit.model, features).to_pylist()
        if row["segment_key"] == "small_one_time_buyers" and row["score"] > 0.9
    )
    found = explain_record(fit.model, features, row["record_id"], row["segment_key"])
    said = next(text for text in found.would_move if text.startswith("Employees of"))
    number, title = re.fullmatch(r"Employees of ([\d,]+) or more would make it (.*)\.", said).groups()  # type: ignore[union-attr]
    at = features.ids.to_pylist().index(row["record_id"])
    changed = features.values.copy()
    changed.loc[at, "employees"] = float(number.replace(",", "")) * 1.1
    held = pa.table({"record_id": [row["record_id"]], "segment_key": [row["segment_key"]]})
    again = assign_segments(fit.model, replace(features, values=changed), current=held).to_pylist()[at]
    assert fit.model.title(again["segment_key"]) == title


def test_nothing_is_said_to_move_who_fits_nowhere() -> None:
    features, fit = fit_of("five")
    assert explain_record(fit.model, features, features.ids[0].as_py(), "unclassified").would_move == ()
