"""What Salesforce allows, as data; each number with its source and the date it was read."""

from connectors.model import Limits

__all__ = [
    "API_VERSION",
    "LIMITS",
    "MAX_ANSWER_BYTES",
    "MAX_JOB_BYTES",
    "MAX_PARALLEL_REQUESTS",
    "MIN_API_VERSION",
    "TIMEOUTS",
]

API_VERSION = "67.0"
"""Summer '26, the newest that this code was held against."""

MIN_API_VERSION = 61
"""List views can be made from 61.0 on (User Interface API Developer Guide, "Create a List View", 2026-11)."""

TIMEOUTS = (10.0, 130.0)
"""Seconds to connect, and without a byte of the answer. Salesforce ends a request after 120 s (REST API
Developer Guide, "Status Codes and Error Responses" and "API Request Limits", read 2026-11)."""

MAX_PARALLEL_REQUESTS = 10
"""Below the 25 long requests that an org may have under way ("API Request Limits and Allocations", 2026-11);
an org of developers may have 5, which count only from 20 s on."""

MAX_ANSWER_BYTES = 256 * 1024 * 1024
"""No answer that we ask for comes near it; more is refused instead of filling the memory."""

MAX_JOB_BYTES = 100_000_000
"""Of the file of one job that writes ("Bulk API 2.0 Limits": 150 MB after base64, read 2026-11)."""

LIMITS = Limits(
    # "sObject Collections", REST API Developer Guide, read 2026-11: 200 records to update.
    max_batch_records=200,
    # The same page: 2,000 records to retrieve by POST.
    max_read_records=2_000,
    max_parallel_writes=MAX_PARALLEL_REQUESTS,
    # "Custom Field Types": Text holds 255 characters.
    max_text_length=255,
    # A request whose connection broke may still wait for a lock before it is carried out.
    settle_seconds=10,
    # A hundred requests, which are cheap and answer per record; above, a job costs less calls (ADR 0010).
    min_bulk_records=20_001,
    # "Bulk API 2.0 Limits", read 2026-11: 100 MB of CSV a job. A row of ours has 0.4 kB, at worst 1.5 kB.
    max_job_records=60_000,
)
