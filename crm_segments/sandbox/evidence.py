"""How we know that a CRM behaves as its emulator does.

Every route names its evidence. What is only believed is worth a question to whoever has a real account.
"""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Evidence", "EvidenceKind", "believed", "documented", "recorded"]


class EvidenceKind(StrEnum):
    """How sure we are."""

    RECORDED = "recorded"
    """Real traffic, or a real body quoted in public, shows it."""
    DOCUMENTED = "documented"
    """The vendor's documentation says it."""
    BELIEVED = "believed"
    """Experience says it; nothing that we could check does."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason to believe in one behavior."""

    kind: EvidenceKind
    source: str
    """Where to look: a recorded pair, a page of the documentation, or why we believe it."""

    def __str__(self) -> str:
        """Kind and source as one phrase."""
        return f"{self.kind}: {self.source}"


def recorded(source: str) -> Evidence:
    """Real traffic shows it."""
    return Evidence(EvidenceKind.RECORDED, source)


def documented(source: str) -> Evidence:
    """The vendor's documentation says it."""
    return Evidence(EvidenceKind.DOCUMENTED, source)


def believed(source: str) -> Evidence:
    """Nothing that we could check says it."""
    return Evidence(EvidenceKind.BELIEVED, source)
