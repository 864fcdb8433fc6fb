"""Who was erased: how many rows went, and the keyed hashes that keep the person out."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the log and the hashes; let loads say how many of their rows are gone."""
    op.create_table(
        "erasures",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("rows", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "erased_identifiers",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    for name in ("erased_good", "erased_rejected"):
        op.add_column("loads", sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))
