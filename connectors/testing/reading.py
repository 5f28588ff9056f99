"""Conformance: reading what records hold now."""
# ruff: noqa: S101 - assert is how pytest speaks

from datetime import date

import pyarrow as pa

from connectors.model import FieldType, id_column
from connectors.testing.world import World, fields_of, write_one

__all__ = ["ReadSuite"]


class ReadSuite:
    """Reads by id."""

    def test_a_read_gives_the_named_fields_as_text(self, world: World) -> None:
        """The id column first, then the fields in the order asked for; null is null."""
        first, second = world.seed(world.kind, [{"name": "A"}, {"name": "B"}])
        specs = fields_of(world.connector)
        world.connector.ensure_fields(world.kind, list(specs.values()))
        day, text = specs[FieldType.DATE].name, specs[FieldType.TEXT].name
        write_one(world, first, {day: date(2026, 11, 2), text: "because"})
        found = world.connector.read(world.kind, [first, second], [day, text])
        assert found.column_names == [id_column(world.kind), day, text]
        assert all(field.type == pa.string() for field in found.schema)
        held = {row[id_column(world.kind)]: (row[day], row[text]) for row in found.to_pylist()}
        assert held == {first: ("2026-11-02", "because"), second: (None, None)}

    def test_records_that_are_gone_have_no_row(self, world: World) -> None:
        """Deleted and merged records are left out, the others come."""
        kept, deleted, merged = world.seed(world.kind, [{"name": name} for name in "ABC"])
        world.delete(world.kind, deleted)
        world.merge(world.kind, kept, merged)
        found = world.connector.read(world.kind, [deleted, merged, kept], [world.text_field])
        assert found.column(id_column(world.kind)).to_pylist() == [kept]

    def test_reading_no_records_gives_an_empty_table(self, world: World) -> None:
        """No ids, no rows, but the columns."""
        found = world.connector.read(world.kind, [], [world.text_field])
        assert (found.num_rows, found.column_names) == (0, [id_column(world.kind), world.text_field])

    def test_reading_touches_nothing(self, world: World) -> None:
        """Looking does not count as changing."""
        (record_id,) = world.seed(world.kind, [{"name": "A"}])
        before = world.touch_mark(world.kind, record_id)
        world.connector.read(world.kind, [record_id], [world.text_field])
        list(world.connector.pull(world.kind))
        assert world.touch_mark(world.kind, record_id) == before
