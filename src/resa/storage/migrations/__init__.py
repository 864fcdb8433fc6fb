"""The history of the operational database, run by alembic when a workspace is opened."""
