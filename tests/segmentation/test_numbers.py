"""Numbers as people type them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.features.numbers import NumberKind, is_disguised_missing, parse_number, read_numbers


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("1,200", 1200, None),
        ("1.200,00", 1200, None),
        ("1,200.50", 1200.5, None),
        ("1.234.567", 1234567, None),
        ("1 200", 1200, None),
        ("1'200", 1200, None),
        ("1.2M", 1.2e6, None),
        ("$1.2B", 1.2e9, None),
        ("3 mio", 3e6, None),
        ("EUR 5k", 5000, "EUR"),
        ("5k EUR", 5000, "EUR"),
        ("€1,5", 1.5, "EUR"),
        ("£300", 300, "GBP"),
        ("50-200", 100, None),
        ("50 \u2013 200 employees", 100, None),
        ("1k-5k", np.sqrt(5e6), None),
        ("10,001+", 10001, None),
        ("~300", 300, None),
        ("<10", 10, None),
        ("(1,200)", -1200, None),
        ("-5", -5, None),
        ("1e6", 1e6, None),
        ("'4500", 4500, None),
        ("\uff13\uff10\uff10", 300, None),
        ("0.125", 0.125, None),
    ],
)
def test_number_is_read_as_people_mean_it(text: str, value: float, currency: str | None) -> None:
    found, code = parse_number(text)
    assert found == pytest.approx(value)
    assert code == currency


@pytest.mark.parametrize("text", ["many", "12-05-2011", "1,2,3", "1..2.3,4,5", "5 parsecs", "=1+1", "1e999"])
def test_what_is_no_number_is_not_guessed(text: str) -> None:
    assert parse_number(text)[0] is None


@pytest.mark.parametrize("text", ["Select", " N/A ", "-", "--None--", "#NAME?", "unknown", "   "])
def test_placeholders_are_recognised(text: str) -> None:
    assert is_disguised_missing(text)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_without_an_error(text: str) -> None:
    value, _ = parse_number(text)
    assert value is None or np.isfinite(value)


@given(st.integers(min_value=1, max_value=10**12))
def test_grouped_figures_come_back_whatever_the_grouping(value: int) -> None:
    for mark in (",", " ", "'"):
        assert parse_number(f"{value:,}".replace(",", mark))[0] == value


def read(values: list[str | None], kind: NumberKind) -> list[float]:
    found = read_numbers(np.array(values, dtype=object), np.full(len(values), np.nan), kind)
    return [float(value) for value in found.values]


def test_dot_before_three_digits_follows_the_rest_of_the_column() -> None:
    assert read(["1.200", "3.500"], NumberKind.PLAIN) == [1200, 3500]
    assert read(["1.200", "3.5"], NumberKind.PLAIN) == [1.2, 3.5]


@pytest.mark.parametrize(
    ("kind", "placeholder", "real"),
    [
        (NumberKind.PEOPLE, "999999", "9999"),
        (NumberKind.PEOPLE, "0", "1"),
        (NumberKind.TURNOVER, "1", "2"),
        (NumberKind.AMOUNT, "0", "1"),
        (NumberKind.YEAR, "1900", "1901"),
    ],
)
def test_placeholder_numbers_are_unknown_and_their_neighbours_are_not(
    kind: NumberKind, placeholder: str, real: str
) -> None:
    hidden, known = read([placeholder, real], kind)
    assert np.isnan(hidden)
    assert known == float(real)


def test_column_counts_what_it_could_not_use() -> None:
    raw = np.array(["12", "lots", "lots", "Select", None, "0"], dtype=object)
    found = read_numbers(raw, np.full(6, np.nan), NumberKind.PEOPLE)
    assert (found.unreadable_count, found.unreadable_examples, found.placeholder_count) == (2, ("lots",), 2)


def test_typed_number_wins_over_text() -> None:
    found = read_numbers(np.array(["50-200"], dtype=object), np.array([120.0]), NumberKind.PEOPLE)
    assert found.values.tolist() == [120.0]
