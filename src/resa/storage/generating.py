"""Making a generation of the journey index: from the event files, or from a former one and what it does not hold."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.base.errors import WorkspaceDamaged
from resa.base.language import sentence
from resa.expressions import Catalog, Scope, compile_expression
from resa.storage.building import FileRun, Runs, build_arrays, write_header
from resa.storage.evaluation import evaluate_files
from resa.storage.hashing import Words
from resa.storage.index import ARRAYS, UNPUBLISHED, JourneyIndex, open_index
from resa.storage.persons import Unified, Unifier, taken_again, write_told
from resa.storage.records import EventFile, Exclusion
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
from resa.storage.traits import TraitSources, newest_traits, write_traits

if TYPE_CHECKING:
    from resa.storage.store import Store

__all__ = [
    "New",
    "Sources",
    "build_generation",
    "empty_folder",
    "empty_index",
    "finish_generation",
    "new_files",
    "new_runs",
    "seen_of",
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
    empty_folder(folder)
    new = new_files(store, base, sources, exclude)
    unified = unifier.unify(base, seen_of(new))
    if _many(base, unified.gone):
        return build_generation(store, folder, empty_index(store), sources, unifier, exclude)
    if base.generation and base.layers is None and not new and not len(unified.gone):
        channels, nobody = base.channel_names, 0
        for name in [*(f"{name}.npy" for name in ARRAYS), "identifiers.arrow"]:
            share_file(base.folder / name, folder / name)
    else:
        runs, nobody = new_runs(store, base, new, unified)
        channels = build_arrays(folder, base, runs, store.hasher)
    finish_generation(folder, channels, base.nobody + nobody, unified, sources, unifier, exclude)
    index = open_index(folder, UNPUBLISHED, store.layout.kinds, {}, store.hasher)
    if sources.records:
        write_traits(folder / "traits.arrow", newest_traits(index, base, sources.traits), sources.traits)
    return index


def empty_folder(folder: Path) -> None:
    """Make a folder anew."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)


class New(NamedTuple):
    """A file that the former generation does not hold, and its run."""

    file: EventFile
    run: FileRun


def new_files(store: Store, base: JourneyIndex, sources: Sources, exclude: Sequence[Exclusion]) -> list[New]:
    """The files that a generation does not hold.

    Sorted runs that commits left are used where they are; the others are made from the files.
    """
    known = {file.id for file in (*base.files, *base.records)}
    events = [file for file in sources.events if file.id not in known]
    records = [file for file in sources.records if file.id not in known]
    masks = [*_excluded(events, exclude), *([None] * len(records))]
    return [
        New(file, FileRun(_run(store, file), file.first_row, mask))
        for file, mask in zip((*events, *records), masks, strict=True)
    ]


def seen_of(new: Sequence[New]) -> list[pa.Table]:
    """What the rows of new files name, as `SEEN`."""
    return [seen_in(one.run.run, one.file.source_id, one.run.excluded) for one in new]


def new_runs(store: Store, base: JourneyIndex, new: Sequence[New], unified: Unified) -> tuple[Runs, int]:
    """What is put into the index, and how many new events are nobody's.

    Args:
        store: The store.
        base: The former generation, or those of its customers who are gone.
        new: The files that it does not hold.
        unified: Who is who.
    """
    nobody = 0
    found: dict[str, list[FileRun]] = {"events": [], "customers": []}
    for file, one in new:
        owners = unified.owners(one.run.identifiers.slice(0, len(one.run.who)).column("identifiers"))
        nobody += rows_of_nobody(one.run, owners, one.excluded) if file.kind == "events" else 0
        found[file.kind].append(_placed(store, one, file.id, owners))
    events, records = taken_again(base, unified, store.hasher)
    return Runs((*found["events"], events), (*found["customers"], records), unified.gone), nobody


def finish_generation(
    folder: Path,
    channels: Sequence[str],
    nobody: int,
    unified: Unified,
    sources: Sources,
    unifier: Unifier,
    exclude: Sequence[Exclusion],
) -> None:
    """Write beside the arrays of a generation who is who, and what a reader needs to know of it."""
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


def _many(base: JourneyIndex, gone: Words) -> bool:
    """Whether so many rows may be others' by now that all are better read again, one file after the other."""
    if len(gone) < _FEW:
        return False
    customers = base.find(gone)
    customers = customers[customers >= 0]
    return int(np.diff(base.offsets)[customers].sum()) > _MOST_TAKEN


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


def share_file(old: Path, new: Path) -> None:
    """The same file under another name, copied where the system cannot share it."""
    try:
        os.link(old, new)
    except OSError:
        shutil.copyfile(old, new)
        with new.open("rb+") as stream:
            os.fsync(stream.fileno())
