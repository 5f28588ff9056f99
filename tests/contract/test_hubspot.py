"""The HubSpot connector keeps the contract, against the emulated HubSpot."""

from collections.abc import Iterator

import pytest

from connectors.testing import ConnectorSuite, ListSuite
from connectors.testing.world import World
from tests.hubspot import HubSpotSwitchboard, HubSpotWorld


class TestHubSpot(ConnectorSuite, ListSuite):
    @pytest.fixture
    def world(self, hubspot_server: tuple[HubSpotSwitchboard, str]) -> Iterator[World]:
        board, url = hubspot_server
        world = HubSpotWorld(url, board)
        yield world
        world.close()
