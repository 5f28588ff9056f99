"""The edge of the command line: whatever goes wrong becomes a message, a code, and no data."""

import json
import stat
from pathlib import Path

import pytest

from connectors.errors import ConfigError, GuardError, LockedError
from crm_segments.cli.edge import LOG_NAME, carry_out
from crm_segments.cli.invocation import Invocation


def failing(error: BaseException) -> int:
    raise error


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_success_and_a_code_of_its_own_pass_through() -> None:
    assert carry_out(Invocation("plan"), lambda: None) == 0
    assert carry_out(Invocation("plan"), lambda: 3) == 3


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (ConfigError("Wrong.", hint="Mend it."), 2, "failed"),
        (GuardError("Too much.", hint="Look.", next_command="crm-segments approve 1"), 6, "stopped"),
        (LockedError("Busy.", hint="Wait."), 75, "paused"),
        (KeyboardInterrupt(), 75, "paused"),
    ],
    ids=["settings", "guard", "lock", "ctrl-c"],
)
def test_an_expected_error_is_words_on_stderr_or_one_document_on_stdout(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, status: str
) -> None:
    assert carry_out(Invocation("run"), lambda: failing(error)) == code
    words = capsys.readouterr()
    assert words.out == ""
    assert words.err.startswith(("Error: ", "Stopped: "))
    always: dict[str, object] = {"run_id": None}
    assert carry_out(Invocation("run", as_json=True, always=always), lambda: failing(error)) == code
    document = json.loads(capsys.readouterr().out)
    assert (document["schema_version"], document["status"]) == (1, status)
    assert document["run_id"] is None
    assert set(document["error"]) >= {"code", "message", "hint", "next"}


def test_an_unforeseen_error_shows_and_keeps_no_data(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert carry_out(Invocation("run"), lambda: failing(ValueError("ana@example.invalid"))) == 1
    shown = capsys.readouterr().err
    log = tmp_path / LOG_NAME
    assert "Traceback" not in shown
    assert LOG_NAME in shown
    assert "ana@example.invalid" not in shown + log.read_text()
    assert "ValueError" in log.read_text()
    assert "test_edge.py" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_debug_shows_where_an_unforeseen_error_came_from(capsys: pytest.CaptureFixture[str]) -> None:
    assert carry_out(Invocation("run", debug=True), lambda: failing(ValueError("x"))) == 1
    assert "Traceback" in capsys.readouterr().err
