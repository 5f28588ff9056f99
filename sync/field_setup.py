"""Our fields ahead of a plan: what is there, made, checked, exported for an administrator, taken over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from connectors.contract import FieldAdopter, FieldExporter
from connectors.errors import UsageError
from connectors.model import (
    FieldAction,
    FieldChange,
    FieldSpec,
    FieldType,
    ObjectDescription,
    ObjectKind,
    Option,
)
from segmentation.config import FollowingSettings, SegmentationSettings
from segmentation.model import SegmentModel
from sync.fields import field_names, segment_options, wanted_specs
from sync.inspection import scope_ids
from sync.placements import load_decided
from sync.session import open_session
from sync.state import models
from sync.state.models import ModelStatus
from sync.workspace import Workspace

__all__ = [
    "FieldSetup",
    "FieldState",
    "MadeFields",
    "Standing",
    "adopt_fields",
    "check_fields",
    "export_fields",
    "fields_of_others",
    "make_fields",
    "show_fields",
]


class Standing(StrEnum):
    """How one of our fields stands in the CRM."""

    READY = "ready"
    """It is there, ours, of the right type, with all options."""
    INCOMPLETE = "incomplete"
    """It is there and ours; options are missing or carry an old label."""
    MISSING = "missing"
    """It is not there, or hidden from the CRM user."""
    OTHER = "other_installation"
    """Another installation of this product made it."""
    FOREIGN = "foreign"
    """Somebody else made it."""
    UNFIT = "other_type"
    """It has another type."""


@dataclass(frozen=True, slots=True)
class FieldState:
    """One of our fields."""

    segmentation: str
    object: str
    name: str
    label: str
    type: str
    standing: Standing
    options: tuple[Option, ...] = ()
    """As the CRM shows them."""


@dataclass(frozen=True, slots=True)
class FieldSetup:
    """All our fields of one connection, as the CRM user sees them."""

    connection: str
    """What people call the CRM account."""
    fields: tuple[FieldState, ...]


@dataclass(frozen=True, slots=True)
class MadeFields:
    """What was made, or would be."""

    connection: str
    changes: tuple[FieldChange, ...]
    is_dry_run: bool

    @property
    def is_complete(self) -> bool:
        """Whether there was nothing to do."""
        return all(change.action is FieldAction.NONE for change in self.changes)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What people should know, each once."""
        return tuple(dict.fromkeys(warning for change in self.changes for warning in change.warnings))


def show_fields(ws: Workspace) -> FieldSetup:
    """How our fields stand. Refuses nothing, changes nothing."""
    identity = ws.retry.call(ws.connector.identify)
    found = []
    for settings, specs in _wanted(ws, identity.connection_id):
        kind = ObjectKind(settings.object)
        description = ws.retry.call(partial(ws.connector.describe, kind))
        found += [_state(settings, description, spec) for spec in specs]
    return FieldSetup(identity.label, tuple(found))


def check_fields(ws: Workspace) -> MadeFields:
    """What is still to be made, and what stands in the way. Changes nothing.

    Raises:
        SchemaError: A field is in the way.
    """
    identity = ws.retry.call(ws.connector.identify)
    return _ensure(ws, identity.connection_id, identity.label, dry_run=True)


def make_fields(ws: Workspace) -> MadeFields:
    """Make our fields ahead of a plan; the second call changes nothing.

    They get the options of the segments in force; before the first segments only the one for records that
    fit nowhere.

    Raises:
        SchemaError: A field is in the way.
        AccessError: The CRM user may not make or show fields.
        LockedError: A run is at work.
    """
    with open_session(ws) as session:
        label = ws.retry.call(ws.connector.identify).label
        return _ensure(ws, session.connection.connection_id, label, dry_run=False)


def fields_of_others(ws: Workspace) -> tuple[FieldState, ...]:
    """Our fields that another installation made: what `adopt_fields` would take over."""
    return tuple(state for state in show_fields(ws).fields if state.standing is Standing.OTHER)


def adopt_fields(ws: Workspace) -> tuple[str, ...]:
    """Take over the fields that another installation made, and say which. Values and options stay.

    Raises:
        UsageError: This CRM cannot do that.
        SchemaError: A field was not made by an installation of this product.
        LockedError: A run is at work.
    """
    connector = ws.connector
    if not isinstance(connector, FieldAdopter):
        raise UsageError(
            "Fields of this CRM cannot be taken over.",
            hint="Set `field` under [[segmentation]] to a name that is free.",
            code="fields.adopt.unable",
        )
    adopted: list[str] = []
    with open_session(ws) as session:
        for settings in ws.segmentations:
            names = list(field_names(connector, settings.field).values())
            kind = ObjectKind(settings.object)
            adopted += ws.retry.call(partial(connector.adopt_fields, kind, names, session.installation_id))
    return tuple(adopted)


def export_fields(ws: Workspace, folder: Path) -> tuple[Path, ...]:
    """Write our fields to files that an administrator deploys, and say which.

    Raises:
        UsageError: This CRM takes no such files, or the folder holds other things.
        ConfigError: The folder cannot be written.
    """
    if not isinstance(ws.connector, FieldExporter):
        raise UsageError(
            "This CRM takes no fields from files.",
            hint="Make them with crm-segments fields create.",
            code="fields.export.unable",
            next_command="crm-segments fields create",
        )
    identity = ws.retry.call(ws.connector.identify)
    wanted: dict[ObjectKind, list[FieldSpec]] = {}
    for settings, specs in _wanted(ws, identity.connection_id):
        wanted.setdefault(ObjectKind(settings.object), []).extend(specs)
    return ws.connector.export_fields(wanted, folder)


def _ensure(ws: Workspace, connection_id: str, label: str, *, dry_run: bool) -> MadeFields:
    changes: list[FieldChange] = []
    for settings, specs in _wanted(ws, connection_id):
        kind = ObjectKind(settings.object)
        changes += ws.retry.call(partial(ws.connector.ensure_fields, kind, specs, dry_run=dry_run))
    return MadeFields(label, tuple(changes), dry_run)


def _wanted(ws: Workspace, connection_id: str) -> list[tuple[SegmentationSettings, list[FieldSpec]]]:
    with ws.store.begin() as tx:
        scopes = scope_ids(tx, ws, connection_id)
        titles = {each.name: _titles(tx, scopes, each) for each in ws.segmentations}
    installation_id = ws.store.installation_id()
    found = []
    for settings in ws.segmentations:
        specs = wanted_specs(
            settings.field,
            field_names(ws.connector, settings.field),
            segment_options(titles[settings.name]),
            ws.connector.limits.max_text_length,
            installation_id,
        )
        found.append((settings, specs))
    return found


def _titles(
    tx: sa.Connection, scopes: Mapping[str, int], settings: SegmentationSettings
) -> Sequence[tuple[str, str]]:
    """Keys and titles of today's segments; contacts that inherit have those of their accounts."""
    owner = settings.follows if isinstance(settings, FollowingSettings) else settings
    scope_id = scopes.get(owner.name)
    row = models.find_model(tx, scope_id, ModelStatus.CURRENT) if scope_id else None
    if scope_id is None or row is None:
        return ()
    decided = load_decided(tx, owner, scope_id, SegmentModel.from_json(row.body))
    return [(segment.key, segment.title) for segment in decided.segments]


def _state(settings: SegmentationSettings, description: ObjectDescription, wanted: FieldSpec) -> FieldState:
    found = description.field(wanted.name)
    return FieldState(
        segmentation=settings.name,
        object=settings.object,
        name=wanted.name,
        label=found.label if found else wanted.label,
        type=wanted.type.value,
        standing=_standing(found, wanted),
        options=found.options if found else (),
    )


def _standing(found: FieldSpec | None, wanted: FieldSpec) -> Standing:
    if found is None:
        return Standing.MISSING
    if not found.is_managed:
        return Standing.FOREIGN
    if found.installation_id != wanted.installation_id:
        return Standing.OTHER
    if found.type is not wanted.type:
        return Standing.UNFIT
    held: Mapping[str, str] = {option.value: option.label for option in found.options}
    is_whole = wanted.type is not FieldType.PICKLIST or all(option.value in held for option in wanted.options)
    return Standing.READY if is_whole else Standing.INCOMPLETE
