"""What programs were answered that may ask again, and whose a key is that writes."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Nothing was answered yet, and the keys of before are nobody's."""
    op.create_table(
        "answered_requests",
        sa.Column("caller", sa.Text, primary_key=True),
        sa.Column("said", sa.Text, primary_key=True),
        sa.Column("asked", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
        sa.Column("answer", sa.Text, nullable=False),
    )
    op.add_column("api_keys", sa.Column("person", sa.Integer))
