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
`deadlines` with the moment up to which the data are complete.

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
from resa.kernels.compiling import inlined, kernel
from resa.kernels.journeys import (
    WHOLE_TIME,
    Journeys,
    Period,
    code_flags,
    moment,
    moments,
    plain_customers,
    plain_journeys,
    read_only,
)
from resa.kernels.ranges import over_customers
from resa.kernels.scanning import BLOCK, FOUND, scan

__all__ = [
    "CANCELLED",
    "MET",
    "NO_KEY",
    "UNANSWERED",
    "Deadlines",
    "Openings",
    "deadlines",
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

_Columns = tuple[
    npt.NDArray[np.int32],
    npt.NDArray[np.int64],
    npt.NDArray[np.int64],
    npt.NDArray[np.int64],
    npt.NDArray[np.uint8],
]


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
    """

    customer: npt.NDArray[np.int32]
    opened: npt.NDArray[np.int64]
    clock: npt.NDArray[np.int64]
    closed: npt.NDArray[np.int64]
    outcome: npt.NDArray[np.uint8]


@kernel
def _deadline(time: int, edges: npt.NDArray[np.int64], spans: npt.NDArray[np.int64]) -> int:
    """The deadline of a clock started at `time`."""
    row = 0
    if len(edges) > 1:
        row = max(int(np.searchsorted(edges, time, side="right")) - 1, 0)
    return time + int(spans[row])


@kernel
def _count_openers(touchpoints: npt.NDArray[np.uint16], roles: npt.NDArray[np.uint8], start: int, stop: int) -> int:
    """How many events may open: there are no more openings."""
    found = 0
    for position in range(start, stop):
        found += roles[touchpoints[position]] & _OPENS
    return found


@inlined
def _advance(
    role: int,
    position: int,
    time: int,
    row: int,
    rows: int,
    customer: int,
    renews: bool,
    edges: npt.NDArray[np.int64],
    spans: npt.NDArray[np.int64],
    period: tuple[int, int],
    out: _Columns,
    due: npt.NDArray[np.int64],
) -> tuple[int, int]:
    """One event of the machine above. `row` is the open opening's row (-1: none), `rows` the rows so far."""
    customers, opened, clock, closed, outcome = out
    if row >= 0:
        if time > due[row]:
            row = -1
        elif role & (_MEETS | _CANCELS):
            closed[row] = position
            outcome[row] = MET if role & _MEETS else CANCELLED
            row = -1
    if role & _OPENS and period[0] <= time < period[1]:
        if row < 0:
            row = rows
            rows += 1
            customers[row] = customer
            opened[row] = position
            closed[row] = -1
            outcome[row] = UNANSWERED
        elif not renews:
            return row, rows
        clock[row] = position
        due[row] = _deadline(time, edges, spans)
    return row, rows


@kernel
def _openings(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    roles: npt.NDArray[np.uint8],
    codes: npt.NDArray[np.uint16],
    renews: bool,
    edges: npt.NDArray[np.int64],
    spans: npt.NDArray[np.int64],
    period: tuple[int, int],
    mask: npt.NDArray[np.bool_],
    first: int,
    last: int,
    out: _Columns,
    due: npt.NDArray[np.int64],
) -> int:
    """Fill in the openings of a range of customers; returns how many."""
    marks = np.empty(BLOCK, np.uint8)
    found = np.empty(FOUND, np.int64)
    rows = 0
    row = -1
    customer = first
    end = offsets[first + 1] if first < last else 0
    asked = first < last and (mask.size == 0 or mask[first])
    place = offsets[first]
    while place < offsets[last]:
        hits, place = scan(touchpoints, roles, codes, place, offsets[last], marks, found)
        for hit in range(hits):
            position = found[hit]
            if position >= end:
                while position >= end:
                    customer += 1
                    end = offsets[customer + 1]
                asked = mask.size == 0 or mask[customer]
                row = -1
            role = np.int64(roles[touchpoints[position]])
            if asked and (row >= 0 or role & _OPENS):
                time = moment(seconds, micros, position)
                row, rows = _advance(role, position, time, row, rows, customer, renews, edges, spans, period, out, due)
    return rows


@kernel
def _keyed_openings(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    keys: npt.NDArray[np.uint32],
    roles: npt.NDArray[np.uint8],
    renews: bool,
    edges: npt.NDArray[np.int64],
    spans: npt.NDArray[np.int64],
    period: tuple[int, int],
    mask: npt.NDArray[np.bool_],
    first: int,
    last: int,
    out: _Columns,
    due: npt.NDArray[np.int64],
) -> int:
    """The same with one machine a key: a hash table from key to open row, emptied by a new stamp for every customer."""
    longest = 1
    for customer in range(first, last):
        longest = max(longest, offsets[customer + 1] - offsets[customer])
    bits = 3
    while (1 << bits) < 2 * longest:
        bits += 1
    slots = 1 << bits
    slot_key = np.empty(slots, np.uint32)
    slot_row = np.empty(slots, np.int64)
    slot_stamp = np.full(slots, -1, np.int64)
    rows = 0
    for customer in range(first, last):
        if mask.size > 0 and not mask[customer]:
            continue
        # A small customer uses the front of the table only, so that it stays in the cache.
        used = 3
        while (1 << used) < 2 * (offsets[customer + 1] - offsets[customer]):
            used += 1
        wrap = (1 << used) - 1
        for position in range(offsets[customer], offsets[customer + 1]):
            role = np.int64(roles[touchpoints[position]])
            key = keys[position]
            if role == 0 or key == NO_KEY:
                continue
            slot = np.int64(((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & np.uint64(wrap))
            while slot_stamp[slot] == customer and slot_key[slot] != key:
                slot = (slot + 1) & wrap
            if slot_stamp[slot] != customer:
                if not role & _OPENS:
                    continue
                slot_stamp[slot] = customer
                slot_key[slot] = key
                slot_row[slot] = -1
            time = moment(seconds, micros, position)
            slot_row[slot], rows = _advance(
                role, position, time, slot_row[slot], rows, customer, renews, edges, spans, period, out, due
            )
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
        raise QuestionError("a window cannot be negative")
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
    codes = np.flatnonzero(roles).astype(np.uint16)
    edges, spans = _plain_deadlines(within)
    if keys is not None and len(keys) != plain.events:
        raise ValueError(f"{len(keys)} keys for {plain.events} events")
    plain_keys = None if keys is None else read_only(keys, np.uint32)

    def run(first: int, last: int) -> Openings:
        most = _count_openers(plain.touchpoints, roles, plain.offsets[first], plain.offsets[last])
        opened, clock, closed, due = (np.empty(most, np.int64) for _ in range(4))
        out = (np.empty(most, np.int32), opened, clock, closed, np.empty(most, np.uint8))
        rest = (renews, edges, spans, period or WHOLE_TIME, mask, first, last, out, due)
        if plain_keys is None:
            rows = _openings(*plain, roles, codes, *rest)
        else:
            rows = _keyed_openings(*plain, plain_keys, roles, *rest)
        return Openings(out[0][:rows], opened[:rows], clock[:rows], closed[:rows], out[4][:rows])

    parts = over_customers(plain, run, threads) or [run(0, 0)]
    return parts[0] if len(parts) == 1 else Openings(*map(np.concatenate, zip(*parts, strict=True)))


def deadlines(journeys: Journeys, found: Openings, within: int | Deadlines) -> npt.NDArray[np.int64]:
    """Each opening's deadline, i64 microseconds since the index epoch: still open while it is not before "as of"."""
    edges, spans = _plain_deadlines(within)
    started = moments(journeys, found.clock)
    times: npt.NDArray[np.int64] = started + spans[np.maximum(np.searchsorted(edges, started, side="right") - 1, 0)]
    return times


@kernel
def _what_instead(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    same: npt.NDArray[np.uint8],
    customer: npt.NDArray[np.int32],
    clock: npt.NDArray[np.int64],
    until: npt.NDArray[np.int64],
    codes: npt.NDArray[np.uint16],
) -> None:
    for row in range(len(customer)):
        for position in range(clock[row] + 1, offsets[customer[row] + 1]):
            if moment(seconds, micros, position) > until[row]:
                break
            code = touchpoints[position]
            if code != 0 and same[code] == 0:
                codes[row] = code
                break


def what_instead(
    journeys: Journeys, found: Openings, within: int | Deadlines, *, ignoring: Sequence[int] = ()
) -> npt.NDArray[np.uint16]:
    """The first touchpoint after each opening's clock, not after its deadline: for the missed, what they did instead.

    Args:
        journeys: The index.
        found: Openings of these journeys.
        within: The window they were found with.
        ignoring: Codes to look past, such as the opening touchpoint itself.

    Returns:
        u16 codes, 0 where nothing followed in time.
    """
    plain = plain_journeys(journeys)
    codes = np.zeros(len(found.customer), np.uint16)
    _what_instead(*plain, code_flags(ignoring), found.customer, found.clock, deadlines(plain, found, within), codes)
    return codes
