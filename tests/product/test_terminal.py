"""Text that comes from a CRM cannot steer a terminal; signals ask to stop; progress stays off stdout."""

import json
import logging
import os
import signal
import unicodedata
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.model import ObjectKind, Progress
from crm_segments.cli.progress import SECONDS_BETWEEN_LINES, ProgressReport
from crm_segments.cli.signals import StopFlag
from crm_segments.logs import configure_logging
from crm_segments.views.text import bar, count, counted, day, percent, visible


@given(st.text())
def test_visible_text_has_no_character_that_a_terminal_obeys(text: str) -> None:
    safe = visible(text)
    assert not any(unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"} for one in safe)
    assert not any(one in safe for one in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_ordinary_text_is_shown_as_it_is(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize("name", ["Zoë & Søn", "شركة", "👩‍💻 GmbH", "株式会社"])
def test_names_of_the_world_stay_readable(name: str) -> None:
    assert visible(name) == name


def test_numbers_and_days_read_the_same_in_every_country() -> None:
    assert count(1234567) == "1,234,567"
    assert (counted(1, "account"), counted(2014, "activity")) == ("1 account", "2,014 activities")
    assert (percent(0), percent(0.004), percent(0.125), percent(1)) == ("0%", "<1%", "12%", "100%")
    assert day("2026-11-02") == "2 Nov 2026"
    assert (bar(0), bar(0.001), bar(1)) == ("", "█", "█" * 12)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_stops(number: signal.Signals) -> None:
    with StopFlag() as stop:
        assert not stop.is_set()
        os.kill(os.getpid(), number)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)


def test_signals_do_what_they_did_before_once_the_work_is_over() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with StopFlag():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_without_a_terminal_progress_is_a_line_now_and_then_on_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = 0.0
    with ProgressReport(clock=lambda: now) as progress:
        for step in range(5):
            now += SECONDS_BETWEEN_LINES / 2
            progress(Progress("write", step * 200, 2024, ObjectKind.ACCOUNT))
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        "Writing accounts: 200 of 2,024",
        "Writing accounts: 600 of 2,024",
    ]


@pytest.mark.parametrize(
    ("progress", "expected"),
    [
        (Progress("read", 1713, None, ObjectKind.ACTIVITY), "Reading activities: 1,713"),
        (Progress("features", 1, 4, ObjectKind.ACCOUNT), "Looking at accounts: 25%"),
        (Progress("segment", 2, 7), "Finding segments: 28%"),
        (Progress("write", 200, 2024, ObjectKind.CONTACT), "Writing contacts: 200 of 2,024"),
    ],
    ids=lambda value: value.stage if isinstance(value, Progress) else "",
)
def test_progress_speaks_in_words_of_people(
    capsys: pytest.CaptureFixture[str], progress: Progress, expected: str
) -> None:
    now = 0.0
    with ProgressReport(clock=lambda: now) as report:
        now += SECONDS_BETWEEN_LINES
        report(progress)
    assert capsys.readouterr().err.strip() == expected


Stderr = Callable[[], str]


@pytest.fixture
def stderr(capsys: pytest.CaptureFixture[str]) -> Iterator[Stderr]:
    """What was logged since the last look; logging is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield lambda: capsys.readouterr().err
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_log_line_stays_one_line_whatever_is_in_it(stderr: Stderr) -> None:
    configure_logging("info", "json")
    hostile = 'x\n{"event": "forged"}\r\x1b[2J\u2028'
    logging.getLogger("crm_segments.test").info("run.finished", extra={"run_id": hostile, "written": 3})
    lines = stderr().splitlines()
    assert len(lines) == 1
    event = json.loads(lines[0])
    assert (event["event"], event["written"]) == ("run.finished", 3)
    assert "\x1b" not in lines[0]
    assert "\n" not in event["run_id"]


def test_text_lines_carry_event_and_ids_and_quiet_levels_keep_them_away(stderr: Stderr) -> None:
    configure_logging("warning", "text")
    logging.getLogger("crm_segments.test").info("run.finished")
    assert stderr() == ""
    configure_logging("info", "text")
    logging.getLogger("crm_segments.test").info("run.finished", extra={"run_id": "r1"})
    line = stderr()
    assert "run.finished" in line
    assert "run_id=r1" in line


def test_log_lines_of_others_are_kept_away_unless_they_warn(stderr: Stderr) -> None:
    configure_logging("debug", "text")
    logging.getLogger("alembic.runtime").info("chatter")
    assert stderr() == ""
