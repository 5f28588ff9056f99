"""Every route says how sure we are, and the page for people says the same."""

import re
from pathlib import Path

import pytest

from crm_segments.sandbox.evidence import EvidenceKind
from crm_segments.sandbox.routing import Route
from crm_segments.sandbox.salesforce import Beliefs
from crm_segments.sandbox.salesforce.asks import Ask
from crm_segments.sandbox.salesforce.routes.table import all_routes
from tests.product.sandbox.salesforce.recorded import pairs

PAGE = (Path(__file__).parents[4] / "docs" / "reference" / "sandbox.md").read_text(encoding="utf-8")
ROUTES = list(all_routes())
FILES = ("auth", "bulk_v2", "cumulusci_rest", "rest_collections", "describe", "errors_quoted")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_recorded_evidence_names_pairs_that_are_there(route: Route[Ask]) -> None:
    assert route.evidence.source
    if route.evidence.kind is not EvidenceKind.RECORDED:
        return
    known = {f"{file}.json": [one.name for one in pairs(file)] for file in FILES}
    named = re.findall(r"(\w+\.json): ([^;(]+)", route.evidence.source)
    assert named
    for file, listed in named:
        for pattern in listed.split(","):
            expression = re.compile(re.escape(pattern.strip()).replace(r"\*", ".*"))
            assert any(expression.search(name) for name in known[file]), pattern


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_the_page_lists_every_route_with_its_evidence(route: Route[Ask]) -> None:
    assert f"| `{route.method} {route.path}` | {route.evidence.kind} |" in PAGE


def test_the_page_lists_no_route_that_is_not_there() -> None:
    listed = set(re.findall(r"^\| `(\w+ /\S+)` \|", PAGE, re.MULTILINE))
    assert listed == {f"{route.method} {route.path}" for route in ROUTES}


def test_no_path_is_declared_twice() -> None:
    declared = [(route.method, route.path) for route in ROUTES]
    assert len(declared) == len(set(declared))


def test_the_page_lists_every_belief() -> None:
    missing = [name for name in Beliefs.__dataclass_fields__ if f"| `{name}` |" not in PAGE]
    assert missing == []
