"""Starts an emulated CRM in the foreground, for people who want to rehearse."""

import argparse
import contextlib
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from crm_segments.bundle import BundleError
from crm_segments.sandbox.hubspot.rehearsal import prepare_hubspot
from crm_segments.sandbox.rehearsal import Rehearsal
from crm_segments.sandbox.salesforce.rehearsal import prepare_salesforce

__all__ = ["main", "prepare"]

_CRMS: Mapping[str, Callable[[Path | None, int], Rehearsal]] = {
    "hubspot": prepare_hubspot,
    "salesforce": prepare_salesforce,
}


def prepare(crm: str, data: Path | None, port: int = 0) -> Rehearsal:
    """An emulated CRM with the records of a folder, and known credentials.

    Args:
        crm: `hubspot` or `salesforce`.
        data: Folder of CSV files; without one it begins empty.
        port: On this machine; 0 takes a free one.

    Raises:
        BundleError: The folder cannot be read.
        OSError: The port is taken.
    """
    return _CRMS[crm](data, port)


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m crm_segments.sandbox salesforce --data DIR --port N`, or `hubspot`."""
    parser = argparse.ArgumentParser(prog="python -m crm_segments.sandbox", description=__doc__)
    parser.add_argument("crm", choices=list(_CRMS))
    parser.add_argument("--data", type=Path, help="folder of CSV files, as `crm-segments sample` writes them")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; any free one by default")
    asked = parser.parse_args(arguments)
    try:
        rehearsal = prepare(asked.crm, asked.data, asked.port)
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
