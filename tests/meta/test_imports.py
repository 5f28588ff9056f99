"""What an import really loads, seen from a fresh process: the floors, and a command line that starts fast."""

import subprocess
import sys

import pytest

from tests.meta.project import ROOT

WATCHED = (
    "alembic",
    "pandas",
    "pyarrow",
    "rapidfuzz",
    "requests",
    "scipy",
    "sklearn",
    "sqlalchemy",
    "sqlite3",
)
REPORT = f"print('loaded:', *(name for name in {WATCHED!r} if name in sys.modules), file=sys.stderr)"


def loaded_after(statement: str) -> set[str]:
    """Which of the watched packages are in memory after a fresh interpreter ran the statement."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{statement}\n{REPORT}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].removeprefix("loaded:").split())


def test_the_watch_sees_what_is_loaded() -> None:
    assert loaded_after("import sqlite3, sklearn") >= {"sqlite3", "sklearn"}


@pytest.mark.parametrize(
    ("module", "kept_out"),
    [
        ("connectors", {"pyarrow", "pandas", "sklearn", "sqlalchemy", "alembic", "sqlite3"}),
        ("connectors.errors", {"pyarrow", "pandas", "sklearn", "sqlalchemy", "alembic"}),
        ("connectors.registry", {"pyarrow", "pandas", "sklearn", "sqlalchemy", "alembic"}),
        ("connectors.contract", {"pandas", "sklearn", "sqlalchemy", "alembic", "sqlite3"}),
        ("connectors.local", {"pandas", "sklearn", "sqlalchemy", "alembic"}),
        ("segmentation", {"pandas", "sklearn", "scipy", "sqlalchemy", "sqlite3"}),
        ("segmentation.config", {"pandas", "sklearn", "scipy", "sqlalchemy", "sqlite3"}),
        ("segmentation.model", {"pandas", "sklearn", "scipy", "sqlalchemy", "sqlite3"}),
        ("sync", {"pandas", "sklearn", "scipy", "rapidfuzz"}),
        ("sync.plan", {"pandas", "sklearn", "scipy", "rapidfuzz"}),
        ("crm_segments", set(WATCHED)),
        ("crm_segments.__main__", {"pandas", "sklearn", "scipy", "pyarrow", "sqlalchemy", "alembic"}),
    ],
)
def test_importing_keeps_heavy_packages_out(module: str, kept_out: set[str]) -> None:
    assert loaded_after(f"import {module}") & kept_out == set()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"]], ids=" ".join)
def test_the_command_line_explains_itself_without_heavy_packages(arguments: list[str]) -> None:
    statement = (
        f"sys.argv = ['crm-segments', *{arguments!r}]\n"
        "from crm_segments.__main__ import main\n"
        "try:\n    code = main()\n"
        "except SystemExit as stop:\n    code = stop.code\n"
        "assert not code, code\n"
    )
    assert (
        loaded_after(statement) & {"pandas", "sklearn", "scipy", "pyarrow", "sqlalchemy", "alembic"} == set()
    )
