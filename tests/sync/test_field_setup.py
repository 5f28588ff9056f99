"""Our fields ahead of a plan: with the options of the segments in force, under the lock, once."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.errors import LockedError, SchemaError, UsageError
from connectors.local.connector import LocalConnector
from connectors.model import FieldAction, FieldChange, FieldSpec, FieldType, ObjectKind
from sync import adopt_fields, check_fields, export_fields, fields_of_others, make_fields, show_fields
from sync.field_setup import Standing
from sync.session import open_session
from tests.sync.world import FIELDS, World, make_world, tier_model

ACCOUNT = ObjectKind.ACCOUNT


def options_of(world: World) -> list[str]:
    """Values of the segment field."""
    found = world.crm.describe(ACCOUNT).field("crm_segment")
    return [option.value for option in found.options] if found else []


def standings(world: World) -> list[Standing]:
    return [field.standing for field in show_fields(world.workspace()).fields]


def field_of(installation_id: str) -> FieldSpec:
    """A field in the place of ours."""
    spec = FieldSpec(FIELDS[2], "Reason", FieldType.TEXT, max_length=255, is_custom=True)
    return replace(spec, installation_id=installation_id)


def test_before_the_first_model_the_field_has_one_option(tmp_path: Path) -> None:
    world = make_world(tmp_path, has_model=False)
    made = make_fields(world.workspace())
    assert [change.action for change in made.changes] == [FieldAction.CREATE] * 4
    assert options_of(world) == ["unclassified"]
    world.use_model(tier_model(world.segmentations[0]))
    assert standings(world) == [Standing.INCOMPLETE, *[Standing.READY] * 3]
    world.close()


def test_the_field_has_the_options_of_the_segments_in_force(world: World) -> None:
    make_fields(world.workspace())
    assert options_of(world) == ["large", "middle", "small", "unclassified"]
    assert make_fields(world.workspace()).is_complete
    assert world.plan().plan.head.field_steps == ()


def test_a_check_changes_nothing_and_says_what_is_to_do(world: World) -> None:
    assert not check_fields(world.workspace()).is_complete
    assert standings(world) == [Standing.MISSING] * 4
    make_fields(world.workspace())
    assert check_fields(world.workspace()).is_complete
    assert standings(world) == [Standing.READY] * 4


def test_making_fields_waits_for_no_run(world: World) -> None:
    with open_session(world.workspace()), pytest.raises(LockedError):
        make_fields(world.workspace())
    with open_session(world.workspace()), pytest.raises(LockedError):
        adopt_fields(world.workspace())
    assert standings(world) == [Standing.MISSING] * 4


def test_fields_of_another_installation_are_found_and_taken_over(world: World) -> None:
    world.crm.ensure_fields(ACCOUNT, [field_of("another")])
    assert standings(world)[2] is Standing.OTHER
    with pytest.raises(SchemaError, match="another installation"):
        make_fields(world.workspace())
    assert [field.name for field in fields_of_others(world.workspace())] == [FIELDS[2]]
    assert adopt_fields(world.workspace()) == (FIELDS[2],)
    assert fields_of_others(world.workspace()) == ()
    assert make_fields(world.workspace()).changes[2].action is FieldAction.NONE


def test_the_embedded_crm_takes_no_package(world: World, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no fields from files"):
        export_fields(world.workspace(), tmp_path / "package")


class _Warning(LocalConnector):
    """An embedded CRM that has something to say about its fields."""

    def ensure_fields(
        self, kind: ObjectKind, specs: Sequence[FieldSpec], *, dry_run: bool = False
    ) -> list[FieldChange]:
        changes = super().ensure_fields(kind, specs, dry_run=dry_run)
        return [replace(change, warnings=("Some records hide an option.",)) for change in changes]


def test_a_plan_says_once_what_there_is_to_know_about_fields(world: World) -> None:
    talking = _Warning(world.crm._client, actor="crm-segments")
    world.connector = talking
    assert world.plan().plan.head.notes.count("Some records hide an option.") == 1
    assert check_fields(world.workspace()).warnings == ("Some records hide an option.",)
