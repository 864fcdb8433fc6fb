"""The tables of who is told what of a map, and of reviews; `metadata` holds all tables together."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Table, Text

from resa.storage.schema_of_writing import metadata

__all__ = ["metadata", "news", "owners", "recipients", "reviews", "stopped_kinds", "tellings", "told"]

owners = Table(  # who is meant by an owner of a map, as a text
    "owners",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("recipient", Text, primary_key=True),
)

recipients = Table(
    "recipients",
    metadata,
    Column("recipient", Text, primary_key=True),
    Column("language", Text, nullable=False),
)

stopped_kinds = Table(
    "stopped_kinds",
    metadata,
    Column("recipient", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
)

news = Table(  # what happened: it began, and lasts until it has ended
    "news",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("map", Text, nullable=False),
    Column("thing", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("facts", Text, nullable=False),  # JSON: what there is to say; of customers nothing but counts
    Column("began_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("over", Text),  # JSON: what there is to say of the end; null: nothing is said
    sqlite_autoincrement=True,
)

tellings = Table(  # one message to one recipient
    "tellings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("recipient", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("content", Text, nullable=False),  # JSON
    Column("made_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # waiting, sent, failed
    Column("tries", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("error", Text, nullable=False),
    Column("sent_at", BigInteger),
    sqlite_autoincrement=True,
)

told = Table(  # what is told to whom: nobody is told twice
    "told",
    metadata,
    Column("recipient", Text, primary_key=True),
    Column("occasion", Text, primary_key=True),
    Column("telling", ForeignKey("tellings.id"), nullable=False, index=True),
)

reviews = Table(  # of maps
    "reviews",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("map", Text, nullable=False, index=True),
    Column("day", Text, nullable=False),  # year-month-day, in the map's zone
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),  # the address of one of the staff
    Column("notes", Text, nullable=False),
    Column("version", Text, nullable=False),  # the file that was reviewed, as it was then
    sqlite_autoincrement=True,
)
