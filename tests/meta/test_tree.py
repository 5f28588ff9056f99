"""The shape of the tree: what the import of tests, reviewers and releases rely on."""

import re

import pytest

from tests.meta.project import ROOT, files, shown

FRAGMENT_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.(added|changed|fixed|removed|security)\.md")
PROSE = frozenset({".md"})
TEXT = frozenset(
    {".cfg", ".css", ".html", ".ini", ".lock", ".md", ".py", ".sh", ".svg", ".toml", ".txt", ".yaml"}
)

# Written in pieces, so that this file does not contain what it looks for.
PLACES_OF_ONE_MACHINE = re.compile(
    "|".join(("/work" + "/", "/root" + "/", r"/home/(?!user\b)\w", r"\.py" + "env", "/opt" + "/pypi"))
)
REFERENCES_OUTSIDE = re.compile(
    r"\.\./" + r"shared|\b(?:decision|issue) #?\d+\b|\b(?:decisions|style)\.md\b", re.IGNORECASE
)
WEB_HOST = re.compile(r"https?://([^/\s\"')>`]+)")


def test_every_folder_of_tests_is_a_package() -> None:
    folders = {path.parent for path in files("tests", suffixes=frozenset({".py"}))}
    assert [shown(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_no_python_file_grows_beyond_one_subject() -> None:
    long = {
        shown(path): lines
        for path in files(suffixes=frozenset({".py"}))
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 600
    }
    assert long == {}


def test_no_drawers_without_a_subject() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "core"}
    assert [
        shown(path) for path in files(suffixes=frozenset({".py"})) if drawers & {path.stem, path.parent.name}
    ] == []


@pytest.mark.parametrize("pattern", [PLACES_OF_ONE_MACHINE, REFERENCES_OUTSIDE], ids=["machine", "outside"])
def test_files_name_nothing_that_only_one_machine_or_team_has(pattern: re.Pattern[str]) -> None:
    found = [
        f"{shown(path)}:{number}: {line.strip()}"
        for path in (*files(suffixes=TEXT), ROOT / "Makefile", ROOT / ".ci" / "run")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]
    assert found == []


def test_the_lock_names_only_the_public_index() -> None:
    hosts = set(WEB_HOST.findall((ROOT / "uv.lock").read_text(encoding="utf-8")))
    assert hosts <= {"pypi.org", "files.pythonhosted.org"}
    assert WEB_HOST.findall((ROOT / "requirements-dev.txt").read_text(encoding="utf-8")) == []


def test_changelog_fragments_have_a_kind_and_one_plain_paragraph() -> None:
    wrong = []
    for path in files("changes"):
        text = path.read_text(encoding="utf-8")
        is_paragraph = (
            text.strip() != "" and "\n\n" not in text.strip() and not text.startswith(("#", "-", "*"))
        )
        if not (FRAGMENT_NAME.fullmatch(path.name) and is_paragraph and text.endswith(".\n")):
            wrong.append(shown(path))
    assert wrong == []


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{shown(path)} -> {target}"
        for path in files(suffixes=PROSE)
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]
    assert broken == []


def test_decision_records_are_numbered_without_gaps_and_complete() -> None:
    records = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert [path.name[:4] for path in records] == [f"{number:04}" for number in range(len(records))]
    parts = {"## Context", "## Options", "## Decision", "## Consequences"}
    incomplete = {
        path.name: sorted(parts - set(path.read_text(encoding="utf-8").splitlines())) for path in records
    }
    assert {name: missing for name, missing in incomplete.items() if missing} == {}


def test_make_help_lists_every_target_that_people_call() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    explained = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    parts_of_check = {"lint", "types", "floors", "docs-check"}
    assert set(phony[1].split()) - explained - parts_of_check == {"moved"}
