"""How the data of a workspace are doing, and what needs doing first. Nothing here tells of a customer."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from resa.base.clock import from_microseconds
from resa.base.language import Sentence, as_it_is, sentence, sentences
from resa.storage import Figures, SegmentState, count_refused, count_waiting, read_figures, segment_states_of
from resa.workspace.collecting import SourceStatus
from resa.workspace.edits import settings_problems, told_of

if TYPE_CHECKING:
    from resa.workspace.workspace import Workspace

__all__ = ["About", "Concern", "Health", "health_of", "sizes_of"]

About = Literal["disk", "waiting", "writer", "file", "source", "rejected", "index", "log"]
"""What a concern is about."""

_SILENT_WRITER: Final = timedelta(minutes=1)
_BEHIND: Final = timedelta(minutes=5)
_SCARCE: Final = 4  # times the room without which no requests are taken
_REFUSED: Final = 0.02
_LARGE_LOG: Final = 512 << 20


@dataclass(frozen=True, kw_only=True)
class Concern:
    """Something that needs somebody.

    Attributes:
        about: What it is about.
        grave: Whether events are lost to the numbers, or late, until somebody acts.
        message: What is wrong, and what to do.
    """

    about: About
    grave: bool
    message: Sentence


@dataclass(frozen=True, kw_only=True)
class Health:
    """How the data are doing at a moment.

    Attributes:
        at: The moment, UTC.
        concerns: What needs doing, the gravest first.
        sources: Every source.
        figures: Of the index, the disk and the process that writes.
        arrivals: Accepted requests that are no events yet.
        oldest: When the first of them came, UTC; `None`: none waits.
        segments: Up to when each segment is followed, by `map.segment`.
    """

    at: datetime
    concerns: Sequence[Concern]
    sources: Sequence[SourceStatus]
    figures: Figures
    arrivals: int
    oldest: datetime | None
    segments: Mapping[str, SegmentState]


def health_of(shop: Workspace) -> Health:
    """Look after the data: some quick queries, no recount (that is `resa verify`)."""
    store = shop.store
    waiting, figures, now = count_waiting(store), read_figures(store), shop.clock()
    oldest = None if waiting.oldest is None else from_microseconds(waiting.oldest)
    sources, refused = shop.source_status(), count_refused(store)
    concerns = [
        *_of_the_disk(shop, figures),
        *_of_the_queue(shop, figures, oldest, now),
        *_of_files(shop),
        *(concern for one in sources for concern in _of_source(one, refused.get(one.name, 0))),
        *_of_the_index(figures, now),
    ]
    return Health(
        at=now,
        concerns=sorted(concerns, key=lambda concern: not concern.grave),
        sources=sources,
        figures=figures,
        arrivals=waiting.arrivals,
        oldest=oldest,
        segments=segment_states_of(store),
    )


def sizes_of(shop: Workspace) -> Mapping[str, int]:
    """Bytes of each file and folder of the data folder, by name."""
    root, found = shop.store.layout.root, dict[str, int]()
    for folder, _, names in os.walk(root):  # what goes meanwhile, as a server beside puts things in order, is left out
        for name in names:
            path = Path(folder, name)
            with suppress(FileNotFoundError):
                top = path.relative_to(root).parts[0]
                found[top] = found.get(top, 0) + path.lstat().st_size
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _of_the_disk(shop: Workspace, figures: Figures) -> Iterator[Concern]:
    spare = shop.settings.spare_bytes
    if figures.free < spare:
        text = sentence(
            "the disk is nearly full, and no requests are taken any more; make room, or let `keep_events` take away "
            "what is old"
        )
        yield Concern(about="disk", grave=True, message=text)
    elif figures.free < _SCARCE * spare:
        text = sentence("the disk is getting full: {free} MB are free; make room", free=figures.free >> 20)
        yield Concern(about="disk", grave=False, message=text)
    for name, size in figures.logs.items():
        if size > _LARGE_LOG:
            text = sentence(
                "the log of {name}.db has grown to {size} MB: something reads it for very long; see which program "
                "holds it open",
                name=name,
                size=size >> 20,
            )
            yield Concern(about="log", grave=False, message=text)


def _of_the_queue(shop: Workspace, figures: Figures, oldest: datetime | None, now: datetime) -> Iterator[Concern]:
    if oldest is not None and now - oldest > timedelta(seconds=shop.settings.ready_seconds):
        text = sentence("what was accepted waits to become events; it is kept. See the log of resa serve for why")
        yield Concern(about="waiting", grave=True, message=text)
    silent = figures.written_at is None or now - figures.written_at > _SILENT_WRITER
    if silent and any(one.live for one in figures.sources.values()):
        text = sentence("no process makes events of what comes in; start it: resa serve")
        yield Concern(about="writer", grave=oldest is not None, message=text)


def _of_files(shop: Workspace) -> Iterator[Concern]:
    for problem in shop.loaded.problems:
        if problem.severity == "error":
            yield Concern(about="file", grave=True, message=told_of(problem))
    for problem in settings_problems(shop):
        yield Concern(about="file", grave=True, message=told_of(problem))


def _of_source(source: SourceStatus, refused: int) -> Iterator[Concern]:
    """What is wrong with a source, of whose refused rows so many wait."""
    for problem in source.problems:
        yield Concern(about="file", grave=problem.severity == "error", message=told_of(problem))
    if source.state.error:
        text = sentence("source '{source}' fails: {error}", source=source.name, error=as_it_is(source.state.error))
        yield Concern(about="source", grave=True, message=text)
    rows = source.good + source.rejected
    if 0 < refused <= rows * _REFUSED:
        text = sentences(
            "{n} row of '{source}' was refused and is kept, and is in no number; see why, and read it again",
            "{n} rows of '{source}' were refused and are kept, and are in no number; see why, and read them again",
            refused,
            source=source.name,
        )
        yield Concern(about="rejected", grave=False, message=text)
    elif refused:
        text = sentence(
            "{rejected} of {rows} rows of '{source}' were refused and are kept; mend its file, then read them again",
            rejected=refused,
            rows=rows,
            source=source.name,
        )
        yield Concern(about="rejected", grave=False, message=text)


def _of_the_index(figures: Figures, now: datetime) -> Iterator[Concern]:
    published = figures.published_at
    if figures.rows_behind and (published is None or now - published > _BEHIND):
        text = sentence(
            "{rows} stored rows are in no number yet; bring the index up to date: resa collect",
            rows=figures.rows_behind,
        )
        yield Concern(about="index", grave=False, message=text)
