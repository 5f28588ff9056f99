"""Counts, sums and groups."""

from collections.abc import Callable, Sequence

from crm_segments.sandbox.salesforce.sobjects import SObject
from crm_segments.sandbox.salesforce.soql.model import FunctionItem, Name, Query, SelectItem
from crm_segments.sandbox.salesforce.soql.names import Asker, Resolved, resolve
from crm_segments.sandbox.salesforce.soql.refusal import malformed, refuse
from crm_segments.sandbox.salesforce.store import Row

__all__ = ["aggregate", "is_aggregate"]

_FUNCTIONS = frozenset({"COUNT", "COUNT_DISTINCT", "MIN", "MAX", "SUM", "AVG"})
_MAX_GROUPS = 2000


def is_aggregate(item: SelectItem) -> bool:
    """Whether this makes one value out of many records."""
    return isinstance(item, FunctionItem) and item.function in _FUNCTIONS


def aggregate(asker: Asker, query: Query, sobject: SObject, rows: Sequence[Row]) -> list[Row]:
    """One result for each group, or one for all records.

    Raises:
        ApiError: A name is unknown, or a field is neither grouped nor aggregated.
    """
    keys = [resolve(asker, query, sobject, name) for name in query.group_by]
    for name, key in zip(query.group_by, keys, strict=True):
        if not key.field.is_groupable:
            text = f"field '{name.text}' can not be grouped in a query call"
            raise refuse("MALFORMED_QUERY", query.text, name.position, text)
    columns = _columns(asker, query, sobject)
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(key.read(row) for key in keys), []).append(row)
    if not keys:
        groups = {(): list(rows)}
    if len(groups) > _MAX_GROUPS:
        raise malformed(
            query.text, 0, "Aggregate query has too many rows for direct assignment, use FOR loop"
        )
    results: list[Row] = []
    for members in groups.values():
        result: dict[str, object] = {"attributes": {"type": "AggregateResult"}}
        result.update((name, compute(members)) for name, compute in columns)
        results.append(result)  # type: ignore[arg-type]
    return results


def _columns(asker: Asker, query: Query, sobject: SObject) -> list[tuple[str, Callable[[list[Row]], object]]]:
    grouped = {name.text.lower() for name in query.group_by}
    columns: list[tuple[str, Callable[[list[Row]], object]]] = []
    unnamed = 0
    for item in query.select:
        if isinstance(item, Name):
            if item.text.lower() not in grouped:
                raise malformed(
                    query.text, item.position, f"Field must be grouped or aggregated: {item.text}"
                )
            columns.append((item.text.rpartition(".")[2], _first(resolve(asker, query, sobject, item))))
        elif isinstance(item, FunctionItem) and is_aggregate(item):
            name = item.alias or f"expr{unnamed}"
            unnamed += item.alias is None
            columns.append((name, _computation(asker, query, sobject, item)))
        else:
            raise malformed(query.text, 0, "only aggregate expressions use field aliasing")
    return columns


def _first(found: Resolved) -> Callable[[list[Row]], object]:
    return lambda members: found.read(members[0])


def _computation(
    asker: Asker, query: Query, sobject: SObject, item: FunctionItem
) -> Callable[[list[Row]], object]:
    if item.argument is None:
        return len
    found = resolve(asker, query, sobject, item.argument)
    if not found.field.is_aggregatable:
        text = f"field {found.field.name} does not support aggregate operator {item.function}"
        raise refuse("MALFORMED_QUERY", query.text, item.position, text)

    def compute(members: list[Row]) -> object:
        values = [value for row in members if (value := found.read(row)) is not None]
        return _reduce(item.function, values)

    return compute


def _reduce(function: str, values: list[object]) -> object:
    if function == "COUNT":
        return len(values)
    if function == "COUNT_DISTINCT":
        return len({value.casefold() if isinstance(value, str) else value for value in values})
    if not values:
        return None
    if function in {"MIN", "MAX"}:
        choose = min if function == "MIN" else max
        return choose(values, key=lambda value: (isinstance(value, str), value))
    total = sum(float(str(value)) for value in values)
    return total if function == "SUM" else total / len(values)
