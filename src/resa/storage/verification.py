"""Counting everything again and comparing: what `resa verify` runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import func, select

from resa.base.errors import WorkspaceDamaged
from resa.base.language import sentence
from resa.kernels import ordering
from resa.model.journey import JourneyMap
from resa.storage.arrays import append_array
from resa.storage.audit import check_audit
from resa.storage.consents import check_consents
from resa.storage.derivation import derive_column, has_column
from resa.storage.generating import Sources, build_generation, empty_index
from resa.storage.hashing import Words
from resa.storage.index import ARRAYS, JourneyIndex, MapColumn, read_column
from resa.storage.labels import derive_labels, same_labels
from resa.storage.layout import FILE_FOLDERS
from resa.storage.persons import Unifier
from resa.storage.records import EventFile, Exclusion, Finding
from resa.storage.recounting import stored_hashes
from resa.storage.schema import file_loads, files, loads
from resa.storage.settling import check_settled
from resa.storage.traits import kept_trait_sources, read_traits
from resa.storage.unique import listed_runs, open_run

if TYPE_CHECKING:
    from resa.storage.store import Store
    from resa.storage.writer import Writer

__all__ = ["verify_store"]

_PARTS = 16  # hashes are compared a sixteenth at a time


def verify_store(
    writer: Writer, maps: Sequence[JourneyMap], unifier: Unifier, exclude: Sequence[Exclusion]
) -> list[Finding]:
    """Recount files, loads, ids, index, who is who, traits and map columns; empty when all agree.

    The index is compared with the files and decisions that it was built from: what was added since is no fault.
    """
    store = writer.store
    findings = [*_check_files(store), *_check_loads(store), *check_consents(store), *check_audit(store)]
    if any(finding.code in {"missing-file", "damaged-file"} for finding in findings):
        return findings  # nothing else could be counted
    findings += [*check_settled(store), *_check_ids(store)]
    try:
        index = store.index()
        findings += _check_index(store, index, maps, unifier.until(index.decisions))
    except (WorkspaceDamaged, ValueError) as error:
        return [*findings, Finding(code="damaged-index", message=sentence("{error}; run `resa rebuild`", error=error))]
    if index.generation and index.exclude != tuple(exclude):
        findings.append(
            Finding(
                code="exclude",
                message=sentence("the index was built with other `exclude` expressions; run `resa rebuild`"),
            )
        )
    if index.generation and index.rules != unifier.rules:
        findings.append(
            Finding(
                code="rules", message=sentence("the index was built by other rules of identity; run `resa rebuild`")
            )
        )
    return findings


def _check_files(store: Store) -> Iterator[Finding]:
    for kind in FILE_FOLDERS:
        for file in store.event_files(kind):
            yield from _check_file(file)
    with store.database.reading() as connection:
        counts = (
            select(file_loads.c.file_id, func.sum(file_loads.c.rows).label("rows"))
            .group_by(file_loads.c.file_id)
            .subquery()
        )
        query = select(files.c.name).join(counts, counts.c.file_id == files.c.id).where(counts.c.rows != files.c.rows)
        for name in connection.execute(query).scalars():
            yield Finding(
                code="file-rows",
                message=sentence(
                    "the rows of {name} do not add up by load; restore the data folder from a backup", name=name
                ),
            )


def _check_file(file: EventFile) -> Iterator[Finding]:
    name = f"{file.kind}/{file.path.name}"
    if not file.path.exists():
        yield Finding(
            code="missing-file",
            message=sentence("{name} is listed but missing; restore it from a backup, or remove its load", name=name),
        )
        return
    try:
        rows, counts = _count(file)
    except (pa.ArrowException, OSError):
        yield Finding(
            code="damaged-file",
            message=sentence("{name} cannot be read; restore it from a backup, or remove its load", name=name),
        )
        return
    if rows != file.rows:
        yield Finding(
            code="file-rows",
            message=sentence(
                "{name} holds {rows} rows, {listed} are listed; restore it from a backup",
                name=name,
                rows=rows,
                listed=file.rows,
            ),
        )
    elif file.loads and tuple(sorted(counts)) != file.loads:
        yield Finding(
            code="file-loads",
            message=sentence("{name} holds rows of other loads than are listed; restore it from a backup", name=name),
        )


def _count(file: EventFile) -> tuple[int, set[int]]:
    """Rows and loads of a file, every page of it read and its checksum compared."""
    rows = 0
    found: set[int] = set()
    with pq.ParquetFile(file.path, page_checksum_verification=True) as parquet:
        for batch in parquet.iter_batches(262_144):
            rows += batch.num_rows
            if "load_id" in batch.schema.names:
                found |= set(batch.column("load_id").unique().to_pylist())
    return rows, found


def _check_loads(store: Store) -> Iterator[Finding]:
    with store.database.reading() as connection:
        query = (
            select(file_loads.c.load_id, files.c.kind, func.sum(file_loads.c.rows).label("rows"))
            .join(files, files.c.id == file_loads.c.file_id)
            .where(files.c.state == "listed", files.c.kind != "settled")
            .group_by(file_loads.c.load_id, files.c.kind)
        )
        stored: dict[tuple[int, bool], int] = {}
        for row in connection.execute(query):
            key = row.load_id, row.kind == "rejected"
            stored[key] = stored.get(key, 0) + row.rows
        for load in connection.execute(select(loads)):
            if load.rows_in != load.good + load.rejected + load.duplicate:
                yield Finding(
                    code="load-balance",
                    message=sentence("load {load}: rows in are not good + rejected + duplicate", load=str(load.id)),
                )
            gone = load.state == "removed"
            left = load.good - load.erased_good, load.rejected - load.erased_rejected
            expected = (0, 0) if gone else left
            if (stored.get((load.id, False), 0), stored.get((load.id, True), 0)) != expected:
                yield Finding(
                    code="load-rows",
                    message=sentence(
                        "load {load}: the files hold other numbers of rows than it counted; `resa loads "
                        "remove {load}` and collect it again",
                        load=str(load.id),
                    ),
                )


def _check_ids(store: Store) -> Iterator[Finding]:
    folder = store.layout.work / "verify-ids"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    streams = [(folder / str(part)).open("wb") for part in range(_PARTS)]
    try:
        for _, hashes in stored_hashes(store):
            edges = ordering.first_byte_edges(hashes)[:: 256 // _PARTS]
            for part, stream in enumerate(streams):
                append_array(stream, hashes[edges[part] : edges[part + 1]])
    finally:
        for stream in streams:
            stream.close()
    try:
        runs = [open_run(store.layout.unique, run) for run in listed_runs(store.database) if run.purpose == "ids"]
    except WorkspaceDamaged as error:
        yield Finding(code="ids", message=str(error))
        return
    differs = False  # told last: a row that is stored twice anywhere is the worse fault
    for part in range(_PARTS):
        counted = _sorted([np.fromfile(folder / str(part), np.uint64).reshape(-1, 2)])
        if (ordering.count_repeats(counted) > 0).any():
            yield Finding(
                code="stored-twice",
                message=sentence("an event is stored twice; remove the newest load and collect it again"),
            )
            return
        edges = [ordering.first_byte_edges(run)[:: 256 // _PARTS] for run in runs]
        known = _sorted([run[edge[part] : edge[part + 1]] for run, edge in zip(runs, edges, strict=True)])
        differs = differs or not np.array_equal(known, counted)
    if differs:
        yield Finding(
            code="ids", message=sentence("the ids that are known differ from those in the files; run `resa rebuild`")
        )


def _sorted(parts: Sequence[Words]) -> Words:
    together = np.concatenate([np.empty((0, 2), np.uint64), *parts])
    ordered: Words = ordering.take_rows(together, ordering.order_by_hash(together))
    return ordered


def _check_index(store: Store, index: JourneyIndex, maps: Sequence[JourneyMap], unifier: Unifier) -> Iterator[Finding]:
    if not (
        index.generation
        and index.rules == unifier.rules
        and all(file.path.exists() for file in (*index.files, *index.records))
    ):
        return  # nothing is published, or what it was made of is another by now: the next refresh tells
    folder = store.layout.work / "verify"
    sources = Sources(index.files, index.records, index.as_of.sources, kept_trait_sources(index))
    again = build_generation(store, folder, empty_index(store), sources, unifier, index.exclude)
    for name in ARRAYS:
        if not np.array_equal(getattr(again, name), getattr(index, name)):
            yield Finding(
                code="index",
                message=sentence(
                    "the index's {name} differ from a recount of the event files; run `resa rebuild`", name=name
                ),
            )
    if (again.channel_names, again.nobody) != (index.channel_names, index.nobody) or not again.identifiers().equals(
        index.identifiers()
    ):
        yield Finding(
            code="index",
            message=sentence("the index's names differ from a recount of the event files; run `resa rebuild`"),
        )
    if not (again.persons.equals(index.persons) and again.pairs.equals(index.pairs)):
        yield Finding(
            code="persons", message=sentence("who is who differs from a recount of the evidence; run `resa rebuild`")
        )
    if not read_traits(again).equals(store.customer_traits(index)):
        yield Finding(
            code="traits", message=sentence("the customers' traits differ from a recount; run `resa rebuild`")
        )
    fresh = store.layout.work / "verify-signals"
    for journey_map in maps:
        if not has_column(index, journey_map):
            continue  # the map was edited since
        derived = read_column(folder / derive_column(again, journey_map, fresh), journey_map.key, journey_map.hash)
        if not _equal(derived, index.column(journey_map.key)):
            yield Finding(
                code="column",
                message=sentence(
                    "the column of the map '{journey_map}' differs from a recount; run `resa rebuild`",
                    journey_map=journey_map.key,
                ),
            )
    derive_labels(again, maps)
    if not same_labels(index, again):
        yield Finding(
            code="labels",
            message=sentence("the labels of events or customers differ from a recount; run `resa rebuild`"),
        )


def _equal(one: MapColumn, other: MapColumn) -> bool:
    def parts(column: MapColumn) -> list[Any]:
        return [
            column.touchpoints,
            column.values.positions,
            column.values.numbers,
            column.scores.positions,
            column.scores.numbers,
        ]

    same = all(np.array_equal(a, b) for a, b in zip(parts(one), parts(other), strict=True))
    return same and one.sources == other.sources and one.codes == other.codes
