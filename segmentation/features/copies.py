"""Accounts that look like copies of one another: counted and shown, never merged by us."""

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.model import ObjectKind
from segmentation.features.quality import count_of, listed
from segmentation.features.table import FeatureContext

__all__ = ["say_copies"]

_LEGAL_FORMS = (
    r"\b(inc|incorporated|corp|corporation|co|company|llc|ltd|limited|plc|llp|gmbh|ag|kg|ug|se|sa|sarl|sas|"
    r"spa|srl|bv|nv|ab|as|oy|aps|pty|pte|kk)\b"
)


def say_copies(context: FeatureContext) -> None:
    """Report accounts that have the same name but for case, signs and the legal form."""
    table = context.records.table
    if context.kind is not ObjectKind.ACCOUNT or "name" not in table.column_names:
        return
    names = _bare(table.column("name")).dictionary_encode()
    codes = pc.fill_null(names.indices, -1).to_numpy(zero_copy_only=False)
    # One place more than there are names, for accounts without one.
    counts = np.bincount(codes[codes >= 0], minlength=len(names.dictionary) + 1)
    rows = np.flatnonzero((codes >= 0) & (counts[codes] > 1))
    if not len(rows):
        return
    groups: defaultdict[int, list[str]] = defaultdict(list)
    ids = table.column("account_id").take(pa.array(rows)).to_pylist()
    for code, record_id in zip(codes[rows].tolist(), ids, strict=True):
        groups[code].append(record_id)
    copies = sorted(sorted(group) for group in groups.values())
    count = len(rows) - len(copies)
    context.log.add(
        "copies",
        f"{count_of(ObjectKind.ACCOUNT, count)} with the name of another but for the legal form "
        f"({listed((' and '.join(group[:3]) for group in copies), 2)}); each is looked at with its own "
        "deals. Merge them in the CRM.",
        count=count,
        source="account.name",
        values=[" and ".join(group) for group in copies],
    )


def _bare(names: pa.ChunkedArray) -> pa.Array:
    """Names without case, signs and legal forms; null where nothing is left of the name itself."""
    folded = pc.utf8_lower(pc.utf8_normalize(names.combine_chunks(), form="NFKC"))
    words = pc.replace_substring_regex(pc.replace_substring(folded, ".", ""), r"[^\pL\pN]+", " ")
    bare = pc.replace_substring_regex(words, _LEGAL_FORMS, " ")
    bare, words = (
        pc.utf8_trim_whitespace(pc.replace_substring_regex(each, " +", " ")) for each in (bare, words)
    )
    found = pc.if_else(pc.equal(bare, ""), words, bare)
    return pc.if_else(pc.equal(found, ""), pa.scalar(None, pa.string()), found)
