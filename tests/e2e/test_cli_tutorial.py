"""The tutorial can be followed: every command on the page, in order, in an empty folder."""

import re
import shlex
from pathlib import Path

from tests.e2e.cli import Cli, labels
from tests.meta.project import ROOT

PAGE = ROOT / "docs/tutorial/first-half-hour.md"


def commands() -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    lines = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and line[0] != "pipx"]


def test_every_command_of_the_tutorial_does_what_the_page_says(tmp_path: Path) -> None:
    cli = Cli(tmp_path)
    shown: dict[str, list[str]] = {}
    for line in commands():
        if line[0] == "cd":
            cli = Cli(cli.folder / line[1])
            continue
        assert line[0] == "crm-segments"
        shown.setdefault(" ".join(line[1:]), []).append(cli.done(*line[1:]))
    assert "Ran it again: 0 changes, 0 write requests." in shown["demo"][0]
    assert "Every name and number is generated; none is real." in " ".join(shown["demo"][0].split())
    assert "Nothing has been written yet." in shown["plan"][0]
    first, second = shown["run --yes"]
    assert first.startswith("Wrote ")
    assert second.startswith("0 changes")
    assert "money" in (cli.folder / "report.html").read_text("utf-8").casefold()
    assert (cli.folder / "out/for-hubspot/accounts.csv").is_file()
    assert len(labels(cli)) > 2000


def test_a_demo_in_a_folder_of_someone_else_leaves_it_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("dear mother")
    result = Cli(tmp_path)("demo", "mine")
    assert result.returncode == 2
    assert "crm-segments demo" in result.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]
