"""How far each source was read, how its last run went, and up to when it is complete."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "source_states",
        sa.Column("source_id", sa.Text, primary_key=True),
        sa.Column("position", sa.Text),
        sa.Column("told_apart", sa.Text),
        sa.Column("began_at", sa.BigInteger),
        sa.Column("succeeded_at", sa.BigInteger),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("error", sa.Text),
        sa.Column("complete_until", sa.BigInteger),
    )
