"""The segments that rules and pins lead to: their keys never mean two things, their titles never meet."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation import Pin, RuleSettings, name_own_segments
from segmentation.config import SegmentationSettings
from segmentation.model import SegmentModel
from tests.sync.world import tier_model

MODEL = tier_model(SegmentationSettings())
"""Segments `large`, `middle`, `small` with titles Large, Middle, Small."""


def rules(*titles: str) -> list[RuleSettings]:
    return [RuleSettings(when=f"employees > {n}", segment=title) for n, title in enumerate(titles)]


@pytest.mark.parametrize(
    ("title", "known", "key"),
    [
        ("Enterprise", {}, "enterprise"),
        ("LARGE", {}, "large"),
        ("middle", {}, "middle"),
        ("Large!", {}, "large"),
        ("Enterprise", {"enterprise": "Something else"}, "enterprise_2"),
        ("Enterprise", {"enterprise": "Something else", "enterprise_2": "Enterprise"}, "enterprise_2"),
        ("enterprise", {"big": "Enterprise"}, "big"),
        ("Un-classified", {}, "un_classified"),
    ],
)
def test_a_rule_finds_the_segment_that_it_names_or_gets_a_key_of_its_own(
    title: str, known: dict[str, str], key: str
) -> None:
    assert name_own_segments(MODEL, rules(title), [], known).rule_keys == (key,)


def test_a_renamed_segment_is_still_found_by_the_title_that_it_was_born_with() -> None:
    renamed = SegmentModel.from_json(MODEL.to_json().replace('"title": "Large"', '"title": "Big ones"'))
    assert name_own_segments(renamed, rules("Large", "Big ones"), [], {}).rule_keys == ("large", "large")


def test_several_rules_fill_one_segment_and_its_sentence_names_them_all() -> None:
    own = name_own_segments(MODEL, rules("Enterprise", "Large", "enterprise"), [], {})
    assert own.rule_keys == ("enterprise", "large", "enterprise")
    (segment,) = own.segments
    assert segment.sentence == "By rule: (employees > 0) or (employees > 2)."


def test_a_pin_keeps_the_segment_alive_that_it_names() -> None:
    pins = [
        Pin("a", "gone", "why"),
        Pin("b", "large", "why"),
        Pin("c", "never_known", "why", date(2026, 1, 1)),
    ]
    own = name_own_segments(MODEL, [], pins, {"gone": "Gone quiet", "large": "Large"})
    assert [(each.key, each.title) for each in own.segments] == [("gone", "Gone quiet")]


@given(
    st.lists(
        st.text(min_size=1, max_size=28).filter(lambda text: text.strip() and text.isprintable()), max_size=8
    ),
    st.dictionaries(
        st.sampled_from(["a", "b", "large_2", "x_1"]), st.text(min_size=1, max_size=9), max_size=4
    ),
)
def test_keys_are_usable_and_nobody_shares_a_title(titles: list[str], known: dict[str, str]) -> None:
    made = [title for title in titles if " ".join(title.split()).casefold() != "unclassified"]
    own = name_own_segments(MODEL, rules(*made), [], known)
    keys = [segment.key for segment in own.segments]
    assert len({*keys, *MODEL.keys}) == len(keys) + len(MODEL.keys)
    assert all(re.fullmatch("[a-z][a-z0-9_]{0,39}", key) for key in keys)
    shown = [segment.title.casefold() for segment in (*MODEL.segments, *own.segments)]
    assert len({*shown}) == len(shown)
