"""What is accepted reads back exactly, by both routes; what is refused changes nothing.

Each example is a whole batch, so that ten thousand values a type pass through real requests in CI.
"""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from connectors.model import FieldValue, ObjectKind, WriteOutcome, WriteResult
from connectors.testing.world import HOSTILE_TEXTS
from tests.connectors.salesforce.writing import (
    AMOUNT,
    DAY,
    FLAG,
    KEY,
    MOMENT,
    REASON,
    WHOLE,
    add_fields,
    put,
    seed,
    stored,
    write_job,
)
from tests.salesforce import SalesforceWorld

ROWS = 200
"""Values in one example."""

_ENDS = st.sampled_from(["", "", "", " ", "\n", "\u00a0", "\u200b", "\ufeff", "\x85", "\u3000", "."])
_LONG = st.integers(120, 260).flatmap(
    lambda count: st.sampled_from(["x", "ü", "語", "👍", "e\u0301"]).map(lambda char: (char * count)[:260])
)
TEXTS = st.one_of(
    st.sampled_from([*HOSTILE_TEXTS, "", "#n/a", "#N/A", " #N/A", "a\rb", "a\nb", '"', '""', ",", "\x00"]),
    st.builds(
        lambda head, body, tail: head + body + tail, _ENDS, st.text(st.characters(), max_size=12), _ENDS
    ),
    _LONG,
)
OPTIONS = st.one_of(
    st.sampled_from(["big", "small", "old", "Big", "BIG ", "", "Big ones", None]), st.text(max_size=4)
)
DAYS = st.one_of(
    st.dates(date(1, 1, 1), date(9999, 12, 31)),
    st.dates(date(1699, 12, 30), date(1700, 1, 3)),
    st.dates().map(str),
    st.builds("{:04}-{:02}-{:02}".format, st.integers(1690, 4010), st.integers(0, 13), st.integers(0, 32)),
    st.sampled_from(["", "today", "2026-11-2", "20261102", "2026-11-02T00:00:00Z", None]),
)
_ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.one_of(
    st.datetimes(datetime(1690, 1, 1), datetime(4010, 1, 1), timezones=_ZONES).map(  # noqa: DTZ001
        lambda moment: moment.replace(microsecond=0)
    ),
    st.datetimes(timezones=st.one_of(st.none(), st.just(UTC))),
    st.datetimes(timezones=_ZONES).map(lambda moment: moment.isoformat()),
    st.sampled_from(["", "now", "2026-11-02", "2026-11-02T08:15Z", "2026-11-02T24:00:00Z", None]),
)
NUMBERS = st.one_of(
    st.integers(-(10**19), 10**19),
    st.integers(-(10**9), 10**9),
    st.integers(-(10**12), 10**12).map(lambda cents: cents / 100),
    st.floats(),
    st.sampled_from([0.1 + 0.2, 1e308, -0.0, 1e15, 1e16, True, False, "7", "", None, 2**53, 2**53 + 1]),
)
FLAGS = st.sampled_from([True, False, None, "", 0, 1, "true", "false", 1.0])


def canonical_text(value: object) -> object:
    return value or None


def canonical_number(value: object) -> object:
    return None if value == "" else value


def canonical_day(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value or None


def canonical_moment(value: object) -> object:
    if not value:
        return None
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    assert isinstance(moment, datetime)
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return f"{text}+0000"


def reads_as(text: str | None, held: object) -> bool:
    """Whether a read shows what the org holds."""
    if held is None or text is None:
        return held is text
    if isinstance(held, bool):
        return text == str(held).lower()
    if isinstance(held, int | float):
        return float(text) == held
    return text == held or ("T" in text and datetime.fromisoformat(text) == datetime.fromisoformat(str(held)))


def same(held: object, wanted: object) -> bool:
    """Equal, and of the same kind: True is not 1, and zero is not minus zero."""
    is_minus_zero = isinstance(held, float) and held == 0 and math.copysign(1, held) < 0
    return held == wanted and isinstance(held, bool) == isinstance(wanted, bool) and not is_minus_zero


@pytest.fixture
def world(salesforce: SalesforceWorld) -> SalesforceWorld:
    # Reading back goes by id, so nothing needs small pages.
    salesforce.org.settings.max_page_rows = 2000
    salesforce.org.settings.bulk_polls = 0
    salesforce.org.settings.daily_api_requests = 1_000_000
    add_fields(salesforce)
    return salesforce


def check(
    world: SalesforceWorld,
    name: str,
    values: Sequence[FieldValue],
    canonical: Callable[[object], object],
) -> int:
    """Writes the values by both routes, compares what the org holds, and counts what was written."""
    ids = seed(world, len(values))
    written = 0
    for route in (put, write_job):
        before = [stored(world, record_id, name) for record_id in ids]
        rows = list(zip(ids, ({name: value} for value in values), strict=True))
        results: Sequence[WriteResult | None] = route(world, rows)
        found = world.connector.read(ObjectKind.ACCOUNT, ids, [name])
        shown = dict(zip(*found.to_pydict().values(), strict=True))
        for record_id, value, held, result in zip(ids, values, before, results, strict=True):
            assert result is not None
            now = stored(world, record_id, name)
            if result.outcome is WriteOutcome.WRITTEN:
                written += 1
                assert same(now, canonical(value)), (value, now)
                assert reads_as(shown[record_id], now), (value, now)
            else:
                assert now == held
                # Nothing that was thought to fit is refused by Salesforce.
                is_ours = result.code.startswith("value.") and result.outcome is WriteOutcome.REJECTED
                is_left = result.code == "BULK_CANNOT_CARRY" and isinstance(value, str)
                assert is_ours or is_left, (value, result)
    return written


@pytest.mark.parametrize(
    ("name", "values", "canonical"),
    [
        pytest.param(REASON, TEXTS, canonical_text, id="texts"),
        pytest.param(KEY, OPTIONS, canonical_text, id="options"),
        pytest.param(DAY, DAYS, canonical_day, id="days"),
        pytest.param(MOMENT, MOMENTS, canonical_moment, id="moments"),
        pytest.param(AMOUNT, NUMBERS, canonical_number, id="numbers"),
        pytest.param(WHOLE, NUMBERS, canonical_number, id="whole numbers"),
        pytest.param(FLAG, FLAGS, canonical_number, id="flags"),
    ],
)
def test_what_is_accepted_reads_back_exactly_and_what_is_refused_changes_nothing(
    world: SalesforceWorld, name: str, values: SearchStrategy[object], canonical: Callable[[object], object]
) -> None:
    counts: list[int] = []

    # A failure names its value by itself; to look for a smaller batch would take minutes.
    @settings(max_examples=50, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.lists(values, min_size=ROWS, max_size=ROWS))
    def run(batch: list[FieldValue]) -> None:
        counts.append(check(world, name, batch, canonical))

    run()
    # Both sides of the rule were really looked at.
    assert 1_000 < sum(counts) < 2 * ROWS * len(counts)
