"""Reads what records hold now, by their ids."""

from collections.abc import Sequence

import pyarrow as pa

from connectors.errors import ProtocolError, SchemaError, UsageError
from connectors.model import id_column
from connectors.salesforce.arrow import cells_of_records, text_of
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.errors import RefusedError
from connectors.salesforce.ids import is_record_id, long_id
from connectors.salesforce.limits import LIMITS
from connectors.salesforce.objects import SourceObject
from connectors.salesforce.schema import Schema, SObject
from connectors.salesforce.selection import CellKind, cell_kind

__all__ = ["read_records"]


def read_records(
    client: SalesforceClient,
    schema: Schema,
    source: SourceObject,
    ids: Sequence[str],
    fields: Sequence[str],
) -> pa.Table:
    """What the org holds now for these ids: the id, then the fields, all as text.

    Records that are deleted, merged, hidden, or no records of this object have no row.

    Raises:
        SchemaError: One of the fields does not exist or is not visible.
        UsageError: More ids than one request takes.
    """
    if len(ids) > LIMITS.max_read_records:
        raise UsageError(
            f"{len(ids):,} records were asked for at once; {LIMITS.max_read_records:,} are the most.",
            hint="Ask for fewer at a time.",
            code="salesforce.read.size",
        )
    key = id_column(source.kind)
    names = [name for name in dict.fromkeys(fields) if name != key]
    kinds = _kinds(schema, source, names)
    wanted = list(dict.fromkeys(long_id(one) for one in ids if is_record_id(one)))
    records = _retrieve(client, source, wanted, list(kinds)) if wanted else []
    cells = cells_of_records(records, kinds, _purpose(source))
    columns = [cells["Id"], *(text_of(cells[name], kinds[name]) for name in names)]
    return pa.table(columns, names=[key, *names])


def _purpose(source: SourceObject) -> str:
    return f"read records of {source.name} back"


def _kinds(schema: Schema, source: SourceObject, names: Sequence[str]) -> dict[str, CellKind]:
    known = schema.sobject(source.name)
    if any(name not in known.fields for name in names):
        # Fields that were made a moment ago are not in what is remembered.
        known = schema.sobject(source.name, fresh=True)
    return {"Id": CellKind.TEXT, **{name: _kind(known, name) for name in names}}


def _kind(known: SObject, name: str) -> CellKind:
    raw = known.fields.get(name)
    kind = cell_kind(raw) if raw else None
    if kind is None:
        raise _unreadable(known.name, name)
    return kind


def _retrieve(
    client: SalesforceClient, source: SourceObject, ids: Sequence[str], fields: Sequence[str]
) -> list[dict[str, object]]:
    path = f"composite/sobjects/{source.name}"
    try:
        answer = client.send("POST", path, purpose=_purpose(source), content={"ids": ids, "fields": fields})
    except RefusedError as error:
        if error.api_code == "INVALID_FIELD":
            raise _unreadable(source.name, ", ".join(fields[1:])) from error
        raise
    found = answer.json()
    if not isinstance(found, list) or len(found) != len(ids):
        raise ProtocolError(
            f"Salesforce did not answer for each of {len(ids):,} records of {source.name} read back.",
            hint="Run again; report this if it stays.",
            code="salesforce.read.count",
        )
    return [one for one in found if one is not None]


def _unreadable(name: str, field: str) -> SchemaError:
    return SchemaError(
        f"{name} has no field {field}, or the Salesforce user does not see it.",
        hint="Let the integration user read it: Setup > Permission Sets > the set of the integration user "
        "> Object Settings.",
        code="salesforce.field.missing",
        details={"object": name, "field": field},
        next_command="crm-segments doctor",
    )
