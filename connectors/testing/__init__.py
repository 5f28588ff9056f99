"""The conformance suite: what every connector must pass, ours and those of others.

A connector's test file says how to prepare its CRM (a `World`) and inherits the tests:

    from connectors.testing import ConnectorSuite, World

    class TestAcme(ConnectorSuite):
        @pytest.fixture
        def world(self, tmp_path: Path) -> Iterator[World]:
            with AcmeWorld(tmp_path) as world:
                yield world

Needs pytest; nothing else in `connectors` does.
"""

import pytest

# The tests live in a package, where pytest would otherwise leave `assert` without an explanation.
pytest.register_assert_rewrite(
    "connectors.testing.about",
    "connectors.testing.fields",
    "connectors.testing.lists",
    "connectors.testing.pulling",
    "connectors.testing.reading",
    "connectors.testing.writing",
)

from connectors.testing.lists import ListSuite  # noqa: E402 - after the line above
from connectors.testing.suite import ConnectorSuite  # noqa: E402
from connectors.testing.world import World  # noqa: E402

__all__ = ["ConnectorSuite", "ListSuite", "World"]
