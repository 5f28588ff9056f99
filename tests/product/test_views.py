"""What people see, word for word, on a narrow and on a wide terminal; and what scripts get."""

import io
import json
import re
import time
from pathlib import Path

import pytest
from rich.console import Console

from crm_segments.views.view import View, show
from tests.product.values import HOSTILE, VIEWS

GOLDEN = Path(__file__).parent / "golden"
WIDTHS = (60, 100)


@pytest.fixture(autouse=True)
def _universal_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def shown(view: View, width: int) -> str:
    out = io.StringIO()
    view.human(Console(file=out, width=width, markup=False, emoji=False, highlight=False))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def document_of(view: View) -> dict[str, object]:
    out = io.StringIO()
    show(view, as_json=True, stream=out)
    found: dict[str, object] = json.loads(out.getvalue())
    return found


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", sorted(VIEWS))
def test_a_view_reads_as_agreed(name: str, width: int) -> None:
    assert shown(VIEWS[name], width) == (GOLDEN / f"{name}-{width}.txt").read_text("utf-8")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", sorted(VIEWS))
def test_nothing_but_a_command_runs_over_the_edge(name: str, width: int) -> None:
    too_long = [
        line
        for line in shown(VIEWS[name], width).splitlines()
        if len(line) > width and "crm-segments" not in line
    ]
    assert too_long == []


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_a_name_can_neither_command_the_terminal_nor_pass_for_markup(name: str) -> None:
    text = shown(VIEWS[name], 100)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    if "HYPERLINK" in text:
        assert "[bold]x[/]" in text


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_a_document_is_plain_json_with_its_version(name: str) -> None:
    document = document_of(VIEWS[name])
    assert next(iter(document)) == "schema_version"
    assert document["schema_version"] == 1


def test_a_document_keeps_names_as_they_are() -> None:
    assert document_of(VIEWS["explanation"])["name"] == HOSTILE


def test_a_stopped_run_says_why_in_its_document() -> None:
    document = document_of(VIEWS["run-stopped"])
    assert document["status"] == "stopped"
    error = document["error"]
    assert isinstance(error, dict)
    assert set(error) >= {"code", "message", "hint", "next"}


def test_every_golden_file_belongs_to_a_view() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {
        f"{name}-{width}" for name in VIEWS for width in WIDTHS
    }
