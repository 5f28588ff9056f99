"""pyproject.toml, uv.lock and the list for pip name the same packages."""

import re
import tomllib

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.meta.project import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
PINS = re.findall(
    r"^([\w.-]+)==([^\s;]+)", (ROOT / "requirements-dev.txt").read_text(encoding="utf-8"), re.MULTILINE
)


def as_pairs(requirements: list[str]) -> set[tuple[str, str]]:
    return {
        (canonicalize_name(parsed.name), str(parsed.specifier)) for parsed in map(Requirement, requirements)
    }


def locked_pairs(entries: list[dict[str, str]]) -> set[tuple[str, str]]:
    # Two bounds may stand in either order.
    return {(entry["name"], str(SpecifierSet(entry["specifier"]))) for entry in entries}


def test_the_lock_was_made_for_these_dependencies() -> None:
    (ours,) = (package for package in LOCK["package"] if package["name"] == PROJECT["project"]["name"])
    wanted = as_pairs(PROJECT["project"]["dependencies"])
    wanted_for_development = as_pairs(PROJECT["dependency-groups"]["dev"])
    metadata = ours["metadata"]
    assert locked_pairs(metadata["requires-dist"]) == wanted, "run: make lock"
    assert locked_pairs(metadata["requires-dev"]["dev"]) == wanted_for_development, "run: make lock"


def test_pip_gets_the_locked_versions() -> None:
    locked = {
        (package["name"], package["version"])
        for package in LOCK["package"]
        if "registry" in package["source"]
    }
    assert set(PINS) == locked, "run: make lock"


def test_every_pin_carries_a_hash() -> None:
    text = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(lines) == len(PINS)
    assert [line for line in lines if "--hash=sha256:" not in line] == []
