"""Settings for every test: examples that are repeatable, and one emulated CRM's server for all of them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.hubspot import HubSpotSwitchboard, HubSpotWorld
    from tests.salesforce import SalesforceWorld, Switchboard

# A busy machine must not fail a test; pytest-timeout stops what hangs.
settings.register_profile(
    "repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def salesforce_server() -> Iterator[tuple["Switchboard", str]]:
    """A server on this machine that each test plugs its own emulated org into."""
    from crm_segments.sandbox import SandboxServer  # noqa: PLC0415 - most tests need none of it
    from tests.salesforce import Switchboard  # noqa: PLC0415

    board = Switchboard()
    with SandboxServer(board) as server:
        yield board, server.url


@pytest.fixture
def salesforce(salesforce_server: tuple["Switchboard", str]) -> Iterator["SalesforceWorld"]:
    """An emulated org with a connector on it."""
    from tests.salesforce import SalesforceWorld  # noqa: PLC0415

    board, url = salesforce_server
    world = SalesforceWorld(url, board)
    yield world
    world.close()


@pytest.fixture(scope="session")
def hubspot_server() -> Iterator[tuple["HubSpotSwitchboard", str]]:
    """A server on this machine that each test plugs its own emulated portal into."""
    from crm_segments.sandbox import SandboxServer  # noqa: PLC0415 - most tests need none of it
    from tests.hubspot import HubSpotSwitchboard  # noqa: PLC0415

    board = HubSpotSwitchboard()
    with SandboxServer(board) as server:
        yield board, server.url


@pytest.fixture
def hubspot(hubspot_server: tuple["HubSpotSwitchboard", str]) -> Iterator["HubSpotWorld"]:
    """An emulated portal with a connector on it."""
    from tests.hubspot import HubSpotWorld  # noqa: PLC0415

    board, url = hubspot_server
    world = HubSpotWorld(url, board)
    yield world
    world.close()
