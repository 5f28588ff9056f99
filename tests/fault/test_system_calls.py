"""Killed at the n-th system call that reaches the disk, by the operating system itself."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.fault.test_kills import assert_nothing_left_to_do, later_run, read_folder

pytestmark = [pytest.mark.system, pytest.mark.timeout(3_600)]

POINTS = int(os.environ.get("CRM_SEGMENTS_STRACE_POINTS", "60"))
"""System calls to die at, over all files; a large number means every one."""

CALLS = "pwrite64,write,fdatasync,fsync,rename,renameat,unlink,ftruncate"
# Counted for each thread: looking at the CRM's file alone reaches the thread that carries the requests.
FILES = ("state.db", "crm.db", "snapshots")
ALIVE, KILLED = 0, -9


def strace(folder: Path, *options: str) -> int:
    command = ["strace", "-f", "-qq", "-o", str(folder / "trace.txt"), *options]
    driver = [sys.executable, "-m", "tests.fault.driver", str(folder)]
    return subprocess.run([*command, *driver], check=False, stdout=subprocess.DEVNULL).returncode


def paths_of(folder: Path, what: str) -> list[str]:
    """The files that one count is about, with those that SQLite lays beside them."""
    if what == "snapshots":
        return []
    path = folder / ("state/state.db" if what == "state.db" else "crm.db")
    return [option for end in ("", "-wal", "-shm") for option in ("-P", f"{path}{end}")]


def most_calls(folder: Path, what: str) -> int:
    """How many calls the busiest thread of an undisturbed run makes."""
    assert strace(folder, "-e", f"trace={CALLS}", *paths_of(folder, what)) == ALIVE
    lines = (folder / "trace.txt").read_text().splitlines()
    return max(Counter(line.split()[0] for line in lines).values())


def spread(most: int, count: int) -> Sequence[int]:
    return sorted({1 + number * most // count for number in range(min(count, most))})


@pytest.mark.parametrize("what", FILES)
def test_a_run_killed_at_any_system_call_is_finished_by_the_next(what: str, tmp_path: Path) -> None:
    template = tmp_path / "template"
    later_run(template)
    shutil.copytree(template, tmp_path / "undisturbed")
    most = most_calls(tmp_path / "undisturbed", what)
    expected = read_folder(tmp_path / "undisturbed")
    killed = 0
    for point in spread(most, POINTS // len(FILES)):
        folder = tmp_path / f"killed-{point}"
        shutil.copytree(template, folder)
        inject = f"inject={CALLS}:signal=KILL:when={point}"
        ended = strace(folder, "-e", f"trace={CALLS}", "-e", inject, *paths_of(folder, what))
        where = f"{what}, call {point} of {most}"
        assert ended in {ALIVE, KILLED}, where
        killed += ended == KILLED
        assert strace(folder, "-e", "trace=none") == ALIVE, where
        assert read_folder(folder) == expected, where
        assert_nothing_left_to_do(folder, where)
        shutil.rmtree(folder)
    # The last calls of a thread may fall away when threads share the work in another way.
    assert killed >= 0.9 * min(most, POINTS // len(FILES))


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
@pytest.mark.parametrize("what", ["state.db", "crm.db"])
def test_a_disk_that_refuses_loses_nothing_and_writes_nothing_twice(
    what: str, error: str, tmp_path: Path
) -> None:
    template = tmp_path / "template"
    later_run(template)
    shutil.copytree(template, tmp_path / "undisturbed")
    most = most_calls(tmp_path / "undisturbed", what)
    expected = read_folder(tmp_path / "undisturbed")
    failed = 0
    for point in spread(most, max(3, POINTS // 20)):
        folder = tmp_path / f"refused-{point}"
        shutil.copytree(template, folder)
        inject = f"inject=pwrite64,fdatasync:error={error}:when={point}+"
        ended = strace(folder, "-e", f"trace={CALLS}", "-e", inject, *paths_of(folder, what))
        failed += ended != ALIVE
        assert strace(folder, "-e", "trace=none") == ALIVE, f"{error} from call {point} of {most}"
        assert read_folder(folder) == expected, f"{error} from call {point} of {most}"
        assert_nothing_left_to_do(folder, f"{error} from call {point} of {most}")
    assert failed
