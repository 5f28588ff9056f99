"""Makes our fields as wanted, and visible to those who need them. Every step may be repeated."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.errors import AccessError
from connectors.model import FieldAction, FieldChange, FieldSpec, FieldType, ObjectKind, Option
from connectors.salesforce import field_refusals as refusals
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.custom_fields import CustomField, CustomFields, with_mark, with_options
from connectors.salesforce.errors import RefusedError
from connectors.salesforce.objects import SourceObject
from connectors.salesforce.options import merge_values
from connectors.salesforce.permissions import Grants, PermissionSets, is_refused_look
from connectors.salesforce.record_types import find_hidden_options, warnings_by_field
from connectors.salesforce.schema import Schema, SObject

__all__ = ["FieldMaker"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Step:
    """One wanted field beside what the org has of it."""

    wanted: FieldSpec
    present: CustomField | None
    """Its description, where it had to be looked up."""
    is_there: bool
    is_open: bool
    """Whether the user sees the field and may change it."""
    options: tuple[Option, ...] = ()
    """Options that are added or relabelled."""
    warnings: tuple[str, ...] = ()


class FieldMaker:
    """Our fields on one object.

    Args:
        client: The org.
        schema: Its descriptions.
        source: The object.
        viewers: Names of the profiles whose active users get to see the fields.
    """

    def __init__(
        self, client: SalesforceClient, schema: Schema, source: SourceObject, viewers: Sequence[str]
    ) -> None:
        self._client = client
        self._schema = schema
        self._source = source
        self._custom = CustomFields(client, source.name)
        self._permissions = PermissionSets(client, source.name, viewers)

    def ensure(self, specs: Sequence[FieldSpec], *, dry_run: bool) -> list[FieldChange]:
        """Make the fields as wanted, one change per wanted field; the second call changes nothing.

        All refusals come before the first change.

        Raises:
            SchemaError: A field is in the way, or an option.
            AccessError: Something is missing that the user may not set up: says what, who, and where. A dry
                run says it as a warning.
        """
        for wanted in specs:
            refusals.check_wanted(self._source, wanted)
        self._schema.forget(self._source.name)
        sobject = self._schema.sobject(self._source.name)
        steps, refused = self._look(sobject, specs)
        grants = self._grants(steps, refused)
        changes = self._changes(steps, grants, sobject)
        unfit = [change.field for change in changes if change.action is not FieldAction.NONE]
        problem = refusals.no_setup(self._source.name, unfit) if refused and unfit else None
        if dry_run:
            return changes if problem is None else [_warned(change, problem) for change in changes]
        if problem is not None:
            raise problem
        if unfit and not self._carry_out(steps, grants):
            return [self._without_grant(change) for change in changes]
        if unfit:
            self._prove(specs)
        return changes

    def adopt(self, names: Sequence[str], installation_id: str) -> list[str]:
        """Put our mark on fields of another installation; gives the names of those that had another one.

        Raises:
            SchemaError: One of the fields was not made by an installation of this product.
            AccessError: The user may not change fields.
        """
        try:
            found = self._custom.find(names)
        except (RefusedError, AccessError) as error:
            if not is_refused_look(error):
                raise
            raise refusals.no_change(self._source.name, names) from error
        adopted = []
        for name, field in found.items():
            if field.installation_id is None:
                raise refusals.foreign(self._source, name)
            if field.installation_id != installation_id:
                adopted.append((name, field))
        for name, field in adopted:
            try:
                self._custom.change(field, with_mark(field, installation_id))
            except AccessError as error:
                raise refusals.no_change(self._source.name, [name]) from error
        self._schema.forget(self._source.name)
        return [name for name, _field in adopted]

    def _look(self, sobject: SObject, specs: Sequence[FieldSpec]) -> tuple[list[_Step], bool]:
        """Each field beside what the org has, and whether the user was refused a look into the setup."""
        seen = {spec.name: self._seen(sobject, spec) for spec in specs}
        unclear = [
            spec.name
            for spec in specs
            if not sobject.can_update(spec.name) or _misses_options(seen[spec.name], spec)
        ]
        looked, refused = self._look_up(unclear)
        steps = []
        for spec in specs:
            found, present = seen[spec.name], looked.get(spec.name)
            if present is not None:
                refusals.check_present(self._source, present, spec)
            options, warnings = self._options(spec, found, present, refused=refused)
            if found and spec.max_length and (found.max_length or 0) < spec.max_length:
                warnings = (*warnings, refusals.too_short(self._source.name, found, spec))
            is_there = found is not None or present is not None
            is_open = sobject.can_update(spec.name)
            steps.append(_Step(spec, present, is_there, is_open, options, warnings))
        return steps, refused

    def _seen(self, sobject: SObject, wanted: FieldSpec) -> FieldSpec | None:
        """The field as the user sees it; None where it does not.

        Raises:
            SchemaError: It is none of ours, or of another type.
        """
        # Salesforce does not tell names apart by the case of their letters.
        lower = wanted.name.lower()
        name = next((one for one in sobject.fields if one.lower() == lower), None)
        if name is None:
            return None
        found = sobject.spec(name)
        if found is None or name != wanted.name:
            raise refusals.foreign(self._source, name)
        refusals.check_found(self._source, found, wanted)
        return found

    def _look_up(self, names: Sequence[str]) -> tuple[Mapping[str, CustomField], bool]:
        if not names:
            return {}, False
        try:
            return self._custom.find(names), False
        except (RefusedError, AccessError) as error:
            if not is_refused_look(error):
                raise
            return {}, True

    def _options(
        self, wanted: FieldSpec, seen: FieldSpec | None, present: CustomField | None, *, refused: bool
    ) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """Options to add or relabel, and what to say where the user may not."""
        if wanted.type is not FieldType.PICKLIST:
            return (), ()
        if present is not None:
            return _missing_in(present, wanted), ()
        if seen is None:
            return wanted.options, ()
        there = {option.value for option in seen.options}
        missing = tuple(option for option in wanted.options if option.value not in there)
        stale = [one.value for one in wanted.options if one.value in there and not _has(seen, one)]
        says = bool(stale) and refused
        warnings = (refusals.stale_labels(self._source.name, wanted.name, stale),) if says else ()
        return missing, warnings

    def _grants(self, steps: Sequence[_Step], refused: bool) -> Grants:
        unseen = [step.wanted.name for step in steps if not step.is_open]
        if refused:
            return Grants(tuple(unseen), tuple(unseen))
        try:
            return self._permissions.missing([step.wanted.name for step in steps], unseen)
        except (RefusedError, AccessError) as error:
            if not is_refused_look(error):
                raise
            # Whoever runs every week needs no look into the setup, as long as all is there.
            return Grants(tuple(unseen), tuple(unseen))

    def _changes(self, steps: Sequence[_Step], grants: Grants, sobject: SObject) -> list[FieldChange]:
        hidden = warnings_by_field(
            find_hidden_options(self._client, sobject, [step.wanted for step in steps if step.is_open])
        )
        kind = self._source.kind
        return [
            _change(kind, step, grants, (*step.warnings, *hidden.get(step.wanted.name, ()))) for step in steps
        ]

    def _carry_out(self, steps: Sequence[_Step], grants: Grants) -> bool:
        """Do it all; False where only viewers could not be helped, which is no reason to write no labels."""
        for step in steps:
            if not step.is_there:
                self._create(step.wanted)
            elif step.options and step.present is not None:
                self._custom.change(step.present, with_options(step.present, step.wanted))
                _log.info("salesforce.field.options", extra={"field": step.wanted.name})
        is_only_for_viewers = not grants.writer_fields and not any(step.options for step in steps)
        try:
            self._permissions.give(grants)
        except AccessError:
            if not is_only_for_viewers:
                raise
            _log.warning("salesforce.viewers.left_out", extra={"count": len(grants.viewer_ids)})
            return False
        return True

    def _without_grant(self, change: FieldChange) -> FieldChange:
        if change.action is not FieldAction.GRANT:
            return change
        says = refusals.viewers_left_out(self._source.name)
        return replace(change, action=FieldAction.NONE, warnings=(*change.warnings, says))

    def _create(self, wanted: FieldSpec) -> None:
        try:
            self._custom.create(wanted)
        except AccessError as error:
            raise refusals.no_setup(self._source.name, [wanted.name]) from error
        except RefusedError as error:
            raise refusals.not_made(self._source.name, wanted.name, error) from error
        _log.info("salesforce.field.made", extra={"object": self._source.name, "field": wanted.name})

    def _prove(self, specs: Sequence[FieldSpec]) -> None:
        """Read back as the integration user: what cannot be written now would fail for every record."""
        self._schema.forget(self._source.name)
        sobject = self._schema.sobject(self._source.name)
        closed = [spec.name for spec in specs if not sobject.can_update(spec.name)]
        if closed:
            raise refusals.still_closed(self._source.name, closed)
        for spec in specs:
            found = sobject.spec(spec.name)
            there = {option.value for option in found.options} if found else set()
            lost = [option.value for option in spec.options if option.value not in there]
            if lost:
                raise refusals.options_lost(self._source.name, spec.name, lost)


def _change(kind: ObjectKind, step: _Step, grants: Grants, warnings: tuple[str, ...]) -> FieldChange:
    action = FieldAction.NONE
    if not step.is_there:
        action = FieldAction.CREATE
    elif step.options:
        action = FieldAction.ADD_OPTIONS
    elif grants.concerns(step.wanted.name):
        action = FieldAction.GRANT
    return FieldChange(kind, step.wanted.name, action, step.options, warnings)


def _warned(change: FieldChange, problem: AccessError) -> FieldChange:
    if change.action is FieldAction.NONE:
        return change
    return replace(change, warnings=(*change.warnings, f"{problem.message} {problem.hint}"))


def _misses_options(seen: FieldSpec | None, wanted: FieldSpec) -> bool:
    return seen is not None and any(option not in seen.options for option in wanted.options)


def _missing_in(present: CustomField, wanted: FieldSpec) -> tuple[Option, ...]:
    definition = (present.metadata.get("valueSet") or {}).get("valueSetDefinition")
    if not definition:
        return wanted.options
    return merge_values(definition["value"], wanted)[1]


def _has(seen: FieldSpec, wanted: Option) -> bool:
    """Whether the option has its label, perhaps with the number that keeps it apart from another."""
    numbered = re.compile(rf"{re.escape(wanted.label)}( \(\d+\))?")
    return any(one.value == wanted.value and numbered.fullmatch(one.label) for one in seen.options)
