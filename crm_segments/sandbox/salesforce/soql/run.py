"""Runs queries: which records, in which order, and how each of them looks in the answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from crm_segments.sandbox.salesforce.errors import ApiError
from crm_segments.sandbox.salesforce.sobjects import SObject
from crm_segments.sandbox.salesforce.soql.aggregates import aggregate, is_aggregate
from crm_segments.sandbox.salesforce.soql.conditions import compile_condition
from crm_segments.sandbox.salesforce.soql.model import FunctionItem, OrderItem, Query
from crm_segments.sandbox.salesforce.soql.names import Asker, resolve, source_object
from crm_segments.sandbox.salesforce.soql.refusal import malformed, refuse
from crm_segments.sandbox.salesforce.soql.shape import Shape, shape_of
from crm_segments.sandbox.salesforce.store import Row

__all__ = ["Result", "run_query"]

_MAX_OFFSET = 2000


@dataclass(frozen=True, slots=True)
class Result:
    """What a query found. Records are rendered when their page is asked for."""

    total: int
    rows: Sequence[Row]
    render: Callable[[Row], dict[str, object]]
    sobject: SObject
    shape: Shape | None
    """None for counts and groups."""


def run_query(asker: Asker, query: Query, *, deleted_too: bool = False) -> Result:
    """Runs a query as this user.

    Raises:
        ApiError: A name or a value is refused, or it takes too long.
    """
    sobject = source_object(asker, query)
    if query.offset > _MAX_OFFSET:
        raise ApiError(400, "NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {_MAX_OFFSET}")
    if query.all_rows:
        raise malformed(query.text, query.text.upper().rindex("ALL"), "ALL ROWS not allowed in this context")
    shape = None if _is_counting(query) else shape_of(asker, query, sobject, _child_rows)
    rows = _matching(asker, query, sobject, deleted_too=deleted_too)
    if is_bare_count(query):
        return Result(len(rows), [], dict, sobject, None)
    if shape is None:
        groups = aggregate(asker, query, sobject, rows)
        groups = groups[: query.limit] if query.limit is not None else groups
        return Result(len(groups), groups, dict, sobject, None)
    rows = _ordered(asker, query, sobject, rows)
    end = None if query.limit is None else query.offset + query.limit
    chosen = rows[query.offset : end]
    return Result(len(chosen), chosen, shape.render, sobject, shape)


def is_bare_count(query: Query) -> bool:
    """Whether this is `SELECT COUNT()`, which gives no records at all."""
    first = query.select[0]
    return isinstance(first, FunctionItem) and first.function == "COUNT" and first.argument is None


def _is_counting(query: Query) -> bool:
    return bool(query.group_by) or any(is_aggregate(item) for item in query.select)


def _matching(asker: Asker, query: Query, sobject: SObject, *, deleted_too: bool) -> list[Row]:
    org = asker.org
    table = org.store.table(sobject.name)
    limit = org.settings.query_timeout_rows
    if limit is not None and len(table) > limit:
        raise ApiError(400, "QUERY_TIMEOUT", "Your query request was running for too long.")
    rows = (
        list(table.values()) if deleted_too else [row for row in table.values() if not row.get("IsDeleted")]
    )
    if not org.access.sees_all(asker.user, sobject):
        rows = [row for row in rows if org.access.sees_record(asker.user, sobject, row)]
    if query.where is None:
        return rows
    test = compile_condition(asker, query, sobject, query.where, lambda sub: _values(asker, sub))
    return [row for row in rows if test(row)]


def _values(asker: Asker, query: Query) -> set[object]:
    """What the one field of an inner query holds."""
    result = run_query(asker, query)
    if result.shape is None or len(result.shape.columns) != 1:
        raise malformed(query.text, query.source.position, "the inner select must have exactly one field")
    read = result.shape.columns[0].read
    return {value for row in result.rows if (value := read(row)) is not None}


def _child_rows(
    asker: Asker, query: Query, sobject: SObject, parent_field: str, parent: Row
) -> Sequence[Row]:
    """The children of one record, for a query within a query."""
    mine = [
        row
        for row in _matching(asker, query, sobject, deleted_too=False)
        if row.get(parent_field) == parent["Id"]
    ]
    return _ordered(asker, query, sobject, mine)[: query.limit]


def _ordered(asker: Asker, query: Query, sobject: SObject, rows: list[Row]) -> list[Row]:
    for item in reversed(query.order_by):
        rows = _sorted_by(asker, query, sobject, rows, item)
    return rows


def _sorted_by(asker: Asker, query: Query, sobject: SObject, rows: list[Row], item: OrderItem) -> list[Row]:
    found = resolve(asker, query, sobject, item.name)
    if not found.field.is_sortable:
        text = f"field '{found.field.name}' can not be sorted in a query call"
        raise refuse("MALFORMED_QUERY", query.text, item.name.position, text)
    is_id_like = found.field.type in {"id", "reference"}
    nulls, others = [], []
    for row in rows:
        value = found.read(row)
        if value is None:
            nulls.append(row)
        else:
            others.append((value if is_id_like else _sort_key(value), row))
    others.sort(key=lambda pair: pair[0], reverse=item.is_descending)  # type: ignore[arg-type,return-value]
    ordered = [row for _, row in others]
    return [*ordered, *nulls] if item.nulls_last else [*nulls, *ordered]


def _sort_key(value: object) -> object:
    return value.casefold() if isinstance(value, str) else value
