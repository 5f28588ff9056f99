"""At a real terminal: the plan is shown before the question, and the answer is respected."""

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.cli import Cli, copy_of, labels


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    cli = Cli(tmp_path_factory.mktemp("fresh"))
    cli.done("sample", "sample", "--accounts", "300")
    cli.done("init")
    cli.done("import", "sample/week_00")
    return cli


def answer(cli: Cli, word: str, *arguments: str) -> tuple[int, str, str]:
    """Exit code, what was on stdout (a pipe) and what the person at the terminal saw."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"COLUMNS": "100", "NO_COLOR": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "crm_segments", *arguments],
        cwd=cli.folder,
        env=environment,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        os.write(ours, f"{word}\n".encode())
        seen = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:
                # The other end is closed: the command is done.
                break
            if not part:
                break
            seen += part
        out, _ = process.communicate()
    os.close(ours)
    return process.returncode, out.decode(), seen.decode()


def test_no_writes_nothing_and_yes_writes_what_was_shown(fresh: Cli, tmp_path: Path) -> None:
    cli = copy_of(fresh, tmp_path)
    code, out, seen = answer(cli, "n", "apply")
    assert code == 6
    assert out == ""
    assert seen.index("What applying it does") < seen.index("Write this? [y/N]")
    assert labels(cli) == {}
    code, out, seen = answer(cli, "y", "run")
    assert code == 0
    assert out.startswith(f"Wrote {len(labels(cli))} accounts")
    assert "Write this?" in seen
    code, out, seen = answer(cli, "n", "run")
    assert code == 0
    assert "Write this?" not in seen
    assert out.startswith("0 changes")


def test_json_never_asks_even_at_a_terminal(fresh: Cli, tmp_path: Path) -> None:
    cli = copy_of(fresh, tmp_path)
    code, out, _ = answer(cli, "y", "run", "--json")
    assert code == 2
    assert json.loads(out)["error"]["code"] == "usage.unanswerable"


def test_the_demo_is_one_document_under_json(tmp_path: Path) -> None:
    document = Cli(tmp_path).document("demo", "here")
    assert document["synthetic"] is True
    first, second = document["first_run"], document["second_run"]
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert first["changes"]["written"] > 2000
    assert second["changes"]["planned"] == second["write_requests"] == 0


def test_without_a_home_and_with_another_language_a_run_is_still_one_document(
    fresh: Cli, tmp_path: Path
) -> None:
    cli = copy_of(fresh, tmp_path)
    document = json.loads(cli.done("run", "--yes", "--json", HOME="/nonexistent", LANG="C", LC_ALL="C"))
    assert document["status"] == "complete"


def test_sigterm_ends_a_run_in_order_and_the_next_one_goes_on(fresh: Cli, tmp_path: Path) -> None:
    cli = copy_of(fresh, tmp_path)
    state = tmp_path / ".crm-segments/state.db"
    with subprocess.Popen(
        [sys.executable, "-m", "crm_segments", "run", "--yes", "--json"],
        cwd=cli.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        # The state is opened once signals are caught; segments take a while longer than that.
        while not state.exists() and process.poll() is None:
            os.sched_yield()
        process.terminate()
        out, error = process.communicate()
    assert process.returncode == 75, out + error
    stopped = json.loads(out)
    assert stopped["status"] == "paused"
    assert stopped["error"]["code"].startswith("stopped")
    finished = cli.document("run", "--yes")
    assert finished["status"] == "complete"
    assert all(key for key, *_ in labels(cli).values())
    assert cli.document("run", "--yes")["write_requests"] == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_question_is_left_at_the_first_attempt_and_nothing_is_written(
    fresh: Cli, tmp_path: Path, number: signal.Signals
) -> None:
    cli = copy_of(fresh, tmp_path)
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "crm_segments", "run"],
        cwd=cli.folder,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        seen = b""
        while b"[y/N] " not in seen:
            seen += os.read(ours, 65536)
        process.send_signal(number)
        try:
            out, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    os.close(ours)
    assert (process.returncode, out) == (6, b"")
    assert labels(cli) == {}
    assert cli.document("run", "--yes")["status"] == "complete"
