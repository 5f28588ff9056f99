"""The plan: a reviewed list of changes, bound by a hash to everything it was made from.

A plan is a value. It knows what to write, what it saw, and what must not have moved until it is applied;
it does not know how to apply itself. Changes travel as an Arrow table in `CHANGE_SCHEMA`.
"""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import ConfigDict, TypeAdapter

from connectors.errors import LedgerError
from connectors.model import ObjectKind, Option
from sync.results import SegmentCount

__all__ = [
    "ASSIGNMENT_SCHEMA",
    "CHANGE_SCHEMA",
    "PARTS",
    "Action",
    "FieldStep",
    "GuardStop",
    "Plan",
    "PlanHead",
    "PlanStatus",
    "plan_hash",
    "table_from_bytes",
    "table_to_bytes",
]

FORMAT_VERSION = 1

PARTS = ("key", "confidence", "reason", "since")
"""The values we write per record, in the order of the columns; each is a field in the CRM."""

CHANGE_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("action", pa.string(), nullable=False),
        pa.field("cause", pa.string(), nullable=False),
        *(pa.field(f"seen_{part}", pa.string()) for part in PARTS),
        *(pa.field(part, pa.string()) for part in PARTS),
        pa.field("parent_id", pa.string()),
    ]
)
"""One row per change: what the CRM holds (`seen_*`), what it shall hold, why they differ, and the record that
it belongs to, if any (a contact's account): two requests under way at once never share one."""


ASSIGNMENT_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("segment_key", pa.string(), nullable=False),
        pa.field("score", pa.float64()),
        pa.field("band", pa.string()),
        pa.field("runner_up", pa.string()),
        pa.field("since", pa.string(), nullable=False),
    ]
)
"""Which segment each record in scope is in, decided by this plan; current once the plan is applied."""


class Action(StrEnum):
    """What applying does with a row of the changes."""

    SET = "set"
    """Write the wanted values."""
    ADOPT = "adopt"
    """The CRM holds the wanted values already: nothing to write, only to remember."""
    HOLD = "hold"
    """Someone else changed our field: leave it and ask."""
    WAIT = "wait"
    """The CRM rejected these very values lately: not tried again yet."""


class PlanStatus(StrEnum):
    """Where a plan stands."""

    PROPOSED = "proposed"
    """Made and saved; nothing was written."""
    APPROVED = "approved"
    """A person agreed to exactly this plan."""
    APPLYING = "applying"
    """Its run has begun and is not finished."""
    APPLIED = "applied"
    """Its run is finished."""
    SUPERSEDED = "superseded"
    """A newer plan took its place."""


@dataclass(frozen=True, slots=True)
class FieldStep:
    """A field that applying makes or extends."""

    field: str
    label: str
    action: str
    """A `connectors.model.FieldAction`."""
    option_count: int = 0
    """Options that are added or relabelled."""


@dataclass(frozen=True, slots=True)
class GuardStop:
    """A guard that this plan trips."""

    code: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class PlanHead:
    """Everything about a plan but its rows."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)
    plan_id: str
    connection_id: str
    connection_label: str
    segmentation: str
    object: ObjectKind
    field_names: Mapping[str, str]
    """Part to the CRM's field name."""
    as_of: str
    created_at: str
    pulled_at: str
    snapshot_hash: str
    model_id: str
    base_model_id: str | None
    """The model that was current when the plan was made; None before the first."""
    settings_fingerprint: str
    schema_hash: str
    ledger_generation: int
    in_scope_count: int
    carrying_count: int
    """Records in scope that carry a key in the CRM already."""
    replaced_count: int
    """Of those, how many would get another key or none."""
    segments: tuple[SegmentCount, ...]
    options: tuple[Option, ...]
    """All options of the segment field: keys with titles."""
    counts: Mapping[str, int]
    """Rows by action."""
    field_steps: tuple[FieldStep, ...] = ()
    """Fields that applying makes or extends first."""
    missing_fields: tuple[str, ...] = ()
    """Our fields that were not in the CRM yet; `schema_hash` covers the others."""
    guards: tuple[GuardStop, ...] = ()
    notes: tuple[str, ...] = ()
    profile: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Where the values of each feature lie in this plan's data; the next plan's shift is measured from it."""
    format_version: int = FORMAT_VERSION

    def to_json(self) -> str:
        """The head as deterministic JSON."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "PlanHead":
        """Read what `to_json` wrote.

        Raises:
            LedgerError: Not a plan of this format.
        """
        try:
            raw = json.loads(text)
            version = raw.get("format_version") if isinstance(raw, dict) else None
            if version == FORMAT_VERSION:
                return TypeAdapter(cls).validate_json(text)
        except (ValueError, RecursionError) as error:
            # What the validator says quotes the values, which are not for messages.
            raise _unreadable("is damaged") from error
        raise _unreadable(f"has format {version!r}, not {FORMAT_VERSION}")


def _unreadable(what: str) -> LedgerError:
    return LedgerError(f"A saved plan {what}.", hint="Make a new plan: crm-segments plan", code="plan.format")


@dataclass(frozen=True, slots=True)
class Plan:
    """A head and its changes."""

    head: PlanHead
    changes: pa.Table
    """In `CHANGE_SCHEMA`, ordered by record id."""
    assignments: pa.Table
    """In `ASSIGNMENT_SCHEMA`."""

    @property
    def plan_id(self) -> str:
        """The plan's id."""
        return self.head.plan_id

    def take(self, rows: Sequence[int]) -> pa.Table:
        """The changes at these positions."""
        if rows and list(rows) == list(range(rows[0], rows[0] + len(rows))):
            # Most batches are a stretch of the plan, which costs no copy.
            return self.changes.slice(rows[0], len(rows))
        return self.changes.take(pa.array(rows, pa.int64()))

    def rows(self, action: Action) -> pa.Table:
        """The changes with this action."""
        return self.changes.filter(pc.equal(self.changes["action"], action.value))


def plan_hash(head: str, changes: bytes) -> str:
    """Binds approvals: moves with any byte of the head or of the changes."""
    return hashlib.sha256(
        hashlib.sha256(head.encode()).digest() + hashlib.sha256(changes).digest()
    ).hexdigest()


def table_to_bytes(table: pa.Table) -> bytes:
    """A table as Parquet bytes for the state store."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def table_from_bytes(blob: bytes) -> pa.Table:
    """Read what `table_to_bytes` wrote."""
    return pq.read_table(io.BytesIO(blob))
