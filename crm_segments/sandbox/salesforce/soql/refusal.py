"""Refusals of queries, with the marker under the place that is wrong."""

from crm_segments.sandbox.salesforce.errors import ApiError

__all__ = ["malformed", "no_such_column", "no_such_type", "refuse", "wrong_kind"]

_CUSTOM_HINT = (
    "If you are attempting to use a custom {thing}, be sure to append the '__c' after the {named} name."
    " Please reference your WSDL or the describe call for the appropriate names."
)


def refuse(code: str, soql: str, position: int, text: str) -> ApiError:
    """A refusal that shows the line, a marker below it, and the reason."""
    before = soql[:position]
    row = before.count("\n") + 1
    column = position - (before.rfind("\n") + 1) + 1
    line = soql.split("\n")[row - 1]
    marker = " " * (column - 1) + "^"
    return ApiError(400, code, f"\n{line}\n{marker}\nERROR at Row:{row}:Column:{column}\n{text}")


def malformed(soql: str, position: int, text: str) -> ApiError:
    """The query cannot be read."""
    return refuse("MALFORMED_QUERY", soql, position, text)


def no_such_column(soql: str, position: int, name: str, sobject: str) -> ApiError:
    """The user sees no such field."""
    hint = _CUSTOM_HINT.format(thing="field", named="custom field")
    return refuse("INVALID_FIELD", soql, position, f"No such column '{name}' on entity '{sobject}'. {hint}")


def no_such_type(soql: str, position: int, name: str) -> ApiError:
    """The user sees no such object."""
    hint = _CUSTOM_HINT.format(thing="object", named="entity")
    return refuse("INVALID_TYPE", soql, position, f"sObject type '{name}' is not supported. {hint}")


def wrong_kind(soql: str, position: int, field: str, wanted: str) -> ApiError:
    """A value is not of the field's type."""
    quotes = "should be enclosed in quotes" if wanted == "string" else "should not be enclosed in quotes"
    text = f"value of filter criterion for field '{field}' must be of type {wanted} and {quotes}"
    return refuse("INVALID_FIELD", soql, position, text)
