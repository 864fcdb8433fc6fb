"""Collecting many sources: what is wrong with one keeps no other waiting; which are due, and how each is doing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from resa.base.errors import EngineError, InputError, Problem
from resa.collector import LoadReport, Progress, Source, collect, read_sources
from resa.storage import LIVE, Load, SourceState, Store, states_of_sources
from resa.workspace.consents import consenting

if TYPE_CHECKING:
    from resa.storage import Writer
    from resa.workspace.workspace import Workspace

__all__ = ["SourceStatus", "collect_sources", "due_sources", "next_run", "status_of_sources"]

Reads = Literal["database", "files", "hook", "http"]


@dataclass(frozen=True, kw_only=True)
class SourceStatus:
    """How a source is doing. Moments are UTC.

    Attributes:
        name: The source.
        reads: database, files, hook (requests as its file says), http (Segment's calls), or `None`: its file is gone or
            wrong.
        state: Its runs.
        good: Rows that it brought and that are there.
        rejected: Rows that were refused.
        newest: When its newest event happened; `None`: it has none.
        lag: Time since then.
        since_run: Time since its last run began; `None`: it never ran.
        next_run: When it runs next by itself; `None`: it does not.
        problems: What is wrong with its file; where an error is, it is not collected.
    """

    name: str
    reads: Reads | None
    state: SourceState
    good: int
    rejected: int
    newest: datetime | None
    lag: timedelta | None
    since_run: timedelta | None
    next_run: datetime | None
    problems: tuple[Problem, ...]


def collect_sources(
    shop: Workspace,
    sources: Sequence[Source],
    *,
    replace: bool = False,
    progress: Callable[[Progress], None] | None = None,
    writer: Writer | None = None,
) -> tuple[list[LoadReport], list[Problem]]:
    """Collect sources one after the other and bring the index up to date; what they brought, and what was wrong.

    Args:
        shop: The workspace.
        sources: Which.
        replace: First undo the loads of the same files.
        progress: Called after every chunk.
        writer: Who is at work already; `None`: nobody is.

    Raises:
        WorkspaceBusy: Another process is writing.
    """
    reports: list[LoadReport] = []
    problems: list[Problem] = []
    with shop.store.writing() if writer is None else nullcontext(writer) as writing:
        storing = consenting(shop, writing)
        for source in sources:
            try:
                chunk_rows = shop.settings.chunk_rows
                reports.append(collect(storing, source, replace=replace, progress=progress, chunk_rows=chunk_rows))
            except InputError as error:
                problems += error.problems
            except EngineError as error:
                problems.append(Problem(message=error.message, file=source.document.file))
        shop.refresh(writing)
    return reports, problems


def next_run(source: Source, state: SourceState | None, now: datetime) -> datetime | None:
    """When a source runs next by itself, UTC, not before now; `None`: it has no schedule."""
    schedule = source.shape.schedule
    if schedule is None:
        return None
    began, failures = (None, 0) if state is None else (state.began_at, state.failures)
    return max(now, schedule.next_run(began, failures, now))


def due_sources(sources: Sequence[Source], store: Store) -> list[Source]:
    """The sources whose time has come, those first that have waited longest."""
    now, states = store.clock(), states_of_sources(store)
    due = [source for source in sources if next_run(source, states.get(source.name), now) == now]

    def waits_since(source: Source) -> float:
        state = states.get(source.name)
        return 0.0 if state is None or state.began_at is None else state.began_at.timestamp()

    return sorted(due, key=waits_since)


def status_of_sources(shop: Workspace) -> list[SourceStatus]:
    """How every source is doing that has a file or rows, by name."""
    read, problems = read_sources(shop.folder)
    sources = {source.name: source for source in read}
    wrong: dict[str, list[Problem]] = {}
    for problem in problems:
        wrong.setdefault(Path(problem.file or "").stem, []).append(problem)
    loads: dict[str, list[Load]] = {}
    for load in shop.store.loads():
        if load.state != "removed":
            loads.setdefault(load.source_id, []).append(load)
    states, now = states_of_sources(shop.store), shop.clock()

    def since(moment: datetime | None) -> timedelta | None:
        return None if moment is None else max(timedelta(), now - moment)

    found = []
    for name in sorted({*sources, *wrong, *loads, *states}):
        source, mine = sources.get(name), loads.get(name, [])
        state = states.get(name) or SourceState(source_id=name)
        newest = max((load.newest for load in mine if load.newest is not None), default=None)
        found.append(
            SourceStatus(
                name=name,
                reads=_reads(source, mine),
                state=state,
                good=sum(load.good - load.erased_good for load in mine),
                rejected=sum(load.rejected - load.erased_rejected for load in mine),
                newest=newest,
                lag=since(newest),
                since_run=since(state.began_at),
                next_run=None if source is None else next_run(source, states.get(name), now),
                problems=tuple(wrong.get(name, ())),
            )
        )
    return found


def _reads(source: Source | None, loads: Sequence[Load]) -> Reads | None:
    if source is None:
        return "http" if any(load.origin.startswith(LIVE) for load in loads) else None
    if source.shape.database is not None:
        return "database"
    return "hook" if source.shape.hook is not None else "files"
