"""The estimators behind one protocol: gaps, numbers only, categories only, oddities."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from connectors.model import ObjectKind
from segmentation.estimators.protocol import Estimator
from segmentation.prepare import Prepared, learn_transforms, prepare
from segmentation.select import ESTIMATORS
from tests.segmentation.data import features_of, records, table

Make = Callable[..., Estimator]
KINDS = ("Retail", "Software", "Banking")


def companies(*, gaps: float = 0.0, without: tuple[str, ...] = ()) -> tuple[Prepared, list[int]]:
    """Three kinds of company in size, industry and country, each of a third, with their true kind."""
    rng, count = np.random.default_rng(5), 300
    kind = [row % 3 for row in range(count)]
    size = [str(int(np.exp(rng.normal(2 + 3 * each, 0.4))) + 1) for each in kind]
    made: dict[str, list[object]] = {
        "employees": [None if rng.random() < gaps else value for value in size],
        "industry": [None if rng.random() < gaps else KINDS[each] for each in kind],
        "country": [None if rng.random() < gaps else ("US", "DE", "FR")[each] for each in kind],
    }
    made |= {name: [None] * count for name in without}
    accounts = table(ObjectKind.ACCOUNT, account_id=[f"a{row}" for row in range(count)], **made)
    features = features_of(records(account=accounts))
    true = dict(zip(accounts.column("account_id").to_pylist(), kind, strict=True))
    prepared = prepare(learn_transforms(features), features)
    return prepared, [true[record] for record in features.ids.to_pylist()]


def found(make: Make, prepared: Prepared, count: int = 3) -> list[int]:
    estimator = make(count, starts=5, seed=1)
    assert estimator.fit(prepared) is estimator
    return [int(label) for label in estimator.mixture_.log_joint(prepared).argmax(axis=1)]


@pytest.mark.parametrize("make", ESTIMATORS.values(), ids=ESTIMATORS.keys())
def test_three_clear_kinds_are_found(make: Make) -> None:
    prepared, true = companies()
    assert adjusted_rand_score(true, found(make, prepared)) > 0.95


@pytest.mark.parametrize("make", ESTIMATORS.values(), ids=ESTIMATORS.keys())
@pytest.mark.parametrize("left", ["numbers", "categories"])
def test_one_sort_of_feature_is_enough(make: Make, left: str) -> None:
    prepared, true = companies(without=("industry", "country") if left == "numbers" else ("employees",))
    assert adjusted_rand_score(true, found(make, prepared)) > 0.9


def test_main_estimator_leaves_out_what_is_missing() -> None:
    """With a third of everything missing, who has anything to show is still found."""
    prepared, true = companies(gaps=0.33)
    labels = found(ESTIMATORS["mixed"], prepared)
    known = prepared.is_known()
    right = [label for label, has in zip(labels, known, strict=True) if has]
    assert adjusted_rand_score([each for each, has in zip(true, known, strict=True) if has], right) > 0.9


def test_records_that_belong_nowhere_pull_no_group_towards_them() -> None:
    prepared, _ = companies()
    odd = prepared.statistics.copy()
    numbers = len(prepared.numbers)
    odd[:4, :numbers] = -3.0
    odd[:4, numbers : 2 * numbers] = 9.0
    before, after = (
        np.sort(ESTIMATORS["mixed"](3, starts=5, seed=1).fit(each).mixture_.means[:, 0])
        for each in (prepared, Prepared(prepared.transforms, odd))
    )
    assert np.abs(before - after).max() < 0.1


def test_groups_to_begin_from_are_kept_where_they_still_fit() -> None:
    prepared, _ = companies()
    mixed = ESTIMATORS["mixed"]
    old = mixed(3, starts=5, seed=1).fit(prepared).mixture_.take([2, 0, 1])
    new = mixed(3, starts=0, seed=2, begin=old).fit(prepared).mixture_
    assert np.abs(new.means - old.means).max() < 0.01
