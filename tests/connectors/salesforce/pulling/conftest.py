"""Worlds of both ways of reading."""

from collections.abc import Iterator

import pytest

from tests.connectors.salesforce.pulling.worlds import BulkWorld
from tests.salesforce import SalesforceWorld, Switchboard


@pytest.fixture
def bulk(salesforce_server: tuple[Switchboard, str]) -> Iterator[BulkWorld]:
    """An org whose records are read by bulk jobs."""
    board, url = salesforce_server
    world = BulkWorld(url, board)
    yield world
    world.close()


@pytest.fixture(params=[SalesforceWorld, BulkWorld], ids=["pages", "job"])
def either(
    request: pytest.FixtureRequest, salesforce_server: tuple[Switchboard, str]
) -> Iterator[SalesforceWorld]:
    """An org that is read the one way, then the other: what comes must be the same."""
    board, url = salesforce_server
    world: SalesforceWorld = request.param(url, board)
    yield world
    world.close()
