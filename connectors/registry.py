"""Finds connectors by name through the entry-point group `crm_segments.connectors`.

An entry point names a function `(settings: ConnectionSettings, *, folder: Path, create: bool) -> Connector`.
"""

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from connectors.errors import ConfigError

__all__ = ["connector_names", "load_connector"]

GROUP = "crm_segments.connectors"


def connector_names() -> list[str]:
    """Names of all installed connectors, sorted."""
    return sorted({entry.name for entry in entry_points(group=GROUP)})


def load_connector(name: str) -> Callable[..., Any]:
    """The function that opens a connector from its settings.

    Raises:
        ConfigError: No connector of that name, or two packages claim it.
    """
    found: list[EntryPoint] = [entry for entry in entry_points(group=GROUP) if entry.name == name]
    if not found:
        raise ConfigError(
            f"There is no connector called {name!r} in this installation.",
            hint=f"Set crm under [connection] to one of: {', '.join(connector_names())}.",
            code="config.connector.unknown",
        )
    if len({entry.value for entry in found}) > 1:
        claims = ", ".join(sorted(entry.value for entry in found))
        raise ConfigError(
            f"Two installed packages provide a connector called {name!r}: {claims}.",
            hint="Uninstall one of them.",
            code="config.connector.ambiguous",
        )
    loader: Callable[..., Any] = found[0].load()
    return loader
