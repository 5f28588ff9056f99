"""The report that was just written, in a few lines, and whole for scripts."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from crm_segments.views.segments import segment_documents
from crm_segments.views.text import bullet, count, counted, say, to_do_next, visible

if TYPE_CHECKING:
    from segmentation.revenue import SegmentMoney
    from sync.reporting import ReportedSegments

__all__ = ["ReportView"]


@dataclass(frozen=True, slots=True)
class ReportView:
    """A written report."""

    path: Path
    report: "ReportedSegments"

    def human(self, console: Console) -> None:
        """Where it is, and what in it wants to be looked at."""
        report = self.report
        say(console, f"Wrote {visible(str(self.path))}. Open it in a browser; it needs no network.", "bold")
        if not report.is_applied:
            bullet(console, "It shows what the waiting plan would write; nothing is in the CRM yet.")
        if report.close_call_count:
            bullet(console, f"Close calls: {counted(report.close_call_count, report.settings.object)}.")
        if report.comparison:
            differ = count(len(report.comparison.disagreements))
            bullet(console, f"Unlike {visible(report.comparison.field)}: {differ}.")
        if report.quality.findings:
            number = len(report.quality.findings)
            bullet(console, f"What the data lacked: {counted(number, 'remark')}.")
        to_do_next(console, ("crm-segments explain ACCOUNT", "why a record is in its segment"))

    def document(self) -> dict[str, object]:
        """The numbers of the report; amounts as text, so that no cent is lost."""
        report = self.report
        comparison = report.comparison
        return {
            "status": "complete",
            "file": str(self.path),
            "segmentation": report.settings.name,
            "as_of": report.as_of.isoformat(),
            "is_applied": report.is_applied,
            "segments": segment_documents(report.segments),
            "money": self._money(),
            "moves": [{"old": old, "new": new, "count": number} for old, new, number in report.moves],
            "close_calls": [asdict(each) for each in report.close_calls],
            "comparison": None
            if comparison is None
            else {
                "field": comparison.field,
                "counts": {key: dict(row) for key, row in comparison.counts.items()},
                "disagreements": [
                    {**asdict(each), "worth": str(each.worth)} for each in comparison.disagreements
                ],
            },
            "quality": [asdict(each) for each in report.quality.findings],
        }

    def _money(self) -> dict[str, object] | None:
        money = self.report.money
        if money is None:
            return None
        return {
            "currency": money.currency,
            "segments": [_row(row) for row in money.rows],
            "no_segment": _row(money.no_segment),
            "no_account": _row(money.no_account),
            "total": _row(money.total),
        }


def _row(row: "SegmentMoney") -> dict[str, object]:
    found = {**asdict(row), "win_rate": row.win_rate, "retention": row.retention}
    return {
        name: str(value) if name in {"revenue", "median_deal"} and value is not None else value
        for name, value in found.items()
    }
