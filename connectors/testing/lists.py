"""Conformance: one saved list per segment, where the CRM has such lists."""
# ruff: noqa: S101 - assert is how pytest speaks

from dataclasses import replace

import pytest

from connectors.contract import ListBuilder
from connectors.model import FieldType, ListSpec
from connectors.testing.world import World, fields_of

__all__ = ["ListSuite"]


class ListSuite:
    """Lists: made once, renamed, never taken from others. For connectors that are a `ListBuilder`."""

    @pytest.fixture
    def builder(self, world: World) -> ListBuilder:
        """The connector under test as a builder of lists, with our fields made."""
        assert isinstance(world.connector, ListBuilder)
        world.connector.ensure_fields(world.kind, list(fields_of(world.connector).values()))
        return world.connector

    @pytest.fixture
    def specs(self, world: World) -> list[ListSpec]:
        """Two lists, one for each option of our picklist."""
        spec = fields_of(world.connector)[FieldType.PICKLIST]
        return [
            ListSpec(f"contract_test_{option.value}", option.label, world.kind, spec.name, option.value)
            for option in spec.options
        ]

    def test_lists_are_made_once(self, world: World, builder: ListBuilder, specs: list[ListSpec]) -> None:
        """The second time every list is reported and none is made."""
        assert [change.action for change in builder.ensure_lists(specs)] == ["create", "create"]
        assert [change.action for change in builder.ensure_lists(specs)] == ["none", "none"]
        assert world.list_titles(world.kind) == sorted(spec.title for spec in specs)

    def test_a_new_title_renames_the_list(
        self, world: World, builder: ListBuilder, specs: list[ListSpec]
    ) -> None:
        """A list is found by its key, whatever it is called."""
        builder.ensure_lists(specs)
        renamed = replace(specs[0], title="Giants")
        changes = builder.ensure_lists([renamed, specs[1]])
        assert [(change.spec, change.action) for change in changes] == [
            (renamed, "rename"),
            (specs[1], "none"),
        ]
        assert world.list_titles(world.kind) == sorted(["Giants", specs[1].title])

    def test_lists_of_others_stay(self, world: World, builder: ListBuilder, specs: list[ListSpec]) -> None:
        """A list that a person saved is not ours, even under the same title."""
        world.save_list(world.kind, specs[0].title, specs[0].field, specs[0].value)
        assert [change.action for change in builder.ensure_lists(specs)] == ["create", "create"]
        builder.ensure_lists([replace(specs[0], title="Giants")])
        assert world.list_titles(world.kind) == sorted(["Giants", specs[0].title, specs[1].title])

    def test_a_dry_run_makes_no_list(self, world: World, builder: ListBuilder, specs: list[ListSpec]) -> None:
        """The dry run reports what the real one then does."""
        announced = builder.ensure_lists(specs, dry_run=True)
        assert world.list_titles(world.kind) == []
        assert builder.ensure_lists(specs) == announced
