"""Cells that a spreadsheet would take for formulas: marked when we write, unmarked when we read them back.

A marked cell has one apostrophe more than its text. Because texts that already begin with apostrophes before
such a character are marked too, taking one away always gives the text back.
"""

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["mark_formulas", "unmark_formulas"]

# Full-width signs count as formulas in East Asian editions; quotes and blanks before a sign may be dropped.
_DANGEROUS = "^['\"\\s\\v\u00a0\u3000\ufeff]*[=+\\-@\\t\\r＝＋－＠]"  # noqa: RUF001 - they are meant
_NEGATIVE_NUMBER = r"^-[0-9]+([.,][0-9]+)*([eE][+-]?[0-9]+)?$"


def mark_formulas(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """The texts, an apostrophe before each that a spreadsheet could run; negative numbers as they are."""
    marked = pc.binary_join_element_wise("'", texts, "")
    return pc.if_else(_is_dangerous(texts), marked, texts)


def unmark_formulas(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Exactly what was given to `mark_formulas`."""
    is_marked = pc.and_(pc.starts_with(texts, "'"), _is_dangerous(texts))
    return pc.if_else(is_marked, pc.utf8_slice_codeunits(texts, 1), texts)


def _is_dangerous(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    is_number = pc.match_substring_regex(texts, _NEGATIVE_NUMBER)
    return pc.and_(pc.match_substring_regex(texts, _DANGEROUS), pc.invert(is_number))
