"""What the suite must be able to do to a CRM, beside the connector under test."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from connectors.contract import Connector
from connectors.model import FieldSpec, FieldType, FieldValue, FieldWrite, ObjectKind, Option, WriteResult

__all__ = [
    "HOSTILE_TEXTS",
    "INSTALLATION_ID",
    "OTHER_INSTALLATION_ID",
    "STEM",
    "World",
    "fields_of",
    "write_one",
]

STEM = "contract_test"
"""Stem of the fields that the suite makes."""

INSTALLATION_ID = "1f0c9d4e-suite"
OTHER_INSTALLATION_ID = "77aa03b2-other"

HOSTILE_TEXTS: tuple[str, ...] = (
    "=HYPERLINK(1)",
    "+49 30 123",
    "-1",
    "@sum",
    "007",
    "3M Kirkland",
    "Müller & Söhne GmbH",
    'O\'Neill "Bob" \\ /',
    "Robert'); DROP TABLE accounts;--",
    "مرحبا بالعالم",
    "\u202etxet thgir-ot-tfel",
    "株式会社",
    "👩‍👩‍👧‍👦 family 🏳️‍🌈",
    "\u00e9 is not e\u0301",
    "null",
    "None",
    "#N/A",
    "nan",
    "<b>&amp;</b>",
    "%s {0} ${x}",
    "x" * 255,
)
"""Texts that have broken somebody's software; each must come back as it was."""


class World(Protocol):
    """A CRM account of its own for one test, and the hands of a person in it.

    `kind` is the object that most tests use. Everything here goes around the connector: through the CRM's
    own ways, an emulator's controls or its store.
    """

    @property
    def connector(self) -> Connector:
        """The connector under test, opened."""
        ...

    @property
    def kind(self) -> ObjectKind:
        """The object that most tests use: one that can carry our fields."""
        ...

    @property
    def text_field(self) -> str:
        """A writable text field of `kind` that is there from the beginning and is none of ours."""
        ...

    @property
    def page_records(self) -> int:
        """How many records surely fill one page of a pull, and no more than one."""
        ...

    def reopen(self) -> Connector:
        """A second connector for the same account, with nothing remembered."""
        ...

    def seed(self, kind: ObjectKind, records: Sequence[Mapping[str, FieldValue]]) -> list[str]:
        """Make records from values of canonical columns and say their ids, in order."""
        ...

    def edit(self, kind: ObjectKind, record_id: str, values: Mapping[str, FieldValue]) -> None:
        """Change a record as a person does, by the CRM's names of fields."""
        ...

    def delete(self, kind: ObjectKind, record_id: str) -> None:
        """Delete a record."""
        ...

    def merge(self, kind: ObjectKind, winner: str, loser: str) -> None:
        """Merge `loser` into `winner`."""
        ...

    def whole_record(self, kind: ObjectKind, record_id: str) -> Mapping[str, object]:
        """Everything that the CRM keeps of a record, except when and by whom it was last touched."""
        ...

    def touch_mark(self, kind: ObjectKind, record_id: str) -> object:
        """A value that differs after each touch of the record, even one that changed nothing."""
        ...

    def request_mark(self) -> object:
        """A value that differs after each request that could change something."""
        ...

    def add_text_field(self, kind: ObjectKind, name: str) -> None:
        """Make a field by hand, which is therefore none of ours."""
        ...

    def add_option(self, kind: ObjectKind, field: str, option: Option) -> None:
        """Give a picklist of ours one more option by hand."""
        ...

    def save_list(self, kind: ObjectKind, title: str, field: str, value: str) -> None:
        """Save a list by hand; only asked for where the connector is a `ListBuilder`."""
        ...

    def list_titles(self, kind: ObjectKind) -> list[str]:
        """Titles of all saved lists, sorted; only asked for where the connector is a `ListBuilder`."""
        ...


def fields_of(connector: Connector, *, installation_id: str = INSTALLATION_ID) -> dict[FieldType, FieldSpec]:
    """The fields that the suite makes, one of each type that our fields have."""
    name, text = connector.field_name(STEM), connector.field_name(STEM, "reason")
    day = connector.field_name(STEM, "since")
    return {
        FieldType.PICKLIST: FieldSpec(
            name,
            "Contract test",
            FieldType.PICKLIST,
            options=(Option("big", "Big ones"), Option("small", "Small ones")),
            installation_id=installation_id,
            is_custom=True,
        ),
        FieldType.TEXT: FieldSpec(
            text,
            "Contract test reason",
            FieldType.TEXT,
            max_length=255,
            installation_id=installation_id,
            is_custom=True,
        ),
        FieldType.DATE: FieldSpec(
            day, "Contract test since", FieldType.DATE, installation_id=installation_id, is_custom=True
        ),
    }


def write_one(world: World, record_id: str, values: Mapping[str, FieldValue]) -> WriteResult:
    """Write one record of the world's object and give back its one result."""
    results = world.connector.write(world.kind, [FieldWrite(record_id, values)], request_id="suite-one")
    if len(results) != 1:
        raise AssertionError(f"{len(results)} results for one write")
    return results[0]
