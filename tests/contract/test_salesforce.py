"""The Salesforce connector keeps the contract, against the emulated Salesforce."""

from collections.abc import Iterator

import pytest

from connectors.testing import ConnectorSuite, ListSuite
from connectors.testing.world import World
from tests.salesforce import SalesforceWorld, Switchboard


class TestSalesforce(ConnectorSuite, ListSuite):
    @pytest.fixture
    def world(self, salesforce_server: tuple[Switchboard, str]) -> Iterator[World]:
        board, url = salesforce_server
        world = SalesforceWorld(url, board)
        yield world
        world.close()
