"""Reads generated folders for the tests."""

import csv
from pathlib import Path

Row = dict[str, str]


def rows_of(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rows_by_id(path: Path) -> dict[str, Row]:
    rows = rows_of(path)
    column = next(iter(rows[0]))
    by_id = {row[column]: row for row in rows}
    assert len(by_id) == len(rows), f"{path.name} repeats an id"
    return by_id


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.*"))}
