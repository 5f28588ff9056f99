"""The reference page names every file, column and header that is understood."""

from pathlib import Path

import pytest

from crm_segments.bundle.columns import COLUMNS, FILE_NAMES
from crm_segments.bundle.headers import ALIASES

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "bundle-files.md"


@pytest.mark.parametrize("kind", list(COLUMNS))
def test_the_page_lists_every_column_with_all_names_it_is_read_from(kind: str) -> None:
    section = (
        PAGE.read_text(encoding="utf-8")
        .split(f"### {FILE_NAMES[kind]}\n")[1]
        .split("\n## ")[0]
        .split("\n### ")[0]
    )
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    listed = {row[0].strip("`"): row[2].strip(" |") if len(row) > 2 else "" for row in rows}
    assert list(listed) == list(COLUMNS[kind])
    assert listed == {
        name: ", ".join(f"`{alias}`" for alias in ALIASES[kind].get(name, ())) for name in COLUMNS[kind]
    }


def test_aliases_fill_known_columns_only() -> None:
    assert list(ALIASES) == list(COLUMNS)
    for kind, aliases in ALIASES.items():
        assert set(aliases) <= set(COLUMNS[kind])
