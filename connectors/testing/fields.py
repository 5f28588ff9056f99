"""Conformance: making our fields, and leaving those of others alone."""
# ruff: noqa: S101 - assert is how pytest speaks

from dataclasses import replace

import pytest

from connectors.errors import SchemaError
from connectors.model import FieldAction, FieldSpec, FieldType, Option, WriteOutcome
from connectors.testing.world import OTHER_INSTALLATION_ID, STEM, World, fields_of, write_one

__all__ = ["FieldSuite"]


# Connectors spell the stem their own way (`contract_test`, `Contract_Test__c`).
_STEM_PATTERN = f"(?i){STEM}"


def _described(world: World, spec: FieldSpec) -> FieldSpec:
    found = world.connector.describe(world.kind).field(spec.name)
    assert found is not None
    return found


class FieldSuite:
    """Fields: made once, extended, never taken from others."""

    def test_fields_are_made_as_wanted(self, world: World) -> None:
        """Type, options in order, length and owner are described as they were asked for."""
        specs = fields_of(world.connector)
        changes = world.connector.ensure_fields(world.kind, list(specs.values()))
        assert [(change.field, change.action) for change in changes] == [
            (spec.name, FieldAction.CREATE) for spec in specs.values()
        ]
        assert {change.object for change in changes} == {world.kind}
        for spec in specs.values():
            found = _described(world, spec)
            assert (found.type, found.options, found.installation_id, found.is_custom) == (
                spec.type,
                spec.options,
                spec.installation_id,
                True,
            )
        assert _described(world, specs[FieldType.TEXT]).max_length == 255

    def test_the_second_time_changes_nothing(self, world: World) -> None:
        """Every field is reported, and none is touched."""
        specs = list(fields_of(world.connector).values())
        world.connector.ensure_fields(world.kind, specs)
        before = world.connector.describe(world.kind)
        with world.reopen() as fresh:
            changes = fresh.ensure_fields(world.kind, specs)
        assert [change.action for change in changes] == [FieldAction.NONE] * len(specs)
        assert world.connector.describe(world.kind) == before

    def test_a_dry_run_says_it_all_and_changes_nothing(self, world: World) -> None:
        """The dry run reports exactly what the real one then does."""
        specs = list(fields_of(world.connector).values())
        before = world.connector.describe(world.kind)
        announced = world.connector.ensure_fields(world.kind, specs, dry_run=True)
        assert world.connector.describe(world.kind) == before
        assert world.connector.ensure_fields(world.kind, specs) == announced

    def test_options_are_added_and_those_of_others_stay(self, world: World) -> None:
        """A new option joins ours and the one that a person added."""
        spec = fields_of(world.connector)[FieldType.PICKLIST]
        world.connector.ensure_fields(world.kind, [spec])
        world.add_option(world.kind, spec.name, Option("by_hand", "By hand"))
        added = Option("middle", "Middle ones")
        wanted = replace(spec, options=(*spec.options, added))
        announced = world.connector.ensure_fields(world.kind, [wanted], dry_run=True)
        (change,) = world.connector.ensure_fields(world.kind, [wanted])
        assert announced == [change]
        assert (change.action, change.options) == (FieldAction.ADD_OPTIONS, (added,))
        assert set(_described(world, spec).options) == {*spec.options, added, Option("by_hand", "By hand")}
        (record_id,) = world.seed(world.kind, [{"name": "Acme"}])
        assert write_one(world, record_id, {spec.name: "middle"}).outcome is WriteOutcome.WRITTEN

    def test_a_new_label_touches_no_record(self, world: World) -> None:
        """A rename of an option is one change of the field; the records keep value and modification time."""
        (record_id,) = world.seed(world.kind, [{"name": "Acme"}])
        spec = fields_of(world.connector)[FieldType.PICKLIST]
        world.connector.ensure_fields(world.kind, [spec])
        write_one(world, record_id, {spec.name: "big"})
        before = world.touch_mark(world.kind, record_id)
        renamed = Option("big", "Giants")
        wanted = replace(spec, options=(renamed, spec.options[1]))
        (change,) = world.connector.ensure_fields(world.kind, [wanted])
        assert (change.action, change.options) == (FieldAction.ADD_OPTIONS, (renamed,))
        assert set(_described(world, spec).options) == set(wanted.options)
        assert world.touch_mark(world.kind, record_id) == before
        assert world.connector.read(world.kind, [record_id], [spec.name]).column(spec.name).to_pylist() == [
            "big"
        ]

    def test_options_that_are_no_longer_wanted_stay(self, world: World) -> None:
        """Records may still hold them."""
        spec = fields_of(world.connector)[FieldType.PICKLIST]
        world.connector.ensure_fields(world.kind, [spec])
        (change,) = world.connector.ensure_fields(world.kind, [replace(spec, options=spec.options[:1])])
        assert change.action is FieldAction.NONE
        assert _described(world, spec).options == spec.options

    def test_a_field_of_somebody_else_is_refused(self, world: World) -> None:
        """A field of that name which we did not make stops everything, and stays as it is."""
        spec = fields_of(world.connector)[FieldType.TEXT]
        world.add_text_field(world.kind, spec.name)
        before = world.connector.describe(world.kind)
        with pytest.raises(SchemaError, match=spec.name) as caught:
            world.connector.ensure_fields(world.kind, [spec])
        assert caught.value.hint
        assert world.connector.describe(world.kind) == before

    def test_a_field_of_another_installation_is_refused(self, world: World) -> None:
        """Two installations never fight over one field; the way out is named."""
        world.connector.ensure_fields(world.kind, list(fields_of(world.connector).values()))
        before = world.connector.describe(world.kind)
        others = fields_of(world.connector, installation_id=OTHER_INSTALLATION_ID)
        with pytest.raises(SchemaError, match=_STEM_PATTERN) as caught:
            world.connector.ensure_fields(world.kind, list(others.values()))
        assert "refit" in caught.value.hint
        assert world.connector.describe(world.kind) == before

    def test_a_field_of_another_type_is_refused(self, world: World) -> None:
        """A field of ours is never retyped."""
        spec = fields_of(world.connector)[FieldType.TEXT]
        world.connector.ensure_fields(world.kind, [spec])
        before = world.connector.describe(world.kind)
        with pytest.raises(SchemaError, match=spec.name):
            world.connector.ensure_fields(world.kind, [replace(spec, type=FieldType.DATE, max_length=None)])
        assert world.connector.describe(world.kind) == before

    def test_a_refusal_is_found_by_a_dry_run_too(self, world: World) -> None:
        """What stands in the way is known before anything is done."""
        spec = fields_of(world.connector)[FieldType.TEXT]
        world.add_text_field(world.kind, spec.name)
        with pytest.raises(SchemaError, match=spec.name):
            world.connector.ensure_fields(world.kind, [spec], dry_run=True)

    def test_making_fields_touches_no_record(self, world: World) -> None:
        """Records keep their modification time, so that nothing has to be pulled again."""
        (record_id,) = world.seed(world.kind, [{"name": "Acme"}])
        before = world.touch_mark(world.kind, record_id)
        world.connector.ensure_fields(world.kind, list(fields_of(world.connector).values()))
        assert world.touch_mark(world.kind, record_id) == before
