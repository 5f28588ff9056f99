"""A small company for one test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync.world import World, make_world


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Newer releases of tenacity call it `multiplier`, a name that the oldest one we support does not know.
    known = pytest.mark.filterwarnings("ignore:The 'initial' parameter is deprecated:DeprecationWarning")
    for item in items:
        if item.path.parent.name in {"sync", "fault"}:
            item.add_marker(known)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path)
    yield made
    made.close()
