"""People who sign in by their company's OpenID provider."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Nobody is bound to a provider yet, no password is one for emergencies, and no sign-in was used."""
    op.add_column("people", sa.Column("issuer", sa.Text))
    op.add_column("people", sa.Column("subject", sa.Text))
    op.add_column("people", sa.Column("emergency_since", sa.BigInteger))
    op.create_index("ix_people_issuer_subject", "people", ["issuer", "subject"], unique=True)
    op.add_column("sessions", sa.Column("issuer", sa.Text))
    op.create_table(
        "used_sign_ins",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
