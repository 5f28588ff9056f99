"""Ids of records: one form for each, whatever form they arrive in."""

import re

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["is_record_id", "long_id", "long_ids"]

_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def is_record_id(text: str) -> bool:
    """Whether this can be the id of a record."""
    return _SHAPE.fullmatch(text) is not None


def long_id(text: str) -> str:
    """The 18-character form, which stays unique where capitals do not count; anything else as it is.

    Each of the last three characters says which of five are capitals ("ID Field Type", SOAP API Developer
    Guide, read 2026-11).
    """
    if len(text) != 15:
        return text
    groups = (text[start : start + 5] for start in (0, 5, 10))
    return text + "".join(
        _CHECK[sum(1 << place for place, letter in enumerate(group) if "A" <= letter <= "Z")]
        for group in groups
    )


def long_ids(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """All ids of a column in their 18-character form."""
    if not pc.any(pc.equal(pc.utf8_length(column), 15)).as_py():
        return column
    texts = [None if text is None else long_id(text) for text in column.to_pylist()]
    return pa.chunked_array([pa.array(texts, pa.string())])
