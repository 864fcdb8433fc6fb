"""Every opening of an expectation and what became of it, up to when the data are complete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.calendar import Instants, WorkingClock
from resa.analytics.snapshot import Flags, Positions, Snapshot, instant
from resa.kernels import CANCELLED, MET, Deadlines, Journeys, Openings, deadlines, openings, what_instead
from resa.model.journey import Expectation

__all__ = ["OUTCOMES", "Outcomes", "expectation_as_of", "outcomes_of"]

OUTCOMES: Final = ("met", "missed", "open", "cancelled")
"""What can become of an opening: `open` is neither met nor cancelled, and its deadline has not passed."""

_MET, _MISSED, _OPEN, _CANCELLED = range(4)


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """One row an opening, ordered by customer and moment. Moments are microseconds since 1970-01-01 UTC.

    Attributes:
        customer: Whose it is.
        opened: Position of the event that opened it.
        clock: Position of the event that (re)started the clock.
        closed: Position of the event that met or cancelled it; -1: none.
        opened_at: When it opened.
        deadline: Until when it can be met.
        outcome: Index into `OUTCOMES`.
        mature: The deadline had passed when the data were complete.
        instead: Code of the touchpoint that came first after the clock and not after the deadline; 0: none.
        last_start: Latest moment at which an opening can have started to be mature.
        as_of: Up to when the data are complete for this expectation; `None`: there are no data.
    """

    customer: npt.NDArray[np.int32]
    opened: Positions
    clock: Positions
    closed: Positions
    opened_at: Instants
    deadline: Instants
    outcome: npt.NDArray[np.uint8]
    mature: Flags
    instead: npt.NDArray[np.uint16]
    last_start: int
    as_of: int | None

    def named(self, outcome: str) -> Flags:
        """Which openings came out so."""
        flags: Flags = self.outcome == OUTCOMES.index(outcome)
        return flags

    def chosen(self, rows: Flags | slice) -> Outcomes:
        """Some of the openings."""
        columns = ("customer", "opened", "clock", "closed", "opened_at", "deadline", "outcome", "mature", "instead")
        kept = {name: getattr(self, name)[rows] for name in columns}
        return Outcomes(**kept, last_start=self.last_start, as_of=self.as_of)


def expectation_as_of(snapshot: Snapshot, expectation: Expectation, override: int | None = None) -> int | None:
    """Up to when the data are complete for an expectation, microseconds since 1970.

    A miss is certain only when every source that ever delivered what was expected is past the deadline. Where none
    ever did, the sources as a whole count.
    """
    if override is not None:
        return override
    codes = [snapshot.journey_map.code[key] for key in expectation.next]
    moment = snapshot.complete_to(codes) or snapshot.index.as_of.overall
    return None if moment is None else instant(moment)


def outcomes_of(
    snapshot: Snapshot,
    expectation: Expectation,
    *,
    as_of: int | None,
    journeys: Journeys | None = None,
    customers: Flags | None = None,
    period: tuple[int, int] | None = None,
) -> Outcomes:
    """Find the openings of an expectation and judge them.

    Args:
        snapshot: The events.
        expectation: The arrow.
        as_of: Up to when the data are complete for it, microseconds since 1970.
        journeys: The snapshot's journeys with events hidden; default: all.
        customers: Who takes part; default: all.
        period: Which openings, [from, until), microseconds since the index's epoch.
    """
    journeys = snapshot.journeys if journeys is None else journeys
    if journeys is snapshot.journeys and customers is None and period is None:
        # Most questions ask this; the drawing, the trend and the findings share one answer.
        return snapshot.keep(
            ("outcomes", expectation.name, as_of), lambda: _found(snapshot, expectation, as_of, journeys, None, None)
        )
    return _found(snapshot, expectation, as_of, journeys, customers, period)


def _found(
    snapshot: Snapshot,
    expectation: Expectation,
    as_of: int | None,
    journeys: Journeys,
    customers: Flags | None,
    period: tuple[int, int] | None,
) -> Outcomes:
    code = snapshot.journey_map.code
    within = _window(snapshot, expectation, journeys)
    found = openings(
        journeys,
        [code[expectation.after]],
        [code[key] for key in expectation.next],
        [code[key] for key in expectation.unless],
        within=within,
        renews=expectation.renews,
        keys=_keys(snapshot, expectation),
        period=period,
        customers=customers,
    )
    return _judged(snapshot, expectation, journeys, found, within, as_of)


def met_alone(
    snapshot: Snapshot, expectation: Expectation, journeys: Journeys, customers: Flags, period: tuple[int, int]
) -> Flags:
    """Whether each opening of some customers is met, looking at the starts of a period alone.

    Only the events of these customers are read: they are few among all.
    """
    code = snapshot.journey_map.code
    sizes = np.diff(journeys.offsets)[customers]
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    positions = np.repeat(journeys.offsets[:-1][customers] - offsets[:-1], sizes) + np.arange(offsets[-1])
    some = Journeys(offsets, *(column[positions] for column in journeys[1:]))
    keys = _keys(snapshot, expectation)
    found = openings(
        some,
        [code[expectation.after]],
        [code[key] for key in expectation.next],
        [code[key] for key in expectation.unless],
        within=_window(snapshot, expectation, some),
        renews=expectation.renews,
        keys=None if keys is None else keys[positions],
        period=period,
    )
    flags: Flags = found.outcome == MET
    return flags


def _judged(
    snapshot: Snapshot,
    expectation: Expectation,
    journeys: Journeys,
    found: Openings,
    within: int | Deadlines,
    as_of: int | None,
) -> Outcomes:
    deadline = snapshot.epoch + deadlines(journeys, found, within)
    mature = deadline <= as_of if as_of is not None else np.zeros(len(deadline), np.bool_)
    outcome = np.where(mature, _MISSED, _OPEN).astype(np.uint8)
    outcome[found.outcome == MET] = _MET
    outcome[found.outcome == CANCELLED] = _CANCELLED
    return Outcomes(
        customer=found.customer,
        opened=found.opened,
        clock=found.clock,
        closed=found.closed,
        opened_at=snapshot.times(found.opened),
        deadline=deadline,
        outcome=outcome,
        mature=mature,
        instead=what_instead(journeys, found, within),
        last_start=_last_start(snapshot, expectation, as_of),
        as_of=as_of,
    )


def _window(snapshot: Snapshot, expectation: Expectation, journeys: Journeys) -> int | Deadlines:
    """Microseconds, or for working days a table with the deadline of every moment that can start the clock."""
    if not expectation.within.working:
        return expectation.within.microseconds
    starts = np.flatnonzero(journeys.touchpoints == snapshot.journey_map.code[expectation.after])
    moments = np.unique(snapshot.times(starts))
    if not len(moments):
        return expectation.within.microseconds
    due = WorkingClock(snapshot.zone).deadlines(moments, expectation.within.amount)
    return Deadlines(moments - snapshot.epoch, due - moments)


def _last_start(snapshot: Snapshot, expectation: Expectation, as_of: int | None) -> int:
    """The latest moment from which the whole window had passed when the data were complete."""
    if as_of is None:
        return -(2**62)
    if not expectation.within.working:
        return as_of - expectation.within.microseconds
    clock, days = WorkingClock(snapshot.zone), expectation.within.amount
    low, high = as_of - 3 * expectation.within.microseconds - 7 * 86_400_000_000, as_of
    while high - low > 1:  # deadlines never fall, so halving finds the edge
        middle = (low + high) // 2
        in_time = int(clock.deadlines(np.array([middle], dtype=np.int64), days)[0]) <= as_of
        low, high = (middle, high) if in_time else (low, middle)
    return low


def _keys(snapshot: Snapshot, expectation: Expectation) -> npt.NDArray[np.uint32] | None:
    """The number of each event's `per` value; an event without one takes no part."""
    if expectation.per is None:
        return None
    return snapshot.event_keys(expectation.per)


def as_instants(moments: Instants, missing: Flags | None = None) -> pa.Array:
    """Moments as an Arrow column."""
    return pa.array(moments, mask=missing).cast(pa.timestamp("us", tz="UTC"))
