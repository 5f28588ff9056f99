"""The truth behind generated companies is for tests and benchmarks: the product cannot see it."""

import ast
import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_segments.sample import generate
from crm_segments.sample.presets import PRESETS
from tests.meta.project import ROOT

KNOWING = ("crm_segments.sample.truth", "crm_segments.sample.membership")
FLOORS = ("connectors", "segmentation", "sync", "crm_segments")


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def test_only_the_generator_itself_knows_the_truth() -> None:
    sample = ROOT / "crm_segments" / "sample"
    paths = [path for floor in FLOORS for path in (ROOT / floor).rglob("*.py") if sample not in path.parents]
    assert len(paths) > 100
    knowing = [path for path in paths if any(name.startswith(KNOWING) for name in imports_of(path))]
    assert knowing == []


def test_no_command_and_no_setting_asks_for_the_truth() -> None:
    asking = [
        path
        for folder in ("cli", "assembly")
        for path in (ROOT / "crm_segments" / folder).rglob("*.py")
        if "truth=" in path.read_text(encoding="utf-8")
    ]
    assert asking == []


@pytest.mark.parametrize("world", sorted(PRESETS))
def test_what_the_product_reads_names_no_true_segment(world: str, tmp_path: Path) -> None:
    keys = {segment.key for segment in PRESETS[world].segments}
    (folder,) = generate(tmp_path / "out", world=world, accounts=200, truth=tmp_path / "truth")
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = list(csv.reader(file))
        assert not [name for name in header if "segment" in name or "probability" in name]
        assert not keys & {value for row in rows for value in row}
    assert {path.suffix for path in folder.iterdir()} == {".csv", ".json"}


def test_the_truth_changes_no_byte_of_what_the_product_reads(tmp_path: Path) -> None:
    (with_truth,) = generate(tmp_path / "with", accounts=200, truth=tmp_path / "truth")
    (without,) = generate(tmp_path / "without", accounts=200)
    assert {path.name: path.read_bytes() for path in with_truth.iterdir()} == {
        path.name: path.read_bytes() for path in without.iterdir()
    }
