"""What `check` looks at: the file is whole, writable, private and has records in it."""

import os
import stat

from connectors.errors import DataError
from connectors.local import statements
from connectors.local.client import FileClient
from connectors.local.file_format import read_info
from connectors.model import Finding, ObjectKind, Severity

__all__ = ["examine"]


def examine(client: FileClient) -> list[Finding]:
    """One finding for each thing that was looked at; nothing is written."""
    whole = _whole(client)
    findings = [whole, _writable(client), _private(client)]
    # Of a damaged file nobody knows what a count of its records would mean.
    return findings if whole.severity is Severity.FAIL else [*findings, _filled(client)]


def _whole(client: FileClient) -> Finding:
    try:
        with client.reading() as connection:
            problem = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except DataError as error:
        problem = error.message
    if problem == "ok":
        return Finding(f"{client.path} is whole.", Severity.OK)
    return Finding(
        f"{client.path} is damaged.",
        Severity.FAIL,
        "Put back a copy of the file, or import the data into a new file.",
        {"problem": problem},
    )


def _writable(client: FileClient) -> Finding:
    # SQLite makes two more files beside this one while it is in use, so the folder counts too.
    if os.access(client.path, os.W_OK) and os.access(client.path.parent, os.W_OK):
        return Finding(f"{client.path} can be written to.", Severity.OK)
    return Finding(
        f"{client.path} cannot be written to.",
        Severity.FAIL,
        "Give yourself the right to write to the file and to the folder it is in.",
    )


def _private(client: FileClient) -> Finding:
    mode = stat.S_IMODE(client.path.stat().st_mode)
    if os.name != "posix" or not mode & 0o077:
        return Finding(f"Only you can read {client.path}.", Severity.OK)
    return Finding(
        f"Other users of this computer may read {client.path}.",
        Severity.WARN,
        f"If they should not: chmod 600 {client.path}",
        {"mode": f"{mode:o}"},
    )


def _filled(client: FileClient) -> Finding:
    with client.reading() as connection:
        counts = {
            kind.value: int(connection.execute(statements.count_live(kind)).fetchone()[0])
            for kind in ObjectKind
        }
        as_of = read_info(connection, "as_of")
    if any(counts.values()):
        return Finding(f"The data are of {as_of}.", Severity.OK, details=counts)
    return Finding(
        f"There are no records in {client.path}.",
        Severity.WARN,
        "Bring data in with `crm-segments import DIR`.",
    )
