"""What records are called, for people who look at a plan. Only accounts have names here."""

from collections.abc import Mapping

from connectors.model import ObjectKind, id_column
from sync.snapshot import load_table
from sync.workspace import Workspace

__all__ = ["record_names"]


def record_names(ws: Workspace, connection_id: str, kind: ObjectKind) -> Mapping[str, tuple[str, str]]:
    """Name and owner of every record of the last pull, by id; empty where that is lost.

    People's names are not pulled at all, so contacts and leads have none.
    """
    if kind is not ObjectKind.ACCOUNT:
        return {}
    with ws.store.begin() as tx:
        head = ws.store.snapshot_head(tx, connection_id)
    table = load_table(ws, connection_id, head, kind)
    if table is None:
        return {}
    columns = [table[name].to_pylist() for name in (id_column(kind), "name", "owner")]
    return {record_id: (name or "", owner or "") for record_id, name, owner in zip(*columns, strict=True)}
