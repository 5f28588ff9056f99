"""Cleaning of categories."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.features.categories import clean_categories
from segmentation.features.vocabulary import COUNTRIES, INDUSTRIES


def industries(values: list[str | None]) -> list[str | None]:
    return list(clean_categories(np.array(values, dtype=object), INDUSTRIES).values)


@pytest.mark.parametrize(
    "text", ["technolgy", "TECHNOLOGY ", "'TECH ", "Techology", "IT", "Hi-Tech", "技術", " technology"]
)
def test_spellings_of_technology_become_one(text: str) -> None:
    assert industries([text]) == ["Technology"]


@pytest.mark.parametrize("text", ["USA", "u.s.", "United  States", "us"])
def test_spellings_of_a_country_become_one(text: str) -> None:
    found = clean_categories(np.array([text], dtype=object), COUNTRIES)
    assert list(found.values) == ["United States"]


@pytest.mark.parametrize("name", sorted(INDUSTRIES))
def test_clean_names_stay_as_they_are(name: str) -> None:
    assert industries([name]) == [name]


def test_names_outside_the_list_are_kept_and_listed() -> None:
    values = np.array(["Cryptid care", "cryptid_care", "Retail"], dtype=object)
    found = clean_categories(values, INDUSTRIES)
    assert list(found.values) == ["Cryptid care", "Cryptid care", "Retail"]
    assert found.unmapped == ("Cryptid care",)


def test_rare_typing_error_of_a_frequent_unlisted_name_is_mended() -> None:
    found = industries([*["Cleantech services"] * 30, "Cleantech servces"])
    assert set(found) == {"Cleantech services"}


def test_two_frequent_similar_names_stay_apart() -> None:
    found = industries([*["Region alpha"] * 30, *["Region alpho"] * 25])
    assert len(set(found)) == 2


def test_figures_are_never_typing_errors() -> None:
    assert len(set(industries([*["Channel 10"] * 50, "Channel 11"]))) == 2


def test_placeholders_are_missing_and_counted() -> None:
    found = clean_categories(np.array(["Select", "N/A", None, "Retail"], dtype=object), INDUSTRIES)
    assert list(found.values) == [None, None, None, "Retail"]
    assert found.placeholder_count == 2


def test_mended_values_are_said_with_their_count() -> None:
    found = clean_categories(np.array(["technolgy", "technolgy", "RETAIL"], dtype=object), INDUSTRIES)
    assert found.mapped == {"technolgy": "Technology"}
    assert found.mapped_count == 2


@given(st.lists(st.none() | st.text(max_size=20), max_size=30))
def test_cleaning_twice_changes_nothing_more(values: list[str | None]) -> None:
    once = industries(values)
    twice = industries(once)
    assert [value is None for value in once] == [value is None for value in twice]
    assert len(once) == len(values)
