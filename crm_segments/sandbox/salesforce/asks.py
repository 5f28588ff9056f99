"""One request to an org, as the routes see it: who asks, with which version, and what the body says."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from crm_segments.sandbox.calls import Call, Reply
from crm_segments.sandbox.routing import RouteTable
from crm_segments.sandbox.salesforce.dml import SaveOptions, Writer
from crm_segments.sandbox.salesforce.errors import ApiError, malformed_json, not_found
from crm_segments.sandbox.salesforce.org import SalesforceOrg
from crm_segments.sandbox.salesforce.sobjects import SObject
from crm_segments.sandbox.salesforce.soql.names import Asker

__all__ = ["Ask", "Routes", "object_of", "read_json"]


@dataclass(frozen=True, slots=True)
class Ask:
    """A request with its answerable context."""

    org: SalesforceOrg
    call: Call
    user: str
    """Id of the user; empty for requests that need no login."""
    version: str
    """Of the API, as the path says it, e.g. `67.0`."""
    answer: Callable[[Call], Reply]
    """Answers a further request within this one, with the same login."""

    def param(self, name: str) -> str:
        """A part of the path."""
        return self.call.params[name]

    def json_object(self) -> dict[str, object]:
        """The body as a JSON object.

        Raises:
            ApiError: It is not JSON, not an object, or says that it is something else.
        """
        kind = (self.call.header("Content-Type") or "").partition(";")[0].strip().lower()
        if kind != "application/json":
            message = f"Content-Type header specified in HTTP request is not supported: {kind or 'none'}"
            raise ApiError(415, "UNSUPPORTED_MEDIA_TYPE", message)
        found = read_json(self.call.body)
        if not isinstance(found, dict):
            raise malformed_json("The HTTP entity body is required to be a JSON object at [line:1, column:1]")
        return found

    def object(self, name: str, *, right: str = "Read") -> SObject:
        """The object of this name, if the user may see it.

        Raises:
            ApiError: NOT_FOUND, as for an object that does not exist.
        """
        found = self.org.require(name)
        if not self.org.access.allows(self.user, found, right):
            raise not_found()
        return found

    def asker(self, *, tooling: bool = False) -> Asker:
        """Who asks, for queries."""
        return Asker(self.org, self.user, self.version, tooling)

    def writer(self) -> Writer:
        """Saves records as the headers of this request say."""
        return Writer(
            self.org,
            SaveOptions(
                self.user,
                auto_assign=self._flag("Sforce-Auto-Assign", default=True),
                allow_duplicates=self._allows_duplicates(),
                arrived_at=self.call.arrived_at,
            ),
        )

    def _flag(self, header: str, *, default: bool) -> bool:
        given = (self.call.header(header) or "").strip().lower()
        if given in {"true", "false"}:
            return given == "true"
        if given:
            raise ApiError(400, "INVALID_HEADER", f"{header}: expected TRUE or FALSE")
        return default

    def _allows_duplicates(self) -> bool:
        options = _options(self.call.header("Sforce-Duplicate-Rule-Header") or "")
        unknown = options.keys() - {"allowsave", "includerecorddetails", "runascurrentuser"}
        if unknown:
            raise ApiError(
                400, "INVALID_HEADER", f"Sforce-Duplicate-Rule-Header: unknown option {min(unknown)}"
            )
        return options.get("allowsave") == "true"


Routes = RouteTable[Ask]


def object_of(value: object, what: str) -> dict[str, object]:
    """A member of a body that has to be an object.

    Raises:
        ApiError: It is something else.
    """
    if not isinstance(value, dict):
        raise malformed_json(f"{what} is required to be a JSON object at [line:1, column:1]")
    return value


def read_json(body: bytes) -> object:
    """The value that a JSON text stands for; numbers that JSON does not know are refused.

    Raises:
        ApiError: It cannot be read.
    """
    try:
        found: object = json.loads(body, parse_constant=_refuse_constant)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        line = getattr(error, "lineno", 1)
        column = getattr(error, "colno", 1)
        message = f"Unexpected character in JSON at [line:{line}, column:{column}]"
        raise malformed_json(message) from error
    return found


def _refuse_constant(text: str) -> object:
    raise malformed_json(
        f"Non-standard token '{text}': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow"
        " at [line:1, column:1]"
    )


def _options(header: str) -> Mapping[str, str]:
    pairs = (part.partition("=") for part in header.split(",") if part.strip())
    return {name.strip().lower(): value.strip().lower() for name, _, value in pairs}
