"""A connection under lock: opened, recognised, and ours alone until the block ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from segmentation.config import FollowingSettings, SegmentationSettings
from sync.state.connections import KnownConnection, bind_connection, scope_id_for
from sync.state.lock import ConnectionLock
from sync.workspace import Workspace

__all__ = ["Session", "open_session"]


@dataclass(frozen=True, slots=True)
class Session:
    """What a command works with while it holds the lock."""

    ws: Workspace
    connection: KnownConnection
    lock: ConnectionLock
    installation_id: str

    def scope_id(self, settings: SegmentationSettings, tx: sa.Connection | None = None) -> int:
        """The key of this segmentation's state."""
        if tx is None:
            with self.ws.store.begin() as own:
                return self.scope_id(settings, own)
        return scope_id_for(tx, self.connection.connection_id, settings.name, settings.object)

    def model_scope_id(self, settings: SegmentationSettings, tx: sa.Connection) -> int:
        """The key under which the segments are kept: contacts that inherit have those of their accounts."""
        return self.scope_id(settings.follows if isinstance(settings, FollowingSettings) else settings, tx)


@contextmanager
def open_session(ws: Workspace) -> Iterator[Session]:
    """Ask the CRM who it is, refuse a moved one, and take the lock.

    Raises:
        DataError: The settings lead to another account than before.
        LockedError: Another run is at work.
    """
    identity = ws.retry.call(ws.connector.identify)
    with ws.store.begin() as tx:
        known = bind_connection(tx, identity, target=ws.target, now=ws.store.now())
    with ConnectionLock(ws.store, known.connection_id) as lock:
        with ws.store.begin() as tx:
            # Again under the lock: what another run finished meanwhile counts.
            known = bind_connection(tx, identity, target=ws.target, now=ws.store.now())
        yield Session(ws, known, lock, ws.store.installation_id())
