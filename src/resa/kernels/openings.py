"""Openings of an expectation: each A after which B is expected in time, and what became of it.

What is meant, exactly
----------------------
One customer's events are read in the one order. With `A` the touchpoints that open, `B` those that meet, `U` those that
cancel:

1. *First close.* If an opening is open and its deadline lies before this event, it has ended unanswered. Otherwise B
meets it
   (t_B <= deadline, the edge included), else U cancels it; a touchpoint in both B and U meets it.
2. *Then open.* If this event is an A in the period: when nothing is open it opens an opening; when one is open it
restarts that
   opening's clock (`renews`) or is ignored.

The deadline is the clock's moment plus the window. So an event that is both B and A meets the opening before it and
opens the next; an A after a deadline is a new opening; an A at the very deadline still renews. B must come after A in
the one order; of the same moment is soon enough. An A outside the period is no A: a period sees only its own openings
and their renewals.

With keys, all of this holds for each key by itself: an event only meets, cancels or renews the opening of its own key.
An event whose key is `NO_KEY` takes no part.

An opening that ends unanswered is *missed* once its deadline has passed and *open* before: the caller compares
`deadline` with the moment up to which the data are complete. Starts after that moment less the window are too young to
tell anything: an opening is *reached* if it is met also where the starts after `last_start` are left out.

*Openings and the funnel agree.* With renewals, one window, no keys and no `unless`, the customers with an opening that
was met are exactly those who come to level 2 of the funnel [A, B] with the same window and period. For if B follows
some A in time, the last A before this B follows it too and is at least as near; it left an opening open with itself as
the clock, and whatever closed that before this B was a B in time as well. Without renewals this fails: an ignored A may
be near enough where the first is not. With keys or `unless` an opening asks for more than the funnel does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.kernels.bits import EventBits, count_before, pick
from resa.kernels.compiling import inlined, kernel
from resa.kernels.journeys import (
    WHOLE_TIME,
    Journeys,
    Period,
    code_flags,
    moment,
    plain_customers,
    plain_journeys,
)
from resa.kernels.ranges import over_customers

__all__ = [
    "CANCELLED",
    "MET",
    "NO_KEY",
    "UNANSWERED",
    "Deadlines",
    "Openings",
    "openings",
    "what_instead",
]

UNANSWERED: Final = 0
MET: Final = 1
CANCELLED: Final = 2

NO_KEY: Final = 2**32 - 1
"""The key of an event that has none."""

_OPENS: Final = 1
_MEETS: Final = 2
_CANCELS: Final = 4

_LONGEST: Final = 2**60  # microseconds; longer than an index can span, and far from overflow

_BLOCK: Final = 4_096  # events looked at together, whole words of bits: their times stay in the processor's cache
_NEVER: Final = -(2**62)

_Columns = tuple[
    npt.NDArray[np.int32],
    npt.NDArray[np.int64],
    npt.NDArray[np.int64],
    npt.NDArray[np.int64],
    npt.NDArray[np.uint8],
    npt.NDArray[np.int64],
    npt.NDArray[np.int64],
    npt.NDArray[np.int64],
    npt.NDArray[np.bool_],
]

_Rest = tuple[bool, npt.NDArray[np.int64], npt.NDArray[np.int64], Period, int]


class Deadlines(NamedTuple):
    """A window that depends on when the clock starts, such as working days.

    The deadline of a clock started at t is t + spans[i], where edges[i] is the last edge not after t.

    Attributes:
        edges: i64[B], microseconds since the index epoch, ascending; before the first edge its span holds too.
        spans: i64[B], microseconds, at least 0.
    """

    edges: npt.NDArray[np.int64]
    spans: npt.NDArray[np.int64]


class Openings(NamedTuple):
    """One row an opening, ordered by customer, then by the event that opened it.

    Attributes:
        customer: i32.
        opened: i64, position of the A that opened it.
        clock: i64, position of the A that started the clock last; equal to `opened` unless renewed.
        closed: i64, position of the event that met or cancelled it; -1 where none did.
        outcome: u8, `UNANSWERED` (missed or still open), `MET` or `CANCELLED`.
        opened_at: i64, when it opened, microseconds since the index epoch.
        deadline: i64, its deadline, likewise.
        waited: i64, microseconds from the clock to what met or cancelled it; else to the deadline.
        reached: bool, met, and so without the starts after `last_start`.
    """

    customer: npt.NDArray[np.int32]
    opened: npt.NDArray[np.int64]
    clock: npt.NDArray[np.int64]
    closed: npt.NDArray[np.int64]
    outcome: npt.NDArray[np.uint8]
    opened_at: npt.NDArray[np.int64]
    deadline: npt.NDArray[np.int64]
    waited: npt.NDArray[np.int64]
    reached: npt.NDArray[np.bool_]


@kernel
def _deadline(time: int, edges: npt.NDArray[np.int64], spans: npt.NDArray[np.int64]) -> int:
    """The deadline of a clock started at `time`."""
    row = 0
    if len(edges) > 1:
        row = max(int(np.searchsorted(edges, time, side="right")) - 1, 0)
    return time + int(spans[row])


@inlined
def _end(out: _Columns, row: int, clock: int, due: int, by: int, waited: int, outcome: int, reached: bool) -> None:
    """Write what is known of an opening only when it ends; `by` is the event that ended it."""
    _, _, clocks, closed, outcomes, _, deadlines, waits, reaches = out
    clocks[row], deadlines[row], closed[row], waits[row] = clock, due, by, waited
    outcomes[row], reaches[row] = outcome, reached


@kernel
def _openings(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    roles: npt.NDArray[np.uint8],
    words: npt.NDArray[np.uint64],
    renews: bool,
    edges: npt.NDArray[np.int64],
    spans: npt.NDArray[np.int64],
    period: tuple[int, int],
    last_start: int,
    mask: npt.NDArray[np.bool_],
    first: int,
    last: int,
    out: _Columns,
) -> int:
    """Fill in the openings of a range of customers; returns how many. `words` are the bits of events with a role.

    The row that is open stays in registers but for how it began; the rest is written when it ends.
    """
    customers, opened, opened_at = out[0], out[1], out[5]
    found, times = np.empty(_BLOCK, np.int64), np.empty(_BLOCK, np.int64)
    rows = 0
    is_open = False
    clock = clock_at = early = np.int64(0)
    due = np.int64(_NEVER)
    customer = first - 1
    end = place = offsets[first]
    asked = False
    while place < offsets[last]:
        stop = min((place // _BLOCK + 1) * _BLOCK, offsets[last])
        hits, place = pick(words, place, stop, found), stop
        for hit in range(hits):  # apart from the rest, so that the processor waits for many of them at once
            times[hit] = moment(seconds, micros, found[hit])
        for hit in range(hits):
            position, time = found[hit], times[hit]
            role = np.int64(roles[touchpoints[position]])
            over = position >= end or time > due
            if is_open and (over or role & (_MEETS | _CANCELS)):
                outcome = UNANSWERED if over else MET if role & _MEETS else CANCELLED
                by, until = (np.int64(-1), due) if over else (position, time)
                _end(out, rows, clock, due, by, until - clock_at, outcome, outcome == MET and time <= early)
                rows += 1
                is_open = False
            while position >= end:
                customer += 1
                end = offsets[customer + 1]
                asked = mask.size == 0 or mask[customer]
            if role & _OPENS and asked and period[0] <= time < period[1] and (renews or not is_open):
                if not is_open:
                    is_open = True
                    customers[rows], opened[rows], opened_at[rows] = customer, position, time
                    early = np.int64(_NEVER)
                clock, clock_at = position, time
                due = _deadline(time, edges, spans)
                early = due if time <= last_start else early
    if is_open:
        _end(out, rows, clock, due, -1, due - clock_at, UNANSWERED, False)
        rows += 1
    return rows


def _plain_deadlines(within: int | Deadlines) -> Deadlines:
    """The window as a table.

    Raises:
        QuestionError: The window is negative.
        ValueError: A table without rows, or with edges that do not ascend.
    """
    if isinstance(within, int):
        within = Deadlines(np.zeros(1, np.int64), np.array([min(within, _LONGEST)], np.int64))
    if len(within.edges) != len(within.spans) or not len(within.edges) or (np.diff(within.edges) <= 0).any():
        raise ValueError("deadlines need as many spans as edges, at least one, and edges that ascend")
    if (within.spans < 0).any():
        raise QuestionError(sentence("a window cannot be negative"))
    return Deadlines(np.ascontiguousarray(within.edges, np.int64), np.minimum(within.spans, _LONGEST).astype(np.int64))


def openings(
    journeys: Journeys,
    after: Sequence[int],
    next_codes: Sequence[int],
    unless_codes: Sequence[int] = (),
    *,
    within: int | Deadlines,
    renews: bool = True,
    keys: npt.NDArray[np.uint32] | None = None,
    last_start: int | None = None,
    period: Period | None = None,
    customers: npt.NDArray[np.bool_] | None = None,
    threads: int | None = None,
) -> Openings:
    """Every opening of an expectation and what became of it; the module's text says exactly what that means.

    Args:
        journeys: The index.
        after: Codes that open.
        next_codes: Codes that meet.
        unless_codes: Codes that cancel.
        within: Microseconds from the clock to the deadline, or a table of deadlines.
        renews: A further A restarts the clock; `False`: it is ignored while an opening is open.
        keys: u32[N], one opening a value; `NO_KEY`: the event takes no part. `None`: one opening a customer at a time.
        period: Which A's count; `None`: all.
        last_start: Latest start that may count for `reached`, microseconds since the index epoch; `None`: all may.
        customers: bool[C], who takes part; `None`: all.
        threads: See `over_customers`.

    Raises:
        QuestionError: The window is negative.
        ValueError: A code or an array is out of bounds.
    """
    plain = plain_journeys(journeys)
    mask = plain_customers(customers, plain)
    roles = code_flags(after) * _OPENS | code_flags(next_codes) * _MEETS | code_flags(unless_codes) * _CANCELS
    roles = roles.astype(np.uint8)
    start = -_NEVER if last_start is None else last_start
    rest = (renews, *_plain_deadlines(within), period or WHOLE_TIME, start)
    if keys is None:
        return _found(plain, journeys.bits, roles, rest, mask, threads)
    if len(keys) != plain.events:
        raise ValueError(f"{len(keys)} keys for {plain.events} events")
    return _found_by_key(plain, keys, roles, rest, mask, threads)


def _found(
    plain: Journeys,
    bits: EventBits,
    roles: npt.NDArray[np.uint8],
    rest: _Rest,
    mask: npt.NDArray[np.bool_],
    threads: int | None,
) -> Openings:
    words = bits.any_of(np.flatnonzero(roles).tolist())
    openers = bits.any_of(np.flatnonzero(roles & _OPENS).tolist())
    out = _columns(count_before(openers, plain.events))

    def run(first: int, last: int) -> tuple[int, int]:
        # There are no more openings than events that may open: each range writes behind what the others can need.
        base = count_before(openers, int(plain.offsets[first]))
        part = tuple(column[base:] for column in out)
        return base, _openings(*plain, roles, words, *rest, mask, first, last, part)

    rows = 0
    for base, count in over_customers(plain, run, threads):
        for column in out if rows < base else ():
            column[rows : rows + count] = column[base : base + count]
        rows += count
    return Openings._make(column[:rows] for column in out)


def _columns(rows: int) -> _Columns:
    """Empty columns; what is never written takes no memory."""
    opened, clock, closed, opened_at, deadline, waited = (np.empty(rows, np.int64) for _ in range(6))
    outcome, reached = np.empty(rows, np.uint8), np.empty(rows, np.bool_)
    return np.empty(rows, np.int32), opened, clock, closed, outcome, opened_at, deadline, waited, reached


def _found_by_key(
    plain: Journeys,
    keys: npt.NDArray[np.uint32],
    roles: npt.NDArray[np.uint8],
    rest: _Rest,
    mask: npt.NDArray[np.bool_],
    threads: int | None,
) -> Openings:
    """The events that have a role, each customer's cut by key into journeys of their own."""
    positions = np.flatnonzero(roles[plain.touchpoints])
    positions = positions[keys[positions] != NO_KEY]
    sizes = np.diff(np.searchsorted(positions, plain.offsets))
    whose = np.repeat(np.arange(plain.customers, dtype=np.uint64), sizes)
    keyed = whose << np.uint64(32) | keys[positions]
    order = np.argsort(keyed, kind="stable")
    positions, keyed = positions[order], keyed[order]
    starts = np.flatnonzero(np.diff(keyed, prepend=~keyed[:1]))
    offsets = np.append(starts, len(positions)).astype(np.int64)
    owners = (keyed[starts] >> np.uint64(32)).astype(np.int32)
    pieces = Journeys(offsets, *(column[positions] for column in plain[1:]))
    found = _found(plain_journeys(pieces), pieces.bits, roles, rest, mask[owners] if mask.size else mask, threads)
    closed = np.append(positions, -1)[found.closed]  # -1, the last one, stays -1
    found = found._replace(
        customer=owners[found.customer], opened=positions[found.opened], clock=positions[found.clock], closed=closed
    )
    ranks = np.argsort(found.opened)
    return Openings._make(column[ranks] for column in found)


@kernel
def _what_instead(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    same: npt.NDArray[np.uint8],
    customer: npt.NDArray[np.int32],
    clock: npt.NDArray[np.int64],
    closed: npt.NDArray[np.int64],
    until: npt.NDArray[np.int64],
    codes: npt.NDArray[np.uint16],
) -> None:
    for row in range(len(customer)):
        if closed[row] >= 0:
            continue
        for position in range(clock[row] + 1, offsets[customer[row] + 1]):
            if moment(seconds, micros, position) > until[row]:
                break
            code = touchpoints[position]
            if code != 0 and same[code] == 0:
                codes[row] = code
                break


def what_instead(journeys: Journeys, found: Openings, *, ignoring: Sequence[int] = ()) -> npt.NDArray[np.uint16]:
    """What was done instead: the first touchpoint after each opening's clock, not after its deadline.

    Args:
        journeys: The index.
        found: Openings of these journeys.
        ignoring: Codes to look past, such as the opening touchpoint itself.

    Returns:
        u16 codes; 0 where nothing followed in time, and where the opening was met or cancelled.
    """
    plain = plain_journeys(journeys)
    codes = np.zeros(len(found.customer), np.uint16)
    flags = code_flags(ignoring)
    _what_instead(*plain, flags, found.customer, found.clock, found.closed, found.deadline, codes)
    return codes
