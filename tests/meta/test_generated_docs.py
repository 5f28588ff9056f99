"""The generated pages say what the code does."""

import re
import subprocess
import sys
from pathlib import Path

from tests.meta.project import PACKAGES, ROOT, modules

ERRORS_PAGE = ROOT / "docs" / "reference" / "errors.md"
ERROR_CODE = re.compile(r"[a-z][a-z0-9_]*(\.([a-z][a-z0-9_]*|…))*")


def run_python(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_generated_pages_are_up_to_date() -> None:
    done = run_python("docs/generate.py", "--check")
    assert done.returncode == 0, done.stderr


def test_every_error_of_the_product_is_on_the_page() -> None:
    names = [name for package in PACKAGES for name, _ in modules(package) if not name.endswith("__main__")]
    done = run_python(
        "-c",
        "import importlib, sys\n"
        "from connectors.errors import CrmSegmentsError\n"
        "for name in sys.argv[1:]:\n    importlib.import_module(name)\n"
        "def show(parent):\n"
        "    for child in parent.__subclasses__():\n"
        "        print(child.__name__, child.exit_code, child.default_code)\n        show(child)\n"
        "show(CrmSegmentsError)\n",
        *names,
    )
    assert done.returncode == 0, done.stderr
    page = ERRORS_PAGE.read_text(encoding="utf-8")
    rows = [line.split() for line in done.stdout.splitlines()]
    assert len(rows) >= 18
    assert [row for row in rows if f"| `{row[0]}` | {row[1]} | `{row[2]}` |" not in page] == []


def test_error_codes_have_one_shape() -> None:
    codes = re.findall(r"^\| `([^`A-Z]+)` \| \d+ \| `", ERRORS_PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert codes
    assert [code for code in codes if not ERROR_CODE.fullmatch(code)] == []
