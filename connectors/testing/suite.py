"""All tests that every connector runs, in one class."""

from connectors.testing.about import AboutSuite
from connectors.testing.fields import FieldSuite
from connectors.testing.pulling import PullSuite
from connectors.testing.reading import ReadSuite
from connectors.testing.writing import WriteSuite

__all__ = ["ConnectorSuite"]


class ConnectorSuite(AboutSuite, PullSuite, ReadSuite, WriteSuite, FieldSuite):
    """Inherit it and give it a fixture `world` that yields a `connectors.testing.World`.

    A connector that is a `ListBuilder` inherits `connectors.testing.ListSuite` too.
    """
