"""The tables of the operational database, as the newest migration leaves them (a test compares the two)."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = [
    "answered_requests",
    "api_keys",
    "audit",
    "consents",
    "consumed",
    "decisions",
    "draft_steps",
    "erased_identifiers",
    "erasures",
    "failed_attempts",
    "file_loads",
    "files",
    "generations",
    "hash_runs",
    "invitations",
    "last_visits",
    "lease",
    "likely_pairs",
    "loads",
    "map_columns",
    "map_versions",
    "metadata",
    "people",
    "pseudonyms",
    "recovery_codes",
    "saved_texts",
    "segment_changes",
    "segment_members",
    "segment_states",
    "sessions",
    "source_states",
    "used_sign_ins",
    "workspace",
]

metadata = MetaData()

# Moments are microseconds since 1970 in UTC, so that nothing is lost in a text.

workspace = Table(
    "workspace",
    metadata,
    Column("id", Integer, primary_key=True),  # always 1
    Column("key", LargeBinary, nullable=False),  # 16 random bytes: the key of every hash
    Column("made_at", BigInteger, nullable=False),
)

lease = Table(
    "lease",
    metadata,
    Column("id", Integer, primary_key=True),  # always 1
    Column("token", BigInteger, nullable=False),  # grows with every holder
    Column("held", Integer, nullable=False),  # 1 while somebody writes
    Column("pid", Integer, nullable=False),
    Column("host", Text, nullable=False),
    Column("process_start", Text, nullable=False),  # tells a process from a later one of the same number
    Column("taken_at", BigInteger, nullable=False),
    Column("renewed_at", BigInteger, nullable=False),
)

loads = Table(
    "loads",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source_id", Text, nullable=False, index=True),
    Column("origin", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("rows_read", BigInteger, nullable=False),  # rows of the origin that are consumed: where to resume
    Column("rows_in", BigInteger, nullable=False),  # rows handed over: good + rejected + duplicate
    Column("good", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    Column("duplicate", BigInteger, nullable=False),
    Column("complete_until", BigInteger),
    Column("newest", BigInteger),
    Column(
        "erased_good", BigInteger, nullable=False, server_default="0"
    ),  # of good, gone since: with their customer, or too old
    Column("erased_rejected", BigInteger, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)

files = Table(
    "files",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column(
        "state", Text, nullable=False
    ),  # listed; retired: compacted, removed: with its load, and a generation points into it
    Column("run", Text),  # its sorted run in runs/, while no generation holds its rows
    UniqueConstraint("kind", "name"),
    sqlite_autoincrement=True,
)

file_loads = Table(
    "file_loads",
    metadata,
    Column("file_id", ForeignKey("files.id", ondelete="CASCADE"), primary_key=True),
    Column("load_id", ForeignKey("loads.id"), primary_key=True),
    Column("rows", BigInteger, nullable=False),
)

hash_runs = Table(
    "hash_runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("purpose", Text, nullable=False),  # ids: stored; erased: once; repeats: a running load saw again
    Column("load_id", ForeignKey("loads.id")),  # the running load that made it; null once loads are mixed
    Column("hashes", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

generations = Table(
    "generations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("published_at", BigInteger, nullable=False),
    Column("events", BigInteger, nullable=False),
    Column("customers", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

map_columns = Table(
    "map_columns",
    metadata,
    Column("generation", ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True),
    Column("map_key", Text, primary_key=True),
    Column("map_hash", Text, nullable=False),
    Column("folder", Text, nullable=False),
)

map_versions = Table(
    "map_versions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("map_key", Text, nullable=False, index=True),
    Column("hash", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    sqlite_autoincrement=True,
)

consumed = Table(
    "consumed",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("arrival", BigInteger, nullable=False),  # number of the last arrival that is in this source's files
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),  # SHA-256: the key itself is nowhere
    Column("beginning", Text, nullable=False),  # its first characters, by which a person knows it again
    Column("scope", Text, nullable=False),
    Column("source_id", Text),  # of a key that collects: whose events these are
    Column("made_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("person", Integer),  # of a key that writes: in whose name
    sqlite_autoincrement=True,
)

answered_requests = Table(
    "answered_requests",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("said", Text, primary_key=True),  # the `Idempotency-Key`
    Column("asked", LargeBinary, nullable=False),  # keyed hash of the request
    Column("at", BigInteger, nullable=False, index=True),
    Column("answer", Text, nullable=False),  # JSON
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    *(Column(name, Text, nullable=False) for name in ("what", "one_kind", "one_value", "other_kind", "other_value")),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    sqlite_autoincrement=True,
)

# In what follows, customers are named by the keyed hash that names them in the index.

likely_pairs = Table(
    "likely_pairs",
    metadata,
    Column("one", LargeBinary, primary_key=True),
    Column("other", LargeBinary, primary_key=True),
    Column("probability", Float, nullable=False),
    Column("compared", Text, nullable=False),  # JSON: each field, its level of agreement, its weight; no values
    Column("known", LargeBinary, nullable=False),  # keyed hash of what was known of both
    Column("found_at", BigInteger, nullable=False),
)

segment_states = Table(
    "segment_states",
    metadata,
    Column("segment", Text, primary_key=True),  # map.segment
    Column("definition", Text, nullable=False),  # hash of all that decides who is in it
    Column("since", BigInteger, nullable=False),  # since when it is followed
    Column("counted_at", BigInteger, nullable=False),  # when its members were last looked at
    Column("customers", BigInteger, nullable=False),  # how many they were
)

segment_members = Table(
    "segment_members",
    metadata,
    Column("segment", Text, primary_key=True),
    Column("customer", LargeBinary, primary_key=True),
    Column("since", BigInteger, nullable=False),
)

segment_changes = Table(
    "segment_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("segment", Text, nullable=False, index=True),
    Column("customer", LargeBinary, nullable=False, index=True),
    Column("change", Text, nullable=False),  # entered, left
    Column("at", BigInteger, nullable=False),  # when it was noticed
    Column("cause", Text, nullable=False),  # event, record, time, identity, definition, start, gone
    Column("happened_at", BigInteger),  # when the customer's newest event happened, if that is the cause
    sqlite_autoincrement=True,
)

erasures = Table(
    "erasures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),  # empty: nobody, rows had become too old
    Column("rows", Text, nullable=False),  # JSON: how many went, by table
    Column("state", Text, nullable=False),  # rewritten, expired: what is derived still holds it; finished
    sqlite_autoincrement=True,
)

erased_identifiers = Table(
    "erased_identifiers",
    metadata,
    Column("hash", LargeBinary, primary_key=True),  # of kind and value, under the workspace's key
    Column("kind", Text, nullable=False),
    Column("at", BigInteger, nullable=False),  # what happened before is not stored again
)

source_states = Table(
    "source_states",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("position", Text),  # of a database: JSON of the last cursor that was read, a number or a time
    Column("told_apart", Text),  # JSON: the columns by which its rows are told apart; null: nothing was read yet
    Column("began_at", BigInteger),  # the last run
    Column("succeeded_at", BigInteger),  # the last run that brought all there was
    Column("failures", Integer, nullable=False, server_default="0"),  # runs since then that failed
    Column("error", Text),  # of the last run, in words without rows and without secrets
    Column("complete_until", BigInteger),
)

# Without the row of `pseudonyms`, nobody can tell whom a row of `consents` or `audit` was about.

pseudonyms = Table(
    "pseudonyms",
    metadata,
    Column("pseudonym", LargeBinary, primary_key=True),  # 16 random bytes
    Column("kind", Text, nullable=False),
    Column("value", Text, nullable=False),  # in its one form
    Column("key", LargeBinary, nullable=False),  # 32 random bytes, of every commitment about this identifier
    UniqueConstraint("kind", "value"),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),  # 1, 2, 3 …: none is left out
    Column("commitment", LargeBinary, nullable=False),  # HMAC of all that follows, under the pseudonym's key
    Column("hash", LargeBinary, nullable=False),  # SHA-256 of the hash before, the id and the commitment
    # What follows is null once the person was erased; the chain is not.
    Column("pseudonym", LargeBinary, index=True),
    Column("about", Text),  # key of a topic or purpose
    Column("what", Text),  # asked, given, confirmed, withdrawn
    Column("at", BigInteger),  # when she said so
    Column("recorded_at", BigInteger),
    Column("wording", Text),  # which wording she was shown
    Column("source", Text),
    Column("page", Text),
    Column("page_digest", LargeBinary),  # HMAC of the page, in which another person's name may be erased later
    Column("address", Text),  # IP, as far as the settings keep it
    Column("who", Text),  # who recorded it: a user of the system, or the name of a key
    Column("answers", Integer, unique=True),  # of a confirmation: the row that asked
    Column("message", LargeBinary, unique=True),  # keyed hash of its source and own id: what comes again is known
    sqlite_autoincrement=True,
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),  # a user of the system, or the name of a key
    Column("way", Text, nullable=False),  # command, http, program, server
    Column("what", Text, nullable=False),  # such as customer.show
    Column("pseudonym", LargeBinary, index=True),  # of whom; null: of nobody
    Column("detail", Text, nullable=False),  # JSON, without personal data
    Column("hash", LargeBinary, nullable=False),  # SHA-256 of the hash before and of this row
    sqlite_autoincrement=True,
)

# Staff, no customers. Of tokens only the SHA-256 is kept: who reads the database can neither sign in nor be invited.

people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("email", Text, nullable=False, unique=True),  # in lower case
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("password_hash", Text),  # Argon2id with its salt and costs; null: no invitation was accepted yet
    Column("made_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),  # since when they may sign in no more
    # Of the second factor: 16 random bytes, from which its secret follows by a key that lies in a file of its own.
    Column("factor", LargeBinary),  # null: none, not even begun
    Column("factor_since", BigInteger),  # null: not confirmed by a code yet
    Column("factor_step", BigInteger),  # of the newest code that was used: it and those before hold no more
    # Who they are for the company's provider, once they signed in by it: an address may be another's one day.
    Column("issuer", Text),
    Column("subject", Text),
    Column("emergency_since", BigInteger),  # their password opens where those of others do not; null: it does not
    sqlite_autoincrement=True,
)

Index("ix_people_issuer_subject", people.c.issuer, people.c.subject, unique=True)

used_sign_ins = Table(  # by the company's provider; each holds once, and stays here while it might come again
    "used_sign_ins",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("until", BigInteger, nullable=False),
)

failed_attempts = Table(  # to sign in, of the last quarter of an hour
    "failed_attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", LargeBinary, nullable=False, index=True),  # keyed hash of who was tried from where
    Column("at", BigInteger, nullable=False, index=True),
    Column("kind", Text, nullable=False, server_default=""),  # what was tried; none: before that was kept
    Index("ix_failed_attempts_kind", "kind", "id"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("person", ForeignKey("people.id"), nullable=False, index=True),
    Column("made_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("person", ForeignKey("people.id"), nullable=False, index=True),
    Column("began_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("agent", Text, nullable=False),  # what the browser calls itself, 200 characters at most
    Column("ended_at", BigInteger),
    Column("code_until", BigInteger),  # the password was right, a code is due until then; null: none is
    Column("issuer", Text),  # of the company's provider that said who it is; null: a password or a link did
)

recovery_codes = Table(  # each stands in for one code of a second factor that was lost, and goes when it was used
    "recovery_codes",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("person", ForeignKey("people.id"), nullable=False, index=True),
)

last_visits = Table(
    "last_visits",
    metadata,
    Column("person", ForeignKey("people.id"), primary_key=True),
    Column("at", BigInteger, nullable=False),  # when the first page was looked at last, to some minutes
    Column("seen", Text, nullable=False),  # JSON: the numbers that stood there
    Column("before_at", BigInteger),  # the same of the visit before that one
    Column("before", Text),
)

draft_steps = Table(
    "draft_steps",
    metadata,
    Column("person", ForeignKey("people.id"), primary_key=True),
    Column("file", Text, primary_key=True),  # relative to the workspace
    Column("number", Integer, primary_key=True),
    Column("base", Text, nullable=False),  # the file as it was when this was made of it
    Column("text", Text, nullable=False),
    Column("about", Text, nullable=False),  # what was changed, as the person was told
    Column("at", BigInteger, nullable=False),
    Column("undone", Integer, nullable=False),
)

saved_texts = Table(
    "saved_texts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("file", Text, nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),  # the address of one of the staff; empty: found so on the disk
    sqlite_autoincrement=True,
)

# Being told. A recipient is `person:` with the number of one of the staff, or `hook:` with the name of a webhook.
