"""The first tables.

A new database is made from `resa.storage.schema` and marked with the newest step, so nobody comes from before this one:
it is where the steps begin, and does nothing.
"""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Nothing: there is no database without these tables."""
