"""A short list of rules that nearly says the same as the segments, for whoever cannot ask the model.

An administrator can rebuild it in a Flow or a workflow, so that a record which is born between two runs gets
a segment at once. It is an imitation: how often it agrees with the model is measured and said.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

from segmentation.assign import assign_segments
from segmentation.errors import TooFewRecordsError
from segmentation.features.columns import Flags, Floats, Texts
from segmentation.features.table import FeatureTable
from segmentation.model import FeatureSpec, SegmentModel
from segmentation.words import count_word, money, number, percent, trend_word

__all__ = ["Rule", "RuleCondition", "RuleTree", "make_rules"]

FEWEST_RULES = 10
FIT_ROWS = 20_000
FEWEST_RECORDS = 5
"""Records that a rule must hold for."""
FEWEST_IN_ALL = 50


@dataclass(frozen=True, slots=True)
class RuleCondition:
    """One comparison; all that it needs is one value of the record."""

    spec: FeatureSpec
    at_least: float | None = None
    below: float | None = None
    level: str | None = None
    is_level: bool = True
    """For a category: whether it must be this one, or any other."""
    takes_unknown: bool = False
    """Whether records without the value meet the condition."""

    def words(self) -> str:
        """The condition for people, with the field that it is about."""
        known = " or not known" if self.takes_unknown else ""
        if self.level is not None:
            return f"{self.spec.title} is {'' if self.is_level else 'not '}{self.level}{known}"
        if self.spec.kind == "flag":
            return f"{self.spec.title}: {'yes' if self.at_least is not None else 'no'}{known}"
        low = None if self.at_least is None else f"at least {_value(self.spec, self.at_least)}"
        high = None if self.below is None else f"less than {_value(self.spec, self.below)}"
        both = " and ".join(part for part in (low, high) if part)
        return f"{self.spec.title}: {both}{known}"

    def holds(self, features: FeatureTable) -> Flags:
        """For each record whether the condition holds."""
        if self.level is not None:
            texts = features.categories(self.spec.name)
            return np.where(pd.isna(texts), self.takes_unknown, (texts == self.level) == self.is_level)
        values = features.numbers(self.spec.name)
        found = np.ones(len(values), dtype=bool)
        with np.errstate(invalid="ignore"):
            if self.at_least is not None:
                found &= values >= self.at_least
            if self.below is not None:
                found &= values < self.below
        return np.where(np.isnan(values), self.takes_unknown, found)


def _value(spec: FeatureSpec, value: float) -> str:
    if spec.unit == "days":
        return count_word(value, "day")
    if spec.unit == "share":
        return percent(value)
    if spec.unit == "trend":
        return f"{value:.2g} ({trend_word(value)})"
    if len(spec.unit) == 3 and spec.unit.isupper():
        return money(value, spec.unit)
    return number(value)


@dataclass(frozen=True, slots=True)
class Rule:
    """Where all conditions hold, the record belongs to this segment."""

    key: str
    title: str
    conditions: tuple[RuleCondition, ...]
    record_count: int
    """Records for which it holds."""
    agreement: float
    """Share of them that the model puts into the same segment."""


@dataclass(frozen=True, slots=True)
class RuleTree:
    """Rules that exclude each other and leave nobody out."""

    rules: tuple[Rule, ...]
    fidelity: float
    """Share of records, not used to make the rules, for which they agree with the model."""

    def labels(self, features: FeatureTable) -> Texts:
        """The segment that the rules give to each record."""
        keys: Texts = np.full(len(features), None, dtype=object)
        for rule in self.rules:
            keys[_meets(rule.conditions, features)] = rule.key
        return keys


def make_rules(model: SegmentModel, features: FeatureTable) -> RuleTree:
    """Imitate the model by at most max(10, number of segments) rules.

    Args:
        model: The model to imitate.
        features: Records to learn from and to measure on; every fifth is kept for measuring.

    Raises:
        TooFewRecordsError: Not enough records in segments to learn from.
    """
    keys: Texts = assign_segments(model, features).column("segment_key").to_numpy(zero_copy_only=False)
    order = {segment.key: at for at, segment in enumerate(model.segments)}
    usable = np.flatnonzero([key in order for key in keys])
    if len(usable) < FEWEST_IN_ALL:
        raise TooFewRecordsError(
            f"{len(usable)} records in segments are too few to make rules from; {FEWEST_IN_ALL} are needed.",
            hint="Import more records.",
            details={"records": len(usable), "needed": FEWEST_IN_ALL},
        )
    # Canonical order says nothing about the records, so every fifth of it is a fair sample.
    held_back = usable[::5]
    learning = np.setdiff1d(usable, held_back)[:FIT_ROWS]
    columns = list(_columns(model, features))
    matrix = np.stack([column.numbers for column in columns], axis=1)
    tree = DecisionTreeClassifier(
        max_leaf_nodes=max(FEWEST_RULES, len(model.segments)),
        min_samples_leaf=FEWEST_RECORDS,
        random_state=0,
    ).fit(matrix[learning], keys[learning].astype(str))
    rules = [
        _measured(Rule(key, model.title(key), conditions, 0, 0.0), features, keys)
        for key, conditions in _leaves(tree, columns)
    ]
    found = RuleTree(tuple(sorted(rules, key=lambda rule: (order[rule.key], -rule.record_count))), 0.0)
    return replace(found, fidelity=float((found.labels(features)[held_back] == keys[held_back]).mean()))


@dataclass(frozen=True, slots=True)
class _Column:
    spec: FeatureSpec
    level: str | None
    numbers: Floats


def _columns(model: SegmentModel, features: FeatureTable) -> Iterator[_Column]:
    for transform in model.transforms:
        spec = transform.spec
        if spec.kind != "category":
            yield _Column(spec, None, features.numbers(spec.name))
            continue
        texts = features.categories(spec.name)
        for level in transform.levels:
            yield _Column(spec, level, np.where(pd.isna(texts), np.nan, texts == level).astype(np.float64))


def _leaves(
    tree: DecisionTreeClassifier, columns: Sequence[_Column]
) -> Iterator[tuple[str, tuple[RuleCondition, ...]]]:
    """Every leaf with the conditions on the way to it, those on one value taken together."""
    nodes = tree.tree_
    waiting: list[tuple[int, dict[tuple[str, str | None], RuleCondition]]] = [(0, {})]
    while waiting:
        node, path = waiting.pop()
        left, right = int(nodes.children_left[node]), int(nodes.children_right[node])
        if left < 0:
            yield str(tree.classes_[int(nodes.value[node][0].argmax())]), tuple(path.values())
            continue
        column = columns[int(nodes.feature[node])]
        unknown_left = bool(nodes.missing_go_to_left[node])
        has_gaps = bool(np.isnan(column.numbers).any())
        bound = _rounded(float(nodes.threshold[node]), column)
        for child, is_left in ((left, True), (right, False)):
            takes_unknown = has_gaps and is_left == unknown_left
            step = _step(column, bound, is_left=is_left, takes_unknown=takes_unknown)
            place = (column.spec.name, column.level)
            waiting.append((child, {**path, place: _both(path.get(place), step)}))


def _step(column: _Column, bound: float, *, is_left: bool, takes_unknown: bool) -> RuleCondition:
    if column.level is not None:
        return RuleCondition(
            column.spec, level=column.level, is_level=not is_left, takes_unknown=takes_unknown
        )
    low, high = (None, bound) if is_left else (bound, None)
    return RuleCondition(column.spec, at_least=low, below=high, takes_unknown=takes_unknown)


def _both(first: RuleCondition | None, second: RuleCondition) -> RuleCondition:
    if first is None:
        return second
    lows = [low for low in (first.at_least, second.at_least) if low is not None]
    highs = [high for high in (first.below, second.below) if high is not None]
    return replace(
        second,
        at_least=max(lows, default=None),
        below=min(highs, default=None),
        takes_unknown=first.takes_unknown and second.takes_unknown,
    )


def _rounded(bound: float, column: _Column) -> float:
    """A bound that a person can type: two digits, or a whole number between two counts."""
    if column.level is not None or column.spec.kind == "flag":
        return 0.5
    known = column.numbers[np.isfinite(column.numbers)]
    if (known == np.round(known)).all() and bound < 100:
        return float(np.ceil(bound))
    return float(f"{bound:.1e}")


def _meets(conditions: Sequence[RuleCondition], features: FeatureTable) -> Flags:
    found = np.ones(len(features), dtype=bool)
    for condition in conditions:
        found &= condition.holds(features)
    return found


def _measured(rule: Rule, features: FeatureTable, keys: Texts) -> Rule:
    mine = _meets(rule.conditions, features)
    agreement = float((keys[mine] == rule.key).mean()) if mine.any() else 0.0
    return replace(rule, record_count=int(mine.sum()), agreement=agreement)
