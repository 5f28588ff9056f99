"""Whether an incremental pull can build on the one before, and whether it explains what is there now."""

from dataclasses import replace
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from connectors.errors import DataError
from connectors.salesforce.position import Mark, Position
from connectors.salesforce.selection import CellKind, Selection

__all__ = ["RECYCLE_BIN", "Balance", "check_mark", "everything"]

RECYCLE_BIN = timedelta(days=14)
"""Deleted records are shown for 15 days (SOAP API Developer Guide, "getDeleted()", 2026-11); less one."""

_SKEW = timedelta(minutes=1)
"""Our allowance for clocks of several servers that answer for one org; Salesforce names none."""


def check_mark(since: Mark, ends: Mark) -> None:
    """Whether a pull that ends with one watermark can build on the other.

    Raises:
        DataError: Everything has to be pulled.
    """
    if since.moment > ends.moment + _SKEW:
        raise everything("The last pull from Salesforce lies ahead of the org's clock.", "ahead")
    if since.moment < ends.moment - RECYCLE_BIN:
        what = "The last pull from Salesforce is so old that the org does not show any more what went since."
        raise everything(what, "old")
    if since.shape != ends.shape:
        what = "Fields, rates of currencies or record types changed since the last pull from Salesforce."
        raise everything(what, "moved")


def everything(what: str, code: str) -> DataError:
    """Only a pull of all records gives right ones."""
    return DataError(
        what,
        hint="Pull all records again; a run does so by itself.",
        code=f"salesforce.watermark.{code}",
        next_command="crm-segments run",
    )


class Balance:
    """Counts the records of one object while they come, and closes the account at their end."""

    def __init__(self, selection: Selection, position: Position, since: Mark | None, lower: datetime) -> None:
        """Begin, or go on with a pull that was interrupted.

        Args:
            selection: What is read.
            position: Where the pull stands.
            since: The watermark that it builds on; None for a pull of all records.
            lower: The time from which on records count as changed.
        """
        self._selection = selection
        self._position = position
        self._since = since
        self._lower = pa.scalar(lower, CellKind.MOMENT.type) if since else None
        self._read = position.read
        self._changed = position.changed

    def after(self, cells: pa.Table, reached: Position) -> Position:
        """The position behind a page, with what was counted.

        Raises:
            DataError: It is the last page, and more records appeared or vanished than changed.
        """
        self._read += cells.num_rows
        self._changed += self._changed_in(cells)
        if reached.source == self._position.source:
            return replace(reached, changed=self._changed)
        return replace(reached, seen=(*self._position.seen, self._closed()))

    def _changed_in(self, cells: pa.Table) -> int:
        stamp = self._selection.path_of("modified_at")
        if self._lower is None or stamp is None:
            return 0
        return pc.sum(pc.greater_equal(cells[stamp], self._lower)).as_py() or 0

    def _closed(self) -> int:
        if self._since is None:
            return self._read
        here, source = self._position.here, self._position.source
        before = self._since.seen[source] if source < len(self._since.seen) else -1
        if min(here, before) >= 0 and abs(here - before) > self._changed:
            name = self._selection.source.name
            what = (
                f"The Salesforce user sees {here:,} records of {name}, {before:,} at the last pull, and only "
                f"{self._changed:,} changed since: rights or sharing changed, or the recycle bin was emptied."
            )
            raise everything(what, "unexplained")
        return here
