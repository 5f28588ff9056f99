"""Writes bundles and, for whoever checks the product, the truth behind them."""

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from crm_segments.sample.sheets import Sheet

__all__ = ["as_date", "write_bundle", "write_json", "write_sheet"]


def as_date(day: int) -> date:
    """The date of a number of days since 1970."""
    return date(1970, 1, 1) + timedelta(days=day)


def write_bundle(
    folder: Path, sheets: Mapping[str, Sheet], *, name: str, as_of: int, description: str
) -> None:
    """Writes one CSV file per sheet and the bundle's own description."""
    folder.mkdir(parents=True, exist_ok=True)
    for file_name, sheet in sheets.items():
        write_sheet(folder / file_name, sheet)
    about = {
        "name": name,
        "synthetic": True,
        "as_of": as_date(as_of).isoformat(),
        "description": description,
    }
    write_json(folder / "bundle.json", about)


def write_sheet(path: Path, sheet: Mapping[str, Sequence[str]]) -> None:
    """Writes a CSV file: UTF-8, one line per record, the same bytes on every system."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(sheet)
        writer.writerows(zip(*sheet.values(), strict=True))


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Writes a JSON file that people can read."""
    text = json.dumps(content, indent=1, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8", newline="")
