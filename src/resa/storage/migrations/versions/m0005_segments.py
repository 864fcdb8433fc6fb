"""Who is in which segment, and who entered and left, when and why."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "segment_states",
        sa.Column("segment", sa.Text, primary_key=True),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("counted_at", sa.BigInteger, nullable=False),
        sa.Column("customers", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "segment_members",
        sa.Column("segment", sa.Text, primary_key=True),
        sa.Column("customer", sa.LargeBinary, primary_key=True),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "segment_changes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("segment", sa.Text, nullable=False, index=True),
        sa.Column("customer", sa.LargeBinary, nullable=False, index=True),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("happened_at", sa.BigInteger),
        sqlite_autoincrement=True,
    )
