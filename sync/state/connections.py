"""Which CRM accounts this state store knows, and the scopes that everything else is keyed by."""

from dataclasses import dataclass

import sqlalchemy as sa

from connectors.errors import ConfigError, DataError
from connectors.model import ConnectionIdentity
from sync.state import schema

__all__ = [
    "KnownConnection",
    "bind_connection",
    "bump_generation",
    "current_generation",
    "save_snapshot_head",
    "scope_id_for",
]


@dataclass(frozen=True, slots=True)
class KnownConnection:
    """A connection as the state store knows it."""

    connection_id: str
    label: str
    generation: int
    """Rises with every plan that is begun; a plan made before is stale."""
    snapshot_head: str | None


def bind_connection(
    tx: sa.Connection, identity: ConnectionIdentity, *, target: str, now: str
) -> KnownConnection:
    """Remember that the configured `target` leads to this CRM account, or find that it does.

    Raises:
        DataError: The same settings led to another account before (a refreshed sandbox, a new file).
    """
    table = schema.connection
    known = tx.execute(sa.select(table).where(table.c.target == target)).one_or_none()
    if known is not None and known.connection_id != identity.connection_id:
        raise DataError(
            f"These settings led to {known.label} ({known.connection_id}) before; now they lead to "
            f"{identity.label} ({identity.connection_id}).",
            hint="If that is intended, give the new one its own config.toml in another folder, "
            "or point url under [state] to a new file.",
            code="connection.moved",
        )
    row = tx.execute(sa.select(table).filter_by(connection_id=identity.connection_id)).one_or_none()
    if row is None:
        tx.execute(
            table.insert().values(
                connection_id=identity.connection_id, target=target, label=identity.label, first_seen_at=now
            )
        )
    elif row.target != target or row.label != identity.label:
        tx.execute(
            table.update()
            .filter_by(connection_id=identity.connection_id)
            .values(target=target, label=identity.label)
        )
    row = tx.execute(sa.select(table).filter_by(connection_id=identity.connection_id)).one()
    return KnownConnection(row.connection_id, row.label, row.generation, row.snapshot_head)


def bump_generation(tx: sa.Connection, connection_id: str) -> int:
    """Count one more begun plan; returns the new generation."""
    table = schema.connection
    tx.execute(
        table.update().filter_by(connection_id=connection_id).values(generation=table.c.generation + 1)
    )
    return current_generation(tx, connection_id)


def current_generation(tx: sa.Connection, connection_id: str) -> int:
    """How many plans were begun on this connection."""
    table = schema.connection
    return int(tx.execute(sa.select(table.c.generation).filter_by(connection_id=connection_id)).scalar_one())


def save_snapshot_head(tx: sa.Connection, connection_id: str, head: str) -> None:
    """Make this the connection's current snapshot."""
    tx.execute(schema.connection.update().filter_by(connection_id=connection_id).values(snapshot_head=head))


def scope_id_for(tx: sa.Connection, connection_id: str, segmentation: str, kind: str) -> int:
    """The key of a segmentation of a connection, made at first use.

    Raises:
        ConfigError: The segmentation was of another object before.
    """
    table = schema.scope
    found = tx.execute(
        sa.select(table).filter_by(connection_id=connection_id, segmentation=segmentation)
    ).one_or_none()
    if found is None:
        values = {"connection_id": connection_id, "segmentation": segmentation, "object": kind}
        return int(tx.execute(table.insert().values(**values).returning(table.c.scope_id)).scalar_one())
    if found.object != kind:
        raise ConfigError(
            f'The segmentation "{segmentation}" grouped {found.object} records before, now it says {kind}.',
            hint="Give the segmentation of the other object a name of its own under [[segmentation]].",
            code="config.segmentation.object",
        )
    return int(found.scope_id)
