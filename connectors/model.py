"""Values that cross from a CRM to the rest of the product and back.

Many records travel as `pyarrow.Table`s in the canonical columns declared here; few things (a field's
description, one write, its result) travel as frozen dataclasses. Nothing here talks to anything.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum

import pyarrow as pa

__all__ = [
    "CANONICAL_SCHEMAS",
    "ID_COLUMNS",
    "UNCLASSIFIED_KEY",
    "CallBudget",
    "ConnectionIdentity",
    "DeletedRecord",
    "FieldAction",
    "FieldChange",
    "FieldSpec",
    "FieldType",
    "FieldValue",
    "FieldWrite",
    "Finding",
    "JobState",
    "Limits",
    "ListChange",
    "ListSpec",
    "ObjectDescription",
    "ObjectKind",
    "Observer",
    "Option",
    "Page",
    "Progress",
    "Severity",
    "Watermark",
    "WriteOutcome",
    "WriteResult",
    "id_column",
]

FieldValue = str | int | float | bool | date | None
"""One value of a field; None clears it."""

Watermark = str
"""Opaque to callers: 'everything modified up to here has been read', in the CRM's own clock."""

UNCLASSIFIED_KEY = "unclassified"
"""Key of the option that says 'fits nowhere'; an ordinary option of every segment field."""


class ObjectKind(StrEnum):
    """Kinds of record, named the same for every CRM."""

    ACCOUNT = "account"
    """A company; `company` in HubSpot."""
    CONTACT = "contact"
    """A person at an account."""
    DEAL = "deal"
    """An opportunity in Salesforce."""
    ACTIVITY = "activity"
    """A call, mail, meeting or task."""
    LEAD = "lead"
    """A person not yet tied to an account."""
    PRODUCT = "product"
    """Something that is sold."""
    LINE_ITEM = "line_item"
    """A product on a deal."""


_STAMPS = [
    pa.field("created_at", pa.timestamp("us", tz="UTC")),
    pa.field("modified_at", pa.timestamp("us", tz="UTC")),
]
_SIZE = [
    # Raw text as the CRM holds it ("50-200", "1.2M"); the *_number column is filled where the CRM is typed.
    pa.field("employees", pa.string()),
    pa.field("employees_number", pa.float64()),
    pa.field("annual_revenue", pa.string()),
    pa.field("annual_revenue_number", pa.float64()),
    pa.field("currency", pa.string()),
]
_ENGAGEMENT = [
    pa.field("email_opens_90d", pa.int64()),
    pa.field("email_clicks_90d", pa.int64()),
    pa.field("email_opt_out", pa.bool_()),
    pa.field("last_activity_date", pa.date32()),
]

CANONICAL_SCHEMAS: Mapping[ObjectKind, pa.Schema] = {
    ObjectKind.ACCOUNT: pa.schema(
        [
            pa.field("account_id", pa.string(), nullable=False),
            pa.field("name", pa.string()),
            pa.field("website", pa.string()),
            pa.field("industry", pa.string()),
            pa.field("country", pa.string()),
            pa.field("state", pa.string()),
            pa.field("region", pa.string()),
            pa.field("city", pa.string()),
            *_SIZE,
            pa.field("founded_year", pa.string()),
            pa.field("source", pa.string()),
            pa.field("owner", pa.string()),
            pa.field("parent_id", pa.string()),
            *_STAMPS,
        ]
    ),
    ObjectKind.CONTACT: pa.schema(
        [
            pa.field("contact_id", pa.string(), nullable=False),
            pa.field("account_id", pa.string()),
            pa.field("title", pa.string()),
            *_ENGAGEMENT,
            *_STAMPS,
        ]
    ),
    ObjectKind.DEAL: pa.schema(
        [
            pa.field("deal_id", pa.string(), nullable=False),
            pa.field("account_id", pa.string()),
            pa.field("stage", pa.string()),
            pa.field("is_closed", pa.bool_()),
            pa.field("is_won", pa.bool_()),
            pa.field("amount", pa.string()),
            pa.field("amount_number", pa.float64()),
            pa.field("currency", pa.string()),
            pa.field("type", pa.string()),
            pa.field("pipeline", pa.string()),
            pa.field("product", pa.string()),
            pa.field("close_date", pa.date32()),
            *_STAMPS,
        ]
    ),
    ObjectKind.ACTIVITY: pa.schema(
        [
            pa.field("activity_id", pa.string(), nullable=False),
            pa.field("account_id", pa.string()),
            pa.field("contact_id", pa.string()),
            pa.field("type", pa.string()),
            pa.field("occurred_on", pa.date32()),
            *_STAMPS,
        ]
    ),
    ObjectKind.LEAD: pa.schema(
        [
            pa.field("lead_id", pa.string(), nullable=False),
            pa.field("company", pa.string()),
            pa.field("title", pa.string()),
            pa.field("industry", pa.string()),
            pa.field("country", pa.string()),
            *_SIZE,
            pa.field("status", pa.string()),
            pa.field("source", pa.string()),
            pa.field("owner", pa.string()),
            *_ENGAGEMENT,
            *_STAMPS,
        ]
    ),
    ObjectKind.PRODUCT: pa.schema(
        [
            pa.field("product_id", pa.string(), nullable=False),
            pa.field("name", pa.string()),
            pa.field("family", pa.string()),
            pa.field("price", pa.string()),
            pa.field("price_number", pa.float64()),
            pa.field("currency", pa.string()),
            *_STAMPS,
        ]
    ),
    ObjectKind.LINE_ITEM: pa.schema(
        [
            pa.field("line_item_id", pa.string(), nullable=False),
            pa.field("deal_id", pa.string()),
            pa.field("product_id", pa.string()),
            pa.field("quantity", pa.string()),
            pa.field("amount", pa.string()),
            pa.field("amount_number", pa.float64()),
            pa.field("currency", pa.string()),
            *_STAMPS,
        ]
    ),
}
"""Columns that a pull returns, in this order, before any extra fields that were asked for.

Amounts are text as the CRM holds them plus a number where the CRM is typed; text is parsed in one place,
`segmentation.features`. A connector fills what its CRM has and leaves the rest null. No names of people and
no e-mail addresses: what is not needed is not pulled. Extra mapped fields are named `x_*`.
"""

ID_COLUMNS: Mapping[ObjectKind, str] = {kind: schema.names[0] for kind, schema in CANONICAL_SCHEMAS.items()}


def id_column(kind: ObjectKind) -> str:
    """The column that holds the record id of this kind."""
    return ID_COLUMNS[kind]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far long work has come; what a progress bar needs."""

    stage: str
    """What is being done, in the product's words: `pull`, `segment`, `write`."""
    done: int
    total: int | None = None
    """None while nobody can know."""
    object: ObjectKind | None = None


Observer = Callable[[Progress], None]
"""Is told of progress. It must not raise, and nothing may depend on it."""


class FieldType(StrEnum):
    """Types of fields that a CRM can hold."""

    TEXT = "text"
    """Up to `max_length` characters."""
    PICKLIST = "picklist"
    """One of `options`, by its internal value; anything else is refused."""
    NUMBER = "number"
    """A finite number."""
    DATE = "date"
    """A calendar day without a time."""
    DATETIME = "datetime"
    """A moment, with a zone."""
    BOOLEAN = "boolean"
    """True or false."""


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a picklist."""

    value: str
    """What is stored, immutable: for segment fields the segment's key."""
    label: str
    """What people see: for segment fields the segment's title."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field as it is in the CRM, or as we want it to be."""

    name: str
    label: str
    type: FieldType
    max_length: int | None = None
    options: tuple[Option, ...] = ()
    description: str = ""
    installation_id: str | None = None
    """Set on fields that an installation of this product made; None means the field is someone else's."""
    is_custom: bool = False

    @property
    def is_managed(self) -> bool:
        """Whether an installation of this product made the field."""
        return self.installation_id is not None


@dataclass(frozen=True, slots=True)
class ObjectDescription:
    """What the CRM says about one kind of record, in its own words."""

    kind: ObjectKind
    label: str
    label_plural: str
    fields: tuple[FieldSpec, ...]

    def field(self, name: str) -> FieldSpec | None:
        """The field of this name, or None."""
        return next((spec for spec in self.fields if spec.name == name), None)

    def fingerprint(self, names: tuple[str, ...]) -> str:
        """A hash of the named fields' names and types; moves when one is missing or retyped.

        Labels, descriptions and options are left out: a plan changes those itself.
        """
        found = {name: spec.type for name in sorted(names) if (spec := self.field(name))}
        return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:16]


class FieldAction(StrEnum):
    """What making a field as wanted means."""

    NONE = "none"
    """The field is there and fits."""
    CREATE = "create"
    """The field is missing."""
    ADD_OPTIONS = "add_options"
    """Options are missing or carry an old label; options of others stay."""
    GRANT = "grant"
    """The field is there and fits, but those who need it do not see it: they get the right to."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One step of `ensure_fields`: done, or to be done under `dry_run`."""

    object: ObjectKind
    field: str
    action: FieldAction
    options: tuple[Option, ...] = ()
    """Options that are added or relabelled."""
    warnings: tuple[str, ...] = ()
    """What people should know before anything is written: options that some records may not have, say."""


@dataclass(frozen=True, slots=True)
class ListSpec:
    """A saved list of the records of one segment (list view, HubSpot list, saved view)."""

    key: str
    """Stable identity: the list is found by it, whatever its title."""
    title: str
    object: ObjectKind
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class ListChange:
    """One step of `ensure_lists`."""

    spec: ListSpec
    action: str
    """`create`, `rename`, `none`."""


@dataclass(frozen=True, slots=True)
class DeletedRecord:
    """A record that is gone, or that was merged into another."""

    record_id: str
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a pull: records in canonical columns, then the extra fields asked for."""

    table: pa.Table
    watermark: Watermark
    """Valid once the last page was read."""
    checkpoint: str
    """Give it to `pull` to go on after this page."""
    deleted: tuple[DeletedRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldWrite:
    """New values for some fields of one record. Fields not named stay as they are; None clears."""

    record_id: str
    values: Mapping[str, FieldValue]


class WriteOutcome(StrEnum):
    """What became of one record of a batch."""

    WRITTEN = "written"
    """The CRM took it."""
    UNCHANGED = "unchanged"
    """The record held these values already; nothing was touched."""
    REJECTED = "rejected"
    """The CRM refuses these values; asking again does not help until something changes."""
    LOCKED = "locked"
    """Somebody locked the record for longer, for an approval say; it waits for the next run."""
    BUSY = "busy"
    """Nothing was touched, and asking again in this run, in smaller batches, helps: another request held the
    record, or the one it belongs to, or a bulk job could not carry its values."""
    GONE = "gone"
    """The record was deleted, or merged into `merged_into`."""


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The outcome for one input of `write`, at the same position as the input."""

    record_id: str
    outcome: WriteOutcome
    code: str = ""
    field: str = ""
    message: str = ""
    """Why, in words, with the fix: the same for all records refused by the same rule, so without the
    record's id, and never the refused value."""
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What the CRM allows, as data. Engines read it and never ask which CRM it is."""

    max_batch_records: int
    """Records in one write request."""
    max_read_records: int
    """Ids in one read request."""
    max_parallel_writes: int
    """Write requests in flight at once."""
    max_text_length: int
    """Longest text that a text field of ours may hold."""
    settle_seconds: float
    """How long after a lost answer the CRM may still carry out the write."""
    trusted_pull_seconds: float = 600
    """A pull younger than this is not checked again before writing; 0 where looking again costs nothing."""
    has_field_history: bool = False
    """Whether the CRM can tell afterwards who changed a field."""
    compares_before_writing: bool = False
    """Whether `write` leaves alone a record that holds the values already. Where it does not, such a write
    touches the record, and only the comparison before the plan keeps that from happening."""
    min_bulk_records: int | None = None
    """From so many records on a bulk job is better than batches; None where there are no bulk jobs."""
    max_job_records: int = 0
    """Records in one bulk job."""


class JobState(StrEnum):
    """Where a bulk job stands."""

    OPEN = "open"
    """It was made and nothing of it was handed in for work: nothing can have been written."""
    WORKING = "working"
    """The CRM works on it, or is about to."""
    ENDED = "ended"
    """It is over, completely or not: its results say what became of each record."""
    GONE = "gone"
    """The CRM knows nothing of it any more."""


@dataclass(frozen=True, slots=True)
class CallBudget:
    """Calls that a CRM account may make in a day, and what is left of them."""

    allowed: int
    left: int
    """Calls that the whole account may still make."""
    reserve: int
    """Calls that are left for others."""

    @property
    def available(self) -> int:
        """Calls that may be used here before the reserve is touched."""
        return max(self.left - self.reserve, 0)


@dataclass(frozen=True, slots=True)
class ConnectionIdentity:
    """Which CRM account this is, read from the CRM itself at every run."""

    crm: str
    """`local`, `salesforce`, `hubspot`, or a plugin's name."""
    account: str
    """Org id, portal id, or the UUID of the local file."""
    label: str
    """What people call it: a domain or a file name."""

    @property
    def connection_id(self) -> str:
        """The key under which all state is kept."""
        return f"{self.crm}:{self.account}"


class Severity(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    """As it should be."""
    WARN = "warn"
    """Works, but somebody should know."""
    FAIL = "fail"
    """Does not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that `check` looked at."""

    what: str
    severity: Severity
    hint: str = ""
    details: Mapping[str, object] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """The finding as plain values, for JSON."""
        return asdict(self)
