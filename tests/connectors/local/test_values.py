"""Every value is stored so that the same value is read back, or refused before anything is stored."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.local import open_connector
from connectors.local.connector import LocalConnector
from connectors.local.schema import BUILT_IN_COLUMNS, Column, column_of_field
from connectors.local.values import Refusal, canonical_value, stamp_text, text_of
from connectors.model import FieldSpec, FieldType, FieldValue, FieldWrite, ObjectKind, Option, WriteOutcome
from tests.connectors.local.making import ACCOUNT, DAY, accounts, managed_specs

TEXT = column_of_field(FieldSpec("note", "Note", FieldType.TEXT, max_length=20))
PICKLIST = column_of_field(
    FieldSpec("size", "Size", FieldType.PICKLIST, options=(Option("big", "Big"), Option("=1+1", "Odd")))
)
NUMBER = column_of_field(FieldSpec("score", "Score", FieldType.NUMBER))
WHOLE = Column(FieldSpec("opens", "Opens", FieldType.NUMBER), "INTEGER", is_whole=True)
DATE = column_of_field(FieldSpec("since", "Since", FieldType.DATE))
MOMENT = column_of_field(FieldSpec("seen", "Seen", FieldType.DATETIME))
BOOLEAN = column_of_field(FieldSpec("done", "Done", FieldType.BOOLEAN))

ANYTHING = st.one_of(
    st.none(),
    st.text(),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(timezones=st.just(UTC) | st.none()),
    st.sampled_from(
        ["big", "=1+1", "2026-11-02", "2026-02-30", "0001-01-01T00:00:00+14:00", "\x00", "\ud800"]
    ),
)


@contextmanager
def stored_record() -> Iterator[LocalConnector]:
    with TemporaryDirectory() as folder, open_connector(path=Path(folder) / "crm.db", create=True) as crm:
        crm.load(accounts({"name": "Acme"}), as_of=DAY)
        crm.ensure_fields(ACCOUNT, managed_specs())
        yield crm


def test_whatever_is_written_is_read_back_or_refused() -> None:
    names = {spec.type: spec.name for spec in managed_specs()}
    columns = {spec.type: column_of_field(spec) for spec in managed_specs()}
    with stored_record() as crm:

        @settings(max_examples=400)
        @given(type_=st.sampled_from(FieldType), value=ANYTHING)
        def check(type_: FieldType, value: FieldValue) -> None:
            before = crm.read(ACCOUNT, ["a1"], [names[type_]]).column(names[type_]).to_pylist()
            (result,) = crm.write(ACCOUNT, [FieldWrite("a1", {names[type_]: value})], request_id="r")
            (held,) = crm.read(ACCOUNT, ["a1"], [names[type_]]).column(names[type_]).to_pylist()
            expected = canonical_value(columns[type_], value)
            if isinstance(expected, Refusal):
                assert (result.outcome, result.code) == (WriteOutcome.REJECTED, expected.code)
                assert [held] == before
            else:
                assert result.outcome in (WriteOutcome.WRITTEN, WriteOutcome.UNCHANGED)
                assert held == text_of(type_, expected)
                (again,) = crm.write(ACCOUNT, [FieldWrite("a1", {names[type_]: value})], request_id="r")
                assert again.outcome is WriteOutcome.UNCHANGED

        check()


@given(st.text(min_size=1, max_size=20).filter(lambda text: "\x00" not in text))
def test_text_is_kept_to_the_character(text: str) -> None:
    assert canonical_value(TEXT, text) == text


@given(st.text(min_size=21))
def test_text_above_the_limit_is_refused_and_never_cut(text: str) -> None:
    stored = canonical_value(TEXT, text)
    assert isinstance(stored, Refusal)
    assert stored.code in ("value.too_long", "value.characters")


def test_length_is_counted_in_characters() -> None:
    assert canonical_value(TEXT, "👩" * 20) == "👩" * 20
    assert isinstance(canonical_value(TEXT, "👩" * 21), Refusal)


def test_a_field_without_a_limit_takes_long_text() -> None:
    column = column_of_field(FieldSpec("note", "Note", FieldType.TEXT))
    assert canonical_value(column, "x" * 100_000) == "x" * 100_000


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_finite_numbers_are_kept_exactly(number: float) -> None:
    stored = canonical_value(NUMBER, number)
    assert stored == number
    assert isinstance(stored, float)
    assert math.copysign(1, stored) == (math.copysign(1, number) if number else 1)
    assert float(text_of(FieldType.NUMBER, stored) or "nan") == number


@given(st.integers())
def test_whole_numbers_are_kept_exactly_or_refused(number: int) -> None:
    stored = canonical_value(NUMBER, number)
    assert isinstance(stored, Refusal) or stored == number


@given(st.integers() | st.floats())
def test_fields_for_whole_numbers_take_nothing_else(number: float) -> None:
    stored = canonical_value(WHOLE, number)
    if isinstance(stored, Refusal):
        assert not math.isfinite(number) or number != int(number) or abs(number) >= 2**63
    else:
        assert stored == number
        assert isinstance(stored, int)


@given(st.dates())
def test_days_are_kept_as_day_or_text(day: date) -> None:
    assert canonical_value(DATE, day) == day.isoformat()
    assert canonical_value(DATE, day.isoformat()) == day.isoformat()


@given(
    st.datetimes(
        min_value=datetime(1, 1, 3),  # noqa: DTZ001 - the strategy adds the zone
        max_value=datetime(9999, 12, 29),  # noqa: DTZ001
        timezones=st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours))),
    )
)
def test_moments_are_kept_in_utc_and_sort_as_text(moment: datetime) -> None:
    stored = canonical_value(MOMENT, moment)
    assert isinstance(stored, str)
    assert datetime.fromisoformat(stored) == moment
    assert canonical_value(MOMENT, moment.isoformat()) == stored
    later = moment + timedelta(microseconds=1)
    assert stored < stamp_text(later)


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        pytest.param(TEXT, 7, "value.type", id="number-for-text"),
        pytest.param(TEXT, True, "value.type", id="yes-for-text"),
        pytest.param(TEXT, DAY, "value.type", id="day-for-text"),
        pytest.param(TEXT, "a\x00b", "value.characters", id="nul"),
        pytest.param(TEXT, "a\udc80b", "value.characters", id="half-a-pair"),
        pytest.param(PICKLIST, "Big", "value.option", id="label-for-option"),
        pytest.param(PICKLIST, 1.5, "value.type", id="number-for-option"),
        pytest.param(NUMBER, math.nan, "value.number", id="nan"),
        pytest.param(NUMBER, -math.inf, "value.number", id="infinity"),
        pytest.param(NUMBER, "12", "value.type", id="text-for-number"),
        pytest.param(NUMBER, False, "value.type", id="no-for-number"),
        pytest.param(NUMBER, 2**53 + 1, "value.number", id="more-digits-than-fit"),
        pytest.param(NUMBER, 10**400, "value.number", id="too-large"),
        pytest.param(WHOLE, 1.5, "value.number", id="fraction"),
        pytest.param(WHOLE, 2**63, "value.number", id="too-large-whole"),
        pytest.param(DATE, datetime(2026, 11, 2, tzinfo=UTC), "value.date", id="moment-for-day"),
        pytest.param(DATE, "2026-13-01", "value.date", id="month-13"),
        pytest.param(DATE, "20261102", "value.date", id="day-without-dashes"),
        pytest.param(DATE, "02/11/2026", "value.date", id="day-with-slashes"),
        pytest.param(DATE, True, "value.date", id="yes-for-day"),
        pytest.param(MOMENT, "2026-11-02T08:15:00", "value.datetime", id="moment-without-zone"),
        pytest.param(MOMENT, datetime(2026, 11, 2), "value.datetime", id="naive"),  # noqa: DTZ001
        pytest.param(MOMENT, "2026-11-02T25:15:00Z", "value.datetime", id="hour-25"),
        pytest.param(MOMENT, "0001-01-01T00:00:00+14:00", "value.datetime", id="before-all-time"),
        pytest.param(MOMENT, DAY, "value.datetime", id="day-for-moment"),
        pytest.param(BOOLEAN, 1, "value.type", id="one-for-yes"),
        pytest.param(BOOLEAN, "true", "value.type", id="text-for-yes"),
    ],
)
def test_what_does_not_fit_is_refused_with_field_and_fix(
    column: Column, value: FieldValue, code: str
) -> None:
    stored = canonical_value(column, value)
    assert isinstance(stored, Refusal)
    assert stored.code == code
    assert f"Field {column.name} " in stored.message
    assert stored.message.endswith(".")


@pytest.mark.parametrize("column", [TEXT, PICKLIST, DATE, MOMENT], ids=lambda column: column.spec.type.value)
def test_empty_text_clears_as_none_does(column: Column) -> None:
    assert canonical_value(column, "") is None
    assert canonical_value(column, None) is None


def test_refusals_do_not_repeat_the_value() -> None:
    for column in (TEXT, PICKLIST, NUMBER, DATE, MOMENT, BOOLEAN):
        stored = canonical_value(column, "jo.doe@example.invalid and more")
        assert isinstance(stored, Refusal)
        assert "jo.doe" not in stored.message


@pytest.mark.parametrize(
    ("type_", "stored", "text"),
    [
        (FieldType.BOOLEAN, 1, "true"),
        (FieldType.BOOLEAN, 0, "false"),
        (FieldType.NUMBER, 12.0, "12"),
        (FieldType.NUMBER, 0.93, "0.93"),
        (FieldType.NUMBER, 1e308, "1e+308"),
        (FieldType.NUMBER, 7, "7"),
        (FieldType.TEXT, "007", "007"),
        (FieldType.TEXT, None, None),
    ],
)
def test_stored_values_have_one_text(type_: FieldType, stored: str | float | None, text: str | None) -> None:
    assert text_of(type_, stored) == text


def test_options_are_matched_by_value_to_the_character() -> None:
    assert canonical_value(PICKLIST, "=1+1") == "=1+1"
    assert isinstance(canonical_value(PICKLIST, "big "), Refusal)


def test_built_in_counts_take_whole_numbers_only() -> None:
    opens = BUILT_IN_COLUMNS[ObjectKind.CONTACT]["email_opens_90d"]
    assert canonical_value(opens, 3) == 3
    assert isinstance(canonical_value(opens, 3.5), Refusal)
