"""What SQLite complains about, as the errors that the engines act on."""

import sqlite3
from pathlib import Path

from connectors.errors import (
    AccessError,
    ConfigError,
    CrmSegmentsError,
    DataError,
    UnavailableError,
    UnknownOutcomeError,
)

__all__ = ["raise_known"]

_NO_PERMISSION = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)
# The record of the commit was handed to the operating system, which then failed to confirm it: after a power
# cut the file may hold the change or not. Every other failure is taken back by SQLite before it is reported.
_UNCONFIRMED = (sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC)


def raise_known(error: sqlite3.Error, path: Path, *, is_committing: bool = False) -> None:
    """Raise our error for what SQLite reported; return where it is a mistake in our own code.

    Args:
        error: What SQLite raised.
        path: The file.
        is_committing: Whether the changes had been handed over when it happened.

    Raises:
        UnavailableError: The file is locked, or the disk refused; nothing was changed.
        UnknownOutcomeError: The disk did not confirm a change.
        AccessError: The file may not be written.
        ConfigError: The file is none of ours.
        DataError: The file is damaged.
    """
    known = _passing_error(error, path, is_committing=is_committing) or _lasting_error(error, path)
    if known is not None:
        raise known from error


def _passing_error(error: sqlite3.Error, path: Path, *, is_committing: bool) -> CrmSegmentsError | None:
    extended = getattr(error, "sqlite_errorcode", 0)
    code = extended & 0xFF
    if is_committing and extended in _UNCONFIRMED:
        return UnknownOutcomeError(
            f"The disk did not confirm the last change of {path}.",
            hint="Check the disk, then run again: what is in the file is read back first.",
            code="local.file.unconfirmed",
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return UnavailableError(
            f"Another program is writing to {path}.",
            hint="Close the program that has the file open, then run again.",
            code="local.file.busy",
        )
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return UnavailableError(
            f"The disk would not take a change of {path}; the file is as it was before.",
            hint="Make room on the disk, or check it, then run again.",
            code="local.file.disk",
        )
    return None


def _lasting_error(error: sqlite3.Error, path: Path) -> CrmSegmentsError | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _NO_PERMISSION:
        return AccessError(
            f"{path} cannot be opened for writing.",
            hint="Give yourself the right to write to the file and to the folder it is in.",
            code="local.file.permission",
        )
    if code == sqlite3.SQLITE_NOTADB:
        return ConfigError(
            f"{path} is not a file of the embedded CRM.",
            hint="Set path under [connection] to another file; this one was not touched.",
            code="local.file.foreign",
        )
    if code == sqlite3.SQLITE_CORRUPT:
        return DataError(
            f"{path} is damaged.",
            hint="Put back a copy of the file, or import the data into a new file.",
            code="local.file.damaged",
        )
    return None
