"""The wheel, built once, in an environment that holds nothing else."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.meta.project import ROOT

Command = Callable[..., subprocess.CompletedProcess[str]]


def run(*command: str | Path, cwd: Path) -> None:
    """Run a step of the installation; its output shows when it fails."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="session")
def empty_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh virtual environment with nothing but pip."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", folder, cwd=folder)
    return folder


@pytest.fixture(scope="session")
def wheel(empty_environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built in isolation; or the one that CRM_SEGMENTS_WHEEL names."""
    if given := os.environ.get("CRM_SEGMENTS_WHEEL"):
        return Path(given).resolve(strict=True)
    folder = tmp_path_factory.mktemp("dist")
    run(
        empty_environment / "bin/python",
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "-w",
        folder,
        ROOT,
        cwd=folder,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(empty_environment: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment with the wheel and the locked versions of what it needs."""
    folder = tmp_path_factory.mktemp("constraints")
    pins = re.findall(r"^[\w.-]+==[^\\\n]+", (ROOT / "requirements-dev.txt").read_text("utf-8"), re.MULTILINE)
    (folder / "constraints.txt").write_text("\n".join(pins), "utf-8")
    pip = (empty_environment / "bin/python", "-m", "pip")
    run(*pip, "install", "-q", "-c", folder / "constraints.txt", wheel, cwd=folder)
    run(*pip, "check", cwd=folder)
    return empty_environment / "bin"


@pytest.fixture(scope="session")
def command(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """Runs the installed `crm-segments` in a folder, as a person with a bare environment would."""
    home = tmp_path_factory.mktemp("home")
    environment = {
        "PATH": f"{installed}:/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "COLUMNS": "100",
    }

    def run_command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(installed / "crm-segments"), *arguments],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return run_command
