"""Every route says how sure we are, and the page for people says the same."""

import re
from pathlib import Path

import pytest

from crm_segments.sandbox.evidence import Evidence, EvidenceKind
from crm_segments.sandbox.hubspot import Beliefs
from crm_segments.sandbox.hubspot.asks import Ask
from crm_segments.sandbox.hubspot.routes.table import all_routes
from crm_segments.sandbox.hubspot.spelling import SPELLINGS, Spelling
from crm_segments.sandbox.routing import Route
from tests.product.sandbox.hubspot.recorded import FILES, pairs

PAGE = (Path(__file__).parents[4] / "docs" / "reference" / "sandbox-hubspot.md").read_text(encoding="utf-8")
ROUTES = list(all_routes())


def assert_pairs_are_there(evidence: Evidence) -> None:
    """Recorded evidence names files and pairs that exist."""
    assert evidence.source
    if evidence.kind is not EvidenceKind.RECORDED:
        return
    known = {f"{file}.json": {one.name for one in pairs(file)} for file in FILES}
    named = re.findall(r"(\w+\.json): ([^;(]+)", evidence.source)
    assert named
    for file, listed in named:
        assert {one.strip() for one in listed.split(",")} <= known[file]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_routes_name_evidence_that_is_there_and_the_page_repeats_it(route: Route[Ask]) -> None:
    assert_pairs_are_there(route.evidence)
    assert f"| `{route.method} {route.path}` | {route.evidence.kind} | {route.evidence.source} |" in PAGE


@pytest.mark.parametrize("one", SPELLINGS, ids=lambda one: one.dated)
def test_spellings_name_evidence_that_is_there_and_the_page_repeats_it(one: Spelling) -> None:
    assert_pairs_are_there(one.evidence)
    assert f"| `{one.numbered}` | `{one.dated}` | {one.evidence.kind} | {one.evidence.source} |" in PAGE


def test_the_page_lists_no_route_that_is_not_there() -> None:
    listed = set(re.findall(r"^\| `(\w+ /\S+)` \|", PAGE, re.MULTILINE))
    assert listed == {f"{route.method} {route.path}" for route in ROUTES}


def test_no_path_is_declared_twice() -> None:
    declared = [(route.method, route.path) for route in ROUTES]
    assert len(declared) == len(set(declared))


def test_the_page_lists_every_belief() -> None:
    missing = [name for name in Beliefs.__dataclass_fields__ if f"| `{name}` |" not in PAGE]
    assert missing == []


def test_every_belief_is_tested_both_ways() -> None:
    """A switch that no test turns is a switch that nobody knows to work."""
    tests = "\n".join(
        path.read_text(encoding="utf-8")
        for path in Path(__file__).parent.glob("test_*.py")
        if path.name != Path(__file__).name
    )
    forgotten = [name for name in Beliefs.__dataclass_fields__ if f"beliefs.{name}" not in tests]
    assert forgotten == []
