"""What the embedded CRM allows, as data."""

from connectors.model import Limits

__all__ = ["LIMITS", "MAX_FIELD_COUNT", "MAX_LONG_TEXT_LENGTH", "PAGE_RECORDS"]

PAGE_RECORDS = 2_000
"""Records in one page of a pull."""

MAX_LONG_TEXT_LENGTH = 32_768
"""Longest text of a field that is not one of ours; what the large CRMs allow in their long text fields."""

MAX_FIELD_COUNT = 800
"""Fields of one object. SQLite stops at 2,000 columns; the large CRMs stop at 800 and 1,000."""

LIMITS = Limits(
    max_batch_records=200,
    max_read_records=1_000,
    # One file has one writer at a time.
    max_parallel_writes=1,
    max_text_length=255,
    # A write is in the file, or it is not, when its call returns.
    settle_seconds=0,
    trusted_pull_seconds=0,
    has_field_history=True,
    compares_before_writing=True,
)
