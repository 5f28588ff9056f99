"""Makes the file, tells it from other files, and leads it from older formats to the newest."""

import os
import sqlite3
import uuid
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from connectors.errors import ConfigError
from connectors.local.schema import APPLICATION_ID, FORMAT_STEPS
from connectors.local.values import stamp_text

__all__ = ["bring_up_to_date", "create_file", "read_info", "roll_back", "write_info"]

Steps = tuple[tuple[str, ...], ...]


def create_file(path: Path, now: datetime) -> None:
    """Make an empty CRM that only its owner can read; where another program is faster, its file stays.

    The file appears whole or not at all: it is made under another name and then given its own.

    Raises:
        OSError: The folder does not take it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{uuid.uuid4().hex}.new")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            _take_steps(connection, FORMAT_STEPS)
            _introduce(connection, now)
            connection.execute("COMMIT")
        _give_name(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def bring_up_to_date(connection: sqlite3.Connection, path: Path, steps: Steps = FORMAT_STEPS) -> None:
    """Check that the file is ours, and lead it to the newest format in one transaction.

    A file of an older format is copied to `NAME.format-N.backup` first.

    Raises:
        ConfigError: The file is not ours, or a newer version made it.
    """
    version = _checked_version(connection, path, len(steps))
    if version == len(steps):
        return
    _back_up(connection, path.with_name(f"{path.name}.format-{version}.backup"))
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another program may have done it while this one waited.
        _take_steps(connection, steps[_checked_version(connection, path, len(steps)) :], newest=len(steps))
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise


def read_info(connection: sqlite3.Connection, name: str) -> str:
    """One of the facts that the file keeps about itself."""
    row = connection.execute("SELECT value FROM file_info WHERE name = ?", (name,)).fetchone()
    return str(row[0])


def write_info(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Change one of the facts that the file keeps about itself."""
    connection.execute(
        "INSERT INTO file_info VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )


def roll_back(connection: sqlite3.Connection) -> None:
    """Take an open transaction back, quietly: the error that led here is the one to report."""
    # SQLite has already done it itself after some errors.
    if connection.in_transaction:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")


def _give_name(draft: Path, path: Path) -> None:
    try:
        # A link, unlike a rename, never replaces a file that has appeared meanwhile.
        os.link(draft, path)
    except OSError:
        # The file has appeared, or these are disks without links, such as memory sticks.
        if not path.exists():
            draft.rename(path)


def _take_steps(connection: sqlite3.Connection, steps: Steps, *, newest: int = len(FORMAT_STEPS)) -> None:
    for statements in steps:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {newest}")


def _checked_version(connection: sqlite3.Connection, path: Path, newest: int) -> int:
    application = int(connection.execute("PRAGMA application_id").fetchone()[0])
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if application != APPLICATION_ID or version == 0:
        raise ConfigError(
            f"{path} is not a file of the embedded CRM.",
            hint="Set path under [connection] to another file; this one was not touched.",
            code="local.file.foreign",
        )
    if version > newest:
        raise ConfigError(
            f"{path} was made by a newer version of crm-segments (format {version}, not {newest}).",
            hint="Install the newest crm-segments.",
            code="local.file.newer",
        )
    return version


def _introduce(connection: sqlite3.Connection, now: datetime) -> None:
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    for name, value in (
        ("account", str(uuid.uuid4())),
        ("created_at", stamp_text(now)),
        ("last_modified_at", stamp_text(now)),
        # Until the first import there is no better day than the one on which the file was made.
        ("as_of", now.astimezone(UTC).date().isoformat()),
    ):
        write_info(connection, name, value)


def _back_up(connection: sqlite3.Connection, target: Path) -> None:
    os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(target)) as copy:
        connection.backup(copy)
