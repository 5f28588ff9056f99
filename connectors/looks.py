"""Several looks at a CRM for `check`, none of which keeps the others from being taken."""

from collections.abc import Callable, Iterable, Sequence

from connectors.errors import AccessError, AuthError, CrmSegmentsError
from connectors.model import Finding, Severity

__all__ = ["Look", "take_looks"]

Look = Callable[[], Iterable[Finding]]
"""Looks at one thing and says what it found."""


def take_looks(looks: Sequence[Look]) -> list[Finding]:
    """The findings of all looks in their order; one that is refused becomes a finding itself.

    Raises:
        AuthError: The login is refused: nothing else can be looked at.
    """
    return [finding for look in looks for finding in _guarded(look)]


def _guarded(look: Look) -> list[Finding]:
    try:
        return list(look())
    except AuthError:
        raise
    except CrmSegmentsError as error:
        severity = Severity.WARN if isinstance(error, AccessError) else Severity.FAIL
        return [Finding(error.message, severity, error.hint, error.details)]
