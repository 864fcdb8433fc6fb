"""First maps of which nobody needs to be told any more that they were drafted."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Of every drafted map it is told."""
    op.create_table(
        "dismissed_drafts",
        sa.Column("map", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
