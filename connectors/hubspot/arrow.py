"""Answers of HubSpot as Arrow tables in canonical columns, without a model object for any record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from connectors.errors import ProtocolError, SchemaError
from connectors.hubspot.objects import SourceObject
from connectors.hubspot.schema import Properties, field_type
from connectors.model import CANONICAL_SCHEMAS, FieldType, ObjectKind, id_column

__all__ = ["Record", "Shape", "shape_of"]

Record = Mapping[str, Any]
"""One record as HubSpot sends it: `id` and `properties`, all of them text or null."""

_MOMENT = pa.timestamp("us", tz="UTC")
_NUMBER_SUFFIX = "_number"


@dataclass(frozen=True, slots=True)
class Shape:
    """What is read of one object, and what becomes of it."""

    source: SourceObject
    schema: pa.Schema
    filled: Mapping[str, str]
    """Column to the property that fills it; columns that nothing fills are absent."""
    types: Mapping[str, FieldType]
    """By property."""
    currency: str | None
    zone: str
    """In which moments are days."""

    @property
    def properties(self) -> list[str]:
        """The properties to ask for, and no others."""
        return sorted(set(self.filled.values()))

    def table(self, records: Sequence[Record], links: Mapping[str, Mapping[str, str]]) -> pa.Table:
        """Records as a page.

        Args:
            records: As they came.
            links: For columns that associations fill: associated id by record id.

        Raises:
            ProtocolError: Values are not of the types that HubSpot describes.
        """
        try:
            columns = [self._column(field, records, links) for field in self.schema]
            return pa.table(columns, schema=self.schema)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # Arrow's own errors are ValueErrors and TypeErrors; they quote values, so none is passed on.
            raise ProtocolError(
                f"HubSpot sent {self.source.name} outside its own description of them "
                f"({type(error).__name__}).",
                hint="Run again: the description is read anew. Report this if it happens twice.",
                code="hubspot.answer.odd",
            ) from None

    def _column(
        self, field: pa.Field, records: Sequence[Record], links: Mapping[str, Mapping[str, str]]
    ) -> pa.Array:
        name = field.name
        if name == id_column(self.source.kind):
            return pa.array([self.record_id(str(one["id"])) for one in records], pa.string())
        if name in links:
            return pa.array([links[name].get(str(one["id"])) for one in records], pa.string())
        path = self.filled.get(name)
        if path is None:
            return self._constant(field, len(records))
        values = [one["properties"].get(path) for one in records]
        if pa.types.is_string(field.type):
            return pa.array(values, pa.string())
        return self._typed([value or None for value in values], field.type, self.types[path])

    def record_id(self, record_id: str) -> str:
        """The id under which the product knows a record: two kinds of activities may use one number."""
        is_activity = self.source.kind is ObjectKind.ACTIVITY
        return f"{self.source.type_id}/{record_id}" if is_activity else record_id

    def _constant(self, field: pa.Field, count: int) -> pa.Array:
        if field.name == "currency" and self.source.home_amounts and self.currency:
            return pa.repeat(pa.scalar(self.currency), count)
        if field.name == "type" and self.source.activity_type:
            return pa.repeat(pa.scalar(self.source.activity_type), count)
        return pa.nulls(count, field.type)

    def _typed(self, values: list[str | None], wanted: pa.DataType, kind: FieldType) -> pa.Array:
        if pa.types.is_boolean(wanted):
            return pa.array([None if one is None else one == "true" for one in values], wanted)
        if pa.types.is_floating(wanted) or pa.types.is_integer(wanted):
            numbers = [None if one is None else float(one) for one in values]
            return pc.cast(pa.array(numbers, pa.float64()), wanted, safe=False)
        texts = pa.array(values, pa.string())
        if pa.types.is_date(wanted) and kind is not FieldType.DATETIME:
            return pc.cast(texts, wanted)
        moments = pc.cast(texts, _MOMENT)
        if pa.types.is_date(wanted):
            local = pc.local_timestamp(pc.cast(moments, pa.timestamp("us", tz=self.zone)))
            return pc.cast(pc.floor_temporal(local, unit="day"), wanted)
        return moments


def shape_of(
    source: SourceObject, known: Properties, extra: Sequence[str], *, currency: str | None, zone: str
) -> Shape:
    """What to read of an object, with the properties that callers ask for beside the canonical ones.

    Raises:
        SchemaError: A property that the settings name is not there, or of a type that does not fit.
    """
    canonical = CANONICAL_SCHEMAS[source.kind]
    fields = list(canonical)
    filled: dict[str, str] = {}
    for field in canonical:
        base = field.name.removesuffix(_NUMBER_SUFFIX)
        path = source.fields.get(base)
        if path is None:
            continue
        if path not in known.raw:
            _refuse_mapped(source, base, path)
        elif _fits(field, field_type(known.raw[path]), is_number_twin=base != field.name):
            filled[field.name] = path
        elif base == field.name:
            _refuse_mapped(source, base, path, "is of another type than the column")
    own = [(name, path) for name, path in source.fields.items() if name.startswith("x_")]
    for name, path in own:
        if path not in known.raw:
            _refuse_mapped(source, name, path)
    asked = [(name, name) for name in dict.fromkeys(extra) if name in known.raw]
    taken = set(canonical.names)
    for name, path in (*own, *asked):
        if name not in taken:
            taken.add(name)
            fields.append(pa.field(name, pa.string()))
            filled[name] = path
    types = {path: field_type(known.raw[path]) for path in filled.values()}
    return Shape(source, pa.schema(fields), filled, types, currency, zone)


def _fits(field: pa.Field, kind: FieldType, *, is_number_twin: bool) -> bool:
    if is_number_twin:
        return kind is FieldType.NUMBER
    if pa.types.is_string(field.type):
        return True
    if pa.types.is_boolean(field.type):
        return kind is FieldType.BOOLEAN
    if pa.types.is_integer(field.type):
        return kind is FieldType.NUMBER
    moments = {FieldType.DATETIME, FieldType.DATE} if pa.types.is_date(field.type) else {FieldType.DATETIME}
    return kind in moments


def _refuse_mapped(source: SourceObject, column: str, path: str, what: str = "is not there") -> None:
    """A property that the settings name must be there and fit; standard ones may be missing."""
    if column in source.mapped:
        raise SchemaError(
            f"The property {path} of {source.name}, which [connection.fields] maps to {column}, {what}.",
            hint="Take its internal name from Settings > Properties > the property > </>.",
            code="hubspot.property.missing",
            details={"object": source.kind.value, "field": path},
        )
