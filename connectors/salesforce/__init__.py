"""Salesforce, through simple-salesforce.

Importing this package loads neither the client library nor pyarrow; opening a connection does.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.config import ConnectionSettings
    from connectors.salesforce.connector import SalesforceConnector

__all__ = ["open_configured"]


def open_configured(
    settings: "ConnectionSettings",
    *,
    folder: Path,  # noqa: ARG001 - nothing of this connection lies in files
    create: bool = False,  # noqa: ARG001 - an org is never made
) -> "SalesforceConnector":
    """A connection to the org that the settings name; the first request logs in.

    Raises:
        ConfigError: The settings name no usable address, version, object or field.
    """
    from connectors.salesforce.client import SalesforceClient  # noqa: PLC0415 - keeps this import light
    from connectors.salesforce.connector import SalesforceConnector  # noqa: PLC0415

    return SalesforceConnector(SalesforceClient(settings), settings)
