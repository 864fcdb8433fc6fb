"""The windowed funnel: how far each customer comes along a list of steps, and by which events.

What is meant, exactly
----------------------
A *chain* is a row of events of one customer, e1 < e2 < … < en in the one order, where ei shows a touchpoint of step i,
e1 lies in the period, and t(en) <= t(e1) + within, exact in microseconds, the edge included. Events of the same moment
may follow each other: the one order decides between them. An event fills at most one step, also when its touchpoint
stands in several. The customer's *level* is the length of the longest chain (ClickHouse's windowFunnel in its default
mode). Of several longest chains the one with the earliest start is chosen, then the earliest second event, and so on.

An *optional* step is no part of this: level and chosen chain are those of the funnel without it, so adding one never
changes the numbers of the others. It is then *seen* if its touchpoint occurs after the chain's event of the required
step before it and before that of the required step after it (where the chain ends: up to the end of the window). Of
several optional steps in a row each is looked for after the one found before it; the earliest event is taken.

How
---
Events of a step are bits (`EventBits`), and so are the events that follow a chain in the same customer's journey: what
may go on with a chain is found for 64 events at once, and only these events' times are read. Each goes on with the last
chain before it, which began last and so leaves the most time. The chosen chain needs the earliest start instead:
backwards, `ends[k]` holds when the earliest completion from step k ends. Both are linear in the events, times the steps
that share a touchpoint.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.kernels.bits import bit_count, following, pick, within
from resa.kernels.compiling import kernel
from resa.kernels.journeys import (
    CODES,
    MICROS,
    WHOLE_TIME,
    Journeys,
    Period,
    moment,
    plain_customers,
    plain_journeys,
)
from resa.kernels.ranges import over_customers

__all__ = [
    "MAX_STEPS",
    "FunnelResult",
    "Steps",
    "check_steps",
    "cut_window",
    "funnel",
    "funnel_counts",
    "funnel_levels",
    "funnel_steps",
]

MAX_STEPS: Final = 255
"""As many steps as a level (u8) can count."""

# Words of bits at a time: the times of so many events stay in the processor's cache, and what is written about them is
# little enough to be given memory that the process has already.
_BLOCK: Final = 64
_COUNTED: Final = 1 << 16  # levels counted at a time, for the same reason
_ONE: Final = np.uint64(1)
_WORTH: Final = 10_000_000  # events that make a further thread worth its start, as few of them are looked at
_LONGEST: Final = 2**60  # microseconds; longer than an index can span
_NEVER: Final = -(2**61)  # further than the longest window before any moment


class Steps(NamedTuple):
    """A funnel's steps as tables by touchpoint code.

    Attributes:
        heads: i32[65,537]; the steps of code c are `steps[heads[c]:heads[c + 1]]`, the last step first.
        steps: u8, the steps' numbers, 0-based.
    """

    heads: npt.NDArray[np.int32]
    steps: npt.NDArray[np.uint8]


class FunnelResult(NamedTuple):
    """How far each customer came.

    Attributes:
        levels: u8[C], required steps reached, 0 (not even the first) to the number of required steps.
        positions: i64[C, S], the chosen chain's event for every step, optional ones too; -1 where there is none.
    """

    levels: npt.NDArray[np.uint8]
    positions: npt.NDArray[np.int64]


def funnel_steps(steps: Sequence[Sequence[int]]) -> Steps:
    """Turn steps, each any of some touchpoint codes, into tables.

    Raises:
        QuestionError: There is no step, or there are more than 255.
        ValueError: A code is 0 or above 65,535.
    """
    pairs = sorted({(int(code), -number) for number, codes in enumerate(steps) for code in codes})
    for code, _ in pairs:
        if not 1 <= code < CODES:
            raise ValueError(f"{code} is no touchpoint's code; codes are 1 to {CODES - 1}")
    heads = np.zeros(CODES + 1, np.int32)
    for code, _ in pairs:
        heads[code + 1] += 1
    np.cumsum(heads, out=heads)
    return Steps(heads, np.array([-step for _, step in pairs], np.uint8))


@kernel
def _candidates(
    rows: npt.NDArray[np.uint64],
    heads: npt.NDArray[np.int64],
    places: npt.NDArray[np.int64],
    borders: npt.NDArray[np.uint64],
    step: int,
    earlier: npt.NDArray[np.uint64],
    carry: np.uint64,
    block: int,
    span: tuple[int, int],
    found: npt.NDArray[np.int64],
    chains: npt.NDArray[np.int64],
) -> tuple[int, np.uint64]:
    """Find a block's events of a step that follow a chain of the steps before it (bits in `earlier`), at any time.

    Writes where they stand, and how many such chains of this block come before them. Returns how many there are, and
    the carry.
    """
    hits = 0
    ended = np.int64(0)
    for word in range(block, min(block + _BLOCK, (span[1] + 63) >> 6)):
        past = earlier[word - block] if step > 0 else np.uint64(0)
        if step > 0 and past | carry == 0:
            continue
        rest = np.uint64(0)
        for entry in range(heads[step], heads[step + 1]):
            rest |= rows[places[entry], word]
        if step > 0:
            after, carry = following(past, borders[word], carry)
            rest &= after
        if rest != 0:
            rest &= within(word, span[0], span[1])
        while rest != 0:
            below = (rest & (~rest + _ONE)) - _ONE
            found[hits] = 64 * word + np.int64(bit_count(below))
            chains[hits] = ended + np.int64(bit_count(past & below))
            hits += 1
            rest &= rest - _ONE
        ended += np.int64(bit_count(past))
    return hits, carry


@kernel
def _levels(
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    rows: npt.NDArray[np.uint64],
    heads: npt.NDArray[np.int64],
    places: npt.NDArray[np.int64],
    customers: tuple[npt.NDArray[np.uint64], npt.NDArray[np.int32], npt.NDArray[np.int32]],
    window: int,
    period: tuple[int, int],
    always: bool,
    span: tuple[int, int],
    levels: npt.NDArray[np.uint8],
) -> None:
    """Fill in the levels of the customers whose events are those of `span`.

    `chains` and `starts` hold, for the step before and this one, where the block's chains have come to and where they
    began; `latest` and `carries` what of that goes on in the next block.
    """
    sure = window // MICROS  # at so many whole seconds, or one more, microseconds decide
    latest = np.zeros(len(heads), np.int64)
    carries = np.zeros(len(heads), np.uint64)
    chains = np.empty((2, _BLOCK), np.uint64)
    starts = np.empty((2, 64 * _BLOCK + 1), np.int64)
    found, before = np.empty(64 * _BLOCK, np.int64), np.empty(64 * _BLOCK, np.int64)
    borders, owners, ranks = customers
    for block in range(span[0] >> 6, (span[1] + 63) >> 6, _BLOCK):
        kept = 0
        for step in range(len(heads) - 1):
            if step > 0 and kept == 0 and carries[step] == 0:
                carries[step:] = 0  # who has come to a later step has come to this one
                break
            begun, now_begun = starts[step & 1], starts[1 - (step & 1)]
            now_begun[0] = latest[step + 1]
            hits, carries[step] = _candidates(
                rows, heads, places, borders, step, chains[step & 1], carries[step], block, span, found, before
            )
            kept = 0
            for hit in range(hits):
                place = found[hit]
                if step == 0:
                    start = place
                    fits = always or period[0] <= moment(seconds, micros, place) < period[1]
                else:
                    start = begun[before[hit]]
                    apart = np.int64(seconds[place]) - np.int64(seconds[start])
                    fits = apart < sure
                    if sure <= apart <= sure + 1:
                        fits = moment(seconds, micros, place) - moment(seconds, micros, start) <= window
                found[kept] = place
                now_begun[kept + 1] = start
                kept += fits
            reached = chains[1 - (step & 1)]
            reached[:] = 0
            for hit in range(kept):
                word, bit = found[hit] >> 6, _ONE << np.uint64(found[hit] & 63)
                reached[word - block] |= bit
                owner = owners[np.int64(ranks[word]) + np.int64(bit_count(borders[word] & (bit | (bit - _ONE)))) - 1]
                levels[owner] = max(levels[owner], np.uint8(step + 1))  # it may have come further in the block before
            if kept > 0:
                latest[step + 1] = now_begun[kept]


@kernel
def _chosen_start(
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    heads: npt.NDArray[np.int32],
    steps: npt.NDArray[np.uint8],
    level: int,
    window: int,
    period: tuple[int, int],
    found: npt.NDArray[np.int64],
    hits: int,
    ends: npt.NDArray[np.int64],
) -> int:
    """Where in `found` the earliest start stands from which a chain of this level is complete within the window."""
    ends[:level] = _NEVER
    chosen = -1
    for hit in range(hits - 1, -1, -1):
        code = np.int64(touchpoints[found[hit]])
        time = moment(seconds, micros, found[hit])
        for entry in range(heads[code + 1] - 1, heads[code] - 1, -1):  # the first step first
            step = np.int64(steps[entry])
            if step >= level:
                break
            end = time if step == level - 1 else ends[step + 1]
            if end == _NEVER:
                continue
            ends[step] = end
            if step == 0 and period[0] <= time < period[1] and end - time <= window:
                chosen = hit
    return chosen


@kernel
def _find(
    touchpoints: npt.NDArray[np.uint16],
    heads: npt.NDArray[np.int32],
    steps: npt.NDArray[np.uint8],
    step: int,
    found: npt.NDArray[np.int64],
    begin: int,
    end: int,
) -> int:
    """The first of `found[begin:end]` that shows a touchpoint of the step; `end` if there is none."""
    for hit in range(begin, end):
        code = np.int64(touchpoints[found[hit]])
        for entry in range(heads[code], heads[code + 1]):
            if steps[entry] == step:
                return hit
    return end


@kernel
def _chains(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    required: tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]],
    every: tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]],
    words: npt.NDArray[np.uint64],
    optional: npt.NDArray[np.bool_],
    window: int,
    period: tuple[int, int],
    first: int,
    last: int,
    levels: npt.NDArray[np.uint8],
    positions: npt.NDArray[np.int64],
) -> None:
    """Fill in the chosen chain of every customer with a level, from tables of the required steps and of every step."""
    heads, steps = every
    count = len(optional)
    ends = np.empty(count, np.int64)
    longest = 0
    for customer in range(first, last):
        longest = max(longest, offsets[customer + 1] - offsets[customer])
    found = np.empty(longest + 1, np.int64)
    for customer in range(first, last):
        level = np.int64(levels[customer])
        if level == 0:
            continue
        hits = pick(words, offsets[customer], offsets[customer + 1], found)
        cursor = _chosen_start(
            seconds, micros, touchpoints, required[0], required[1], level, window, period, found, hits, ends
        )
        positions[customer, 0] = found[cursor]
        latest = moment(seconds, micros, found[cursor]) + window
        reached = 1
        step = 1
        while step < count:
            following = step  # the next required step
            while following < count and optional[following]:
                following += 1
            limit = hits
            if reached < level:
                limit = _find(touchpoints, heads, steps, following, found, cursor + 1, hits)
                positions[customer, following] = found[limit]
            for between in range(step, following):
                seen = _find(touchpoints, heads, steps, between, found, cursor + 1, limit)
                if seen < limit and moment(seconds, micros, found[seen]) <= latest:
                    positions[customer, between] = found[seen]
                    cursor = seen
            if reached == level:
                break
            reached += 1
            cursor = limit
            step = following + 1


def check_steps(steps: Sequence[Sequence[int]]) -> None:
    """Refuse a funnel without steps or with too many.

    Raises:
        QuestionError: It is such a one.
    """
    if not 1 <= len(steps) <= MAX_STEPS:
        raise QuestionError(
            sentence("a funnel has 1 to {max_steps} steps, not {count}", max_steps=MAX_STEPS, count=len(steps))
        )


def cut_window(within_us: int) -> int:
    """The window, cut to what is as good as no limit and still far from overflow.

    Raises:
        QuestionError: It is negative.
    """
    if within_us < 0:
        raise QuestionError(sentence("a window of {within_us} microseconds is negative", within_us=within_us))
    return min(within_us, _LONGEST)


def _required(steps: Sequence[Sequence[int]], optional: Sequence[bool] | None) -> npt.NDArray[np.bool_]:
    """Which steps are optional, checked."""
    flags = np.zeros(len(steps), np.bool_) if optional is None else np.asarray(optional, np.bool_)
    if len(flags) != len(steps):
        raise ValueError(f"{len(flags)} flags tell which of {len(steps)} steps are optional")
    if len(flags) and flags[0]:
        raise QuestionError(sentence("the first step of a funnel cannot be optional: the funnel starts with it"))
    return flags


def funnel_levels(
    journeys: Journeys,
    steps: Sequence[Sequence[int]],
    *,
    within_us: int,
    period: Period | None = None,
    customers: npt.NDArray[np.bool_] | None = None,
    threads: int | None = None,
) -> npt.NDArray[np.uint8]:
    """How many steps each customer reached; the module's text says exactly what that means.

    Args:
        journeys: The index.
        steps: Each step's touchpoint codes, any of which fills it; all steps are required.
        within_us: The window from the first step to the last reached, microseconds, the edge included.
        period: When a chain may start; `None`: any time.
        customers: bool[C], who takes part; the others get level 0. `None`: all.
        threads: See `over_customers`.

    Returns:
        u8[C].

    Raises:
        QuestionError: No step, more than 255, or a negative window.
        ValueError: A code or an array is out of bounds.
    """
    plain = plain_journeys(journeys)
    mask = plain_customers(customers, plain)
    check_steps(steps)
    bits = journeys.bits
    asked = (*bits.of(steps), bits.customers, cut_window(within_us), period or WHOLE_TIME, period is None)
    levels = np.zeros(plain.customers, np.uint8)

    def run(first: int, last: int) -> None:
        span = int(plain.offsets[first]), int(plain.offsets[last])
        _levels(plain.seconds, plain.micros, *asked, span, levels)

    over_customers(plain, run, threads, worth=_WORTH)
    if mask.size:
        levels[~mask] = 0
    return levels


def funnel_counts(
    journeys: Journeys,
    steps: Sequence[Sequence[int]],
    *,
    within_us: int,
    period: Period | None = None,
    customers: npt.NDArray[np.bool_] | None = None,
    threads: int | None = None,
) -> npt.NDArray[np.int64]:
    """How many customers reached each step, i64[S]; takes what `funnel_levels` takes."""
    levels = funnel_levels(
        journeys,
        steps,
        within_us=within_us,
        period=period,
        customers=customers,
        threads=threads,
    )
    counts = np.zeros(len(steps), np.int64)
    for start in range(0, len(levels), _COUNTED):
        piece = levels[start : start + _COUNTED]
        counts += [np.count_nonzero(piece > step) for step in range(len(steps))]
    return counts


def funnel(
    journeys: Journeys,
    steps: Sequence[Sequence[int]],
    *,
    within_us: int,
    optional: Sequence[bool] | None = None,
    period: Period | None = None,
    customers: npt.NDArray[np.bool_] | None = None,
    threads: int | None = None,
) -> FunnelResult:
    """Each customer's level and the events of the chosen chain; the module's text says exactly what that means.

    Args:
        journeys: The index.
        steps: Each step's touchpoint codes, any of which fills it, optional steps included.
        within_us: The window from the first step to the last reached, microseconds, the edge included.
        optional: One flag a step; the first cannot be optional. `None`: none is.
        period: When a chain may start; `None`: any time.
        customers: bool[C], who takes part; the others get level 0. `None`: all.
        threads: See `over_customers`.

    Raises:
        QuestionError: No step, more than 255, a negative window, or the first step is optional.
    """
    plain = plain_journeys(journeys)
    skippable = _required(steps, optional)
    required = [codes for codes, skip in zip(steps, skippable, strict=True) if not skip]
    levels = funnel_levels(
        journeys,
        required,
        within_us=within_us,
        period=period,
        customers=customers,
        threads=threads,
    )
    tables, every = tuple(funnel_steps(required)), tuple(funnel_steps(steps))
    words = journeys.bits.any_of([code for codes in steps for code in codes])
    window, span = cut_window(within_us), period or WHOLE_TIME
    positions = np.full((plain.customers, len(steps)), -1, np.int64)
    over_customers(
        plain,
        lambda first, last: _chains(
            *plain, tables, every, words, skippable, window, span, first, last, levels, positions
        ),
        threads,
    )
    return FunnelResult(levels, positions)
