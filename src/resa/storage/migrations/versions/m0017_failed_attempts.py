"""Attempts to sign in that failed, of the last quarter of an hour."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Nobody failed yet."""
    op.create_table(
        "failed_attempts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
    )
    op.create_index("ix_failed_attempts_name", "failed_attempts", ["name"])
