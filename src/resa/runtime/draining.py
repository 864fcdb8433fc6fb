"""Draining: what was accepted becomes events, with what is consumed written down in the same transaction.

A drain that is cut short at any statement is done again: a source's arrivals up to its last consumed number are left
out, and every row is stored once, for ever.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile

from resa.base.addresses import Kept
from resa.base.clock import from_microseconds
from resa.collector import HOOK, HookMaker, Hooks, segment_rows
from resa.runtime.consenting import ConsentingWriter
from resa.runtime.withholding import Withholding
from resa.storage import LIVE, Arrival, Arrivals, Load, Writer

__all__ = ["LATENESS", "Drained", "Drainer"]

LATENESS = timedelta(minutes=5)
"""So late may an event of a live source come, unless the source says otherwise."""


@dataclass
class Drained:
    """What arrivals became.

    Attributes:
        arrivals: Requests that were consumed.
        good: Rows that were stored.
        rejected: Calls that were refused and kept.
        duplicate: Rows that were there already.
        reasons: Rejected calls by reason.
    """

    arrivals: int = 0
    good: int = 0
    rejected: int = 0
    duplicate: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, other: Drained) -> None:
        """Add another's numbers."""
        self.arrivals += other.arrivals
        self.good += other.good
        self.rejected += other.rejected
        self.duplicate += other.duplicate
        self.reasons += other.reasons


class Drainer:
    """Drains the arrivals of a workspace, as its one writer.

    Args:
        writer: Of the workspace.
        arrivals: What waits.
        hooks: By whose sources what came as it is becomes rows; `None`: by none.
        kept: How much is kept of IP addresses.
        withholding: Decides what may be kept with the person; `None`: all may.

    Attributes:
        storing: By whom rows of others than Segment's calls are stored: one that asks for consent, if any is needed.
    """

    def __init__(
        self,
        writer: Writer,
        arrivals: Arrivals,
        hooks: Hooks | None = None,
        kept: Kept = "dropped",
        withholding: Withholding | None = None,
    ) -> None:
        self._withholding = withholding
        self._kept: Kept = kept
        self.writer = writer
        self.storing = writer if withholding is None else ConsentingWriter(writer, withholding)
        self.arrivals = arrivals
        self._maker = HookMaker(hooks)
        self._consumed = writer.store.consumed()
        self._seen = 0
        self._loads = {
            load.source_id: load
            for load in writer.store.loads()
            if load.state == "running" and load.origin.startswith(LIVE)
        }

    def drain(self) -> Drained:
        """Consume what waits, as far as it fits in memory; empty when nothing did."""
        done = Drained()
        waiting = self.arrivals.waiting(self._seen)
        by_source: dict[str, list[Arrival]] = defaultdict(list)
        for arrival in waiting:
            if arrival.number > self._consumed.get(arrival.source_id, 0):
                by_source[arrival.source_id].append(arrival)
        for source_id, arrivals in by_source.items():
            while arrivals:
                stored = self._store(source_id, arrivals)
                done.add(stored)
                del arrivals[: stored.arrivals]
        self._seen = waiting[-1].number if waiting else self._seen
        return done

    def drain_up_to_now(self) -> int:
        """Consume all that has arrived when this is called, whatever comes meanwhile; number of the last arrival."""
        last, before = self.arrivals.last, -1
        while before < self._seen < last:  # it ends, too, where they are consumed and forgotten meanwhile
            before = self._seen
            self.drain()
        return max(last, self._seen)

    def state_complete(self) -> None:
        """Say of every source that all has come but what may still be late, or waits here."""
        now = self.writer.store.clock()
        waits_since = self.arrivals.count(self._seen).oldest
        if waits_since is not None:
            now = min(now, from_microseconds(waits_since))
        for load in self._loads.values():
            self.writer.state_complete(load, now - self._lateness(load.source_id))

    def close(self) -> None:
        """Finish the loads: this process consumes no more."""
        for load in self._loads.values():
            until = self.writer.store.clock() - self._lateness(load.source_id)
            self.writer.finish_load(load, complete_until=until)
        self._loads.clear()
        self.leave()

    def leave(self) -> None:
        """Give back what it holds; whoever drains next goes on with the loads."""
        self._maker.close()

    def _lateness(self, source_id: str) -> timedelta:
        said = self._maker.lateness(source_id)
        return LATENESS if said is None else said

    def _store(self, source_id: str, arrivals: Sequence[Arrival]) -> Drained:
        """Store what the first arrivals of a source became: as many as are of one kind, and fit."""
        load = self._load(source_id, self.writer.store.clock())
        hook = arrivals[0].kind == HOOK
        arrivals = list(takewhile(lambda arrival: (arrival.kind == HOOK) == hook, arrivals))
        if hook:
            return self._store_lines(load, arrivals)
        rows = segment_rows(arrivals, first_row=load.rows_read + 1, kept=self._kept)
        consents = [] if self._withholding is None else self._withholding.sift(source_id, rows)
        result = self.writer.commit_chunk(
            load,
            "events",
            rows.events,
            also=rows.others,
            rows_read=rows.items,
            rejected=rows.rejected,
            message_ids=rows.message_ids,
            consumes=arrivals[rows.arrivals - 1].number,
            nameless=rows.nameless,
            consents=consents,
        )
        self._stored(load, arrivals[rows.arrivals - 1].number)
        return Drained(rows.arrivals, result.good, result.rejected, result.duplicate, rows.reasons)

    def _store_lines(self, load: Load, arrivals: Sequence[Arrival]) -> Drained:
        rows = self._maker.rows_of(load.source_id, arrivals, load.rows_read + 1)
        last = arrivals[rows.lines - 1].number
        result = self.storing.commit_chunk(
            load,
            rows.kind,
            rows.good,
            also=rows.others,
            rows_read=rows.lines,
            rejected=rows.rejected,
            message_ids=rows.message_ids,
            consumes=last,
        )
        self._stored(load, last)
        return Drained(rows.lines, result.good, result.rejected, result.duplicate, rows.reasons)

    def _stored(self, load: Load, last: int) -> None:
        self._consumed[load.source_id] = last
        self._loads[load.source_id] = self.writer.store.load(load.id)

    def _load(self, source_id: str, now: datetime) -> Load:
        """The source's load of the day; that of the day before is finished."""
        origin = f"{LIVE}{now:%Y-%m-%d}"
        load = self._loads.get(source_id)
        if load is not None and load.origin != origin:
            self.writer.finish_load(load, complete_until=now - self._lateness(source_id))
            load = None
        return load or self.writer.begin_load(source_id=source_id, origin=origin)
