"""The stored model: round trip, and what damaged or hostile text does."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.model import UNCLASSIFIED_KEY
from segmentation import ModelMismatchError, SegmentationSettings, SegmentModel, tier_segments
from tests.segmentation.data import maven
from tests.segmentation.worlds import fit_of


def stored() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(fit_of("five")[1].model.to_json())
    return loaded


def test_model_comes_back_as_it_was() -> None:
    model = fit_of("five")[1].model
    again = SegmentModel.from_json(model.to_json())
    assert again == model
    assert again.to_json() == model.to_json()


def test_titles_are_found_by_key() -> None:
    model = fit_of("five")[1].model
    first = model.segments[0]
    assert model.title(first.key) == first.title
    assert model.title(UNCLASSIFIED_KEY) == "Unclassified"
    assert model.title("of_an_older_model") == "of_an_older_model"
    assert model.keys[-1] == UNCLASSIFIED_KEY


Change = Callable[[dict[str, Any]], object]
DAMAGE: dict[str, Change] = {
    "a missing part": lambda found: found.pop("transforms"),
    "an unknown part": lambda found: found.update(extra="x"),
    "a text for a number": lambda found: found["groups"].update(stay_margin="2"),
    "a number for a text": lambda found: found["segments"][0].update(title=7),
    "a row too short": lambda found: found["groups"]["means"][0].pop(),
    "a row too few": lambda found: found["groups"]["variances"].pop(),
    "a negative variance": lambda found: found["groups"]["variances"][0].__setitem__(0, -1.0),
    "a zero weight": lambda found: found["groups"]["weights"].__setitem__(0, 0.0),
    "an infinite mean": lambda found: found["groups"]["means"][0].__setitem__(0, float("inf")),
    "an unusable key": lambda found: found["segments"][0].update(key="No Key"),
    "a reserved key": lambda found: found["segments"][0].update(key="unclassified"),
    "a doubled key": lambda found: found["segments"][0].update(key=found["segments"][1]["key"]),
    "a doubled title": lambda found: found["segments"][0].update(title=found["segments"][1]["title"]),
    "a title too long": lambda found: found["segments"][0].update(title="x" * 29),
    "no segments": lambda found: found.update(segments=[]),
    "another kind": lambda found: found.update(kind="tiers"),
    "an unknown object": lambda found: found.update(object="invoice"),
    "no day": lambda found: found.update(as_of="yesterday"),
    "other keys": lambda found: found["groups"]["keys"].__setitem__(0, "somebody_else"),
    "a zero spread": lambda found: found["transforms"][0].update(spread=0.0),
    "an enormous number": lambda found: found["transforms"][0].update(center=1e999),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_damaged_model_is_refused_with_the_way_out(damage: Change) -> None:
    found = stored()
    damage(found)
    with pytest.raises(ModelMismatchError) as caught:
        SegmentModel.from_json(json.dumps(found))
    assert caught.value.code == "data.model_damaged"
    assert "refit" in caught.value.hint


def test_model_of_another_format_is_refused_by_its_number() -> None:
    with pytest.raises(ModelMismatchError, match="format 99") as caught:
        SegmentModel.from_json(json.dumps({**stored(), "format_version": 99}))
    assert caught.value.code == "data.model_version"


def test_groups_of_the_first_format_are_refused_with_the_way_on() -> None:
    with pytest.raises(ModelMismatchError, match="format 1") as caught:
        SegmentModel.from_json(json.dumps({**stored(), "format_version": 1}))
    assert "crm-segments refit" in caught.value.hint


def test_fixed_rules_of_the_first_format_are_read_as_they_were() -> None:
    model = tier_segments(maven(), SegmentationSettings(), fingerprint="x").model
    old = json.dumps({**json.loads(model.to_json()), "format_version": 1})
    assert SegmentModel.from_json(old) == model


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "cposix\nsystem\n(S'true'\ntR.", "[" * 100_000, '{"a": 1}']
)
def test_text_that_is_no_model_is_refused(text: str) -> None:
    with pytest.raises(ModelMismatchError):
        SegmentModel.from_json(text)


@given(st.data())
def test_model_with_any_value_replaced_is_refused_or_still_whole(data: st.DataObject) -> None:
    found = stored()
    place: Any = found
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key]:
            break
        place = place[key]
    place[key] = data.draw(st.none() | st.integers(-5, 5) | st.text(max_size=5) | st.floats() | st.just([]))
    try:
        model = SegmentModel.from_json(json.dumps(found))
    except ModelMismatchError:
        return
    assert SegmentModel.from_json(model.to_json()) == model
