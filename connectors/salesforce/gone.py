"""Where records went that are not there any more: into the recycle bin, or into another record."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from connectors.errors import CrmSegmentsError
from connectors.model import WriteOutcome, WriteResult
from connectors.salesforce.client import SalesforceClient, soql
from connectors.salesforce.ids import long_id
from connectors.salesforce.queries import Resource, read_rows
from connectors.salesforce.schema import SObject

__all__ = ["with_survivors"]

_log = logging.getLogger(__name__)
_IDS_IN_QUERY = 200
"""Keeps the query's address below the 16,384 bytes that Salesforce takes ("API Request Limits", 2026-11)."""
_MAX_STEPS = 5
"""Merges of merged records that are followed."""


def with_survivors(
    client: SalesforceClient, sobject: SObject, results: Sequence[WriteResult | None]
) -> list[WriteResult | None]:
    """The results, those of merged records with the id of the record that lives on.

    Never fails: other records of the batch have been written, and their results must not be lost.
    """
    gone = [long_id(one.record_id) for one in results if one and one.outcome is WriteOutcome.GONE]
    if not gone or "MasterRecordId" not in sobject.fields:
        return list(results)
    try:
        survivors = _survivors(client, sobject.name, gone)
    except CrmSegmentsError as error:
        _log.warning(
            "salesforce.merged_unknown",
            extra={"object": sobject.name, "count": len(gone), "code": error.code},
        )
        return list(results)
    return [_named(one, sobject.label, survivors) for one in results]


def _named(one: WriteResult | None, label: str, survivors: Mapping[str, str]) -> WriteResult | None:
    survivor = survivors.get(long_id(one.record_id)) if one else None
    if one is None or survivor is None or one.outcome is not WriteOutcome.GONE:
        return one
    message = f"The {label} was merged into another, which keeps its own values."
    return replace(one, merged_into=survivor, message=message)


def _survivors(client: SalesforceClient, name: str, gone: Sequence[str]) -> dict[str, str]:
    """Record to the one that it lives on in, after all merges."""
    masters: dict[str, str] = {}
    asked: list[str] = list(gone)
    for _ in range(_MAX_STEPS):
        found = _masters(client, name, asked)
        masters |= found
        asked = [master for master in set(found.values()) if master not in masters]
        if not asked:
            break
    return {record_id: _end(masters, record_id) for record_id in gone if record_id in masters}


def _end(masters: Mapping[str, str], record_id: str) -> str:
    for _ in range(_MAX_STEPS):
        record_id = masters.get(record_id, record_id)
    return record_id


def _masters(client: SalesforceClient, name: str, ids: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for start in range(0, len(ids), _IDS_IN_QUERY):
        part = list(ids[start : start + _IDS_IN_QUERY])
        # The name comes from the org's own description.
        query = f"SELECT Id, MasterRecordId FROM {name}" + soql(  # noqa: S608
            " WHERE Id IN {} AND MasterRecordId != null", part
        )
        rows = read_rows(client, query, purpose="read where merged records went", resource=Resource.WITH_GONE)
        found |= {long_id(row["Id"]): long_id(row["MasterRecordId"]) for row in rows}
    return found
