"""Pins: records that a person has put into a segment."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table of pins."""
    op.create_table(
        "pin",
        sa.Column("scope_id", _ID, nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("pinned_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["scope_id"], ["scope.scope_id"]),
        sa.PrimaryKeyConstraint("scope_id", "record_id"),
    )
