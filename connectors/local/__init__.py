"""A complete small CRM in one SQLite file: objects, fields, options, history, deletion, merging, saved views.

Importing this package loads neither pyarrow nor sqlite3; opening a file does.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.config import ConnectionSettings
    from connectors.local.connector import LocalConnector

__all__ = ["open_configured", "open_connector"]


def open_configured(
    settings: "ConnectionSettings", *, folder: Path, create: bool = False
) -> "LocalConnector":
    """Open the file that the settings name; relative to `folder`.

    Raises:
        ConfigError: There is no such file, or it is not one of ours, or a newer version made it.
        UnavailableError: Another program kept the file locked.
    """
    return open_connector(path=(folder / settings.path.expanduser()).resolve(), create=create)


def open_connector(
    *,
    path: Path,
    create: bool = False,
    actor: str = "crm-segments",
    clock: Callable[[], datetime] | None = None,
    busy_seconds: float = 5,
) -> "LocalConnector":
    """Open the embedded CRM that lives in one file.

    Args:
        path: The file.
        create: Make the file, readable by its owner only, where there is none.
        actor: Who the field history names for what `write` changes.
        clock: Gives the time, with a zone; the system's clock by default.
        busy_seconds: How long to wait while another program writes to the file.

    Raises:
        ConfigError: There is no such file, or it is not one of ours, or a newer version made it.
        UnavailableError: Another program kept the file locked.
    """
    from connectors.local.client import FileClient  # noqa: PLC0415 - keeps this import light
    from connectors.local.connector import LocalConnector  # noqa: PLC0415

    client = FileClient(Path(path), create=create, clock=clock, busy_seconds=busy_seconds)
    client.open()
    return LocalConnector(client, actor=actor)
