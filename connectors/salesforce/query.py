"""What is asked of one object: the fields, the conditions, and the way in which the answer is to come."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.errors import ProtocolError, SchemaError
from connectors.salesforce.client import soql
from connectors.salesforce.errors import RefusedError
from connectors.salesforce.selection import CellKind

__all__ = ["RecordQuery", "better_refusal", "repeated"]


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """A query for records of one object, not yet ordered or cut."""

    name: str
    """API name of the object."""
    kinds: Mapping[str, CellKind]
    """The fields, in order."""
    conditions: tuple[str, ...] = ()
    with_gone: bool = False
    """Whether deleted and merged records come too."""

    @property
    def resource(self) -> str:
        """Of the REST API, and the operation of a bulk job."""
        return "queryAll" if self.with_gone else "query"

    @property
    def purpose(self) -> str:
        """For errors."""
        return f"read the records of {self.name}"

    def whole(self) -> str:
        """For a bulk job.

        Without an order, which would keep Salesforce from cutting the work into parts (Bulk API 2.0 Developer
        Guide, "SOQL Considerations", read 2026-11).
        """
        return self._select(", ".join(self.kinds), self.conditions)

    def ordered(self, after: str) -> str:
        """For pages, by id, from the first record after this id on."""
        return f"{self._select(', '.join(self.kinds), (*self.conditions, *_after(after)))} ORDER BY Id"

    def counted(self, *conditions: str, after: str = "") -> str:
        """For the number of those after this id that meet further conditions."""
        return self._select("COUNT()", (*self.conditions, *_after(after), *conditions))

    def _select(self, what: str, conditions: tuple[str, ...]) -> str:
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"SELECT {what} FROM {self.name}{where}"  # noqa: S608 - names come from descriptions


def _after(record_id: str) -> tuple[str, ...]:
    return (soql("Id > {}", record_id),) if record_id else ()


def better_refusal(error: RefusedError, query: RecordQuery) -> RefusedError | SchemaError:
    """What a refused query means where the description allowed it a moment ago."""
    if error.api_code not in {"INVALID_FIELD", "INVALID_TYPE"}:
        return error
    return SchemaError(
        f"Fields of {query.name} were removed or hidden from the Salesforce user while they were read.",
        hint="Run again: the description is read anew, and a field that is gone is left out or named.",
        code="salesforce.field.vanished",
        details={"object": query.name},
        next_command="crm-segments run",
    )


def repeated(query: RecordQuery) -> ProtocolError:
    """The same place in a result was named twice: going on would never end."""
    return ProtocolError(
        f"Salesforce named the same place twice when asked to {query.purpose}; nothing of it was kept.",
        hint="Run again: everything is asked for anew. Report this if it happens twice.",
        code="salesforce.pull.repeats",
    )
