"""The tables of what people write on screens; `metadata` holds them together with those of `schema.py`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, Table, Text

from resa.storage.schema import metadata

__all__ = ["comments", "composed_reports", "day_notes", "metadata", "report_links", "report_parts", "saved_views"]

comments = Table(
    "comments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("map_key", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),  # map, stage, touchpoint
    Column("place", Text, nullable=False),  # its key, as it was then
    Column("called", Text, nullable=False),  # what people called it then, for when it is no longer there
    Column("answers", ForeignKey("comments.id"), index=True),  # the comment that this is an answer to
    Column("person", ForeignKey("people.id"), nullable=False),
    Column("text", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("resolved_at", BigInteger),
    Column("resolved_by", ForeignKey("people.id")),
    Column("removed_at", BigInteger),  # its text is gone, and others' answers stay
    sqlite_autoincrement=True,
)

day_notes = Table(
    "day_notes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("map_key", Text, nullable=False),  # empty: of every map
    Column("first", Text, nullable=False),  # a day, ISO 8601
    Column("last", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("person", ForeignKey("people.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("changed_at", BigInteger),
    Column("changed_by", ForeignKey("people.id")),
    sqlite_autoincrement=True,
)

saved_views = Table(
    "saved_views",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person", ForeignKey("people.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),  # path and query of a screen
    Column("shared", Integer, nullable=False),  # 1: everyone sees it
    Column("at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

composed_reports = Table(
    "composed_reports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person", ForeignKey("people.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

report_parts = Table(
    "report_parts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("report", ForeignKey("composed_reports.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("place", Integer, nullable=False),  # from 1; the order, with holes
    Column("heading", Text, nullable=False),
    Column("address", Text, nullable=False),  # of a view; empty: a text alone
    Column("text", Text, nullable=False),
    sqlite_autoincrement=True,
)

dismissed_drafts = Table(  # maps of which nobody needs to be told any more that they were drafted
    "dismissed_drafts",
    metadata,
    Column("map", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
)

report_links = Table(
    "report_links",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("report", ForeignKey("composed_reports.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("hash", LargeBinary, nullable=False, unique=True),  # SHA-256 of its secret, which is nowhere
    Column("person", ForeignKey("people.id"), nullable=False),  # who made it; it ends with their right to
    Column("made_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    sqlite_autoincrement=True,
)
