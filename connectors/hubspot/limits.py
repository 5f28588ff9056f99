"""What HubSpot allows, as data; each number with its source and the date it was read."""

from connectors.model import Limits

__all__ = [
    "BURST_CALLS",
    "BURST_SECONDS",
    "FIRST_BURST_CALLS",
    "LIMITS",
    "MAX_ANSWER_BYTES",
    "MAX_ASSOCIATION_INPUTS",
    "MAX_PAGE_RECORDS",
    "MAX_PARALLEL_REQUESTS",
    "MAX_SEARCH_RECORDS",
    "MAX_TEXT_LENGTH",
    "MAX_URI_CHARACTERS",
    "SEARCH_CALLS",
    "TIMEOUTS",
]

BURST_CALLS = 100
"""Calls in ten seconds of a free or Starter account ("API usage guidelines and limits", read 2026-11);
Professional and Enterprise have 190, which the answers say and which then holds."""

FIRST_BURST_CALLS = 10
"""Calls before the first answer has said how many are left: another process may have used the window up."""

BURST_SECONDS = 10.0

SEARCH_CALLS = 5
"""Searches of the whole account in one second ("CRM search: limits", read 2026-11)."""

MAX_SEARCH_RECORDS = 200
"""Records of one page of a search (the same page)."""

MAX_PAGE_RECORDS = 100
"""Records of one page of a list of records ("CRM objects: Retrieve records", read 2026-11)."""

MAX_ASSOCIATION_INPUTS = 1_000
"""Records whose associations one request asks for ("CRM associations v4", read 2026-11)."""

MAX_URI_CHARACTERS = 8_000
"""Longer addresses are answered with 414 by some point on the way; HubSpot names no number."""

MAX_TEXT_LENGTH = 65_536
"""Characters of a text property ("Property types", read 2026-11)."""

TIMEOUTS = (10.0, 60.0)
"""Seconds to connect, and without a byte of the answer; HubSpot itself gives up after some ten seconds
("Error handling": 502 and 504, read 2026-11)."""

MAX_PARALLEL_REQUESTS = 10
"""Enough for 19 calls a second at half a second each."""

MAX_ANSWER_BYTES = 64 * 1024 * 1024
"""No answer that we ask for comes near it; more is refused instead of filling the memory."""

LIMITS = Limits(
    # "CRM objects: batch actions", read 2026-11: 100 records to read or update, contacts too.
    max_batch_records=100,
    max_read_records=100,
    max_parallel_writes=MAX_PARALLEL_REQUESTS,
    # Ours are kept as short as in every other CRM.
    max_text_length=255,
    # HubSpot ends a request after some ten seconds; a write whose answer was lost is over by then.
    settle_seconds=15,
    # A write to an id that went into a merge would change the survivor, so every write looks first.
    compares_before_writing=True,
)
