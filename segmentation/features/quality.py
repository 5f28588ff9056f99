"""What was lacking, mended or left out on the way from records to features, in plain words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from connectors.model import ObjectKind

__all__ = ["QualityFinding", "QualityLog", "QualityReport", "count_of", "listed", "plural"]

MOST_VALUES = 200
_WHAT_WAS_LACKING = ("scope", "empty", "short_history", "currency")
"""What changes the result most: it is said first, because a short summary shows only the first few."""
_PLURALS = {
    ObjectKind.ACCOUNT: "accounts",
    ObjectKind.CONTACT: "contacts",
    ObjectKind.DEAL: "deals",
    ObjectKind.ACTIVITY: "activities",
    ObjectKind.LEAD: "leads",
    ObjectKind.PRODUCT: "products",
    ObjectKind.LINE_ITEM: "line items",
}


def plural(kind: ObjectKind) -> str:
    """The kind of record, in the plural."""
    return _PLURALS[kind]


def count_of(kind: ObjectKind, count: int) -> str:
    """A number of records in words: "1 account", "17,727 accounts"."""
    return f"{count:,} {plural(kind) if count != 1 else kind.value.replace('_', ' ')}"


@dataclass(frozen=True, slots=True)
class QualityFinding:
    """One thing that somebody should know about the data."""

    code: str
    """Stable, dotted name: `empty`, `constant`, `unreadable`, `mapped`, ..."""
    message: str
    """What it is, in a sentence."""
    count: int = 0
    """How many records it concerns."""
    source: str = ""
    """The field, e.g. `account.employees`."""
    values: tuple[str, ...] = ()
    """The categories it concerns, most frequent first, at most 200."""


@dataclass(frozen=True, slots=True)
class QualityReport:
    """All findings, in the order of the features."""

    findings: tuple[QualityFinding, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """The findings in words: first what was not used at all, then what was mended."""
        order = sorted(self.findings, key=lambda finding: finding.code not in _WHAT_WAS_LACKING)
        return tuple(finding.message for finding in order)


@dataclass(slots=True)
class QualityLog:
    """Collects findings while features are computed."""

    findings: list[QualityFinding] = field(default_factory=list)

    def add(
        self, code: str, message: str, *, count: int = 0, source: str = "", values: Iterable[str] = ()
    ) -> None:
        """Note a finding once."""
        finding = QualityFinding(code, message, count, source, tuple(islice(values, MOST_VALUES)))
        if finding not in self.findings:
            self.findings.append(finding)

    def report(self) -> QualityReport:
        """What was found so far."""
        return QualityReport(tuple(self.findings))


def listed(values: Sequence[str] | Iterable[str], most: int = 3) -> str:
    """The first few of many, with how many more there are."""
    found = list(values)
    shown = ", ".join(found[:most])
    return f"{shown} and {len(found) - most:,} more" if len(found) > most else shown
