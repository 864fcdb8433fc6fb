"""The proof of an erasure: a search over everything in the data folder, decoded.

Parquet: every value, the statistics and the metadata. Arrow: every value and the metadata. SQLite: every row of every
table, then the bytes of the file, its log and its journal: what stands there and in no row is left from what was
deleted. All else, and the bytes of every file, as they are.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from resa.storage.keeping_out import decoded
from resa.storage.layout import Layout
from resa.storage.needles import Needles

__all__ = ["search_everything"]

_AT_ONCE: Final = 1 << 24
_OVERLAP: Final = 1 << 12
_ROWS: Final = 65_536
_STAFF: Final = frozenset(
    {
        ("people", "email"),
        ("people", "name"),
        ("people", "subject"),
        ("audit", "who"),
        ("saved_texts", "who"),
        ("owners", "owner"),
        ("news", "owner"),
        ("tellings", "content"),
        ("reviews", "who"),
    }
)


def search_everything(layout: Layout, needles: Needles, *, arrived: int) -> list[str]:
    """Where in a data folder an identifier still stands: names of folders and files, without values; best is empty.

    Args:
        layout: The data folder.
        needles: What is sought.
        arrived: Number of the last arrival that is looked at. Where later ones, which a server takes meanwhile, name
            her, too, bytes of their file beside its rows prove nothing and are left out. The same holds where she is
            one of the staff, and stands as such among who may sign in, and in the log as who did something.
    """
    found = set[str]()
    for path in sorted(layout.root.rglob("*")) if needles else ():
        try:
            if not path.is_file() or not _holds(path, needles):
                continue
        except FileNotFoundError:  # a server beside puts its arrivals in order
            continue
        if path.name.startswith(layout.database.name) and _only_staff(layout.database, needles):
            continue
        if path.name.startswith(layout.arrivals.name) and _only_later(layout.arrivals, needles, arrived):
            continue
        inside = path.relative_to(layout.root)
        found.add(inside.parts[0] if len(inside.parts) > 1 else inside.name)
    return sorted(found)


def _only_later(path: Path, needles: Needles, arrived: int) -> bool:
    """Whether arrivals behind a number name her, and none up to it does."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT number, content FROM arrivals").fetchall()
    naming = [number for number, content in rows if any(map(needles.stand_in, _as_text(content)))]
    return bool(naming) and min(naming) > arrived


def _only_staff(path: Path, needles: Needles) -> bool:
    """Whether what says who may sign in, and who did something, names her, and no other row does."""
    staff = False
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            found = connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - the database's own names
            names = [column[0] for column in found.description]
            for row in found:
                for name, value in zip(names, row, strict=True):
                    if any(map(needles.stand_in, _as_text(value))):
                        if (table, name) not in _STAFF:
                            return False
                        staff = True
    return staff


def _holds(path: Path, needles: Needles) -> bool:
    if path.suffix == ".db":
        return _in_database(path, needles)
    if path.name.endswith((".db-wal", ".db-shm", ".db-journal")):
        return _in_bytes(path, re.compile(needles.exact.pattern, re.IGNORECASE))
    if path.suffix == ".parquet" and _in_parquet(path, needles):
        return True
    if path.suffix == ".arrow" and _in_arrow(path, needles):
        return True
    return _in_bytes(path, needles.exact)


def _in_parquet(path: Path, needles: Needles) -> bool:
    with pq.ParquetFile(path) as parquet:
        said = [*_metadata(parquet.metadata.metadata)]
        for group in range(parquet.metadata.num_row_groups):
            for column in range(parquet.metadata.num_columns):
                statistics = parquet.metadata.row_group(group).column(column).statistics
                if statistics is not None and statistics.has_min_max:
                    said += map(str, (statistics.min, statistics.max))
        if any(map(needles.stand_in, said)):
            return True
        return any(_in_batch(batch, needles) for batch in parquet.iter_batches(_ROWS))


def _in_arrow(path: Path, needles: Needles) -> bool:
    with pa.memory_map(str(path)) as source:
        file = pa.ipc.open_file(source)
        if any(map(needles.stand_in, _metadata(file.schema.metadata))):
            return True
        return any(_in_batch(file.get_batch(number), needles) for number in range(file.num_record_batches))


def _metadata(told: dict[bytes, bytes] | None) -> Iterator[str]:
    for pair in (told or {}).items():
        yield from (part.decode("utf-8", errors="replace") for part in pair)


def _in_batch(batch: pa.RecordBatch, needles: Needles) -> bool:
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if any(needles.among(texts).any() for texts in _texts(column)):
            return True
        if name == "payload" and any(needles.stand_in(part) for one in column.to_pylist() for part in decoded(one)):
            return True
    return False


def _texts(column: pa.Array) -> Iterator[pa.Array]:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        yield column
    elif pa.types.is_list(column.type):
        yield from _texts(column.flatten())
    elif pa.types.is_struct(column.type):
        for inner in column.flatten():
            yield from _texts(inner)


def _in_database(path: Path, needles: Needles) -> bool:
    live = False
    loose = re.compile(re.sub(r"\\x\{([0-9a-f]{4})\}", r"\\u\1", needles.loose))
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - the database's own names
                texts = [text for value in row for text in _as_text(value)]
                if any(map(needles.stand_in, texts)):
                    return True
                live = live or any(map(loose.search, texts))
    # In the pages, values stand beside each other without anything between; what a row holds in a longer word is no
    # trace of what was deleted.
    return _in_bytes(path, needles.exact if live else loose)


def _as_text(value: Any) -> Iterator[str]:
    if isinstance(value, bytes):
        yield value.decode("utf-8", errors="replace")
        yield value.decode("utf-16-le", errors="replace")
    elif value is not None:
        yield str(value)


def _in_bytes(path: Path, pattern: re.Pattern[str]) -> bool:
    with path.open("rb") as stream:
        kept = b""
        while piece := stream.read(_AT_ONCE):
            piece = kept + piece
            for encoding in ("utf-8", "utf-16-le"):
                if pattern.search(piece.decode(encoding, errors="replace")):
                    return True
            kept = piece[-_OVERLAP:]
    return False
