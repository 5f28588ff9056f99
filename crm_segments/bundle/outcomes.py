"""Whether deals are closed and won, from their stage, where an export does not say so itself."""

import re

import pyarrow as pa

__all__ = ["add_outcomes"]

_WON = re.compile(r"\bwon\b|closedwon", re.IGNORECASE)
_LOST = re.compile(r"\blost\b|closedlost", re.IGNORECASE)


def add_outcomes(table: pa.Table) -> tuple[pa.Table, tuple[str, ...]]:
    """Add `is_closed` and `is_won` where they are missing and the stages name won or lost deals.

    Returns:
        The table, and the columns that were added.
    """
    missing = tuple(name for name in ("is_closed", "is_won") if name not in table.column_names)
    if not missing or "stage" not in table.column_names:
        return table, ()
    stages = table["stage"].combine_chunks().dictionary_encode()
    words = [word or "" for word in stages.dictionary.to_pylist()]
    won = [bool(_WON.search(word)) for word in words]
    lost = [bool(_LOST.search(word)) and not is_won for word, is_won in zip(words, won, strict=True)]
    if not any(won) and not any(lost):
        return table, ()
    closed = [is_won or is_lost for is_won, is_lost in zip(won, lost, strict=True)]
    for name in missing:
        values = pa.array(closed if name == "is_closed" else won, pa.bool_()).take(stages.indices)
        table = table.add_column(table.column_names.index("stage") + 1 + (name == "is_won"), name, values)
    return table, missing
