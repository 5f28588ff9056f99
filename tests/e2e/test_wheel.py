"""What people install: the wheel in an empty environment, used from an empty folder."""

import json
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.e2e.conftest import Command
from tests.meta.project import PACKAGES, ROOT, files

# Building and installing count as part of the first test.
pytestmark = [pytest.mark.wheel, pytest.mark.timeout(1200)]

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


@pytest.fixture(scope="session")
def demo(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the demo has run once."""
    folder = tmp_path_factory.mktemp("empty")
    done = command("demo", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "crm-segments-demo"


def run_as_json(command: Command, folder: Path, *more: str) -> dict[str, object]:
    done = command("run", "--yes", "--json", *more, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    document: dict[str, object] = json.loads(done.stdout)
    return document


def test_the_wheel_carries_the_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    tops = {name.split("/")[0] for name in names}
    assert tops == {*PACKAGES, f"crm_segments-{VERSION}.dist-info"}
    sources = {path.relative_to(ROOT).as_posix() for package in PACKAGES for path in files(package)}
    assert sources - names == set()
    assert "crm_segments/config.example.toml" in names
    assert {f"{package}/py.typed" for package in PACKAGES} <= names
    assert f"crm_segments-{VERSION}.dist-info/licenses/LICENSE" in names


def test_the_wheel_says_what_it_needs(installed: Path, tmp_path: Path) -> None:
    script = (
        "from importlib.metadata import metadata, entry_points\n"
        "print(metadata('crm-segments')['Requires-Python'], metadata('crm-segments')['License-Expression'])\n"
        "print(*sorted(entry.value for entry in entry_points(group='crm_segments.connectors')))\n"
    )
    done = subprocess.run(
        [installed / "python", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    needs, connectors = done.stdout.splitlines()
    assert needs == ">=3.11 Apache-2.0"
    assert connectors.split() == [
        f"connectors.{name}:open_configured" for name in ("hubspot", "local", "salesforce")
    ]


def test_the_report_is_drawn_from_what_the_wheel_carries(command: Command, demo: Path) -> None:
    done = command("report", "report.html", cwd=demo)
    assert done.returncode == 0, done.stdout + done.stderr
    text = (demo / "report.html").read_text("utf-8")
    assert "Content-Security-Policy" in text
    assert "Money per segment" in text


def test_version_and_help_answer_at_once(command: Command, tmp_path: Path) -> None:
    version = command("--version", cwd=tmp_path)
    assert (version.returncode, version.stdout.split()[-1]) == (0, VERSION)
    shown = command("--help", cwd=tmp_path)
    assert shown.returncode == 0
    for name in ("demo", "import", "plan", "apply", "run", "explain", "status"):
        assert name in shown.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_module_is_the_same_command(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [installed / "python", "-m", "crm_segments", "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split()[-1] == VERSION


def test_the_demo_writes_into_its_own_folder_only(demo: Path) -> None:
    assert [path.name for path in demo.parent.iterdir()] == ["crm-segments-demo"]
    assert (demo / "config.toml").is_file()


def test_after_the_demo_nothing_is_left_to_write(command: Command, demo: Path) -> None:
    document = run_as_json(command, demo)
    assert document["schema_version"] == 1
    assert document["status"] == "complete"
    assert document["write_requests"] == 0
    assert set(document) >= {"run_id", "segments", "changes"}
    assert document["changes"] == dict.fromkeys(
        ("planned", "written", "unchanged", "rejected", "held", "gone", "pending"), 0
    )


def test_the_demo_finds_named_and_explained_segments(command: Command, demo: Path) -> None:
    segments = run_as_json(command, demo)["segments"]
    assert isinstance(segments, list)
    assert len(segments) >= 3
    assert len({segment["name"] for segment in segments}) == len(segments)
    assert all(
        segment["reason"] and 0 < len(segment["name"]) <= 28 for segment in segments if segment["count"]
    )
    assert sum(segment["share"] for segment in segments) == pytest.approx(1, abs=0.01)


def test_a_second_demo_changes_nothing(command: Command, demo: Path) -> None:
    again = command("demo", cwd=demo.parent)
    assert again.returncode == 0, again.stdout + again.stderr
    assert run_as_json(command, demo)["write_requests"] == 0


def test_own_files_go_in_and_labels_come_out(command: Command, tmp_path: Path) -> None:
    bundle = tmp_path / "exports"
    bundle.mkdir()
    for path in files("tests/data/crunchbase_2013", suffixes=frozenset({".csv", ".json"})):
        (bundle / path.name).write_bytes(path.read_bytes())
    for arguments in (["init"], ["import", "exports"], ["plan"], ["run", "--yes"], ["export", "labels"]):
        done = command(*arguments, cwd=tmp_path)
        assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
    exported = (tmp_path / "labels" / "accounts.csv").read_text("utf-8-sig").splitlines()
    assert "segment_key,segment_name" in exported[0]
    assert len(exported) > 17_000


def test_without_settings_the_error_names_the_way_out(command: Command, tmp_path: Path) -> None:
    done = command("run", "--yes", cwd=tmp_path)
    assert done.returncode == 2
    assert "config.toml" in done.stderr
    assert "crm-segments init" in done.stderr
    assert "Traceback" not in done.stderr
    as_json = command("run", "--yes", "--json", cwd=tmp_path)
    assert as_json.returncode == 2
    error = json.loads(as_json.stdout)["error"]
    assert set(error) >= {"code", "message", "hint", "next"}
