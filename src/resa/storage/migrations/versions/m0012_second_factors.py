"""A second factor of people who may sign in, and what they saw on the first page when they were there last."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Nobody has a second factor yet, nobody waits for a code, and nobody was here before."""
    op.add_column("people", sa.Column("factor", sa.LargeBinary))
    op.add_column("people", sa.Column("factor_since", sa.BigInteger))
    op.add_column("people", sa.Column("factor_step", sa.BigInteger))
    op.add_column("sessions", sa.Column("code_until", sa.BigInteger))
    op.create_table(
        "recovery_codes",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("person", sa.Integer, sa.ForeignKey("people.id"), nullable=False, index=True),
    )
    op.create_table(
        "last_visits",
        sa.Column("person", sa.Integer, sa.ForeignKey("people.id"), primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("seen", sa.Text, nullable=False),
        sa.Column("before_at", sa.BigInteger),
        sa.Column("before", sa.Text),
    )
