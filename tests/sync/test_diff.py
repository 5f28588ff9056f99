"""The three-way comparison against the same rules written down record by record."""

import itertools

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from sync.diff import VALUE_SCHEMA, compare, needs_text, value_digest, wanted_values
from sync.plan import CHANGE_SCHEMA, PARTS

Values = tuple[str | None, ...]
A: Values = ("a", "clear", "1", "2026-11-02")
B: Values = ("b", "clear", "2", "2026-11-09")
A_OTHER: Values = ("a", "clear", "by hand", "2026-11-02")
NOTHING: Values = (None, None, None, None)
PARTIAL: Values = (None, None, "note", None)
SIDES = (A, B, A_OTHER, NOTHING, PARTIAL)


def table(values: dict[str, Values]) -> pa.Table:
    columns = [[record, *each] for record, each in values.items()]
    arrays = [pa.array(column, pa.string()) for column in zip(*columns, strict=True)] if columns else [[]] * 5
    return pa.table(arrays, schema=VALUE_SCHEMA)


def expected(
    wanted: Values, seen: Values, last: Values | None, *, is_waiting: bool, is_recovery: bool
) -> tuple[str, str] | None:
    """What shall happen to one record and why, in plain words."""
    edited = last is not None and seen != last
    foreign = last is None and seen != NOTHING
    if edited:
        cause = "edited"
    elif foreign:
        cause = "foreign"
    elif last is None:
        cause = "new"
    else:
        cause = "text" if last[0] == wanted[0] else "moved"
    if wanted == seen:
        return None if last == wanted else ("adopt", cause)
    if edited or (foreign and not is_recovery):
        return "hold", cause
    return ("wait" if is_waiting else "set"), cause


def waiting_table(values: dict[str, Values]) -> pa.Table:
    digests = value_digest(table(values)) if values else pa.array([], pa.string())
    return pa.table({"record_id": pa.array(list(values), pa.string()), "digest": digests})


def test_every_combination_of_the_three_sides() -> None:
    flags = (False, True)
    cases = list(itertools.product((A, B), SIDES, (None, *SIDES), flags, flags))
    for is_recovery in flags:
        mine = {f"r{n:03}": case for n, case in enumerate(cases) if case[4] is is_recovery}
        changes = compare(
            table({record: case[0] for record, case in mine.items()}),
            table({record: case[1] for record, case in mine.items()}),
            table({record: case[2] for record, case in mine.items() if case[2] is not None}),
            waiting_table({record: case[0] for record, case in mine.items() if case[3]}),
            is_recovery=is_recovery,
        )
        found = {row["record_id"]: (row["action"], row["cause"]) for row in changes.to_pylist()}
        rules = {
            record: expected(wanted, seen, last, is_waiting=waits, is_recovery=is_recovery)
            for record, (wanted, seen, last, waits, _recovery) in mine.items()
        }
        assert found == {record: rule for record, rule in rules.items() if rule}


VALUES = st.sampled_from(SIDES)
WANTED = st.sampled_from((A, B))
RECORDS = st.dictionaries(
    st.integers(0, 60).map(lambda n: f"r{n:02}"),
    st.tuples(WANTED, VALUES, st.none() | VALUES, st.booleans()),
    max_size=25,
)


@given(RECORDS, st.randoms(use_true_random=False))
def test_records_do_not_influence_each_other_whatever_their_order(
    records: dict[str, tuple[Values, Values, Values | None, bool]], random: object
) -> None:
    def shuffled(values: dict[str, Values]) -> dict[str, Values]:
        items = list(values.items())
        random.shuffle(items)  # type: ignore[attr-defined]
        return dict(items)

    changes = compare(
        table(shuffled({record: each[0] for record, each in records.items()})),
        table(shuffled({record: each[1] for record, each in records.items()})),
        table(shuffled({record: each[2] for record, each in records.items() if each[2]})),
        waiting_table(shuffled({record: each[0] for record, each in records.items() if each[3]})),
    )
    assert changes.schema == CHANGE_SCHEMA
    assert changes["record_id"].to_pylist() == sorted(changes["record_id"].to_pylist())
    found = {row["record_id"]: row for row in changes.to_pylist()}
    for record, (wanted, seen, last, waits) in records.items():
        rule = expected(wanted, seen, last, is_waiting=waits, is_recovery=False)
        assert (record in found) == (rule is not None)
        if rule:
            row = found[record]
            assert (row["action"], row["cause"]) == rule
            assert tuple(row[part] for part in PARTS) == wanted
            assert tuple(row[f"seen_{part}"] for part in PARTS) == seen


def test_a_value_waits_only_as_long_as_it_is_the_one_that_was_refused() -> None:
    wanted, seen, last = table({"r": B}), table({"r": A}), table({"r": A})
    refused = waiting_table({"r": A_OTHER})
    assert compare(wanted, seen, last, refused)["action"].to_pylist() == ["set"]
    assert compare(wanted, seen, last, waiting_table({"r": B}))["action"].to_pylist() == ["wait"]
    assert compare(wanted, seen, last, waiting_table({"other": B}))["action"].to_pylist() == ["set"]


def test_absent_values_are_told_from_texts_that_look_like_them() -> None:
    digests = value_digest(table({"r": ("a", None, "x", None), "s": ("a", "", "x", "")})).to_pylist()
    assert len(set(digests)) == 2


@given(
    st.dictionaries(
        st.sampled_from([f"r{n}" for n in range(8)]), st.tuples(WANTED, VALUES, st.none() | VALUES)
    )
)
def test_texts_are_made_anew_only_where_the_key_moves(
    records: dict[str, tuple[Values, Values, Values | None]],
) -> None:
    keys = pa.table(
        {
            "record_id": pa.array(list(records), pa.string()),
            "key": pa.array([each[0][0] for each in records.values()], pa.string()),
        }
    )
    seen = table({record: each[1] for record, each in records.items()})
    last = table({record: each[2] for record, each in records.items() if each[2]})

    def carried(record: str) -> Values:
        _wanted, now, written = records[record]
        return written if written and written[0] is not None else now

    moved = {record for record in records if carried(record)[0] != records[record][0][0]}
    assert set(needs_text(keys, seen, last).to_pylist()) == moved
    fresh = table({record: records[record][0] for record in moved})
    values = wanted_values(fresh, keys, seen, last).to_pylist()
    assert {row["record_id"]: tuple(row[part] for part in PARTS) for row in values} == {
        record: records[record][0] if record in moved else carried(record) for record in records
    }
