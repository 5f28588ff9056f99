"""Which fields of an object a pull reads, and which columns they become; held against the org's description.

Names in queries come from here only: each one stands in a description that Salesforce gave to this user.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pyarrow as pa

from connectors.errors import AccessError, SchemaError
from connectors.model import CANONICAL_SCHEMAS
from connectors.salesforce.objects import SourceObject
from connectors.salesforce.schema import UNREADABLE, Schema, SObject

__all__ = ["CellKind", "Output", "Selection", "cell_kind", "select"]

_NUMBERS = frozenset({"int", "long", "double", "currency", "percent"})
_OFTEN_ABSENT = frozenset({"currency", "pipeline"})
"""Columns of fields that only orgs with several currencies, or with record types, have at all."""
RECORD_TYPE = "RecordType.DeveloperName"


class CellKind(StrEnum):
    """What the cells of a field are, whichever way they come."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    MOMENT = "moment"

    @property
    def type(self) -> pa.DataType:
        """The Arrow type of the cells as they are read."""
        return _TYPES[self]


_TYPES: Mapping[CellKind, pa.DataType] = {
    CellKind.TEXT: pa.string(),
    CellKind.NUMBER: pa.float64(),
    CellKind.BOOLEAN: pa.bool_(),
    CellKind.DATE: pa.date32(),
    CellKind.MOMENT: pa.timestamp("us", tz="UTC"),
}


@dataclass(frozen=True, slots=True)
class Output:
    """One column of the pages."""

    field: pa.Field
    path: str | None
    """The field that fills it, perhaps through relationships; None where this user sees none."""

    @property
    def name(self) -> str:
        """Of the column."""
        return str(self.field.name)


@dataclass(frozen=True, slots=True)
class Selection:
    """What is read from one object."""

    source: SourceObject
    cells: Mapping[str, CellKind]
    """Path to kind, in the order in which they are asked for."""
    extra: Mapping[str, CellKind]
    """Fields that tell records from those that are gone; asked for only where gone ones come too."""
    outputs: tuple[Output, ...]
    untraced: tuple[str, ...]
    """Paths whose values can change while the record's time of change stays."""
    record_types: tuple[tuple[str, str], ...] = ()
    """Id and name of the record types, where records are read with the name."""

    @property
    def schema(self) -> pa.Schema:
        """Of the pages."""
        return pa.schema([one.field for one in self.outputs])

    @property
    def missing(self) -> tuple[str, ...]:
        """Columns whose field this user does not see, though most orgs have it."""
        absent = (one.name for one in self.outputs if one.path is None and one.name in self.source.fields)
        return tuple(name for name in absent if name not in _OFTEN_ABSENT)

    def path_of(self, column: str) -> str | None:
        """The field that fills a column."""
        return next((one.path for one in self.outputs if one.name == column), None)

    def kinds(self, *, with_gone: bool) -> Mapping[str, CellKind]:
        """What to ask for; the time of change stands last."""
        kinds = {**self.cells, **self.extra} if with_gone else dict(self.cells)
        stamp = self.path_of("modified_at")
        if stamp in kinds:
            kinds[stamp] = kinds.pop(stamp)
        return kinds


@dataclass(frozen=True, slots=True)
class _Found:
    path: str
    """As the descriptions spell it."""
    kind: CellKind
    is_untraced: bool


def select(schema: Schema, sources: Sequence[SourceObject], fields: Iterable[str]) -> tuple[Selection, ...]:
    """What to read from each of the objects, described anew.

    Args:
        schema: The org's descriptions.
        sources: The objects that records of one kind are read from.
        fields: Further fields by their own names; those that no object has are left out.

    Raises:
        AccessError: The user does not see one of the objects.
        SchemaError: A field that the settings name does not exist, is hidden, or is of a type that cannot
            fill its column.
    """
    seen = [schema.sobject(source.name, fresh=True) for source in sources]
    readers = [_Reader(schema, source, sobject) for source, sobject in zip(sources, seen, strict=True)]
    wanted = [name for name in dict.fromkeys(fields) if any(one.find(name) for one in readers)]
    for column in sorted(sources[0].mapped):
        if not any(one.find(sources[0].fields[column]) for one in readers):
            raise _not_there(sources[0], column)
    return tuple(one.selection(wanted) for one in readers)


def cell_kind(description: Mapping[str, Any]) -> CellKind | None:
    """What the cells of a described field are; None where it is only readable through its parts."""
    kind = description["type"]
    if kind in UNREADABLE:
        return None
    if kind in _NUMBERS:
        return CellKind.NUMBER
    named = {"boolean": CellKind.BOOLEAN, "date": CellKind.DATE, "datetime": CellKind.MOMENT}
    return named.get(kind, CellKind.TEXT)


class _Reader:
    """Finds the fields of one object."""

    def __init__(self, schema: Schema, source: SourceObject, sobject: SObject) -> None:
        self._schema = schema
        self._source = source
        self._sobject = sobject

    def find(self, path: str) -> _Found | None:
        """The field that a path leads to, in whatever case it is written."""
        return self._walk(self._sobject, path.split("."), ())

    def selection(self, fields: Sequence[str]) -> Selection:
        outputs, found = self._canonical()
        taken = {one.name for one in outputs} | set(self._source.fields)
        for column, path in self._source.fields.items():
            if column.startswith("x_"):
                found[column] = self.find(path)
                outputs.append(Output(pa.field(column, pa.string()), _path(found[column])))
        for name in fields:
            if name not in taken:
                found[name] = self.find(name)
                outputs.append(Output(pa.field(name, pa.string()), _path(found[name])))
        chosen = {one.path: one.kind for one in found.values() if one}
        if "Name" in chosen and (person := self.find("IsPersonAccount")):
            # The name of such an account is the name of a person.
            chosen[person.path] = person.kind
        return Selection(
            self._source,
            chosen,
            self._extra(chosen),
            tuple(outputs),
            tuple(sorted({one.path for one in found.values() if one and one.is_untraced})),
            self._record_types() if RECORD_TYPE in chosen else (),
        )

    def _canonical(self) -> tuple[list[Output], dict[str, _Found | None]]:
        outputs, found = [], {}
        for column in CANONICAL_SCHEMAS[self._source.kind]:
            base = column.name.removesuffix("_number")
            path = self._source.fields.get(base)
            one = found[base] = self.find(path) if path else None
            if one and column.name != base and one.kind is not CellKind.NUMBER:
                one = None
            if one and not _fits(one.kind, column.type):
                raise _wrong_type(self._source, column.name, column.type)
            outputs.append(Output(column, _path(one)))
        return outputs, found

    def _extra(self, chosen: Mapping[str, CellKind]) -> dict[str, CellKind]:
        extra: dict[str, CellKind] = {}
        for name in self._source.requires:
            one = self.find(name)
            if one is None or one.kind is not CellKind.BOOLEAN:
                raise _needed(self._source, name)
            extra[one.path] = one.kind
        for name in ("IsDeleted", "MasterRecordId"):
            if one := self.find(name):
                extra[one.path] = one.kind
        return {path: kind for path, kind in extra.items() if path not in chosen}

    def _record_types(self) -> tuple[tuple[str, str], ...]:
        return tuple(
            sorted(
                (str(one["recordTypeId"]), str(one.get("developerName")))
                for one in self._sobject.record_types
            )
        )

    def _walk(self, here: SObject, parts: Sequence[str], way: tuple[str, ...]) -> _Found | None:
        first = parts[0].lower()
        if len(parts) == 1:
            raw = next((one for name, one in here.fields.items() if name.lower() == first), None)
            kind = cell_kind(raw) if raw else None
            if raw is None or kind is None:
                return None
            path = ".".join((*way, raw["name"]))
            # What stands on another record changes without touching this one. Record types are watched.
            return _Found(path, kind, raw["calculated"] or (bool(way) and path != RECORD_TYPE))
        named = (one for one in here.fields.values() if (one["relationshipName"] or "").lower() == first)
        reference = next(named, None)
        target = self._target(reference) if reference else None
        if reference is None or target is None:
            return None
        return self._walk(target, parts[1:], (*way, reference["relationshipName"]))

    def _target(self, reference: Mapping[str, Any]) -> SObject | None:
        targets = reference["referenceTo"]
        if not targets:
            return None
        try:
            return self._schema.sobject("User" if "User" in targets else targets[0])
        except AccessError:
            return None


def _path(found: _Found | None) -> str | None:
    return found.path if found else None


def _fits(kind: CellKind, type_: pa.DataType) -> bool:
    if pa.types.is_string(type_):
        return True
    if pa.types.is_boolean(type_):
        return kind is CellKind.BOOLEAN
    if pa.types.is_date(type_):
        return kind in {CellKind.DATE, CellKind.MOMENT}
    if pa.types.is_timestamp(type_):
        return kind in {CellKind.MOMENT, CellKind.DATE}
    return kind is CellKind.NUMBER


def _not_there(source: SourceObject, column: str) -> SchemaError:
    name = source.fields[column]
    return SchemaError(
        f"[connection.fields] reads {column} of {source.kind.value} from {name}, which {source.name} does "
        "not have, or which the Salesforce user does not see.",
        hint="Correct the name (custom fields end in __c, custom relationships in __r), or let the "
        "integration user read the field: Setup > Permission Sets > the set of the integration user > "
        "Object Settings.",
        code="salesforce.field.missing",
        details={"object": source.name, "field": name, "column": column},
        next_command="crm-segments doctor",
    )


def _wrong_type(source: SourceObject, column: str, type_: pa.DataType) -> SchemaError:
    name = source.fields[column.removesuffix("_number")]
    wanted = {"bool": "a checkbox", "date32[day]": "a date"}.get(str(type_), "a number or a date and time")
    return SchemaError(
        f"[connection.fields] reads {column} of {source.kind.value} from {name}, which is not {wanted}.",
        hint="Name a field of that type, or read it under a name of your own that begins with x_.",
        code="salesforce.field.type",
        details={"object": source.name, "field": name, "column": column},
    )


def _needed(source: SourceObject, name: str) -> SchemaError:
    return SchemaError(
        f"The Salesforce user does not see the field {name} of {source.name}, without which records that "
        "count cannot be told from others.",
        hint="Let the integration user read it: Setup > Permission Sets > the set of the integration user "
        "> Object Settings.",
        code="salesforce.field.missing",
        details={"object": source.name, "field": name},
        next_command="crm-segments doctor",
    )
