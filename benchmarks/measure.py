"""Runs a command as a whole process and reports what the operating system charged for it."""

import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Figures", "measure", "serve"]


@dataclass(frozen=True, slots=True)
class Figures:
    """What one process cost."""

    cpu_seconds: float
    """User and system time of the process and its threads."""
    wall_seconds: float
    """Elapsed; on a shared machine only a hint."""
    peak_mb: float
    """Largest resident set, in megabytes of 1,000,000 bytes."""
    exit_code: int
    stdout: str


def measure(command: list[str], folder: Path) -> Figures:
    """Run `command` in `folder` to its end."""
    with tempfile.TemporaryFile("w+") as stdout, tempfile.TemporaryFile("w+") as stderr:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=stdout, stderr=stderr)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        stdout.seek(0)
        stderr.seek(0)
        if process.returncode not in {0, 6}:
            sys.stderr.write(stderr.read())
            raise SystemExit(f"{' '.join(command)} ended in {process.returncode}")
        kilobytes = usage.ru_maxrss if sys.platform != "darwin" else usage.ru_maxrss / 1024
        return Figures(
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            wall_seconds=wall,
            peak_mb=kilobytes * 1024 / 1e6,
            exit_code=process.returncode,
            stdout=stdout.read(),
        )


@contextmanager
def serve(module: str, *arguments: object) -> Iterator[str]:
    """The address of a server in a process of its own, so that its cost is not counted; ended with the block.

    Args:
        module: Run with `python -m`; its first line of output is the address.
        arguments: Of its command line.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield (process.stdout or io.StringIO()).readline().strip()
        finally:
            process.kill()
