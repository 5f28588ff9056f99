"""Pages that name tests name tests that are there."""

import ast
import re

from tests.meta.project import ROOT

PAGE = ROOT / "docs" / "explanation" / "salesforce-traps.md"


def test_every_trap_is_shown_by_tests_that_exist() -> None:
    text = PAGE.read_text("utf-8")
    rows = [
        line for line in text.splitlines() if line.startswith("|") and not line.startswith(("|-", "| else"))
    ]
    named = {row: re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row) for row in rows}
    assert len(rows) >= 35
    assert [row for row, tests in named.items() if not tests] == []
    wanted = {one for tests in named.values() for one in tests}
    assert sorted(wanted - {(path, name) for path, _ in wanted for name in _tests_of(path)}) == []


def _tests_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
