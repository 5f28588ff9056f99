"""The fields of each object: built in, brought by an import, or made by an installation of this product."""

import sqlite3
from collections.abc import Sequence

from connectors.errors import SchemaError, UsageError
from connectors.local import statements
from connectors.local.limits import LIMITS, MAX_FIELD_COUNT, MAX_LONG_TEXT_LENGTH
from connectors.local.schema import BUILT_IN_COLUMNS, LABELS, Column, column_of_field
from connectors.model import (
    FieldAction,
    FieldChange,
    FieldSpec,
    FieldType,
    ObjectDescription,
    ObjectKind,
    Option,
)

__all__ = [
    "add_fields",
    "adopt_fields",
    "columns_of",
    "description_of",
    "ensure_fields",
    "imported_field",
    "require_columns",
]


def columns_of(connection: sqlite3.Connection, kind: ObjectKind) -> dict[str, Column]:
    """All fields of an object by name: the built-in ones, then the added ones in their order."""
    columns = dict(BUILT_IN_COLUMNS[kind])
    options: dict[str, list[Option]] = {}
    for field, value, label in connection.execute(
        "SELECT field, value, label FROM field_options WHERE object = ? ORDER BY position", (kind.value,)
    ):
        options.setdefault(field, []).append(Option(value, label))
    for name, label, type_, max_length, description, installation_id in connection.execute(
        "SELECT name, label, type, max_length, description, installation_id FROM custom_fields"
        " WHERE object = ? ORDER BY position",
        (kind.value,),
    ):
        columns[name] = column_of_field(
            FieldSpec(
                name=name,
                label=label,
                type=FieldType(type_),
                max_length=max_length,
                options=tuple(options.get(name, ())),
                description=description,
                installation_id=installation_id,
                is_custom=True,
            )
        )
    return columns


def description_of(connection: sqlite3.Connection, kind: ObjectKind) -> ObjectDescription:
    """What this CRM says about one kind of record."""
    label, label_plural = LABELS[kind]
    specs = tuple(column.spec for column in columns_of(connection, kind).values())
    return ObjectDescription(kind, label, label_plural, specs)


def require_columns(columns: dict[str, Column], kind: ObjectKind, names: Sequence[str]) -> list[Column]:
    """The fields of these names.

    Raises:
        SchemaError: One of them does not exist.
    """
    for name in names:
        if name not in columns:
            raise SchemaError(
                f"Object {kind} has no field {name}.",
                hint="Make the field again with `crm-segments fields create`, then plan again.",
                code="schema.field.missing",
                details={"object": kind.value, "field": name},
            )
    return [columns[name] for name in names]


def add_fields(connection: sqlite3.Connection, kind: ObjectKind, specs: Sequence[FieldSpec]) -> None:
    """Add fields to an object, empty for all its records.

    Raises:
        SchemaError: A name cannot be that of a field, or the object would have too many fields.
    """
    # SQLite does not tell the case of letters in names of columns apart.
    taken = {name.lower() for name in columns_of(connection, kind)}
    if len(taken) + len(specs) > MAX_FIELD_COUNT:
        raise SchemaError(
            f"Object {kind} would have {len(taken) + len(specs)} fields, and {MAX_FIELD_COUNT} are the most.",
            hint="Leave columns out of the import that nobody needs.",
            code="schema.field.count",
            details={"object": kind.value},
        )
    for spec in specs:
        problem = _name_problem(spec.name, taken)
        if problem:
            raise SchemaError(
                f"Object {kind} cannot have a field called {spec.name!r}: {problem}.",
                hint="Give it another name.",
                code="schema.field.name",
                details={"object": kind.value, "field": spec.name},
            )
        taken.add(spec.name.lower())
        _add_field(connection, kind, spec)


def _add_field(connection: sqlite3.Connection, kind: ObjectKind, spec: FieldSpec) -> None:
    connection.execute(statements.add_column(kind, spec.name, column_of_field(spec).sql_type))
    connection.execute(
        "INSERT INTO custom_fields (object, name, label, type, max_length, description, installation_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            kind.value,
            spec.name,
            spec.label,
            spec.type.value,
            spec.max_length,
            spec.description,
            spec.installation_id,
        ),
    )
    _store_options(connection, kind, spec.name, spec.options)


def imported_field(name: str) -> FieldSpec:
    """The field for a column that an import brought: long text, nobody's but the user's."""
    return FieldSpec(name, label=name, type=FieldType.TEXT, max_length=MAX_LONG_TEXT_LENGTH, is_custom=True)


def ensure_fields(
    connection: sqlite3.Connection, kind: ObjectKind, specs: Sequence[FieldSpec]
) -> list[FieldChange]:
    """Make our fields as wanted, one change per wanted field.

    Raises:
        SchemaError: A field is in the way.
        UsageError: A wanted field does not say which installation it is for.
    """
    changes = []
    for wanted in specs:
        _check_wanted(kind, wanted)
        columns = columns_of(connection, kind)
        found = columns.get(wanted.name)
        if found is None:
            add_fields(connection, kind, [wanted])
            changes.append(FieldChange(kind, wanted.name, FieldAction.CREATE, wanted.options))
            continue
        _check_found(kind, found.spec, wanted)
        missing = tuple(option for option in wanted.options if option not in found.spec.options)
        _store_options(connection, kind, wanted.name, missing)
        action = FieldAction.ADD_OPTIONS if missing else FieldAction.NONE
        changes.append(FieldChange(kind, wanted.name, action, missing))
    return changes


def adopt_fields(
    connection: sqlite3.Connection, kind: ObjectKind, names: Sequence[str], installation_id: str
) -> list[str]:
    """Mark fields of another installation as made by this one; gives the names of those that were not.

    Raises:
        SchemaError: One of them was not made by an installation of this product.
    """
    columns = columns_of(connection, kind)
    found = [columns[name].spec for name in names if name in columns]
    for spec in found:
        if not spec.is_managed:
            raise _foreign(kind, spec.name)
    adopted = [spec.name for spec in found if spec.installation_id != installation_id]
    connection.executemany(
        "UPDATE custom_fields SET installation_id = ? WHERE object = ? AND name = ?",
        [(installation_id, kind.value, name) for name in adopted],
    )
    return adopted


def _store_options(
    connection: sqlite3.Connection, kind: ObjectKind, field: str, options: Sequence[Option]
) -> None:
    connection.executemany(
        "INSERT INTO field_options (object, field, value, label) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (object, field, value) DO UPDATE SET label = excluded.label",
        [(kind.value, field, option.value, option.label) for option in options],
    )


def _name_problem(name: str, taken: set[str]) -> str:
    if not name or len(name) > 100 or not name.isprintable():
        return "a name has 1 to 100 printable characters"
    if name.startswith("_"):
        return "names that begin with an underscore belong to the CRM itself"
    return "there is one of that name already" if name.lower() in taken else ""


def _check_wanted(kind: ObjectKind, wanted: FieldSpec) -> None:
    if wanted.installation_id is None:
        raise UsageError(
            f"The wanted field {wanted.name} of {kind} does not say which installation it is for.",
            hint="Give it an installation_id.",
            code="schema.field.unowned",
        )
    too_long = wanted.max_length is None or wanted.max_length > LIMITS.max_text_length
    if wanted.type is FieldType.TEXT and too_long:
        raise SchemaError(
            f"Field {wanted.name} of {kind} should hold {wanted.max_length or 'any number of'} characters;"
            f" our text fields hold at most {LIMITS.max_text_length}.",
            hint=f"Give it a max_length of {LIMITS.max_text_length} or less.",
            code="schema.field.length",
            details={"object": kind.value, "field": wanted.name},
        )


def _check_found(kind: ObjectKind, found: FieldSpec, wanted: FieldSpec) -> None:
    details = {"object": kind.value, "field": wanted.name}
    if not found.is_managed:
        raise _foreign(kind, wanted.name)
    if found.installation_id != wanted.installation_id:
        raise SchemaError(
            f"Field {wanted.name} of {kind} belongs to another installation of crm-segments.",
            hint="If that installation is gone, take its fields over with `crm-segments fields adopt`, or,"
            " with the segments that the records carry, with `crm-segments refit` and `crm-segments refit"
            " approve`; else set `field` under [[segmentation]] to a name that is free.",
            code="schema.field.other_installation",
            details=details,
            next_command="crm-segments refit",
        )
    if found.type is not wanted.type:
        raise SchemaError(
            f"Field {wanted.name} of {kind} is a {found.type} field, and a {wanted.type} field is needed.",
            hint="Set `field` under [[segmentation]] to a name that is free; this field was not touched.",
            code="schema.field.type",
            details=details,
        )


def _foreign(kind: ObjectKind, name: str) -> SchemaError:
    return SchemaError(
        f"Object {kind} already has a field {name} that crm-segments did not make.",
        hint="Set `field` under [[segmentation]] to a name that is free; this field was not touched.",
        code="schema.field.foreign",
        details={"object": kind.value, "field": name},
    )
