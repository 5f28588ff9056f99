"""The one error of this package."""

from collections.abc import Sequence

from crm_segments.bundle.model import Reject

__all__ = ["SHOWN_PROBLEMS", "BundleError"]

SHOWN_PROBLEMS = 20
"""So many bad lines are carried by an error; a file with more has one cause, not many."""


class BundleError(Exception):
    """The files cannot be read, or may not be written, as they are.

    Args:
        message: What happened, to which file.
        hint: What to do now.
        problems: The bad lines; the first twenty are kept.
    """

    def __init__(self, message: str, *, hint: str, problems: Sequence[Reject] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.problems = tuple(problems[:SHOWN_PROBLEMS])
