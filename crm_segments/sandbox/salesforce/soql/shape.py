"""How the records of a query look: nested parents, children, labels, converted amounts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from crm_segments.sandbox.salesforce.fields import Field
from crm_segments.sandbox.salesforce.org import SalesforceOrg
from crm_segments.sandbox.salesforce.reading import attributes, value_reader
from crm_segments.sandbox.salesforce.sobjects import SObject
from crm_segments.sandbox.salesforce.soql.model import (
    FieldsFunction,
    FunctionItem,
    Name,
    Query,
    SubQueryItem,
)
from crm_segments.sandbox.salesforce.soql.names import (
    Asker,
    Resolved,
    parent_attributes,
    parent_of,
    resolve,
)
from crm_segments.sandbox.salesforce.soql.refusal import malformed, refuse
from crm_segments.sandbox.salesforce.store import Row

__all__ = ["Column", "Shape", "shape_of"]

ChildRows = Callable[[Asker, Query, SObject, str, Row], Sequence[Row]]
_MAX_FIELDS_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Column:
    """One selected field."""

    path: tuple[str, ...]
    resolved: Resolved
    read: Callable[[Row], object]

    @property
    def header(self) -> str:
        """Its name in a file."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Shape:
    """What is shown of each record."""

    columns: tuple[Column, ...]
    has_children: bool
    render: Callable[[Row], dict[str, object]]


def shape_of(asker: Asker, query: Query, sobject: SObject, child_rows: ChildRows) -> Shape:
    """What the SELECT part of a query asks for.

    Raises:
        ApiError: A name is unknown to the user.
    """
    columns: list[Column] = []
    children: list[tuple[str, Callable[[Row], object]]] = []
    for item in query.select:
        if isinstance(item, SubQueryItem):
            children.append(_child_reader(asker, query, sobject, item.query, child_rows))
        elif isinstance(item, FieldsFunction):
            columns.extend(_all_fields(asker, query, sobject, item))
        elif isinstance(item, FunctionItem):
            columns.append(_function_column(asker, query, sobject, item))
        else:
            found = resolve(asker, query, sobject, item)
            columns.append(Column(found.path, found, found.read))
    paths = [column.path for column in columns]
    for item, path in zip(query.select, paths, strict=False):
        if paths.count(path) > 1 and isinstance(item, Name):
            text = f"duplicate field selected: {item.text}"
            raise refuse("INVALID_FIELD", query.text, item.position, text)
    return Shape(tuple(columns), bool(children), _renderer(asker, sobject, columns, children))


def _renderer(
    asker: Asker,
    sobject: SObject,
    columns: Sequence[Column],
    children: Sequence[tuple[str, Callable[[Row], object]]],
) -> Callable[[Row], dict[str, object]]:
    own = [(column.path[0], column.read) for column in columns if len(column.path) == 1]
    if len(own) == len(columns) and not children:

        def render_flat(row: Row) -> dict[str, object]:
            result: dict[str, object] = {
                "attributes": attributes(sobject, row, asker.version, tooling=asker.tooling)
            }
            for name, read in own:
                result[name] = read(row)
            return result

        return render_flat

    def render(row: Row) -> dict[str, object]:
        result: dict[str, object] = {
            "attributes": attributes(sobject, row, asker.version, tooling=asker.tooling)
        }
        for column in columns:
            _place(asker, result, column, row)
        for name, read in children:
            result[name] = read(row)
        return result

    return render


def _place(asker: Asker, result: dict[str, object], column: Column, row: Row) -> None:
    """Puts a value where its path says; a missing parent is null as a whole."""
    here: dict[str, object] = result
    record: Row | None = row
    for step, name in zip(column.resolved.steps, column.path, strict=False):
        record = parent_of(asker.org, record, step) if record is not None else None
        if record is None:
            here.setdefault(name, None)
            return
        inner = here.get(name)
        if isinstance(inner, dict):
            here = inner
            continue
        started: dict[str, object] = {"attributes": parent_attributes(asker, step, record)}
        here[name] = started
        here = started
    here[column.path[-1]] = column.read(row)


def _function_column(asker: Asker, query: Query, sobject: SObject, item: FunctionItem) -> Column:
    if item.argument is None:
        raise malformed(query.text, item.position, f"{item.function} needs a field")
    found = resolve(asker, query, sobject, item.argument)
    path = (*found.path[:-1], item.alias or found.path[-1])
    if item.function == "TOLABEL":
        labels = {option.value: option.label for option in found.field.options}
        return Column(path, found, lambda row: labels.get(str(value := found.read(row)), value))
    if found.field.type != "currency" or not asker.org.settings.multi_currency:
        text = (
            f"convertCurrency can only be used on currency fields of orgs with several currencies: {path[-1]}"
        )
        raise refuse("INVALID_FIELD", query.text, item.position, text)
    rates = _rates(asker.org)
    return Column(
        path, found, lambda row: _converted(found.read(row), str(row.get("CurrencyIsoCode")), rates)
    )


def _rates(org: SalesforceOrg) -> dict[str, float]:
    return {
        str(row["IsoCode"]): float(str(row["ConversionRate"]))
        for row in org.store.table("CurrencyType").values()
    }


def _converted(amount: object, code: str, rates: dict[str, float]) -> object:
    if not isinstance(amount, float | int) or code not in rates:
        return amount
    return amount / rates[code]


def _all_fields(asker: Asker, query: Query, sobject: SObject, item: FieldsFunction) -> list[Column]:
    limit = query.limit
    if item.group != "STANDARD" and (limit is None or limit > _MAX_FIELDS_LIMIT):
        raise malformed(
            query.text,
            item.position,
            f"The SOQL FIELDS function must have a LIMIT of at most {_MAX_FIELDS_LIMIT}",
        )
    wanted = {"ALL": (True, False), "STANDARD": (False,), "CUSTOM": (True,)}[item.group]
    shown = [one for one in asker.org.access.readable(asker.user, sobject).values() if one.custom in wanted]
    return [_own_column(one) for one in shown]


def _own_column(field: Field) -> Column:
    read = value_reader(field)
    return Column((field.name,), Resolved(field, (), read), read)


def _child_reader(
    asker: Asker, query: Query, sobject: SObject, inner: Query, child_rows: ChildRows
) -> tuple[str, Callable[[Row], object]]:
    relationship = sobject.child(inner.source.text)
    child = asker.org.store.sobject(relationship.child) if relationship else None
    if relationship is None or child is None:
        text = (
            f"Didn't understand relationship '{inner.source.text}' in FROM part of query call. If you are"
            " attempting to use a custom relationship, be sure to append the '__r' after the custom"
            " relationship name. Please reference your WSDL or the describe call for the appropriate names."
        )
        raise refuse("INVALID_TYPE", query.text, inner.source.position, text)
    shape = shape_of(asker, inner, child, child_rows)

    def read(row: Row) -> object:
        rows = child_rows(asker, inner, child, relationship.field, row)
        if not rows:
            return None
        return {"totalSize": len(rows), "done": True, "records": [shape.render(one) for one in rows]}

    return relationship.name, read
