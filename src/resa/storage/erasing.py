"""Erasing a person: new files first, then one transaction that puts them in place of the old.

After that transaction the person is in no listed row; what is derived still holds her until the index was built anew
(`finish_erasures`), which a process that was killed in between leaves to the next writer.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Connection, LargeBinary, Table, delete, func, insert, or_, select, update

from resa.storage.cleaning import clean
from resa.storage.consents import consents_table, erase_consents, mentions_in_consents
from resa.storage.database import from_micros, to_micros, told, vacuum
from resa.storage.decisions import kept_decisions
from resa.storage.gather import open_parquet
from resa.storage.hashing import Hasher
from resa.storage.keeping_out import decoded
from resa.storage.layout import FILE_FOLDERS
from resa.storage.needles import Needles
from resa.storage.pseudonyms import forget_pseudonyms, pseudonyms_of_person
from resa.storage.records import EventFile
from resa.storage.rewriting import Rewriting
from resa.storage.runs import ids_of
from resa.storage.schema import (
    decisions,
    erased_identifiers,
    erasures,
    generations,
    likely_pairs,
    segment_changes,
    segment_members,
)

if TYPE_CHECKING:
    from resa.storage.store import Store
    from resa.storage.writer import Writer

__all__ = [
    "TABLES",
    "Person",
    "count_erasures",
    "erase_rows",
    "finish_erasures",
    "is_unfinished",
    "keep_out",
    "rows_naming",
]

Flags = npt.NDArray[np.bool_]

TABLES: Final[Mapping[str, bool]] = MappingProxyType(
    {
        "events": True,
        "customers": True,
        "feedback": True,
        "daily_numbers": False,
        "rejected": True,
        "settled": False,
        "lookups": False,
        "decisions": True,
        "likely_pairs": True,
        "segment_states": False,
        "segment_members": True,
        "segment_changes": True,
        "pseudonyms": False,  # her identifiers, which are exported as such; they go with her
        "consents": True,
        "audit": False,  # it names pseudonyms, which say nothing once they are gone
    }
)
"""What storage keeps of rows, and whether rows of it are a customer's: these are exported and erased."""

_BY_KEY: Final[Mapping[Table, tuple[str, ...]]] = MappingProxyType(
    {segment_members: ("customer",), segment_changes: ("customer",), likely_pairs: ("one", "other")}
)
"""Tables that name customers by the keys that they have in the index, and in which columns."""

_MOMENTS: Final = frozenset({"since", "at", "happened_at", "found_at"})

_KEPT: Final = frozenset({"source_id", "message_id", "key", "reason"})  # columns that are no text of anybody


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who is to go.

    Attributes:
        called: Her identifiers, kind and value in its one form.
        owns: Which rows are hers, by the lists of identifiers that they name.
        is_called: Which identifiers, given as kinds and values, are hers.
        names_her: Whether a rejected row, given as its payload, names her.
        needles: Her identifiers as they stand in texts.
        hashes: Kind and hash of each of her identifiers, as written and in the one form.
        who: Who erases.
    """

    called: frozenset[tuple[str, str]]
    owns: Callable[[pa.ChunkedArray], Flags]
    is_called: Callable[[pa.Array, pa.Array], Flags]
    names_her: Callable[[str], bool]
    needles: Needles
    hashes: Sequence[tuple[str, bytes]]
    who: str


def erase_rows(writer: Writer, person: Person, *, dry: bool = False, after: int = 0) -> dict[str, int]:
    """Take a person out of all that is truth, in one transaction; how many rows went, by table.

    Args:
        writer: The writer.
        person: Who is to go.
        dry: Only count.
        after: Only from files of higher numbers; if there is nothing, nothing is written down.
    """
    store = writer.store
    plan = Rewriting(store)
    for kind in FILE_FOLDERS:
        if kind != "settled":
            for file in store.event_files(kind):
                if file.id > after:
                    _rewrite(store, file, person, plan, dry=dry)
    named = _decisions_of(store, person)
    plan.rows["decisions"] = len(named)
    for table in _BY_KEY:
        plan.rows[table.name] = _kept_by_key(store, table, person).num_rows
    _, words = _words_of(store, person)
    rows = dict(plan.rows + words)
    if dry or (after and not rows):
        return rows
    plan.prepare()
    with writer.lease.writing() as connection:
        pseudonyms, words = _words_of(store, person)  # again: a server beside keeps consents without being the writer
        rows = dict(plan.rows + words)
        plan.put_in_place(connection)
        connection.execute(delete(decisions).where(decisions.c.id.in_(named)))
        for table in _BY_KEY:
            connection.execute(delete(table).where(_names(table, person)))
        erase_consents(connection, pseudonyms, person.needles)
        forget_pseudonyms(connection, pseudonyms)
        at = _keep_out(connection, store, person)
        entry = {"at": at, "who": person.who, "rows": json.dumps(rows), "state": "rewritten"}
        connection.execute(insert(erasures).values(**entry))
    return rows


def _words_of(store: Store, person: Person) -> tuple[list[bytes], Counter[str]]:
    """Her pseudonyms; how many consents are hers, and how many of others name her."""
    names = pseudonyms_of_person(store, person).column("pseudonym").to_pylist()
    mentions = mentions_in_consents(store, names, person.needles)
    return names, Counter(consents=consents_table(store, names).num_rows, mentions=mentions)


def keep_out(writer: Writer, person: Person) -> None:
    """Of what happened before now, nothing that names her is stored again; `erase_rows` does it, too."""
    with writer.lease.writing() as connection:
        _keep_out(connection, writer.store, person)


def _keep_out(connection: Connection, store: Store, person: Person) -> int:
    at = to_micros(store.clock())
    for kind, key in {key: (kind, key) for kind, key in person.hashes}.values():
        connection.execute(delete(erased_identifiers).where(erased_identifiers.c.hash == key))
        connection.execute(insert(erased_identifiers).values(hash=key, kind=kind, at=at))
    return at


def rows_naming(store: Store, person: Person) -> dict[str, pa.Table]:
    """All that an erasure would take away, by the names of `TABLES`: what is hers to have a copy of."""
    found: dict[str, pa.Table] = {}
    for kind in FILE_FOLDERS:
        if not TABLES[kind]:
            continue
        parts = []
        for file in store.event_files(kind):
            with open_parquet(file.path) as parquet:
                table = parquet.read()
            parts.append(table.filter(pa.array(_goes(table, kind, person))))
        if parts:
            found[kind] = pa.concat_tables(parts)
    kept, numbers = kept_decisions(store), _decisions_of(store, person)
    with store.database.reading() as connection:
        all_numbers = connection.execute(select(decisions.c.id).order_by(decisions.c.id)).scalars().all()
    found["decisions"] = kept.filter(pa.array([number in set(numbers) for number in all_numbers], pa.bool_()))
    found |= {table.name: _kept_by_key(store, table, person) for table in _BY_KEY}
    found["consents"] = consents_table(store, pseudonyms_of_person(store, person).column("pseudonym").to_pylist())
    return found


def count_erasures(store: Store) -> int:
    """How many erasures there were."""
    with store.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(erasures)).scalar() or 0)


def is_unfinished(store: Store) -> bool:
    """Whether rows were taken out of the files, and what is derived may still hold them."""
    with store.database.reading() as connection:
        return bool(connection.execute(select(func.count()).where(erasures.c.state != "finished")).scalar())


def finish_erasures(writer: Writer) -> None:
    """Forget all that was derived before the newest generation; if somebody was erased, write the databases anew.

    Raises:
        WorkspaceError: Another process reads just now; the next refresh goes on here.
    """
    store = writer.store
    with writer.lease.writing() as connection:
        newest = connection.execute(select(func.max(generations.c.id))).scalar() or 0
        connection.execute(delete(generations).where(generations.c.id < newest))
    clean(store, writer.lease)
    with store.database.reading() as connection:
        somebody = connection.execute(select(erasures.c.id).where(erasures.c.state == "rewritten")).first() is not None
    if somebody:  # what only grew old was overwritten where it stood, and a server beside need not wait
        store.database.vacuum()
        if store.layout.arrivals.exists():
            _forget_consumed(store)
            vacuum(store.layout.arrivals)
    with writer.lease.writing() as connection:
        connection.execute(update(erasures).values(state="finished"))


def _forget_consumed(store: Store) -> None:
    """Delete arrivals that are in the files already."""
    with told(), closing(sqlite3.connect(store.layout.arrivals, isolation_level=None, timeout=20.0)) as connection:
        for source, number in store.consumed().items():
            connection.execute("DELETE FROM arrivals WHERE source_id = ? AND number <= ?", (source, number))


def _rewrite(store: Store, file: EventFile, person: Person, plan: Rewriting, *, dry: bool) -> None:
    with open_parquet(file.path) as parquet:
        table = parquet.read()
    goes = _goes(table, file.kind, person)
    left = table.filter(pa.array(~goes))
    changed = left
    if "identifiers" in left.column_names:
        changed = _stripped(changed, person)
    changed = _without_mentions(store.hasher, changed, person.needles)
    if not goes.any() and changed is left:
        return
    plan.rows[file.kind] += int(goes.sum())
    if changed is not left:
        plan.rows["mentions"] += _differing(left, changed)
    if not dry:
        plan.take(file, table, goes, changed)


def _goes(table: pa.Table, kind: str, person: Person) -> Flags:
    """Which rows are hers."""
    if kind == "rejected":
        payloads = table.column("payload").to_pylist()
        return np.array(
            [any(map(person.needles.stand_in, decoded(one))) or person.names_her(one) for one in payloads], np.bool_
        )
    if "identifiers" not in table.column_names or not table.num_rows:
        return np.zeros(table.num_rows, np.bool_)
    hers = person.owns(table.column("identifiers"))
    lists, mine = _flat_hers(table, person)
    named = np.zeros(table.num_rows, np.int64)
    np.add.at(named, np.asarray(pc.list_parent_indices(lists), np.int64), mine)
    lengths = pc.list_value_length(lists).fill_null(0).to_numpy(zero_copy_only=False)
    mine_alone: Flags = hers | ((named > 0) & (named == lengths))
    return mine_alone


def _flat_hers(table: pa.Table, person: Person) -> tuple[pa.Array, Flags]:
    lists = table.column("identifiers").combine_chunks()
    flat = pc.list_flatten(lists)
    return lists, person.is_called(pc.struct_field(flat, "kind"), pc.struct_field(flat, "value"))


def _stripped(table: pa.Table, person: Person) -> pa.Table:
    """Rows of others without identifiers of hers; one of theirs that reads like hers gets another value."""
    if not table.num_rows:
        return table
    lists, mine = _flat_hers(table, person)
    like = person.needles.among(pc.struct_field(pc.list_flatten(lists), "value")) & ~mine
    if not (mine.any() or like.any()):
        return table
    place, given, out = 0, dict[str, str](), []
    for row in lists.to_pylist():
        kept: list[dict[str, str]] | None = None if row is None else []
        for one in row or ():
            if like[place]:
                one["value"] = given.setdefault(one["value"], person.needles.pseudonym())
            if kept is not None and not mine[place]:
                kept.append(one)
            place += 1
        out.append(kept)
    column = table.schema.get_field_index("identifiers")
    return table.set_column(column, table.schema.field(column), pa.array(out, table.schema.field(column).type))


def _without_mentions(hasher: Hasher, table: pa.Table, needles: Needles) -> pa.Table:
    """The rows with marks where a text holds an identifier of hers; ids that hold one keep their hash alone."""
    for place, wanted in enumerate(table.schema):
        if not pa.types.is_string(wanted.type) or (wanted.name in _KEPT and wanted.name != "message_id"):
            continue
        hit = needles.among(table.column(place))
        if not hit.any():
            continue
        if wanted.name == "message_id":
            given = hasher.generated_ids(ids_of(hasher, table.filter(pa.array(hit)))).to_pylist()
        else:
            given = [needles.scrubbed(one) for one in table.column(place).filter(pa.array(hit)).to_pylist()]
        column = pc.replace_with_mask(table.column(place).combine_chunks(), pa.array(hit), pa.array(given, wanted.type))
        table = table.set_column(place, wanted, column)
    return table


def _differing(one: pa.Table, other: pa.Table) -> int:
    """How many rows differ."""
    differs = np.zeros(one.num_rows, np.bool_)
    for name in one.column_names:
        pair = one.column(name), other.column(name)
        if not pair[0].equals(pair[1]):
            differs |= np.array([a != b for a, b in zip(*(column.to_pylist() for column in pair), strict=True)])
    return int(differs.sum())


def _decisions_of(store: Store, person: Person) -> list[int]:
    """Numbers of the decisions that name her, or whose reason does."""
    with store.database.reading() as connection:
        rows = connection.execute(select(decisions)).all()
    if not rows:
        return []
    named = np.zeros(len(rows), np.bool_)
    for end in ("one", "other"):
        kinds, values = (
            pa.array([getattr(row, f"{end}_{part}") for row in rows], pa.string()) for part in ("kind", "value")
        )
        named |= person.is_called(kinds, values)
    return [
        row.id
        for row, hers in zip(rows, named.tolist(), strict=True)
        if hers or any(map(person.needles.stand_in, (row.one_value, row.other_value, row.why)))
    ]


def _names(table: Table, person: Person) -> ColumnElement[bool]:
    """Which rows of a table name her by a key."""
    return or_(*(table.c[column].in_(_keys(person)) for column in _BY_KEY[table]))


def _kept_by_key(store: Store, table: Table, person: Person) -> pa.Table:
    """What such a table holds of her, without keys and hashes."""
    columns = [column for column in table.columns if column.name != "id" and not isinstance(column.type, LargeBinary)]
    with store.database.reading() as connection:
        rows = connection.execute(select(*columns).where(_names(table, person))).mappings().all()
    told = [
        {name: from_micros(value) if name in _MOMENTS and value is not None else value for name, value in row.items()}
        for row in rows
    ]
    return pa.Table.from_pylist(told) if told else pa.table({})


def _keys(person: Person) -> list[bytes]:
    """Keys that she may have in the index."""
    return sorted({key for _, key in person.hashes})
