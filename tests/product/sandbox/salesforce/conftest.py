"""Records that several tests write to."""

import pytest

from tests.product.sandbox.conftest import World
from tests.product.sandbox.salesforce.saving import REASON, SEGMENT


@pytest.fixture
def accounts(world: World) -> list[str]:
    """Ids of five accounts with two custom fields."""
    world.org.add_field("Account", SEGMENT)
    world.org.add_field("Account", REASON)
    return [world.org.add("Account", {"Name": f"Account {index}"}) for index in range(5)]
