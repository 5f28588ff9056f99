"""One run at a time per connection: an operating-system lock, and a token that outdates older holders."""

import hashlib
import os
import socket
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import sqlalchemy as sa
from filelock import FileLock, Timeout

from connectors.errors import LockedError
from sync.state import schema
from sync.state.store import StateStore

__all__ = ["ConnectionLock"]


class ConnectionLock:
    """Holds a connection for one process; the operating system frees it when the process dies.

    A process that lost the lock without noticing (a suspended machine, a copied folder) is stopped by its
    outdated token at its next transaction. Context manager; entering raises `LockedError` when another
    run holds the connection.
    """

    def __init__(self, store: StateStore, connection_id: str) -> None:
        name = hashlib.sha256(connection_id.encode()).hexdigest()[:12]
        self._file = FileLock(f"{store.path}.{name}.lock", timeout=0, mode=0o600, thread_local=False)
        self._store = store
        self._name = connection_id
        self.fencing = 0

    def __enter__(self) -> Self:
        try:
            self._file.acquire()
        except Timeout as error:
            with self._store.begin() as tx:
                raise self._held(tx) from error
        try:
            with self._store.begin() as tx:
                self.fencing = self._take(tx)
        except BaseException:
            self._file.release()
            raise
        return self

    def _take(self, tx: sa.Connection) -> int:
        table = schema.lock
        last = tx.execute(sa.select(table.c.fencing).filter_by(name=self._name)).scalar()
        fencing = (last or 0) + 1
        values = {
            "fencing": fencing,
            "owner": f"process {os.getpid()} on {socket.gethostname()}",
            "taken_at": self._store.now(),
        }
        if last is None:
            tx.execute(table.insert().values(name=self._name, **values))
        else:
            tx.execute(table.update().filter_by(name=self._name).values(**values))
        return fencing

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.release()

    def check(self, tx: sa.Connection) -> None:
        """Make sure, inside a transaction, that no later run has taken the connection.

        Raises:
            LockedError: One has; nothing of this transaction may stay.
        """
        newest = tx.execute(sa.select(schema.lock.c.fencing).filter_by(name=self._name)).scalar()
        if newest != self.fencing:
            raise self._held(tx)

    def _held(self, tx: sa.Connection) -> LockedError:
        # In the caller's transaction: a second one would wait for the first for ever.
        row = tx.execute(sa.select(schema.lock).filter_by(name=self._name)).one_or_none()
        owner = f" ({row.owner}, since {_in_words(row.taken_at)})" if row else ""
        return LockedError(
            f"Another run is working on this CRM connection{owner}.",
            hint="Wait until it has ended; a run that died frees the connection by itself.",
            code="lock.held",
            next_command="crm-segments status",
        )


def _in_words(taken_at: str) -> str:
    at = datetime.fromisoformat(taken_at).astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"
