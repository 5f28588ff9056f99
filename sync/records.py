"""Finds the record that a person means: by its id, its name or its web domain."""

import pyarrow as pa

from connectors.errors import UsageError
from connectors.model import ObjectKind, id_column

__all__ = ["find_record"]


def find_record(table: pa.Table, kind: ObjectKind, query: str) -> tuple[str, str]:
    """Id and name of the one record that is meant; without a name, the id stands for it.

    Args:
        table: The records of the last pull.
        kind: What they are.
        query: Id, name or web domain, in any case.

    Raises:
        UsageError: No such record, or several.
    """
    column = id_column(kind)
    wanted = query.strip().casefold()
    ids: list[str] = table[column].to_pylist()
    names = table["name"].to_pylist() if "name" in table.column_names else [""] * len(ids)
    sites = table["website"].to_pylist() if "website" in table.column_names else [""] * len(ids)
    rows = list(zip(ids, names, sites, strict=True))
    by_id = [row for row in rows if row[0].casefold() == wanted]
    by_name = [row for row in rows if wanted and (row[1] or "").strip().casefold() == wanted]
    domain = _domain(wanted)
    by_site = [row for row in rows if domain and _domain(row[2] or "") == domain]
    found = by_id or by_name or by_site
    if not found:
        raise UsageError(
            f'No {kind.value} has the id, name or web domain "{query}".',
            hint="Copy the record's id from the CRM.",
            code="record.unknown",
        )
    if len(found) > 1:
        some = ", ".join(row[0] for row in found[:5])
        raise UsageError(
            f'{len(found)} {kind.value} records are called "{query}": {some}.',
            hint="Use the id of the one you mean.",
            code="record.ambiguous",
        )
    return found[0][0], found[0][1] or found[0][0]


def _domain(text: str) -> str:
    bare = text.strip().casefold().removeprefix("https://").removeprefix("http://").removeprefix("www.")
    return bare.split("/", 1)[0]
