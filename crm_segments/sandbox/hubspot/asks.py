"""One request to a portal, as the routes see it: who asks, in which version, and what it says."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from crm_segments.sandbox.calls import Call
from crm_segments.sandbox.history import Origin
from crm_segments.sandbox.hubspot.errors import ApiError, invalid_input, missing_scopes, validation_error
from crm_segments.sandbox.hubspot.keys import Caller
from crm_segments.sandbox.hubspot.kinds import Kind
from crm_segments.sandbox.hubspot.portal import HubSpotPortal
from crm_segments.sandbox.hubspot.writes import Writer
from crm_segments.sandbox.routing import RouteTable

__all__ = ["Ask", "Routes", "check_members", "strings"]

REQUIREMENTS_SINCE = "2026-09"
"""The first version whose writes must leave no property empty that an administrator has made required."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request with its answerable context."""

    portal: HubSpotPortal
    call: Call
    caller: Caller
    version: str
    """Of the API, as the path says it: `v3`, or a date such as `2026-09`."""

    def param(self, name: str) -> str:
        """A part of the path."""
        return unquote(self.call.params[name])

    def kind(self, name: str = "kind") -> Kind:
        """The kind of record that a part of the path names."""
        return self.portal.kind(self.param(name))

    def require(self, scopes: Sequence[str]) -> None:
        """The caller must have one of these scopes.

        Raises:
            ApiError: It has none.
        """
        if self.caller.scopes.isdisjoint(scopes):
            raise missing_scopes(scopes)

    def check_query(self, *known: str) -> None:
        """Parameters that mean nothing here are refused, unless the portal is told to pass over them.

        Raises:
            ApiError: There is one.
        """
        if self.portal.settings.beliefs.unknown_parameters_are_refused:
            unknown = self.call.query.keys() - set(known)
            if unknown:
                raise validation_error(f"Unknown query parameter: {min(unknown)}")

    def values(self, name: str) -> list[str]:
        """All values of a parameter that may be repeated or hold commas."""
        given = (value for key, value in self.call.query_items if key == name)
        return [part for value in given for part in value.split(",") if part]

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A parameter that is true or false.

        Raises:
            ApiError: It is something else.
        """
        text = self.call.query.get(name, "").lower()
        if text in {"", "true", "false"}:
            return text == "true" if text else default
        raise validation_error(f"{name} must be true or false")

    def limit(self, *, default: int, most: int) -> int:
        """How many results are wanted.

        Raises:
            ApiError: Less than one, or too many.
        """
        return whole_number("limit", self.call.query.get("limit", default), least=1, most=most)

    def body(self) -> object:
        """The JSON of the body.

        Raises:
            ApiError: It is none, or says that it is something else.
        """
        kind = (self.call.header("Content-Type") or "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise ApiError(415, None, f"HTTP 415 Unsupported Media Type: {kind or 'none'}")
        try:
            found: object = json.loads(self.call.body, parse_constant=_refuse_constant)
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
            raise invalid_input("Unexpected character", line=line, column=column) from error
        return found

    def json_object(self, *known: str) -> dict[str, object]:
        """The body as an object that has none but these members.

        Raises:
            ApiError: It is something else.
        """
        found = self.body()
        if not isinstance(found, dict):
            raise invalid_input("Cannot deserialize value from Array value")
        self.check_members(found, known)
        return found

    def check_members(self, entry: dict[str, object], known: Collection[str]) -> None:
        """Members that mean nothing are refused, unless the portal is told to pass over them."""
        if self.portal.settings.beliefs.unknown_parameters_are_refused:
            check_members(entry, known)

    def origin(self) -> Origin:
        """Now, by this caller."""
        return self.portal.store.origin(self.caller.source)

    def writer(self, kind: Kind) -> Writer:
        """Saves records of a kind for this request."""
        obeys = self.version >= REQUIREMENTS_SINCE and not self.version.startswith("v")
        return Writer(self.portal, kind, self.origin(), obeys_requirements=obeys)


Routes = RouteTable[Ask]


def check_members(entry: dict[str, object], known: Collection[str]) -> None:
    """An object of a body has none but these members.

    Raises:
        ApiError: There is one that means nothing.
    """
    unknown = entry.keys() - set(known)
    if unknown:
        raise invalid_input(f'Unrecognized field "{min(unknown)}"')


def strings(entry: dict[str, object], name: str) -> list[str]:
    """A member that is a list of texts, or absent.

    Raises:
        ApiError: It is something else.
    """
    found = entry.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, str | int) for one in found):
        raise invalid_input(f"{name} must be an array of strings")
    return [str(one) for one in found]


def whole_number(name: str, raw: object, *, least: int, most: int) -> int:
    """A number of a query or body within its bounds.

    Raises:
        ApiError: It is none, or outside.
    """
    try:
        number = int(str(raw))
    except ValueError:
        raise validation_error(f"{name} must be a whole number") from None
    if not least <= number <= most:
        raise validation_error(f"{name} must be between {least} and {most}, was {number}")
    return number


def _refuse_constant(text: str) -> object:
    raise invalid_input(f"Non-standard token '{text}'")
