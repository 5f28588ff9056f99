"""Saves records that clients send: every value is checked before anything is written."""

from collections.abc import Mapping
from dataclasses import dataclass

from crm_segments.sandbox.history import Origin
from crm_segments.sandbox.hubspot.derived import derived_at_birth, derived_by_change
from crm_segments.sandbox.hubspot.errors import (
    ApiError,
    PropertyError,
    invalid_input,
    invalid_values,
    validation_error,
)
from crm_segments.sandbox.hubspot.kinds import Kind
from crm_segments.sandbox.hubspot.portal import HubSpotPortal
from crm_segments.sandbox.hubspot.properties import Property
from crm_segments.sandbox.hubspot.settings import Requirement
from crm_segments.sandbox.hubspot.store import Record
from crm_segments.sandbox.hubspot.values import InvalidValueError, stored_value, text_of

__all__ = ["Draft", "Writer"]

Cleaned = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Draft:
    """A write that was found in order and not yet carried out."""

    record: Record | None
    """None for a new record."""
    values: Cleaned
    names: tuple[str, ...]
    """The properties that the client named."""


class Writer:
    """Checks and saves records of one kind for one request."""

    def __init__(
        self, portal: HubSpotPortal, kind: Kind, origin: Origin, *, obeys_requirements: bool
    ) -> None:
        self._portal = portal
        self._kind = kind
        self._origin = origin
        self._definitions = portal.definitions(kind)
        self._normalize = portal.settings.beliefs.numbers_are_normalized
        self._null_clears = portal.settings.beliefs.null_clears
        self._rules = [rule for rule in portal.settings.validation_rules if rule.kind == kind.name]
        wanted = portal.settings.requirements if obeys_requirements else []
        self._requirements = [one for one in wanted if one.kind == kind.name]

    def check_update(self, record: Record, raw: object) -> Draft:
        """A change of a record, if it is in order.

        Raises:
            ApiError: It is not; nothing was written.
        """
        properties = _object(raw)
        if not properties:
            # Quoted (errors.json: 400_no_properties).
            text = "No properties found to update, please provide at least one."
            raise validation_error(text, context={"properties": ["{}"]})
        return self._draft(record, properties)

    def check_create(self, raw: object) -> Draft:
        """A new record, if it is in order.

        Raises:
            ApiError: It is not; nothing was written.
        """
        return self._draft(None, _object(raw))

    def save(self, draft: Draft) -> Record:
        """Carries a draft out."""
        if draft.record is not None:
            moves = self._portal.settings.beliefs.no_op_writes_move_times
            self._portal.store.update(self._kind, draft.record, draft.values, self._origin, moves=moves)
            return draft.record
        given = {name: value for name, value in draft.values.items() if value is not None}
        record = self._portal.store.insert(self._kind, given, self._origin)
        for name, value in derived_at_birth(self._kind, given, record.id).items():
            record.properties.setdefault(name, value)
        return record

    def _draft(self, record: Record | None, raw: Mapping[str, object]) -> Draft:
        values: Cleaned = {}
        errors: list[PropertyError] = []
        before = record.properties if record is not None else {}
        for name, given in raw.items():
            try:
                self._read(name, given, before, values)
            except InvalidValueError as refused:
                errors.append(refused.error)
        errors.extend(self._broken_rules(values))
        if errors:
            raise invalid_values(errors)
        self._check_unique(record, values)
        self._check_requirements(record, values)
        named = tuple(values)
        values.update(derived_by_change(self._kind, values, self._portal.pipelines))
        return Draft(record, values, named)

    def _read(self, name: str, raw: object, before: Mapping[str, str], values: Cleaned) -> None:
        one = self._definitions.get(name)
        if one is None or one.archived_at is not None:
            message = f'Property "{name}" does not exist'
            raise InvalidValueError(PropertyError(name, "PROPERTY_DOESNT_EXIST", message))
        if one.read_only_value:
            message = f'"{name}" is a read only property; its value cannot be set.'
            raise InvalidValueError(PropertyError(name, "READ_ONLY_VALUE", message))
        try:
            text = text_of(raw)
        except TypeError as error:
            raise invalid_input(f"Cannot deserialize value of property {name}: {error}") from error
        if text is None and not self._null_clears:
            return
        if not text:
            if name == self._kind.created_name:
                message = f'"{name}" cannot be empty.'
                raise InvalidValueError(PropertyError(name, "INVALID_DATE", message))
            values[name] = None
            return
        value = stored_value(one, text, before.get(name), normalize=self._normalize)
        if one.external_options:
            self._check_external(one, value)
        # Only semicolons are no choice.
        values[name] = value or None

    def _check_external(self, one: Property, value: str) -> None:
        portal = self._portal
        allowed: list[str] | None = None
        if one.name == "hubspot_owner_id":
            allowed = [owner.id for owner in portal.owners.values() if not owner.is_archived]
        elif self._kind.name == "deals" and one.name == "pipeline":
            allowed = list(portal.pipelines)
        elif self._kind.name == "deals" and one.name == "dealstage":
            allowed = [stage for pipeline in portal.pipelines.values() for stage in pipeline.stages]
        if allowed is not None and value not in allowed:
            message = f"{value} was not one of the allowed options: [{', '.join(allowed)}]"
            raise InvalidValueError(PropertyError(one.name, "INVALID_OPTION", message))

    def _check_unique(self, record: Record | None, values: Mapping[str, str | None]) -> None:
        for name in self._portal.store.table(self._kind).unique:
            value = values.get(name)
            if value is None:
                continue
            holder = self._portal.store.holder(self._kind, name, value)
            if holder is not None and (record is None or holder != record.id):
                # Quoted (errors.json: 409_contact_exists).
                text = f"{self._kind.label} already exists. Existing ID: {holder}"
                raise ApiError(409, "CONFLICT", text)

    def _broken_rules(self, values: Mapping[str, str | None]) -> list[PropertyError]:
        # Documented (changelog of July 2023): the form of the refusal, and that it binds every integration.
        return [
            PropertyError(rule.property, rule.code, rule.message)
            for rule in self._rules
            if (value := values.get(rule.property)) is not None and rule.is_broken(value)
        ]

    def _check_requirements(self, record: Record | None, values: Mapping[str, str | None]) -> None:
        before = record.properties if record is not None else {}
        after = {**before, **values}
        missing = [
            one.property
            for one in self._requirements
            if after.get(one.property) is None and self._is_required(one, record, values, after)
        ]
        if missing:
            errors = [
                {
                    "message": f"Property {name} is required",
                    "code": "REQUIRED_PROPERTY_MISSING",
                    "context": {"propertyName": [name]},
                }
                for name in missing
            ]
            raise validation_error(f"Some required properties are missing: {missing}", errors=errors)

    def _is_required(
        self,
        one: Requirement,
        record: Record | None,
        values: Mapping[str, str | None],
        after: Mapping[str, str | None],
    ) -> bool:
        if one.when is None:
            return record is None
        name, value = one.when
        makes_it_so = name in values or one.property in values
        binds = makes_it_so or self._portal.settings.beliefs.requirements_bind_every_write
        return binds and after.get(name) == value


def _object(raw: object) -> dict[str, object]:
    if not isinstance(raw, dict):
        raise invalid_input("properties must be an object")
    return raw
