"""A plan as a value: the same after every way in and out, and refused when it is not what it was."""

import json
from dataclasses import fields, replace

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import LedgerError
from connectors.model import ObjectKind, Option
from sync.plan import (
    CHANGE_SCHEMA,
    FieldStep,
    GuardStop,
    PlanHead,
    plan_hash,
    table_from_bytes,
    table_to_bytes,
)
from sync.results import SegmentCount

TEXT = st.text(max_size=30)
COUNT = st.integers(0, 10**9)
SHAPES = {
    "object": st.sampled_from(ObjectKind),
    "field_names": st.dictionaries(TEXT, TEXT, max_size=4),
    "base_model_id": st.none() | TEXT,
    "segments": st.lists(
        st.builds(SegmentCount, TEXT, TEXT, TEXT, TEXT, COUNT, st.floats(0, 1), TEXT), max_size=3
    ).map(tuple),
    "options": st.lists(st.builds(Option, TEXT, TEXT), max_size=3).map(tuple),
    "counts": st.dictionaries(TEXT, COUNT, max_size=4),
    "field_steps": st.lists(st.builds(FieldStep, TEXT, TEXT, TEXT, COUNT), max_size=3).map(tuple),
    "missing_fields": st.lists(TEXT, max_size=3).map(tuple),
    "guards": st.lists(st.builds(GuardStop, TEXT, TEXT, TEXT), max_size=3).map(tuple),
    "profile": st.dictionaries(TEXT, st.lists(st.floats(0, 1), max_size=3).map(tuple), max_size=3),
    "notes": st.lists(TEXT, max_size=3).map(tuple),
    "format_version": st.just(1),
    **dict.fromkeys(("ledger_generation", "in_scope_count", "carrying_count", "replaced_count"), COUNT),
}
HEADS = st.builds(PlanHead, **{each.name: SHAPES.get(each.name, TEXT) for each in fields(PlanHead)})


@given(HEADS)
def test_a_head_survives_its_json(head: PlanHead) -> None:
    text = head.to_json()
    assert PlanHead.from_json(text) == head
    assert PlanHead.from_json(text).to_json() == text


@given(HEADS, TEXT)
def test_every_text_of_the_head_moves_the_hash(head: PlanHead, other: str) -> None:
    changed = replace(head, model_id=head.model_id + "x", notes=(*head.notes, other))
    assert plan_hash(head.to_json(), b"rows") != plan_hash(changed.to_json(), b"rows")
    assert plan_hash(head.to_json(), b"rows") != plan_hash(head.to_json(), b"ROWS")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '"text"', "{}", '{"format_version": 2}', '{"format_version": 1}', "[" * 9_999],
)
def test_a_text_that_is_no_plan_of_this_format_is_refused(text: str) -> None:
    with pytest.raises(LedgerError) as caught:
        PlanHead.from_json(text)
    assert caught.value.code == "plan.format"
    assert "crm-segments plan" in caught.value.hint


@pytest.mark.parametrize("part", [each.name for each in fields(PlanHead) if each.name != "format_version"])
@given(head=HEADS, value=st.sampled_from([7.5, [7], "missing"]))
@settings(max_examples=4)
def test_a_head_with_a_part_of_another_shape_is_refused(head: PlanHead, part: str, value: object) -> None:
    raw = json.loads(head.to_json())
    if value == "missing":
        raw[f"not_{part}"] = raw.pop(part)
    else:
        raw[part] = value
    with pytest.raises(LedgerError):
        PlanHead.from_json(json.dumps(raw))


ROWS = st.lists(
    st.fixed_dictionaries(
        {each.name: TEXT if not each.nullable else st.none() | TEXT for each in CHANGE_SCHEMA}
    ),
    max_size=8,
)


@given(ROWS)
def test_changes_survive_their_bytes(rows: list[dict[str, str | None]]) -> None:
    table = pa.Table.from_pylist(rows, schema=CHANGE_SCHEMA)
    again = table_from_bytes(table_to_bytes(table)).cast(CHANGE_SCHEMA)
    assert again.to_pylist() == rows
