"""The record of who wrote what."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from crm_segments.sandbox.history import History, Origin

ORIGIN = Origin(datetime(2026, 11, 2, tzinfo=UTC), "005", 1)


def test_changes_are_kept_in_their_order_with_their_origin() -> None:
    history = History()
    history.note("a", {"x": (None, 1), "y": (1, 2)}, ORIGIN)
    history.note("a", {"x": (1, 2)}, Origin(ORIGIN.at, "006", 2))
    assert [(one.old, one.new, one.origin.request) for one in history.changes("a", "x")] == [
        (None, 1, 1),
        (1, 2, 2),
    ]
    assert len(history.changes("a")) == 3
    assert history.changes("b") == []


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=30))
def test_every_write_is_a_touch_and_those_without_change_are_counted_apart(
    writes: list[tuple[str, bool]],
) -> None:
    history = History()
    for record_id, is_change in writes:
        history.note(record_id, {"x": (0, 1)} if is_change else {}, ORIGIN)
    assert history.touches() == len(writes)
    assert history.no_op_touches() == sum(not is_change for _, is_change in writes)
    assert history.touched() == {record_id for record_id, _ in writes}
    for record_id in "abc":
        assert history.touches(record_id) == sum(one == record_id for one, _ in writes)
