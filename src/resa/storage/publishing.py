"""Publishing: a generation is complete and on the disk before the database names it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, delete, insert, select, text, update

from resa.base.errors import WorkspaceDamaged
from resa.base.files import flush_folder
from resa.base.language import sentence
from resa.expressions import Catalog, Scope, compile_expression
from resa.model.journey import JourneyMap
from resa.storage.building import FileRun, Runs, build_arrays, write_header
from resa.storage.cleaning import clean, set_aside
from resa.storage.database import from_micros, to_micros
from resa.storage.derivation import derive_column
from resa.storage.evaluation import evaluate_files
from resa.storage.hashing import Words
from resa.storage.index import ARRAYS, UNPUBLISHED, JourneyIndex, open_index
from resa.storage.labels import derive_labels
from resa.storage.persons import Unified, Unifier, taken_again, write_told
from resa.storage.records import LIVE, EventFile, Exclusion
from resa.storage.runs import (
    Owners,
    Run,
    open_run_file,
    placed,
    rows_of_nobody,
    run_from_file,
    seen_in,
    write_run_file,
)
from resa.storage.schema import files, generations, loads, map_columns, source_states
from resa.storage.traits import TraitSources, kept_trait_sources, newest_traits, write_traits

if TYPE_CHECKING:
    from resa.storage.store import Store
    from resa.storage.writer import Writer

__all__ = [
    "Sources",
    "build_generation",
    "complete_until",
    "empty_index",
    "holds_all",
    "next_number",
    "publish",
    "refresh_index",
    "share_file",
]


_IN_MEMORY = 100_000  # rows of a run
_FEW = 100  # customers
_MOST_TAKEN = 2_000_000  # events that are read one by one


@dataclass(frozen=True)
class Sources:
    """What a generation is to be built from.

    Attributes:
        events: Event files, in the global order of their rows.
        records: Customer files.
        as_of: Up to when each source is complete.
        traits: Whose word counts, of traits that say so.
    """

    events: tuple[EventFile, ...]
    records: tuple[EventFile, ...]
    as_of: Mapping[str, datetime]
    traits: TraitSources = field(default_factory=dict)


def refresh_index(
    writer: Writer,
    maps: Sequence[JourneyMap],
    unifier: Unifier,
    exclude: Sequence[Exclusion] = (),
    *,
    anew: bool = False,
    labels: bool = True,
) -> JourneyIndex:
    """Bring the index and the maps' columns up to date with the listed files; publish only what changed.

    Args:
        writer: The writer.
        maps: All maps of the workspace: a generation holds the columns of these.
        unifier: Works out who is who.
        exclude: Which events are left out.
        anew: Build from the event files, whatever is there.
        labels: Keep what reports ask for; without, a reader finds it out.
    """
    store = writer.store
    said = {trait: names for journey_map in maps for trait, names in journey_map.trait_sources.items()}
    sources = replace(_sources(store), traits=said)
    base = empty_index(store) if anew else store.index()
    same = not base.records or kept_trait_sources(base) == said
    if not anew and same and holds_all(store, base, unifier, exclude):
        _publish_columns(writer, base, maps)
        return store.index()
    if not _continues(base, sources, unifier, exclude):
        base = empty_index(store)
    folder = store.layout.work / "generation"
    index = build_generation(store, folder, base, sources, unifier, exclude)
    columns = {
        journey_map.key: (journey_map.hash, derive_column(index, journey_map, store.layout.signals))
        for journey_map in maps
    }
    if labels:
        derive_labels(index, maps, base)
    return publish(writer, index, columns)


def holds_all(store: Store, index: JourneyIndex, unifier: Unifier, exclude: Sequence[Exclusion] = ()) -> bool:
    """Whether an index holds all that is stored, and nothing that was removed; of maps' columns it says nothing."""
    sources = _sources(store)
    known = (index.rules, index.decisions) == (unifier.rules, unifier.decisions)
    return (
        bool(index.generation) and known and _covers(index, sources, exclude) and index.as_of.sources == sources.as_of
    )


def build_generation(
    store: Store,
    folder: Path,
    base: JourneyIndex,
    sources: Sources,
    unifier: Unifier,
    exclude: Sequence[Exclusion],
) -> JourneyIndex:
    """Make a generation in a folder, unpublished, from a former one and the files that it does not hold.

    Sorted runs that commits left are used where they are; the others are made from the files.
    """
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    known = {file.id for file in (*base.files, *base.records)}
    events = [file for file in sources.events if file.id not in known]
    records = [file for file in sources.records if file.id not in known]
    masks = [*_excluded(events, exclude), *([None] * len(records))]
    new = [
        _New(file, FileRun(_run(store, file), file.first_row, mask))
        for file, mask in zip((*events, *records), masks, strict=True)
    ]
    unified = unifier.unify(base, [seen_in(one.run.run, one.file.source_id, one.run.excluded) for one in new])
    if _many(base, unified.gone):
        return build_generation(store, folder, empty_index(store), sources, unifier, exclude)
    channels, nobody = _arrays(store, folder, base, new, unified)
    write_told(folder, unified)
    sizes = {name: len(np.load(folder / f"{name}.npy", mmap_mode="r")) for name in ("rows", "who")}
    write_header(
        folder,
        events=sizes["rows"],
        customers=sizes["who"],
        nobody=nobody,
        channels=channels,
        files=sources.events,
        records=sources.records,
        identity=(unifier.rules, unifier.decisions),
        as_of=sources.as_of,
        exclude=exclude,
    )
    index = open_index(folder, UNPUBLISHED, store.layout.kinds, {}, store.hasher)
    if sources.records:
        write_traits(folder / "traits.arrow", newest_traits(index, base, sources.traits), sources.traits)
    return index


class _New(NamedTuple):
    """A file that the former generation does not hold, and its run."""

    file: EventFile
    run: FileRun


def _arrays(
    store: Store, folder: Path, base: JourneyIndex, new: Sequence[_New], unified: Unified
) -> tuple[tuple[str, ...], int]:
    """Write the arrays of a generation; the names of its channels, and how many events are nobody's."""
    if base.generation and not new and not len(unified.gone):
        for name in [*(f"{name}.npy" for name in ARRAYS), "identifiers.arrow"]:
            share_file(base.folder / name, folder / name)
        return base.channel_names, base.nobody
    nobody = base.nobody
    found: dict[str, list[FileRun]] = {"events": [], "customers": []}
    for file, one in new:
        owners = unified.owners(one.run.identifiers.slice(0, len(one.run.who)).column("identifiers"))
        nobody += rows_of_nobody(one.run, owners, one.excluded) if file.kind == "events" else 0
        found[file.kind].append(_placed(store, one, file.id, owners))
    events, records = taken_again(base, unified, store.hasher)
    runs = Runs((*found["events"], events), (*found["customers"], records), unified.gone)
    return build_arrays(folder, base, runs, store.hasher), nobody


def _many(base: JourneyIndex, gone: Words) -> bool:
    """Whether so many rows may be others' by now that all are better read again, one file after the other."""
    if len(gone) < _FEW:
        return False
    customers = base.find(gone)
    customers = customers[customers >= 0]
    return int(np.diff(base.offsets)[customers].sum()) > _MOST_TAKEN


def publish(
    writer: Writer,
    index: JourneyIndex,
    columns: Mapping[str, tuple[str, str]],
    also: Callable[[Connection], None] = lambda _: None,
) -> JourneyIndex:
    """Move a finished generation to its place and name it in the database; readers see it from then on.

    Args:
        writer: The writer.
        index: Made in `work/`.
        columns: Its map columns: key, (hash of the map, folder within the generation).
        also: What the database is to learn in the same transaction.
    """
    store = writer.store
    _flush_folders(index.folder)
    held = [file.id for file in (*index.files, *index.records)]
    with writer.lease.writing() as connection:  # moved by nobody but the writer: the transaction has checked its token
        number = next_number(store, "generations")
        place = store.layout.generation(number)
        if place.exists():  # a writer that was cut short left it
            set_aside(store, [place])
        index.folder.replace(place)
        flush_folder(store.layout.index)
        also(connection)
        at = to_micros(store.clock())
        values = {"id": number, "published_at": at, "events": index.events, "customers": index.customers}
        connection.execute(insert(generations).values(**values))
        for key, (map_hash, folder) in columns.items():
            connection.execute(
                insert(map_columns).values(generation=number, map_key=key, map_hash=map_hash, folder=folder)
            )
        connection.execute(update(files).where(files.c.id.in_(held)).values(run=None))
    clean(store, writer.lease)
    return store.index()


def next_number(store: Store, table: str) -> int:
    """The number that the table's next row will have: numbers are never used again, and there is one writer."""
    with store.database.reading() as connection:
        query = text("SELECT seq FROM sqlite_sequence WHERE name = :table")
        return int(connection.execute(query, {"table": table}).scalar() or 0) + 1


def complete_until(store: Store) -> dict[str, datetime]:
    """Up to when each source is complete: the latest end that its loads state, or else their newest event.

    Nothing is complete for longer than up to when it was collected: an event that claims to be of a later time (clocks
    may be wrong) says nothing of what others did until then. A file is as it was when its load began; a live source
    went on until its load was finished. A load that still runs, or was cut short, has only some rows of its file, in
    whatever order: it says nothing yet, but for that of a live source, which states its end.
    """
    found: dict[str, int] = {}
    live = (loads.c.state == "running") & loads.c.complete_until.is_not(None)
    with store.database.reading() as connection:
        for row in connection.execute(select(loads).where((loads.c.state == "finished") | live)):
            end = row.complete_until if row.complete_until is not None else row.newest
            if end is not None:
                taken = row.finished_at if row.origin.startswith(LIVE) else row.started_at
                end = end if row.state == "running" else min(end, taken)
                found[row.source_id] = max(end, found.get(row.source_id, end))
        stated = select(source_states).where(source_states.c.complete_until.is_not(None))
        for row in connection.execute(stated):  # by its last run, which may have found nothing to load
            found[row.source_id] = max(row.complete_until, found.get(row.source_id, row.complete_until))
    return {source: from_micros(end) for source, end in sorted(found.items())}


def _sources(store: Store) -> Sources:
    return Sources(tuple(store.event_files("events")), tuple(store.event_files("customers")), complete_until(store))


def _covers(base: JourneyIndex, sources: Sources, exclude: Sequence[Exclusion]) -> bool:
    return (
        [file.id for file in base.files] == [file.id for file in sources.events]
        and [file.id for file in base.records] == [file.id for file in sources.records]
        and base.exclude == tuple(exclude)
    )


def _continues(base: JourneyIndex, sources: Sources, unifier: Unifier, exclude: Sequence[Exclusion]) -> bool:
    """Whether only files and decisions were added since: then the base can be merged with them."""
    before = [file.id for file in base.files]
    recorded = [file.id for file in base.records]
    return (
        before == [file.id for file in sources.events[: len(before)]]
        and recorded == [file.id for file in sources.records[: len(recorded)]]
        and base.exclude == tuple(exclude)
        and base.rules == unifier.rules
        and base.decisions <= unifier.decisions
    )


def empty_index(store: Store) -> JourneyIndex:
    """The index of nothing."""
    return open_index(store.layout.index, 0, store.layout.kinds, {}, store.hasher)


def _run(store: Store, file: EventFile) -> Run:
    """The sorted run of a file: the one its commit left, else made from the file, and on disk so as to spare memory."""
    found = open_run_file(store.layout.runs, file.run) if file.run else None
    if found is not None:
        return found
    folder = store.layout.work / "runs"
    folder.mkdir(exist_ok=True)
    write_run_file(folder, str(file.id), run_from_file(store.hasher, file.path, file.kind))
    return _opened(folder, str(file.id))


def _placed(store: Store, file: FileRun, number: int, owners: Owners) -> FileRun:
    """The run of a file in the order of customers, a large one on disk so as to spare memory."""
    found = placed(file.run, owners)
    if len(found.rows) > _IN_MEMORY and found.rows is not file.run.rows:
        folder = store.layout.work / "runs"
        folder.mkdir(exist_ok=True)
        write_run_file(folder, f"{number}-placed", found)
        found = _opened(folder, f"{number}-placed")
    return replace(file, run=found)


def _opened(folder: Path, name: str) -> Run:
    found = open_run_file(folder, name)
    if found is None:
        raise WorkspaceDamaged(sentence("work/runs was emptied while it was in use; run the command again"))
    return found


def _excluded(new: Sequence[EventFile], exclude: Sequence[Exclusion]) -> list[npt.NDArray[np.bool_] | None]:
    """Which rows of each file are left out; `None`: none."""
    masks: dict[int, npt.NDArray[np.bool_]] = {}
    for source in dict.fromkeys(one.source_id for one in exclude):
        mine = [file for file in new if source in {None, file.source_id}]
        columns = {
            str(place): compile_expression(
                one.expression,
                scope=Scope.EVENT,
                expects="boolean",
                catalog=Catalog(timezone=one.timezone),
                prefix=f"x{place}_",
            )
            for place, one in enumerate(exclude)
            if one.source_id == source
        }
        table = evaluate_files(mine, columns)
        out = np.logical_or.reduce([column.to_numpy() for column in table.columns])
        ends = np.cumsum([file.rows for file in mine], dtype=np.int64)
        for file, mask in zip(mine, np.split(out, ends[:-1]), strict=False):
            if mask.any():
                masks[file.id] = masks[file.id] | mask if file.id in masks else mask
    return [masks.get(file.id) for file in new]


def _publish_columns(writer: Writer, index: JourneyIndex, maps: Sequence[JourneyMap]) -> None:
    """Bring the maps' columns of a published generation up to date."""
    store = writer.store
    wanted = {
        journey_map.key: (journey_map.hash, derive_column(index, journey_map, store.layout.signals))
        for journey_map in maps
    }
    derive_labels(index, maps)
    if wanted == dict(index.columns):
        return
    _flush_folders(index.folder)
    with writer.lease.writing() as connection:
        connection.execute(delete(map_columns).where(map_columns.c.generation == index.generation))
        for key, (map_hash, folder) in wanted.items():
            values = {"generation": index.generation, "map_key": key, "map_hash": map_hash, "folder": folder}
            connection.execute(insert(map_columns).values(**values))


def _flush_folders(generation: Path) -> None:
    """Force the names of a generation's files to the disk; the files themselves were flushed when they were written."""
    for folder in (generation, *(path for path in generation.rglob("*") if path.is_dir())):
        flush_folder(folder)


def share_file(old: Path, new: Path) -> None:
    """The same file under another name, copied where the system cannot share it."""
    try:
        os.link(old, new)
    except OSError:
        shutil.copyfile(old, new)
        with new.open("rb+") as stream:
            os.fsync(stream.fileno())
