"""Publishing: a generation is complete and on the disk before the database names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, insert, select, text, update

from resa.base.files import flush_folder
from resa.model.journey import JourneyMap
from resa.storage.cleaning import clean, set_aside
from resa.storage.database import from_micros, to_micros
from resa.storage.derivation import derive_column, has_column
from resa.storage.generating import Sources, build_generation, empty_index
from resa.storage.index import JourneyIndex
from resa.storage.labels import derive_labels
from resa.storage.persons import Unifier
from resa.storage.recent import build_recent, derive_recent_column
from resa.storage.records import LIVE, Exclusion
from resa.storage.schema import files, generations, loads, map_columns, source_states
from resa.storage.traits import kept_trait_sources

if TYPE_CHECKING:
    from resa.storage.store import Store
    from resa.storage.writer import Writer

__all__ = ["complete_until", "holds_all", "next_number", "publish", "refresh_index"]


def refresh_index(
    writer: Writer,
    maps: Sequence[JourneyMap],
    unifier: Unifier,
    exclude: Sequence[Exclusion] = (),
    *,
    anew: bool = False,
    soon: bool = False,
) -> JourneyIndex:
    """Bring the index and the maps' columns up to date with the listed files; publish only what changed.

    Args:
        writer: The writer.
        maps: All maps of the workspace: a generation holds the columns of these.
        unifier: Works out who is who.
        exclude: Which events are left out.
        anew: Build from the event files, whatever is there.
        soon: Publish a small layer over the generation before where that is quicker, and do not keep what reports ask
            for: a reader finds it out.
    """
    store = writer.store
    said = {trait: names for journey_map in maps for trait, names in journey_map.trait_sources.items()}
    sources = replace(_sources(store), traits=said)
    base = empty_index(store) if anew else store.index()
    same = not base.records or kept_trait_sources(base) == said
    known = all(has_column(base, journey_map) for journey_map in maps)
    if not anew and same and (base.layers is None or (soon and known)) and holds_all(store, base, unifier, exclude):
        if not soon or not known:
            _publish_columns(writer, base, maps)
        return store.index()
    if not _continues(base, sources, unifier, exclude):
        base = empty_index(store)
    folder = store.layout.work / "generation"
    quick = soon and same and known and not anew
    index = build_recent(store, folder, base, sources, unifier, exclude) if quick else None
    derive = derive_recent_column
    if index is None:
        index, derive = build_generation(store, folder, base, sources, unifier, exclude), derive_column
    columns = {one.key: (one.hash, derive(index, one, store.layout.signals)) for one in maps}
    if not soon:
        derive_labels(index, maps, base)
    return publish(writer, index, columns)


def holds_all(store: Store, index: JourneyIndex, unifier: Unifier, exclude: Sequence[Exclusion] = ()) -> bool:
    """Whether an index holds all that is stored, and nothing that was removed; of maps' columns it says nothing."""
    sources = _sources(store)
    known = (index.rules, index.decisions) == (unifier.rules, unifier.decisions)
    return (
        bool(index.generation) and known and _covers(index, sources, exclude) and index.as_of.sources == sources.as_of
    )


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
