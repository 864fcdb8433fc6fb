"""Arrow schemas of every table that more than one package touches. Times are UTC; the unit is in the type."""

from __future__ import annotations

import pyarrow as pa

__all__ = [
    "CUSTOMER_RECORDS",
    "DAILY_NUMBERS",
    "DECISIONS",
    "EVENTS",
    "EVIDENCE",
    "FEEDBACK",
    "IDENTIFIERS",
    "INSTANT",
    "LOOKUPS",
    "PAIRS",
    "PERSONS",
    "REJECTED",
    "SEEN",
]

INSTANT = pa.timestamp("us", tz="UTC")
"""A moment, microseconds, UTC."""

IDENTIFIERS = pa.list_(pa.struct([pa.field("kind", pa.string()), pa.field("value", pa.string())]))
"""Who a row is about: `[{kind: user_id, value: 1234}]`. The first one places the row in compaction's buckets."""

EVENTS = pa.schema(
    [
        pa.field("source_id", pa.string(), nullable=False),
        pa.field("message_id", pa.string(), nullable=False),  # unique for ever within its source
        pa.field("load_id", pa.int64(), nullable=False),
        pa.field("occurred_at", INSTANT, nullable=False),
        pa.field("sent_at", INSTANT),
        pa.field("received_at", INSTANT, nullable=False),
        pa.field("sequence", pa.int64(), nullable=False),  # order among events of the same moment
        pa.field("identifiers", IDENTIFIERS, nullable=False),
        pa.field("event", pa.string(), nullable=False),
        pa.field("channel", pa.string()),
        pa.field("device", pa.string()),
        pa.field("value", pa.float64()),  # in the currency that the source declares
        pa.field("properties", pa.string()),  # JSON object, or null
    ]
)
"""One row of an event file: one interaction as it arrived."""

CUSTOMER_RECORDS = pa.schema(
    [
        pa.field("source_id", pa.string(), nullable=False),
        pa.field("message_id", pa.string(), nullable=False),
        pa.field("load_id", pa.int64(), nullable=False),
        pa.field("recorded_at", INSTANT, nullable=False),
        pa.field("received_at", INSTANT, nullable=False),
        pa.field("sequence", pa.int64(), nullable=False),
        pa.field("identifiers", IDENTIFIERS, nullable=False),
        pa.field("traits", pa.string(), nullable=False),  # JSON object
    ]
)
"""What a source says of a customer at a time. The newest record that names a trait decides it."""

FEEDBACK = pa.schema(
    [
        pa.field("source_id", pa.string(), nullable=False),
        pa.field("message_id", pa.string(), nullable=False),
        pa.field("load_id", pa.int64(), nullable=False),
        pa.field("occurred_at", INSTANT, nullable=False),
        pa.field("received_at", INSTANT, nullable=False),
        pa.field("sequence", pa.int64(), nullable=False),
        pa.field("identifiers", IDENTIFIERS),  # null: nobody knows whose words these are
        pa.field("touchpoint", pa.string(), nullable=False),
        pa.field("score", pa.float64()),
        pa.field("scale_low", pa.float64()),
        pa.field("scale_high", pa.float64()),
        pa.field("text", pa.string()),
    ]
)
"""A score or a text about a touchpoint: survey answers, reviews."""

DAILY_NUMBERS = pa.schema(
    [
        pa.field("source_id", pa.string(), nullable=False),
        pa.field("message_id", pa.string(), nullable=False),
        pa.field("load_id", pa.int64(), nullable=False),
        pa.field("received_at", INSTANT, nullable=False),
        pa.field("day", pa.date32(), nullable=False),  # as the source counts days
        pa.field("number", pa.string(), nullable=False),  # its name: footfall
        pa.field("value", pa.float64(), nullable=False),
        pa.field("properties", pa.string()),  # JSON object: which store
    ]
)
"""A number without customers, such as footfall by day."""

LOOKUPS = pa.schema(
    [
        pa.field("source_id", pa.string(), nullable=False),  # the table's name: products
        pa.field("load_id", pa.int64(), nullable=False),
        pa.field("key", pa.string(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("properties", pa.string()),  # JSON object
    ]
)
"""What a key stands for: products, stores, campaigns with their costs."""

REJECTED = pa.schema(
    [
        pa.field("source_id", pa.string(), nullable=False),
        pa.field("load_id", pa.int64(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),  # 1-based row of the file, the heading not counted
        pa.field("reason", pa.string(), nullable=False),  # stable name: no-time, future, no-customer, …
        pa.field("detail", pa.string(), nullable=False),  # what was wrong, for a person, without personal data
        pa.field("payload", pa.string(), nullable=False),  # the row as JSON, or base64 of bytes that are no UTF-8
        pa.field("types", pa.string()),  # of a payload that is a row of columns: JSON, each column's SQL type
        pa.field("position", pa.int64()),  # 0-based place among the rows that a SELECT made of one row of the file
    ]
)
"""A row that was refused, kept whole so that it can be replayed."""

SEEN = pa.schema(
    [
        pa.field("identifiers", IDENTIFIERS, nullable=False),
        pa.field("alias", pa.bool_(), nullable=False),  # the rows state that these identifiers are the same
        pa.field("source_id", pa.string(), nullable=False),
        pa.field("first_at", INSTANT, nullable=False),
        pa.field("last_at", INSTANT, nullable=False),
        pa.field("count", pa.int64(), nullable=False),
    ]
)
"""Rows that name the same identifiers in the same order, as one."""

EVIDENCE = pa.schema(
    [
        pa.field("kind", pa.string(), nullable=False),
        pa.field("value", pa.string(), nullable=False),  # in its one form
        pa.field("other_kind", pa.string()),  # null: the identifier was named, with others or alone
        pa.field("other_value", pa.string()),
        pa.field("reason", pa.string(), nullable=False),  # seen: in one row; alias: said to be the same
        pa.field("source_id", pa.string(), nullable=False),
        pa.field("batch", pa.int64(), nullable=False),  # what was gathered at once: the number of an event file
        pa.field("first_at", INSTANT, nullable=False),
        pa.field("last_at", INSTANT, nullable=False),
        pa.field("count", pa.int64(), nullable=False),  # rows that say so
    ]
)
"""That identifiers were seen, and which together. The same row twice is one: loads may overlap."""

PERSONS = pa.schema(
    [
        pa.field("kind", pa.string(), nullable=False),
        pa.field("value", pa.string(), nullable=False),  # in its one form
        pa.field("high", pa.uint64(), nullable=False),  # the workspace's hash of kind and value, by which rows stand
        pa.field("low", pa.uint64(), nullable=False),
        pa.field("name", pa.int32(), nullable=False),  # the row of the identifier that names its customer; -1: nobody
        pa.field("apart", pa.uint8(), nullable=False),  # why it joins nobody, as `resa.kernels.joining` lists it
        pa.field("part", pa.int32(), nullable=False),  # the first row of all that hang together with it
    ]
)
"""Whose each identifier is that was ever seen with another, or decided on. One seen alone is its own."""

PAIRS = pa.schema(
    [
        pa.field("one", pa.int32(), nullable=False),  # row in PERSONS
        pa.field("other", pa.int32(), nullable=False),  # a later row
        pa.field("alias", pa.bool_(), nullable=False),
        pa.field("source_id", pa.string(), nullable=False),
        pa.field("first_at", INSTANT, nullable=False),
        pa.field("last_at", INSTANT, nullable=False),
        pa.field("count", pa.int64(), nullable=False),  # rows that say so
    ]
)
"""The evidence behind PERSONS, of all files."""

DECISIONS = pa.schema(
    [
        pa.field("what", pa.string(), nullable=False),  # join or split
        pa.field("one_kind", pa.string(), nullable=False),
        pa.field("one_value", pa.string(), nullable=False),  # in its one form
        pa.field("other_kind", pa.string(), nullable=False),
        pa.field("other_value", pa.string(), nullable=False),
        pa.field("at", INSTANT, nullable=False),
        pa.field("who", pa.string(), nullable=False),
        pa.field("why", pa.string(), nullable=False),
    ]
)
"""What people decided on who is who, in the order in which they were kept. The log only grows."""
