"""Opens the file and hands out its connection: one use at a time, whole transactions or none."""

import os
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.errors import ConfigError
from connectors.local.faults import storage_error
from connectors.local.schema import APPLICATION_ID, FORMAT_STEPS
from connectors.local.values import stamp_text

__all__ = ["FileClient", "Transaction", "bring_up_to_date", "read_info", "write_info"]

Clock = Callable[[], datetime]


class Transaction:
    """Changes that are stored together, under one modification time."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        self.connection = connection
        self._clock = clock
        self._stamp: str | None = None

    @property
    def stamp(self) -> str:
        """The modification time of everything that this transaction touches.

        It is later than every earlier one in the file, even if the system's clock went back: 'modified
        after' must never miss a record.
        """
        if self._stamp is None:
            last = read_info(self.connection, "last_modified_at")
            now = stamp_text(self._clock())
            self._stamp = now if now > last else _just_after(last)
            write_info(self.connection, "last_modified_at", self._stamp)
        return self._stamp


class FileClient:
    """The file of the embedded CRM, opened on first use and shared by the threads of this process."""

    def __init__(self, path: Path, *, create: bool, clock: Clock | None, busy_seconds: float) -> None:
        self.path = path
        self._may_create = create
        self.clock: Clock = clock or _utc_now
        self._busy_seconds = busy_seconds
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def open(self) -> None:
        """Open the file, make or upgrade it where that is needed.

        Raises:
            ConfigError: There is no such file, or it is not one of ours, or a newer version made it.
            UnavailableError: Another program kept the file locked.
        """
        with self._lock:
            if self._connection is not None:
                return
            _require_file(self.path, may_create=self._may_create)
            connection: sqlite3.Connection | None = None
            try:
                connection = self._connect()
                bring_up_to_date(connection, self.path, self.clock, may_create=self._may_create)
            except sqlite3.Error as error:
                raise (storage_error(error, self.path) or error) from error
            else:
                self._connection, connection = connection, None
            finally:
                if connection is not None:
                    connection.close()

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                with suppress(sqlite3.Error):
                    connection.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for queries that need no common moment."""
        with self._lock:
            try:
                yield self._opened()
            except sqlite3.Error as error:
                raise (storage_error(error, self.path) or error) from error

    @contextmanager
    def writing(self, *, dry_run: bool = False) -> Iterator[Transaction]:
        """A transaction that is stored at the end of the block, or not at all.

        Raises:
            UnavailableError: The file is locked or the disk refused; nothing was stored.
            UnknownOutcomeError: The disk did not confirm what was stored.
        """
        with self._lock:
            connection = self._opened()
            is_committing = False
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield Transaction(connection, self.clock)
                is_committing = True
                connection.execute("ROLLBACK" if dry_run else "COMMIT")
            except sqlite3.Error as error:
                _roll_back(connection)
                raise (storage_error(error, self.path, is_committing=is_committing) or error) from error
            except BaseException:
                _roll_back(connection)
                raise

    def _opened(self) -> sqlite3.Connection:
        self.open()
        if self._connection is None:
            raise AssertionError("open() leaves a connection")
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=self._busy_seconds,
            isolation_level=None,
            check_same_thread=False,
        )
        # Before anything is set in it: a file that is not ours must stay as it is.
        connection.execute("PRAGMA temp_store = MEMORY")
        return connection


def bring_up_to_date(
    connection: sqlite3.Connection,
    path: Path,
    clock: Clock,
    *,
    may_create: bool,
    steps: tuple[tuple[str, ...], ...] = FORMAT_STEPS,
) -> None:
    """Check that the file is ours, and lead it to the newest format in one transaction.

    A file that already holds records is copied to `NAME.format-N.backup` first.

    Raises:
        ConfigError: The file is not ours, or a newer version made it.
    """
    version = _checked_version(connection, path, len(steps), may_create=may_create)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if version == len(steps):
        return
    if version > 0:
        _back_up(connection, path.with_name(f"{path.name}.format-{version}.backup"))
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another program may have done it while this one waited.
        version = _checked_version(connection, path, len(steps), may_create=may_create)
        for statements in steps[version:]:
            for statement in statements:
                connection.execute(statement)
        if version == 0:
            _introduce(connection, clock())
        connection.execute(f"PRAGMA user_version = {len(steps)}")
        connection.execute("COMMIT")
    except BaseException:
        _roll_back(connection)
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


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _just_after(stamp: str) -> str:
    return stamp_text(datetime.fromisoformat(stamp) + timedelta(microseconds=1))


def _roll_back(connection: sqlite3.Connection) -> None:
    # SQLite has already done it after some errors; a second time would hide the first error.
    if connection.in_transaction:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")


def _require_file(path: Path, *, may_create: bool) -> None:
    if path.is_dir():
        raise ConfigError(
            f"{path} is a folder, not a file of the embedded CRM.",
            hint="Set path under [connection] to the file itself.",
            code="local.file.folder",
        )
    if path.exists():
        return
    if not may_create:
        raise ConfigError(
            f"There is no file {path}.",
            hint="Bring data in with `crm-segments import DIR`, or correct path under [connection].",
            code="local.file.missing",
            next_command="crm-segments import DIR",
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as error:
        raise ConfigError(
            f"The file {path} cannot be made: {error.strerror}.",
            hint="Set path under [connection] to a place where you may write.",
            code="local.file.unwritable",
        ) from error


def _checked_version(connection: sqlite3.Connection, path: Path, newest: int, *, may_create: bool) -> int:
    application = int(connection.execute("PRAGMA application_id").fetchone()[0])
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    is_empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if application == 0 and version == 0 and is_empty and may_create:
        return 0
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
