"""Opens the file and hands out its connection: one use at a time, whole transactions or none."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.errors import ConfigError
from connectors.local.faults import raise_known
from connectors.local.file_format import bring_up_to_date, create_file, read_info, roll_back, write_info
from connectors.local.values import stamp_text

__all__ = ["FileClient", "Transaction"]

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

    def open(self) -> sqlite3.Connection:
        """The connection to the file, which is opened, made or upgraded where that is needed.

        Raises:
            ConfigError: There is no such file, or it is not one of ours, or a newer version made it.
            UnavailableError: Another program kept the file locked.
        """
        with self._lock:
            if self._connection is not None:
                return self._connection
            if self.path.is_dir():
                raise _folder(self.path)
            try:
                if not self.path.exists():
                    if not self._may_create:
                        raise _missing(self.path)
                    _create(self.path, self.clock())
                self._connection = self._connect()
            except sqlite3.Error as error:
                raise_known(error, self.path)
                raise
            return self._connection

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
                yield self.open()
            except sqlite3.Error as error:
                raise_known(error, self.path)
                raise

    @contextmanager
    def writing(self, *, dry_run: bool = False) -> Iterator[Transaction]:
        """A transaction that is stored at the end of the block, or not at all.

        Raises:
            UnavailableError: The file is locked or the disk refused; nothing was stored.
            UnknownOutcomeError: The disk did not confirm what was stored.
        """
        with self._lock:
            connection = self.open()
            is_committing = False
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield Transaction(connection, self.clock)
                is_committing = True
                connection.execute("ROLLBACK" if dry_run else "COMMIT")
            except sqlite3.Error as error:
                roll_back(connection)
                raise_known(error, self.path, is_committing=is_committing)
                raise
            except BaseException:
                roll_back(connection)
                raise

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=self._busy_seconds,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            # Nothing may be set before this: a file that is not ours stays as it is.
            bring_up_to_date(connection, self.path)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA temp_store = MEMORY")
        except BaseException:
            connection.close()
            raise
        return connection


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _just_after(stamp: str) -> str:
    return stamp_text(datetime.fromisoformat(stamp) + timedelta(microseconds=1))


def _create(path: Path, now: datetime) -> None:
    try:
        create_file(path, now)
    except OSError as error:
        raise ConfigError(
            f"The file {path} cannot be made: {error.strerror}.",
            hint="Set path under [connection] to a place where you may write.",
            code="local.file.unwritable",
        ) from error


def _missing(path: Path) -> ConfigError:
    return ConfigError(
        f"There is no file {path}.",
        hint="Bring data in with `crm-segments import DIR`, or correct path under [connection].",
        code="local.file.missing",
        next_command="crm-segments import DIR",
    )


def _folder(path: Path) -> ConfigError:
    return ConfigError(
        f"{path} is a folder, not a file of the embedded CRM.",
        hint="Set path under [connection] to the file itself.",
        code="local.file.folder",
    )
