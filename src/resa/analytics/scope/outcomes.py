"""Every opening of an expectation and what became of it, up to when the data are complete."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.calendar import DAY, Instants, WorkingClock
from resa.analytics.scope.snapshot import Flags, Positions, Snapshot
from resa.base.clock import to_microseconds
from resa.kernels import CANCELLED, MET, UNANSWERED, Deadlines, Journeys, Openings, openings, what_instead
from resa.model.journey import Expectation

__all__ = ["OUTCOMES", "Outcomes", "as_of_delivering", "expectation_as_of", "last_start", "outcomes_of"]

OUTCOMES: Final = ("met", "missed", "open", "cancelled")
"""What can become of an opening: `open` is neither met nor cancelled, and its deadline has not passed."""

_MET, _MISSED, _OPEN, _CANCELLED = range(4)

_JUDGED: Final = np.zeros(6, np.uint8)
"""The outcome by what ended an opening, twice, plus whether its deadline has passed."""
_JUDGED[[2 * UNANSWERED, 2 * UNANSWERED + 1]] = _OPEN, _MISSED
_JUDGED[[2 * MET, 2 * MET + 1]] = _MET
_JUDGED[[2 * CANCELLED, 2 * CANCELLED + 1]] = _CANCELLED


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
        instead: Code of the touchpoint that came first after the clock and not after the deadline; 0: none, or it is
            met or cancelled.
        waited: Microseconds from the clock to what met or cancelled it; else to the deadline.
        reached: It started in time to be mature, and is met looking at such starts alone.
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
    waited: npt.NDArray[np.int64]
    reached: Flags
    last_start: int
    as_of: int | None

    def named(self, outcome: str) -> Flags:
        """Which openings came out so."""
        flags: Flags = self.outcome == OUTCOMES.index(outcome)
        return flags


def expectation_as_of(snapshot: Snapshot, expectation: Expectation, override: int | None = None) -> int | None:
    """Up to when the data are complete for an expectation, microseconds since 1970; `None`: nothing is certain.

    Where no event can show what is expected, nobody can be said to have missed it.
    """
    if snapshot.journey_map.unseen.issuperset(expectation.next):
        return None
    return as_of_delivering(snapshot, [snapshot.journey_map.code[key] for key in expectation.next], override)


def as_of_delivering(snapshot: Snapshot, codes: Iterable[int], override: int | None = None) -> int | None:
    """Up to when the data are complete for what is expected to follow, microseconds since 1970.

    A miss is certain only when every source that ever delivered what was expected is past the deadline. Where none
    ever did, the sources as a whole count. `None`: nothing is certain, since a source's first load is not finished.

    Args:
        snapshot: The events.
        codes: Touchpoints that are expected.
        override: The question's own as of.
    """
    if override is not None:
        return override
    moment = snapshot.complete_to(codes)
    return None if moment is None else to_microseconds(moment)


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
    latest = last_start(snapshot, expectation, as_of)
    found = openings(
        journeys,
        [code[expectation.after]],
        [code[key] for key in expectation.next],
        [code[key] for key in expectation.unless],
        within=_window(snapshot, expectation, journeys),
        renews=expectation.renews,
        keys=_keys(snapshot, expectation),
        period=period,
        last_start=latest - snapshot.epoch,
        customers=customers,
    )
    return _judged(snapshot, journeys, found, latest, as_of)


def _judged(snapshot: Snapshot, journeys: Journeys, found: Openings, latest: int, as_of: int | None) -> Outcomes:
    deadline = snapshot.epoch + found.deadline
    mature = deadline <= as_of if as_of is not None else np.zeros(len(deadline), np.bool_)
    return Outcomes(
        customer=found.customer,
        opened=found.opened,
        clock=found.clock,
        closed=found.closed,
        opened_at=snapshot.epoch + found.opened_at,
        deadline=deadline,
        outcome=_JUDGED[found.outcome * 2 + mature],
        mature=mature,
        instead=what_instead(journeys, found),
        waited=found.waited,
        reached=found.reached,
        last_start=latest,
        as_of=as_of,
    )


def _window(snapshot: Snapshot, expectation: Expectation, journeys: Journeys) -> int | Deadlines:
    """Microseconds, or for working days a table with the deadline of every moment that can start the clock."""
    if not expectation.within.working:
        return expectation.within.microseconds
    starts = np.flatnonzero(journeys.touchpoints == snapshot.journey_map.code[expectation.after])
    if not len(starts):
        return expectation.within.microseconds
    moments = np.sort(snapshot.times(starts))  # np.unique hashes, which takes far longer
    moments = moments[np.diff(moments, prepend=moments[0] - 1) > 0]
    clock = WorkingClock(snapshot.zone, snapshot.journey_map.holidays)
    due = clock.deadlines(moments, expectation.within.amount)
    return Deadlines(moments - snapshot.epoch, due - moments)


def last_start(snapshot: Snapshot, expectation: Expectation, as_of: int | None) -> int:
    """The latest moment from which the whole window had passed when the data were complete."""
    if as_of is None:
        return -(2**62)
    if not expectation.within.working:
        return as_of - expectation.within.microseconds
    clock, days = WorkingClock(snapshot.zone, snapshot.journey_map.holidays), expectation.within.amount
    low, high = as_of - (3 * days + 7 + 2 * len(clock.holidays)) * DAY, as_of
    while high - low > 1:  # deadlines do not fall, so halving finds the edge; in a repeated hour, one of its edges
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
