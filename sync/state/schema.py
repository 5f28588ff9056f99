"""The tables of the state store: everything that must survive a lost container.

Times are UTC ISO text, so that SQLite and PostgreSQL compare and show them alike. Records are keyed by
`scope_id`, which stands for (connection, segmentation). Changing a table here needs a migration; a test
compares the two.
"""

import sqlalchemy as sa

__all__ = ["HEAD_REVISION", "metadata"]

HEAD_REVISION = "0002"
"""The Alembic revision that this module describes; a test compares it with the migrations."""

metadata = sa.MetaData()

# A BIGINT that SQLite takes as its rowid.
_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
"""Single facts: installation_id, holdout_salt."""

connection = sa.Table(
    "connection",
    metadata,
    sa.Column("connection_id", sa.Text, primary_key=True),
    sa.Column("target", sa.Text, nullable=False, unique=True),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("generation", sa.Integer, nullable=False, server_default="0"),
    sa.Column("snapshot_head", sa.Text),
    sa.Column("first_seen_at", sa.Text, nullable=False),
)
"""A CRM account: which configured target leads to it, how often it was written to, its last pull."""

scope = sa.Table(
    "scope",
    metadata,
    sa.Column("scope_id", _ID, primary_key=True, autoincrement=True),
    sa.Column("connection_id", sa.Text, sa.ForeignKey("connection.connection_id"), nullable=False),
    sa.Column("segmentation", sa.Text, nullable=False),
    sa.Column("object", sa.Text, nullable=False),
    sa.UniqueConstraint("connection_id", "segmentation"),
)
"""One segmentation of one connection."""

model = sa.Table(
    "model",
    metadata,
    sa.Column("model_id", sa.Text, primary_key=True),
    sa.Column("scope_id", sa.ForeignKey("scope.scope_id"), nullable=False, index=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("settings_fingerprint", sa.Text, nullable=False),
    sa.Column("snapshot_hash", sa.Text, nullable=False),
    sa.Column("parent_model_id", sa.Text),
    sa.Column("migration", sa.Text),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", sa.Text),
    sa.Column("body", sa.Text, nullable=False),
)
"""Segment models, each version whole."""

segment_key = sa.Table(
    "segment_key",
    metadata,
    sa.Column("scope_id", sa.ForeignKey("scope.scope_id"), primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("model_id", sa.Text, nullable=False),
)
"""Every key that was ever adopted, so that none is used twice for different things."""

pin = sa.Table(
    "pin",
    metadata,
    sa.Column("scope_id", sa.ForeignKey("scope.scope_id"), primary_key=True),
    sa.Column("record_id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("until", sa.Text),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("pinned_at", sa.Text, nullable=False),
)
"""Records that a person has put into a segment, why, by whom, and until which day."""

plan = sa.Table(
    "plan",
    metadata,
    sa.Column("plan_id", sa.Text, primary_key=True),
    sa.Column("scope_id", sa.ForeignKey("scope.scope_id"), nullable=False, index=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("head", sa.Text, nullable=False),
    sa.Column("changes", sa.LargeBinary, nullable=False),
    sa.Column("assignments", sa.LargeBinary),
)
"""Saved plans. `changes` stays as the before-image of its run; `assignments` is dropped once adopted."""

approval = sa.Table(
    "approval",
    metadata,
    sa.Column("plan_id", sa.ForeignKey("plan.plan_id"), primary_key=True),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("approved_at", sa.Text, nullable=False),
)
"""Who agreed to which bytes."""

run = sa.Table(
    "run",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("connection_id", sa.ForeignKey("connection.connection_id"), nullable=False),
    sa.Column("scope_id", sa.ForeignKey("scope.scope_id")),
    sa.Column("plan_id", sa.Text),
    sa.Column("command", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("exit_code", sa.Integer),
    sa.Column("error_code", sa.Text),
    sa.Column("as_of", sa.Text),
    sa.Column("fencing", sa.Integer, nullable=False),
    sa.Column("generation", sa.Integer),
    sa.Column("in_scope_count", sa.Integer),
    sa.Column("counts", sa.Text),
    sa.Column("write_requests", sa.Integer, nullable=False, server_default="0"),
    sa.Column("started_at", sa.Text, nullable=False),
    sa.Column("ended_at", sa.Text),
)
"""One row per plan that was begun, and per attempt that stopped before."""

batch = sa.Table(
    "batch",
    metadata,
    sa.Column("run_id", sa.ForeignKey("run.run_id"), primary_key=True),
    sa.Column("batch_no", sa.Integer, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("record_count", sa.Integer, nullable=False),
    sa.Column("rows", sa.Text, nullable=False),
    sa.Column("outcomes", sa.Text),
    sa.Column("fencing", sa.Integer, nullable=False),
    sa.Column("requests", sa.Integer, nullable=False, server_default="0"),
    sa.Column("job_reference", sa.Text),
    sa.Column("is_folded", sa.Integer, nullable=False, server_default="0"),
    sa.Column("begun_at", sa.Text, nullable=False),
    sa.Column("settled_at", sa.Text),
    sa.Column("digest", sa.Text),
)
"""The ledger: the intent before any byte is sent, the outcome after. `rows` ("0-199,205") points into the
plan's changes, which hold before and after, so a confirmed record costs a byte or two here; `outcomes` has
one letter per row. `job_reference` is for bulk jobs."""

exception = sa.Table(
    "exception",
    metadata,
    sa.Column("scope_id", sa.ForeignKey("scope.scope_id"), primary_key=True),
    sa.Column("record_id", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("wanted", sa.Text, nullable=False),
    sa.Column("schema_hash", sa.Text, nullable=False),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)
"""Records that were not plainly written: rejected, locked, gone."""

hold = sa.Table(
    "hold",
    metadata,
    sa.Column("scope_id", sa.ForeignKey("scope.scope_id"), primary_key=True),
    sa.Column("record_id", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("since", sa.Text, nullable=False),
)
"""Records whose field someone else changed; they wait for a decision."""

last_written = sa.Table(
    "last_written",
    metadata,
    sa.Column("scope_id", sa.ForeignKey("scope.scope_id"), primary_key=True),
    sa.Column("record_id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text),
    sa.Column("confidence", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("since", sa.Text),
    sa.Column("run_id", sa.Text, nullable=False),
)
"""What we last wrote: the base of the three-way comparison."""

assignment = sa.Table(
    "assignment",
    metadata,
    sa.Column("scope_id", sa.ForeignKey("scope.scope_id"), primary_key=True),
    sa.Column("record_id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("score", sa.Float),
    sa.Column("band", sa.Text),
    sa.Column("runner_up", sa.Text),
    sa.Column("since", sa.Text, nullable=False),
    sa.Column("pending_key", sa.Text),
    sa.Column("pending_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("model_id", sa.Text, nullable=False),
    sa.Column("holdout", sa.Integer, nullable=False, server_default="0"),
    sa.Column("experiment_id", sa.Text),
)
"""Which segment a record is in, decided; what the CRM was told is in `last_written`."""

segment_history = sa.Table(
    "segment_history",
    metadata,
    sa.Column("history_id", _ID, primary_key=True, autoincrement=True),
    sa.Column("scope_id", sa.ForeignKey("scope.scope_id"), nullable=False),
    sa.Column("record_id", sa.Text, nullable=False),
    sa.Column("old_key", sa.Text),
    sa.Column("new_key", sa.Text, nullable=False),
    sa.Column("since", sa.Text, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Index("segment_history_record", "scope_id", "record_id"),
)
"""One row per change of a record's segment."""

lock = sa.Table(
    "lock",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("fencing", sa.Integer, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("taken_at", sa.Text, nullable=False),
)
"""Who holds a connection, and the token that outdates every earlier holder."""

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("sequence", _ID, primary_key=True, autoincrement=True),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("batch_no", sa.Integer, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("chain", sa.Text, nullable=False),
)
"""Hash chain over the digests of settled batches: verifiable even after their rows were purged."""
