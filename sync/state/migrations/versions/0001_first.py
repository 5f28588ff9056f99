"""The first format."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "audit",
        sa.Column("sequence", _ID, autoincrement=True, nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("batch_no", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_table(
        "connection",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), server_default="0", nullable=False),
        sa.Column("snapshot_head", sa.Text(), nullable=True),
        sa.Column("first_seen_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id"),
        sa.UniqueConstraint("target"),
    )
    op.create_table(
        "lock",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fencing", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "meta",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "scope",
        sa.Column("scope_id", _ID, autoincrement=True, nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("segmentation", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.connection_id"],
        ),
        sa.PrimaryKeyConstraint("scope_id"),
        sa.UniqueConstraint("connection_id", "segmentation"),
    )
    op.create_table(
        "assignment",
        sa.Column("scope_id", _ID, nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("band", sa.Text(), nullable=True),
        sa.Column("runner_up", sa.Text(), nullable=True),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("pending_key", sa.Text(), nullable=True),
        sa.Column("pending_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("holdout", sa.Integer(), server_default="0", nullable=False),
        sa.Column("experiment_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["scope_id"],
            ["scope.scope_id"],
        ),
        sa.PrimaryKeyConstraint("scope_id", "record_id"),
    )
    op.create_table(
        "exception",
        sa.Column("scope_id", _ID, nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("schema_hash", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scope_id"],
            ["scope.scope_id"],
        ),
        sa.PrimaryKeyConstraint("scope_id", "record_id"),
    )
    op.create_table(
        "hold",
        sa.Column("scope_id", _ID, nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scope_id"],
            ["scope.scope_id"],
        ),
        sa.PrimaryKeyConstraint("scope_id", "record_id"),
    )
    op.create_table(
        "last_written",
        sa.Column("scope_id", _ID, nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("confidence", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("since", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scope_id"],
            ["scope.scope_id"],
        ),
        sa.PrimaryKeyConstraint("scope_id", "record_id"),
    )
    op.create_table(
        "model",
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("scope_id", _ID, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("settings_fingerprint", sa.Text(), nullable=False),
        sa.Column("snapshot_hash", sa.Text(), nullable=False),
        sa.Column("parent_model_id", sa.Text(), nullable=True),
        sa.Column("migration", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scope_id"],
            ["scope.scope_id"],
        ),
        sa.PrimaryKeyConstraint("model_id"),
    )
    op.create_index(op.f("ix_model_scope_id"), "model", ["scope_id"], unique=False)
    op.create_table(
        "plan",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("scope_id", _ID, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("changes", sa.LargeBinary(), nullable=False),
        sa.Column("assignments", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["scope_id"],
            ["scope.scope_id"],
        ),
        sa.PrimaryKeyConstraint("plan_id"),
    )
    op.create_index(op.f("ix_plan_scope_id"), "plan", ["scope_id"], unique=False)
    op.create_table(
        "run",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("scope_id", _ID, nullable=True),
        sa.Column("plan_id", sa.Text(), nullable=True),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("as_of", sa.Text(), nullable=True),
        sa.Column("fencing", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=True),
        sa.Column("in_scope_count", sa.Integer(), nullable=True),
        sa.Column("counts", sa.Text(), nullable=True),
        sa.Column("write_requests", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.connection_id"],
        ),
        sa.ForeignKeyConstraint(
            ["scope_id"],
            ["scope.scope_id"],
        ),
        sa.PrimaryKeyConstraint("run_id"),
    )
    op.create_table(
        "segment_history",
        sa.Column("history_id", _ID, autoincrement=True, nullable=False),
        sa.Column("scope_id", _ID, nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("old_key", sa.Text(), nullable=True),
        sa.Column("new_key", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scope_id"],
            ["scope.scope_id"],
        ),
        sa.PrimaryKeyConstraint("history_id"),
    )
    op.create_index("segment_history_record", "segment_history", ["scope_id", "record_id"], unique=False)
    op.create_table(
        "segment_key",
        sa.Column("scope_id", _ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scope_id"],
            ["scope.scope_id"],
        ),
        sa.PrimaryKeyConstraint("scope_id", "key"),
    )
    op.create_table(
        "approval",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["plan.plan_id"],
        ),
        sa.PrimaryKeyConstraint("plan_id"),
    )
    op.create_table(
        "batch",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("batch_no", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("record_count", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Text(), nullable=False),
        sa.Column("outcomes", sa.Text(), nullable=True),
        sa.Column("fencing", sa.Integer(), nullable=False),
        sa.Column("requests", sa.Integer(), server_default="0", nullable=False),
        sa.Column("job_reference", sa.Text(), nullable=True),
        sa.Column("is_folded", sa.Integer(), server_default="0", nullable=False),
        sa.Column("begun_at", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.run_id"],
        ),
        sa.PrimaryKeyConstraint("run_id", "batch_no"),
    )
