"""An emulated CRM that is ready to be used by people."""

from collections.abc import Mapping

from crm_segments.sandbox.server import SandboxServer
from crm_segments.sandbox.wire import Wire

__all__ = ["Rehearsal"]


class Rehearsal:
    """An emulated CRM, ready to serve, and what a person needs to know to use it."""

    def __init__(
        self,
        crm: str,
        name: str,
        wire: Wire,
        port: int,
        counts: Mapping[str, int],
        environment: Mapping[str, str],
    ) -> None:
        self.server = SandboxServer(wire, port)
        held = ", ".join(f"{count} {kind}" for kind, count in counts.items()) or "no records"
        self.lines = (
            f"Emulated {name} at {self.server.url} with {held}. Nothing here reaches a real CRM.",
            "In config.toml:",
            "  [connection]",
            f'  crm = "{crm}"',
            f'  endpoint = "{self.server.url}"',
            "In the environment:",
            *(f"  CRM_SEGMENTS_CONNECTION__{key}={value}" for key, value in environment.items()),
            "Ctrl-C ends it; nothing is kept.",
        )
