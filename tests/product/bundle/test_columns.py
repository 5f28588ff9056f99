"""The bundle's own list of columns and the product's canonical one say the same."""

import pytest

from connectors.model import CANONICAL_SCHEMAS, ObjectKind, id_column
from crm_segments.bundle import columns


def test_every_kind_of_record_has_columns_and_a_file() -> None:
    kinds = [kind.value for kind in ObjectKind]
    assert list(columns.COLUMNS) == kinds
    assert list(columns.FILE_NAMES) == kinds
    assert list(columns.NOUNS) == kinds


@pytest.mark.parametrize("kind", list(ObjectKind), ids=str)
def test_columns_are_the_canonical_ones_without_numbers_and_modification_times(kind: ObjectKind) -> None:
    wanted = [
        (field.name, field.type)
        for field in CANONICAL_SCHEMAS[kind]
        if not field.name.endswith("_number") and field.name != "modified_at"
    ]
    assert list(columns.COLUMNS[kind.value].items()) == wanted
    assert columns.id_column(kind.value) == id_column(kind)


@pytest.mark.parametrize("kind", list(ObjectKind), ids=str)
def test_numbers_beside_texts_are_the_canonical_ones(kind: ObjectKind) -> None:
    names = CANONICAL_SCHEMAS[kind].names
    numbers = {name for name in names if name.endswith("_number")}
    assert set(columns.derived_numbers(kind.value)) == numbers
    assert set(columns.derived_numbers(kind.value).values()) <= set(names)


def test_every_reference_is_a_column_of_ids() -> None:
    ids = {name for schema in CANONICAL_SCHEMAS.values() for name in schema.names if name.endswith("_id")}
    assert set(columns.REFERENCES) == ids
