"""Refusals of the API, and their one envelope."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm_segments.sandbox.calls import Reply, json_reply

__all__ = [
    "ApiError",
    "PropertyError",
    "invalid_input",
    "invalid_values",
    "missing_scopes",
    "not_found",
    "object_not_found",
    "validation_error",
]

_SCOPES_PAGE = "https://developers.hubspot.com/scopes"


class ApiError(Exception):
    """One refused request."""

    def __init__(
        self,
        status: int,
        category: str | None,
        message: str,
        *,
        extra: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.category = category
        self.message = message
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})

    def reply(self) -> Reply:
        """The answer that tells it."""
        content = {"status": "error", "message": self.message, "correlationId": str(uuid.uuid4())}
        return json_reply(self.status, {**content, **self._rest()}, self.headers)

    def in_batch(self, context: Mapping[str, Sequence[str]] | None = None) -> dict[str, object]:
        """The entry in the `errors` of a batch."""
        entry: dict[str, object] = {"status": "error", "message": self.message, **self._rest()}
        if context:
            entry["context"] = context
        return entry

    def _rest(self) -> dict[str, object]:
        rest = dict(self.extra)
        if self.category:
            rest["category"] = self.category
        return rest


@dataclass(frozen=True, slots=True)
class PropertyError:
    """Why a property refuses a value."""

    name: str
    code: str
    message: str

    def entry(self) -> dict[str, object]:
        """As it stands in the message of the refusal."""
        return {"isValid": False, "message": self.message, "error": self.code, "name": self.name}


def validation_error(message: str, **extra: object) -> ApiError:
    """The request makes no sense."""
    return ApiError(400, "VALIDATION_ERROR", message, extra=extra)


def invalid_values(errors: Sequence[PropertyError]) -> ApiError:
    """Properties refuse their values: the details are JSON inside the text."""
    details = json.dumps([one.entry() for one in errors], separators=(",", ":"), ensure_ascii=False)
    return validation_error(f"Property values were not valid: {details}")


def invalid_input(detail: str, *, line: int = 1, column: int = 1) -> ApiError:
    """The body is not JSON, or not of the right shape."""
    return validation_error(f"Invalid input JSON on line {line}, column {column}: {detail}")


def not_found() -> ApiError:
    """There is no such path."""
    return ApiError(404, None, "Unable to find a matching route for this request")


def object_not_found(message: str = "resource not found", **extra: object) -> ApiError:
    """There is no such record, property, group, list or owner."""
    return ApiError(404, "OBJECT_NOT_FOUND", message, extra=extra)


def missing_scopes(required: Sequence[str], *, granular: bool = True) -> ApiError:
    """The key or app lacks a scope; one of those named would do."""
    key = "requiredGranularScopes" if granular else "requiredScopes"
    error = {
        "message": "One or more of the following scopes are required.",
        "context": {key: list(required)},
    }
    return ApiError(
        403,
        "MISSING_SCOPES",
        "This app hasn't been granted all required scopes to make this call."
        f" Read more about required scopes here: {_SCOPES_PAGE}.",
        extra={"errors": [error], "links": {"scopes": _SCOPES_PAGE}},
    )
