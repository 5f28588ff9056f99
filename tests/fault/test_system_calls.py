"""Killed at the n-th system call that reaches the disk, by the operating system itself."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fault.test_kills import assert_nothing_left_to_do, first_run, later_run, read_folder

pytestmark = [pytest.mark.system, pytest.mark.timeout(7_200)]

POINTS = int(os.environ.get("CRM_SEGMENTS_STRACE_POINTS", "60"))
"""System calls to die at, over all cases; a large number means every one."""

CALLS = ("pwrite64", "write", "fdatasync", "fsync", "rename", "unlink", "ftruncate")
CASES = (("state.db", later_run), ("crm.db", first_run), ("everything", later_run))
"""Looking at one file alone reaches calls that come late in the count of all: strace counts for each thread
and each kind of call. The first run writes in several requests, which another thread carries."""

ALIVE, KILLED = 0, -9


def strace(folder: Path, *options: str) -> int:
    command = ["strace", "-f", "-qq", "-o", str(folder / "trace.txt"), *options]
    driver = [sys.executable, "-m", "tests.fault.driver", str(folder)]
    # A compiled module that is laid down by one run and found by the next would shift the count.
    quiet = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([*command, *driver], check=False, stdout=subprocess.DEVNULL, env=quiet).returncode


def options_for(folder: Path, what: str) -> list[str]:
    """Which calls count: those of all files, or of one with what SQLite lays beside it."""
    files = {"state.db": folder / "state" / "state.db", "crm.db": folder / "crm.db"}
    beside = [f"{files[what]}{end}" for end in ("", "-wal", "-shm")] if what in files else []
    return ["-e", f"trace={','.join(CALLS)}", *(option for path in beside for option in ("-P", path))]


def count_calls(folder: Path, what: str) -> dict[str, int]:
    """How many calls of each kind the busiest thread of an undisturbed run makes."""
    assert strace(folder, *options_for(folder, what)) == ALIVE
    # A call that another thread interrupted takes a second line, where it is "resumed".
    lines = [line for line in (folder / "trace.txt").read_text().splitlines() if " resumed>" not in line]
    found = Counter((line.split()[0], line.split(None, 1)[1].split("(")[0]) for line in lines)
    return {
        call: max((n for (_thread, name), n in found.items() if name == call), default=0) for call in CALLS
    }


def spread(counts: dict[str, int], wanted: int) -> list[tuple[str, int]]:
    """So many calls to die at, each kind at least once where there are any."""
    total = sum(counts.values())
    points = []
    for call, most in counts.items():
        share = min(most, max(1, wanted * most // total))
        points += [(call, 1 + number * most // share) for number in range(share)]
    return points


@pytest.mark.parametrize(("what", "story"), CASES)
def test_a_run_killed_at_any_system_call_is_finished_by_the_next(
    what: str, story: Callable[[Path], None], tmp_path: Path
) -> None:
    template = tmp_path / "template"
    story(template)
    shutil.copytree(template, tmp_path / "undisturbed")
    points = spread(count_calls(tmp_path / "undisturbed", what), POINTS // len(CASES))
    expected = read_folder(tmp_path / "undisturbed")
    for call, number in points:
        folder = tmp_path / f"killed-{call}-{number}"
        shutil.copytree(template, folder)
        inject = f"inject={call}:signal=KILL:when={number}"
        where = f"{what}, {call} {number}"
        assert strace(folder, *options_for(folder, what), "-e", inject) == KILLED, where
        assert strace(folder, "-e", "trace=none") == ALIVE, where
        assert read_folder(folder) == expected, where
        assert_nothing_left_to_do(folder, where)
        shutil.rmtree(folder)
    assert len(points) >= min(5, POINTS)


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
@pytest.mark.parametrize(("what", "story"), CASES[:2])
def test_a_disk_that_refuses_loses_nothing_and_writes_nothing_twice(
    what: str, story: Callable[[Path], None], error: str, tmp_path: Path
) -> None:
    template = tmp_path / "template"
    story(template)
    shutil.copytree(template, tmp_path / "undisturbed")
    counts = count_calls(tmp_path / "undisturbed", what)
    expected = read_folder(tmp_path / "undisturbed")
    kinds = {call: counts[call] for call in ("pwrite64", "fdatasync")}
    for call, number in spread(kinds, max(2, POINTS // 20)):
        folder = tmp_path / f"refused-{call}-{number}"
        shutil.copytree(template, folder)
        inject = f"inject={call}:error={error}:when={number}+"
        where = f"{what}, {error} from {call} {number}"
        assert strace(folder, *options_for(folder, what), "-e", inject) != KILLED, where
        assert strace(folder, "-e", "trace=none") == ALIVE, where
        assert read_folder(folder) == expected, where
        assert_nothing_left_to_do(folder, where)
