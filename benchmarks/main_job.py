"""The main job through the command line, on real data: import, first run, second run, a week later.

Data: tests/data (17,727 real companies of 2013; 85 fictitious accounts by others), and the generated
sample company. Aim for the 17,727 companies: under 15 s and 600 MB on two cores, import apart.
"""

import json
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Figures, measure

__all__ = ["report"]

DATA = Path(__file__).parent.parent / "tests" / "data"
HEADER = f"{'':44}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}{'written':>9}  result"


def report() -> None:
    """Print the table."""
    print("# The main job, each row one process\n")
    print(HEADER)
    with tempfile.TemporaryDirectory() as folder:
        _real(
            Path(folder) / "companies",
            DATA / "crunchbase_2013",
            "17,727 companies",
            ["--as-of", "2013-10-08"],
        )
        sample = Path(folder) / "sample"
        _line("2,000 sample accounts: sample", measure(_command("sample", str(sample)), Path(folder)))
        _real(
            Path(folder) / "generated", sample / "week_00", "2,000 sample accounts", ["--as-of", "2026-11-09"]
        )
        _real(Path(folder) / "refused", DATA / "maven_sales", "85 accounts", [])
    print()
    _line("crm-segments --help", measure(_command("--help"), Path.cwd()))
    print()


def _real(folder: Path, bundle: Path, what: str, later: list[str]) -> None:
    folder.mkdir()
    measure(_command("init"), folder)
    _line(f"{what}: import", measure(_command("import", str(bundle), "--json"), folder))
    run = _command("run", "--yes", "--json")
    _line(f"{what}: first run", first := measure(run, folder))
    if first.exit_code == 0:
        _line(f"{what}: second run", measure(run, folder))
        _line(f"{what}: a week later", measure([*run, *later], folder))


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "crm_segments", *words]


def _line(name: str, figures: Figures) -> None:
    written, result = "", ""
    if figures.stdout.lstrip().startswith("{"):
        document = json.loads(figures.stdout)
        written = f"{document['changes']['written']:,}" if "changes" in document else ""
        result = document.get("status", "")
        if "segments" in document:
            result += f", {len(document['segments'])} segments, exit {figures.exit_code}"
    costs = f"{figures.cpu_seconds:8.2f}{figures.wall_seconds:8.2f}{figures.peak_mb:9.0f}"
    print(f"{name:44}{costs}{written:>9}  {result}")
