"""What `doctor` found."""

from dataclasses import dataclass

from connectors.model import Severity

__all__ = ["Check", "Examination"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    title: str
    severity: Severity
    what: str
    fix: str = ""
    exit_code: int = 0
    """How the command ends because of it."""


@dataclass(frozen=True, slots=True)
class Examination:
    """All of it."""

    checks: tuple[Check, ...]

    @property
    def exit_code(self) -> int:
        """0 when nothing failed, else the code of the first failure."""
        failed = (check for check in self.checks if check.severity is Severity.FAIL)
        return next((check.exit_code or 1 for check in failed), 0)
