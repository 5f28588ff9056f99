"""Starts an emulated CRM in the foreground, for people who want to rehearse."""

import argparse
import contextlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from crm_segments.bundle import BundleError
from crm_segments.sandbox.salesforce.emulator import SalesforceEmulator
from crm_segments.sandbox.salesforce.load import load_folder
from crm_segments.sandbox.salesforce.org import SalesforceOrg
from crm_segments.sandbox.salesforce.sessions import ConnectedApp
from crm_segments.sandbox.server import SandboxServer

__all__ = ["Rehearsal", "main", "prepare_salesforce"]

CONSUMER_KEY = "sandbox-key"
CONSUMER_SECRET = "sandbox-secret"  # noqa: S105 (opens an emulated org on this machine only)
PASSWORD = "sandbox-password"  # noqa: S105 (the same)
SECURITY_TOKEN = "sandbox-token"  # noqa: S105 (the same)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """An emulated CRM, ready to serve."""

    server: SandboxServer
    emulator: SalesforceEmulator
    lines: tuple[str, ...]
    """What a person needs to know to use it."""


def prepare_salesforce(data: Path | None, port: int = 0) -> Rehearsal:
    """An emulated Salesforce with the records of a folder, and known credentials.

    Raises:
        BundleError: The folder cannot be read.
        OSError: The port is taken.
    """
    org = SalesforceOrg()
    org.add_app(ConnectedApp(consumer_key=CONSUMER_KEY, consumer_secret=CONSUMER_SECRET, run_as=org.admin_id))
    org.sessions.passwords["admin@emulated.example"] = (PASSWORD, SECURITY_TOKEN)
    counts = load_folder(org, data).counts if data else {}
    emulator = SalesforceEmulator(org)
    server = SandboxServer(emulator.wire, port)
    held = ", ".join(f"{count} {name}" for name, count in counts.items()) or "no records"
    lines = (
        f"Emulated Salesforce at {server.url} with {held}. Nothing here reaches a real CRM.",
        "In config.toml:",
        "  [connection]",
        '  crm = "salesforce"',
        f'  endpoint = "{server.url}"',
        "In the environment:",
        f"  CRM_SEGMENTS_CONNECTION__CLIENT_ID={CONSUMER_KEY}",
        f"  CRM_SEGMENTS_CONNECTION__CLIENT_SECRET={CONSUMER_SECRET}",
        "Ctrl-C ends it; nothing is kept.",
    )
    return Rehearsal(server, emulator, lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m crm_segments.sandbox salesforce --data DIR --port N`."""
    parser = argparse.ArgumentParser(prog="python -m crm_segments.sandbox", description=__doc__)
    parser.add_argument("crm", choices=["salesforce"])
    parser.add_argument("--data", type=Path, help="folder of CSV files, as `crm-segments sample` writes them")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; any free one by default")
    asked = parser.parse_args(arguments)
    try:
        rehearsal = prepare_salesforce(asked.data, asked.port)
    except BundleError as error:
        sys.stderr.write(f"{error.message}\n{error.hint}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"Port {asked.port} cannot be used: {error.strerror}. Choose another with --port.\n")
        return 2
    with contextlib.suppress(KeyboardInterrupt):
        sys.stdout.write("\n".join(rehearsal.lines) + "\n")
        sys.stdout.flush()
        rehearsal.server.serve()
    return 0
