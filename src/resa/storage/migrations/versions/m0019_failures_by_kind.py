"""What was tried in vain, so that many failures of one kind push out none of another."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """What failed before counts on, under its name, for its quarter of an hour."""
    op.add_column("failed_attempts", sa.Column("kind", sa.Text, nullable=False, server_default=""))
    op.create_index("ix_failed_attempts_kind", "failed_attempts", ["kind", "id"])
