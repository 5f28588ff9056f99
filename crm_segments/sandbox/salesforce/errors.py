"""What Salesforce answers when it refuses: whole requests, and single rows of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from crm_segments.sandbox.calls import Reply, json_reply

__all__ = ["ApiError", "RowError", "field_not_found", "malformed_json", "method_not_allowed", "not_found"]


class ApiError(Exception):
    """A whole request is refused."""

    def __init__(
        self, status: int, code: str, message: str, *, extra: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.extra = dict(extra or {})

    def reply(self) -> Reply:
        """The answer: a list with one error."""
        return json_reply(self.status, [{"message": self.message, "errorCode": self.code, **self.extra}])


@dataclass
class RowError(Exception):
    """One row is refused; the others of its request may succeed."""

    code: str
    message: str
    fields: Sequence[str] = ()
    extra: Mapping[str, object] = field(default_factory=dict)
    status: int = 400
    """Of the request, where the row is all of it."""

    def in_collection(self) -> dict[str, object]:
        """The row's entry in the answer to a collection: it has no id, and `statusCode` names the code."""
        error = {"statusCode": self.code, "message": self.message, "fields": list(self.fields), **self.extra}
        return {"success": False, "errors": [error]}

    def in_csv(self) -> str:
        """The row's `sf__Error` in the results of a bulk job."""
        return f"{self.code}:{self.message}:{','.join(self.fields)} --"

    def alone(self) -> ApiError:
        """The refusal of a request that was about this row only."""
        extra = dict(self.extra)
        # Recorded and quoted bodies agree: codes about values name the fields, codes about ids do not.
        if self.status == 400 and "duplicateResult" not in extra:
            extra["fields"] = list(self.fields)
        return ApiError(self.status, self.code, self.message, extra=extra)


def not_found() -> ApiError:
    """There is no such path, object or record."""
    return ApiError(404, "NOT_FOUND", "The requested resource does not exist")


def method_not_allowed(method: str, allowed: Sequence[str]) -> ApiError:
    """The path is known, but not with this method."""
    text = f"HTTP Method '{method}' not allowed. Allowed are {','.join(allowed)}"
    return ApiError(405, "METHOD_NOT_ALLOWED", text)


def malformed_json(detail: str) -> ApiError:
    """The body is not JSON, or not of the right shape."""
    return ApiError(400, "JSON_PARSER_ERROR", detail)


def field_not_found(name: str, sobject: str) -> RowError:
    """The user sees no such field on this object."""
    return RowError("INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject}")
