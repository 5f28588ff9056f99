"""A file of the embedded CRM for one test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.local import open_connector
from connectors.local.connector import LocalConnector
from tests.connectors.local.making import Clock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "crm.db"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def crm(path: Path, clock: Clock) -> Iterator[LocalConnector]:
    with open_connector(path=path, create=True, clock=clock, busy_seconds=0) as connector:
        yield connector
