"""Opens the state store and keeps it at the current format."""

import contextlib
import os
import re
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from connectors.errors import ConfigError, LedgerError
from sync.state import schema

__all__ = ["StateStore", "open_store"]


def open_store(url: str, *, clock: Callable[[], datetime] | None = None) -> "StateStore":
    """Open the state store at an SQLAlchemy URL, making or migrating it when needed.

    A SQLite file is created readable by its owner only (0600, its folder 0700); before a migration a
    backup copy is laid beside it.

    Raises:
        ConfigError: The URL is none, or its folder cannot be written.
        LedgerError: The file is damaged, is no state store, or was made by a newer version.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise ConfigError(
            "The state store's address cannot be read.",
            hint='Set url under [state] to something like "sqlite:///.crm-segments/state.db".',
            code="config.state.url",
        ) from error
    if parsed.get_backend_name() != "sqlite":
        raise ConfigError(
            f"This version keeps its state in SQLite, not in {parsed.get_backend_name()}.",
            hint='Set url under [state] to something like "sqlite:///.crm-segments/state.db".',
            code="config.state.backend",
        )
    if not parsed.database or parsed.database == ":memory:":
        raise ConfigError(
            "The state store needs a file: without one nothing would be remembered between runs.",
            hint='Set url under [state] to something like "sqlite:///.crm-segments/state.db".',
            code="config.state.url",
        )
    path = Path(parsed.database)
    _make_private(path)
    engine = sa.create_engine(parsed, connect_args={"timeout": 30, "check_same_thread": False})
    sa.event.listen(engine, "connect", _set_pragmas)
    sa.event.listen(engine, "begin", _begin_immediate)
    store = StateStore(engine, path, clock or (lambda: datetime.now(UTC)))
    try:
        store.upgrade()
    except BaseException:
        engine.dispose()
        raise
    return store


def _make_private(path: Path) -> None:
    try:
        if not path.parent.exists():
            path.parent.mkdir(parents=True, mode=0o700)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise ConfigError(
            f"The state store {path} cannot be made: {error.strerror}.",
            hint="Point url under [state] to a folder that this user can write.",
            code="config.state.unwritable",
        ) from error


def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    # SQLAlchemy begins transactions itself (below); the driver must not begin late and read-only ones.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


class StateStore:
    """An open state store. One transaction at a time; committed means on disk."""

    def __init__(self, engine: sa.Engine, path: Path, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self.path = path
        self.clock = clock

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the file."""
        self._engine.dispose()

    def now(self) -> str:
        """This moment, as the tables keep it."""
        return self.clock().astimezone(UTC).isoformat(timespec="milliseconds")

    @contextlib.contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """One transaction: all of it is on disk when the block ends, or none of it.

        Raises:
            LedgerError: The store refuses to work (full disk, damage, read-only).
        """
        try:
            with self._engine.begin() as transaction:
                yield transaction
        except DBAPIError as error:
            raise self._broken(error) from error

    def installation_id(self) -> str:
        """Identifies this installation in the CRM's field descriptions. No secret."""
        with self.begin() as tx:
            found = tx.execute(sa.select(schema.meta.c.value).filter_by(name="installation_id"))
            return str(found.scalar_one())

    def take_over_installation(self, tx: sa.Connection, installation_id: str) -> None:
        """Go on under the id of a lost installation, so that its fields are ours again."""
        tx.execute(schema.meta.update().filter_by(name="installation_id").values(value=installation_id))

    def snapshot_head(self, tx: sa.Connection, connection_id: str) -> str | None:
        """The head of the connection's last saved pull."""
        table = schema.connection
        return tx.execute(sa.select(table.c.snapshot_head).filter_by(connection_id=connection_id)).scalar()

    def upgrade(self) -> None:
        """Bring an empty or older store to the current format; a current one costs one query."""
        try:
            revision = self._revision()
        except DatabaseError as error:
            raise self._broken(error) from error
        if revision == schema.HEAD_REVISION:
            return
        self._refuse_unknown(revision)
        self._migrate(revision)
        with self.begin() as tx:
            known = tx.execute(sa.select(schema.meta.c.name)).scalars().all()
            for name, value in (("installation_id", str(uuid.uuid4())), ("holdout_salt", uuid.uuid4().hex)):
                if name not in known:
                    tx.execute(schema.meta.insert().values(name=name, value=value))

    def _revision(self) -> str | None:
        with self._engine.connect() as connection:
            tables = set(sa.inspect(connection).get_table_names())
            if "alembic_version" not in tables:
                if tables:
                    raise LedgerError(
                        f"{self.path} is a database, but not a state store of this product.",
                        hint="Point url under [state] to another file.",
                        code="ledger.foreign",
                    )
                return None
            return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()

    def _refuse_unknown(self, revision: str | None) -> None:
        if revision is None or (re.fullmatch(r"\d{4}", revision) and revision < schema.HEAD_REVISION):
            return
        raise LedgerError(
            f"The state store {self.path} was written by a newer version (format {revision}, "
            f"this one knows {schema.HEAD_REVISION}).",
            hint="Use the newer version again, or restore the backup beside the file.",
            code="ledger.newer",
        )

    def _migrate(self, revision: str | None) -> None:
        # Alembic costs a third of a second to import, so only when there is something to migrate.
        from sync.state.migrations import run_migrations  # noqa: PLC0415

        if revision is not None:
            with sqlite3.connect(self.path) as source:
                backup = self.path.with_suffix(f".{revision}.backup")
                _make_private(backup)
                with sqlite3.connect(backup) as target:
                    source.backup(target)
        with self.begin() as tx:
            run_migrations(tx)

    def _broken(self, error: DBAPIError) -> LedgerError:
        text = str(error.orig)
        if isinstance(error, OperationalError) and "locked" in text:
            return LedgerError(
                f"The state store {self.path} is in use by another program.",
                hint="Close what has it open (a database browser, a backup) and start again.",
                code="ledger.busy",
            )
        fix = "Check the disk's free space and permissions"
        if getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_READONLY"):
            # Its companions inherit its permissions when they are made, and keep them.
            fix = f"Give yourself the right to write to {self.path.name}*, and to the folder that holds them"
        return LedgerError(
            f"The state store {self.path} does not work: {text}.",
            hint=f"{fix}; nothing was sent to the CRM after this.",
            code="ledger.broken",
        )
