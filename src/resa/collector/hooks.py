"""Requests of a hook, as lines of JSON when they come and as rows when they are consumed.

A line is the request's body, an object, with one member more: what came beside it (`webhook`). So a source reads it as
it would read a file of JSON lines, and a line that was rejected can be read again when its source was mended.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic, process_time
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa

from resa.base.clock import from_microseconds
from resa.base.errors import EngineError, InputError, Problem, SourceError, TimeExceeded
from resa.base.language import sentence
from resa.collector.hook_shape import WEBHOOK
from resa.collector.judging import Judge, Judged, refused_table
from resa.collector.planning import Plan, plan_rows
from resa.collector.reading import LINE, ROW, Piece, Refused
from resa.collector.segment.requests import mended
from resa.collector.sources import Source, read_source
from resa.engine import Engine
from resa.model.tables import EVENTS, INSTANT
from resa.storage import Arrival, Kind

__all__ = ["HOOK", "HookMaker", "HookRows", "Hooks", "hook_line"]

HOOK: Final = "hook"
"""Kind of the arrivals that are a hook's lines."""

_AT_ONCE: Final = 10_000
"""Lines that become rows at once."""

_FEW: Final = 100
"""Lines that a source is tried with that was too slow for more."""

_MOST_SECONDS: Final = 1.0
"""So long may a statement of a source take: all others wait for it."""

_TRIES: Final = 4
"""So often a statement may be stopped while the processor was busy with others, before it counts as slow."""

_MOST_MEMORY: Final = "1GB"

_RESTS: Final = 20.0
"""So many times as long as a source took in vain it is not tried again, and its lines are refused."""

_LOOK_SECONDS: Final = 0.5

_SEQUENCE_BITS: Final = 20
"""Of `sequence`, for the place among the rows that a SELECT makes of one line."""

_objects: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_anything: Final = msgspec.json.Decoder(msgspec.Raw)
_encode: Final = msgspec.json.Encoder().encode


def hook_line(
    body: bytes, received_at: int, *, called: str | None = None, event: str | None = None, sent_at: int | None = None
) -> bytes:
    """A request as a line of JSON.

    Args:
        body: As it came.
        received_at: When, microseconds since 1970.
        called: The request's id, as its head says; `None`: it is called by the body's `id` if it has `object: event`,
            as Stripe's have, else by its content, so that a body that comes again is the same.
        event: What the head says that happened.
        sent_at: When the sender signed it, seconds since 1970.

    Raises:
        InputError: The body is no JSON, or no UTF-8.
    """
    members = _read(body) or _read(mended(body))
    if members is None:
        raise InputError(Problem(message=sentence("the body is no JSON; set the webhook to send JSON")))
    about = {
        "id": called or _own_id(members) or hashlib.blake2b(body, digest_size=16).hexdigest(),
        "event": event,
        "sent_at": None if sent_at is None else _iso(sent_at * 1_000_000),
        "received_at": _iso(received_at),
    }
    return _encode({**members, WEBHOOK: about})


def _read(body: bytes) -> Mapping[str, msgspec.Raw] | None:
    """The members of an object; any other JSON as the one member `body`; `None`: it is no JSON."""
    try:
        body.decode()
        try:
            return _objects.decode(body)
        except msgspec.ValidationError:
            return {"body": _anything.decode(body)}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _own_id(members: Mapping[str, msgspec.Raw]) -> str | None:
    if "id" not in members or bytes(members.get("object", b"")) != b'"event"':
        return None
    own = msgspec.json.decode(members["id"])
    return own if isinstance(own, str) else None


def _iso(microseconds: int) -> str:
    return from_microseconds(microseconds).isoformat()


class Hooks:
    """The hooks of a workspace, each as its file says at present; looked at twice a second.

    Where a file was changed and is wrong now, the hook stays as it was: what comes is never refused for it.

    Args:
        folder: The workspace.

    Attributes:
        wrong: Names of source files that are wrong, and of which nothing better is known.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[Path, tuple[int, int, int]] = {}
        self._good: dict[str, Source] = {}
        self._scheduled: dict[str, Source] = {}
        self._looked = -_LOOK_SECONDS
        self.wrong: set[str] = set()
        self._look()

    def get(self, name: str) -> Source | None:
        """The source of a name, if it is a hook."""
        self._look()
        return self._good.get(name)

    def all(self) -> list[Source]:
        """Every hook, by name."""
        self._look()
        return [source for _, source in sorted(self._good.items())]

    def scheduled(self) -> list[Source]:
        """Every other source that has a schedule, by name."""
        self._look()
        return [source for _, source in sorted(self._scheduled.items())]

    def names(self) -> set[str]:
        """What all source files are called, wrong ones among them."""
        self._look()
        return {path.stem for path in self._seen}

    def _look(self) -> None:
        if monotonic() - self._looked < _LOOK_SECONDS:
            return
        self._looked = monotonic()
        found: dict[Path, tuple[int, int, int]] = {}
        for path in sorted((self._folder / "sources").glob("*.y*ml")):
            try:
                state = path.stat()
            except OSError:
                continue  # gone, just now
            found[path] = (state.st_mtime_ns, state.st_size, state.st_ino)
        for path in self._seen.keys() - found.keys():
            self._good.pop(path.stem, None)
            self._scheduled.pop(path.stem, None)
            self.wrong.discard(path.stem)
        for path, state_of in found.items():
            if self._seen.get(path) != state_of:
                self._read(path)
        self._seen = found

    def _read(self, path: Path) -> None:
        name = path.stem
        try:
            source, problems = read_source(path.relative_to(self._folder).as_posix(), path.read_bytes(), self._folder)
        except OSError:
            source, problems = None, []
        self.wrong.discard(name)
        if source is None or any(problem.severity == "error" for problem in problems):
            if name not in self._good:
                self.wrong.add(name)
            return
        for known, wanted in ((self._good, source.shape.hook), (self._scheduled, source.shape.schedule)):
            if wanted is None:
                known.pop(name, None)
            else:
                known[name] = source


@dataclass(frozen=True)
class HookRows:
    """What some lines of one hook became.

    Attributes:
        lines: How many there were.
        kind: What the good rows are.
        good: Columns of that kind, without those that storage fills.
        others: What is stored in the same commit as rows of another kind.
        message_ids: Of the good rows, then of the others.
        rejected: Columns of `REJECTED`, without those that storage fills.
        reasons: Rejected rows by reason.
    """

    lines: int
    kind: Kind
    good: pa.Table
    others: Sequence[tuple[Kind, pa.Table]]
    message_ids: pa.Array | pa.ChunkedArray
    rejected: pa.Table
    reasons: Counter[str] = field(default_factory=Counter)


class HookMaker:
    """Makes rows of lines, by the sources as they are; used by one thread.

    Args:
        hooks: Where the sources are; `None`: there are none.
    """

    def __init__(self, hooks: Hooks | None) -> None:
        self._hooks = hooks
        self._plans: dict[str, tuple[Source, Plan | None]] = {}
        self._engine: Engine | None = None
        self._at_once: dict[str, int] = {}
        self._rests_until: dict[str, float] = {}

    def lateness(self, name: str) -> timedelta | None:
        """How late rows of a source may come, if it is a hook that says so."""
        source = self._source(name)
        said = source.shape.lateness if source is not None else None
        return None if said is None else timedelta(seconds=said.seconds)

    def rows_of(self, name: str, arrivals: Sequence[Arrival], first_row: int) -> HookRows:
        """The rows of a hook's first lines; of fewer where they cannot be read together.

        Lines that no source can read, or only in more time than there is, are rejected as they are: they wait until it
        is mended, and nothing waits for them.

        Args:
            name: Of the source.
            arrivals: Each of the kind `HOOK`.
            first_row: Number of the first in its load.
        """
        arrivals = arrivals[: self._at_once.get(name, _AT_ONCE)]
        source = self._source(name)
        plan = None if source is None else self._plan(source)
        if source is None or plan is None:
            return _refused(arrivals, first_row)
        began, tries = monotonic(), 0
        if began < self._rests_until.get(name, began):
            return _refused(arrivals, first_row, "too-slow")
        while True:
            worked, tries = process_time(), tries + 1
            try:
                rows = self._judged(source, plan, arrivals, first_row)
            except TimeExceeded:
                if len(arrivals) > _FEW:
                    arrivals, self._at_once[name] = arrivals[:_FEW], _FEW
                    continue
                if process_time() - worked < _MOST_SECONDS / 2 and tries < _TRIES:
                    continue  # it did not get its time
                now = monotonic()
                self._rests_until[name] = now + _RESTS * (now - began)
                return _refused(arrivals, first_row, "too-slow")
            except (EngineError, SourceError):
                if len(arrivals) == 1:
                    return _refused(arrivals, first_row)
                arrivals = arrivals[: len(arrivals) // 2]  # whatever it is, it costs nothing that lies beside it
            else:
                self._at_once[name] = min(_AT_ONCE, 2 * self._at_once.get(name, _AT_ONCE))
                return rows

    def close(self) -> None:
        """Give back what it holds."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _source(self, name: str) -> Source | None:
        return None if self._hooks is None else self._hooks.get(name)

    @property
    def _sql(self) -> Engine:
        if self._engine is None:
            self._engine = Engine(seconds=_MOST_SECONDS, memory_limit=_MOST_MEMORY)
        return self._engine

    def _plan(self, source: Source) -> Plan | None:
        """How a source's lines are read; `None`: they cannot be."""
        known = self._plans.get(source.name)
        if known is not None and known[0] is source:
            return known[1]
        try:
            found = plan_rows(source.shape, {LINE: pa.string()}, _lines((), 1), self._sql)
        except (SourceError, EngineError):
            found = None
        self._plans[source.name] = (source, found)
        self._rests_until.pop(source.name, None)
        return found

    def _judged(self, source: Source, plan: Plan, arrivals: Sequence[Arrival], first_row: int) -> HookRows:
        came = np.array([arrival.received_at for arrival in arrivals], np.int64)
        newest = from_microseconds(int(came.max()))
        judge = Judge(source.shape, plan, self._sql, lambda rows: rows, newest, newest)
        judged = judge.judge(Piece(_lines(arrivals, first_row), [], first_row + len(arrivals) - 1, 0))
        numbers = np.array([arrival.number for arrival in arrivals], np.int64)
        places = judged.taken - first_row
        good = _at(judged.good, "received_at", pa.array(came[places[: judged.good.num_rows]], INSTANT))
        if not plan.has_sequence and not source.shape.unordered and "sequence" in good.column_names:
            within = good.column("sequence").to_numpy() & ((1 << _SEQUENCE_BITS) - 1) if plan.selects else 0
            order = (numbers[places[: good.num_rows]] << _SEQUENCE_BITS) + within
            good = _at(good, "sequence", pa.array(order, pa.int64()))
        others = [
            (kind, _at(table, "received_at", pa.array(came[places[good.num_rows :]], INSTANT)))
            for kind, table in judged.others
        ]
        return HookRows(len(arrivals), _kind(source), good, others, _ids(judged), judged.rejected, judged.reasons)


def _kind(source: Source) -> Kind:
    return source.kind  # type: ignore[return-value]  # a hook brings no lookup table


def _ids(judged: Judged) -> pa.Array | pa.ChunkedArray:
    """A hook's rows always have ids of their own: see `mapping` and `sources`."""
    return pa.array([], pa.string()) if judged.message_ids is None else judged.message_ids


def _at(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, column)


def _lines(arrivals: Sequence[Arrival], first_row: int) -> pa.Table:
    lines = pa.array([arrival.content.decode() for arrival in arrivals], pa.string())
    rows = pa.array(np.arange(first_row, first_row + len(arrivals)), pa.int64())
    return pa.table({LINE: lines, ROW: rows})


def _refused(arrivals: Sequence[Arrival], first_row: int, reason: str = "no-source") -> HookRows:
    rejected = refused_table(
        [Refused(first_row + place, reason, arrival.content.decode()) for place, arrival in enumerate(arrivals)]
    )
    ids = pa.array([], pa.string())
    return HookRows(len(arrivals), "events", EVENTS.empty_table(), [], ids, rejected, Counter({reason: len(arrivals)}))
