"""Consents with their proof, the pseudonyms of whom they name, and the log of who saw and changed what."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables, which are empty."""
    op.create_table(
        "pseudonyms",
        sa.Column("pseudonym", sa.LargeBinary, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("kind", "value"),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("commitment", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("pseudonym", sa.LargeBinary, index=True),
        sa.Column("about", sa.Text),
        sa.Column("what", sa.Text),
        sa.Column("at", sa.BigInteger),
        sa.Column("recorded_at", sa.BigInteger),
        sa.Column("wording", sa.Text),
        sa.Column("source", sa.Text),
        sa.Column("page", sa.Text),
        sa.Column("page_digest", sa.LargeBinary),
        sa.Column("address", sa.Text),
        sa.Column("who", sa.Text),
        sa.Column("answers", sa.Integer, unique=True),
        sa.Column("message", sa.LargeBinary, unique=True),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("way", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("pseudonym", sa.LargeBinary, index=True),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
