"""Customers who may be one, until a person decides."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table, which is empty."""
    op.create_table(
        "likely_pairs",
        sa.Column("one", sa.LargeBinary, primary_key=True),
        sa.Column("other", sa.LargeBinary, primary_key=True),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("compared", sa.Text, nullable=False),
        sa.Column("known", sa.LargeBinary, nullable=False),
        sa.Column("found_at", sa.BigInteger, nullable=False),
    )
