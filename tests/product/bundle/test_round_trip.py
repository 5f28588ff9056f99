"""What is written as a bundle is read back as the same tables, whatever people have typed into their CRM."""

from datetime import UTC, date

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crm_segments.bundle import read_bundle, write_bundle
from crm_segments.bundle.columns import COLUMNS, id_column
from tests.product.bundle.conftest import TODAY

HOSTILE = (
    "=1+1",
    "'=1",
    "''-2+3",
    "-5",
    "'-5",
    "+49 171",
    "@x",
    "\t",
    "\r",
    '"=A1"',
    '"',
    ";",
    ",",
    "\r\n",
    "\uff1d1",
    "\ufeff",
)
CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
TEXTS = st.one_of(
    CELL, st.sampled_from(HOSTILE), st.builds(str.__add__, st.sampled_from(HOSTILE), CELL), st.none()
)
IDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)
VALUES: dict[pa.DataType, st.SearchStrategy[object]] = {
    pa.string(): TEXTS,
    pa.bool_(): st.none() | st.booleans(),
    pa.int64(): st.none() | st.integers(-(10**17), 10**17),
    pa.date32(): st.none() | st.dates(),
    pa.timestamp("us", tz="UTC"): st.none() | st.datetimes(timezones=st.just(UTC)),
}
IS_ID = {name for columns in COLUMNS.values() for name in columns if name.endswith("_id")}


@st.composite
def tables(draw: st.DrawFn, kind: str) -> pa.Table:
    """A table as reading gives it: the id, some known columns, some others."""
    ids = draw(st.lists(IDS, unique=True, max_size=5))
    wanted = draw(st.sets(st.sampled_from(list(COLUMNS[kind]))))
    # Where the outcome of deals is missing it is read from the stage, so it must not be missing here.
    wanted |= {"is_closed", "is_won"} if kind == "deal" else set()
    schema = {name: type_ for name, type_ in COLUMNS[kind].items() if name in wanted}
    schema.pop(id_column(kind), None)
    schema |= dict.fromkeys(draw(st.sets(st.sampled_from(["x_tier", "email", "notes_2"]))), pa.string())
    columns = {id_column(kind): pa.array(ids, pa.string())}
    for name, type_ in schema.items():
        values = IDS | st.none() if name in IS_ID else VALUES[type_]
        columns[name] = pa.array(draw(st.lists(values, min_size=len(ids), max_size=len(ids))), type_)
    return pa.table(columns)


@st.composite
def bundles(draw: st.DrawFn) -> dict[str, pa.Table]:
    """Tables of accounts or leads and some others."""
    kinds = draw(st.sets(st.sampled_from(list(COLUMNS)))) | {draw(st.sampled_from(["account", "lead"]))}
    return {kind: draw(tables(kind)) for kind in COLUMNS if kind in kinds}


@settings(deadline=None, max_examples=80)
@given(bundles(), st.dates(), CELL)
def test_a_written_bundle_reads_back_as_the_same_tables(
    tmp_path_factory: pytest.TempPathFactory, written: dict[str, pa.Table], as_of: date, name: str
) -> None:
    folder = tmp_path_factory.mktemp("bundle")
    write_bundle(folder, written, {}, as_of=as_of, name=name)
    bundle = read_bundle(folder, today=TODAY)
    assert list(bundle.tables) == list(written)
    for kind, table in written.items():
        assert bundle.tables[kind].equals(table), kind
    assert (bundle.name, bundle.as_of, bundle.rejects) == (name, as_of, ())


@settings(deadline=None, max_examples=80)
@given(st.lists(TEXTS, min_size=1, max_size=4))
@example(["'" * 3 + "=x", "-5", "'-5", "\v=1"])
def test_a_segment_beside_it_changes_nothing_of_a_record(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str | None]
) -> None:
    folder = tmp_path_factory.mktemp("bundle")
    ids = [f"A{number}" for number in range(len(texts))]
    table = pa.table({"account_id": ids, "name": pa.array(texts, pa.string())})
    first = [text or "none" for text in texts[:1]]
    segments = pa.table(
        {
            "record_id": ids[:1],
            "segment_key": ["big"],
            "segment_name": first,
            "segment_confidence": ["clear"],
            "segment_confidence_score": [0.9],
            "segment_reason": first,
            "segment_since": [date(2026, 1, 1)],
        }
    )
    write_bundle(folder, {"account": table}, {"account": segments}, as_of=TODAY, name="x")
    bundle = read_bundle(folder, today=TODAY)
    assert bundle.tables["account"].equals(table)
    assert sum(entry.note == "ignored: our own segment column" for entry in bundle.mapping) == 6
