"""The condition `where`."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import ConfigError
from connectors.model import ObjectKind
from segmentation.conditions import parse
from tests.segmentation.data import features_of, records, table

ACCOUNTS = records(
    account=table(
        ObjectKind.ACCOUNT,
        account_id=["a", "b", "c", "d"],
        country=["USA", "Germany", None, "u.s."],
        industry=["Retail", "technolgy", "Select", "Finance"],
        employees=["12", "50-200", "5000", None],
        owner=["Kim's team", "north", "North ", None],
        parent_id=["b", None, None, None],
        created_at=[datetime(2020, 5, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC), None, None],
        x_tier=["Gold", "10", "2", None],
    ),
    deal=table(
        ObjectKind.DEAL,
        deal_id=["1", "2"],
        account_id=["a", "c"],
        is_won=[True, True],
        is_closed=[True, True],
        amount=["100", "20000"],
    ),
)


def inside(condition: str) -> str:
    return "".join(sorted(features_of(ACCOUNTS, where=condition).ids.to_pylist()))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('country = "US"', "ad"),
        ("country = 'united states'", "ad"),
        ('country != "US"', "bc"),
        ('not country = "US"', "bc"),
        ('industry = "Technology"', "b"),
        ('industry in ("Retail", "finance")', "ad"),
        ('industry not in ("Retail", "finance")', "bc"),
        ("industry is empty", "c"),
        ("employees is not empty", "abc"),
        ("employees >= 100", "bc"),
        ("employees >= 1_000", "c"),
        ("employees < 100 or employees > 4999.5", "ac"),
        ('country = "US" and employees >= 10', "a"),
        ('country = "US" or country = "DE" and employees > 1000', "ad"),
        ('(country = "US" or country = "DE") and employees > 20', "b"),
        ('owner = "NORTH"', "bc"),
        ('owner = "Kim\'s team"', "a"),
        ('x_tier = "gold"', "a"),
        ("x_tier > 5", "b"),
        ("created_at >= 2021-01-01", "b"),
        ('created_at < "2021-01-01"', "a"),
        ("won_deals >= 1", "ac"),
        ("won_amount > 1000", "c"),
        ("never_bought = true", "bd"),
        ("has_parent = true", "a"),
    ],
)
def test_condition_selects_the_records_it_describes(condition: str, expected: str) -> None:
    assert inside(condition) == expected


def test_records_outside_are_listed() -> None:
    features = features_of(ACCOUNTS, where='country = "US"')
    assert sorted(features.out_of_scope_ids.to_pylist()) == ["b", "c"]
    assert any("2 accounts are outside" in sentence for sentence in features.quality.sentences)


@pytest.mark.parametrize(
    ("condition", "position", "words"),
    [
        ("", 1, "name of a field"),
        ("employees >", 12, "value"),
        ("employees >= ", 14, "value"),
        ("employees >= 10 country", 17, "`and` or `or`"),
        ("(employees >= 10", 17, "closing parenthesis"),
        ('country = "US', 11, "quote"),
        ("country ; 1", 9, "not understood"),
        ("created_at > 2026-02-30", 14, "calendar"),
        ("country in ()", 13, "value"),
        ("employees is nothing", 14, "empty"),
        ("country > 'a'", 11, "order"),
        ('employees = "ten"', 13, "number"),
        ("never_bought > 1", 16, "order"),
        ("has_parent = 1", 14, "true or false"),
        ("created_at = 3", 14, "date"),
    ],
)
def test_mistake_is_shown_where_it_is(condition: str, position: int, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        inside(condition) if condition else parse(condition)
    assert caught.value.details["position"] == position
    assert words in caught.value.message
    shown, caret = caught.value.message.splitlines()[-2:]
    assert caret.index("^") - 2 == min(position - 1, 60)
    assert shown.strip() in condition or not condition


def test_unknown_field_suggests_the_one_that_was_meant() -> None:
    with pytest.raises(ConfigError) as caught:
        inside("employes > 10")
    assert "employees" in caught.value.hint


@pytest.mark.parametrize("condition", ["(" * 200 + "a = 1", "not " * 200 + "a = 1", "a = 1 and " * 1000])
def test_absurd_conditions_are_refused(condition: str) -> None:
    with pytest.raises(ConfigError):
        parse(condition)


@given(st.text(max_size=60))
def test_any_text_is_a_condition_or_a_clear_error(text: str) -> None:
    with suppress(ConfigError):
        assert parse(text) is not None
