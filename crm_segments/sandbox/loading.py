"""What the loaders of all emulators share: rows of a bundle, and what came of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crm_segments.bundle import Bundle

__all__ = ["Cells", "LoadReport", "place_of", "rows"]

Cells = Mapping[str, object]
"""One line of a file by column."""


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What came into the emulated CRM."""

    counts: Mapping[str, int]
    """Records of the files by object, whether or not they were there before."""
    ids: Mapping[str, str]
    """Id in the CRM by kind and id in the files, e.g. `account:A1`."""


def rows(bundle: Bundle, kind: str) -> Iterator[Cells]:
    """The lines of one kind."""
    table = bundle.tables.get(kind)
    if table is not None:
        yield from table.to_pylist()


def place_of(kind: str, own_id: object) -> str | None:
    """How a record of the files is named among all kinds; None where the id is empty."""
    return f"{kind}:{own_id}" if own_id else None
