"""HubSpot, through hubspot-api-client.

Importing this package loads neither the client library nor pyarrow; opening a connection does.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.config import ConnectionSettings
    from connectors.hubspot.connector import HubSpotConnector

__all__ = ["open_configured"]


def open_configured(
    settings: "ConnectionSettings",
    *,
    folder: Path,  # noqa: ARG001 - nothing of this connection lies in files
    create: bool = False,  # noqa: ARG001 - an account is never made
) -> "HubSpotConnector":
    """A connection to the account that the service key belongs to; nothing is asked yet.

    Raises:
        ConfigError: The settings name no usable address, version, object or property.
    """
    from connectors.hubspot.client import HubSpotClient  # noqa: PLC0415 - keeps this import light
    from connectors.hubspot.connector import HubSpotConnector  # noqa: PLC0415

    return HubSpotConnector(HubSpotClient(settings), settings)
