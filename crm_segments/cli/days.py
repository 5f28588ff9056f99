"""`--as-of`: the day that facts are looked at from."""

from datetime import date
from typing import Annotated

import typer

from connectors.errors import UsageError

__all__ = ["AsOfOption", "day_of", "parse_day"]

AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DATE", help="Look at the data as of this day, e.g. 2026-11-02."),
]


def day_of(text: str | None) -> date | None:
    """The day of `--as-of`, if one was given.

    Raises:
        UsageError: It is not a calendar day.
    """
    return parse_day(text, "--as-of")


def parse_day(text: str | None, option: str) -> date | None:
    """The day of an option, if one was given.

    Raises:
        UsageError: It is not a calendar day.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{option} {text!r} is not a calendar day.",
            hint=f"Write year, month and day, e.g. {option} 2026-11-02.",
            code="usage.date",
        ) from None
